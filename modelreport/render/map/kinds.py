"""Which edges bypass something: skip connections, as residuals are, and long edges that many share.

An edge is a *skip* when another way leads from its source to its target, and its source comes of what enters: what is
made of constants, as positions are, bypasses nothing. A short branch that is added back to a longer one is a skip too:
the projection of a residual block. What continues a skip inside a box is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modelreport.render.map.scene import Edge, Node, RouteKind, Scene

MANY = 3
"""A source with more readers than this has shared edges instead of skips."""
_BRANCH = 2
"""Boxes at most on the short branch of a projection."""
_LONGER = 2
"""How many more steps the long branch must have."""


def local_kinds(scene: Scene, index: int) -> list[RouteKind]:
    """The kind of each edge inside one node, by what can be seen there."""
    node = scene.nodes[index]
    graph = _Graph.of(node, [place for place, child in enumerate(node.children) if scene.nodes[child].kind == "input"])
    kinds: dict[tuple[int, int], RouteKind] = {}
    for a, b in graph.edges:
        bypasses = b != graph.out and any(graph.reach[c] >> b & 1 for c in graph.below[a] if c != b)
        if bypasses and len(graph.below[a]) > MANY:
            kinds[a, b] = "shared"
        elif bypasses and graph.is_fed(a):
            kinds[a, b] = "skip"
    for target, child in enumerate(node.children):
        card = scene.nodes[child]
        if card.family == "arithmetic" and not card.children and "add" in card.type.lower():
            kinds |= dict.fromkeys(graph.short_branches(target), "skip")
    return [kinds.get(_forward(edge, len(node.children)), "plain") for edge in node.edges]


def _forward(edge: Edge, count: int) -> tuple[int, int]:
    """Ends in the order of the drawing; interleaved calls make edges that run against it."""
    a, b = edge.source, edge.target
    return (b, a) if a < count and b < count and a > b else (a, b)


@dataclass(frozen=True)
class _Graph:
    edges: list[tuple[int, int]]
    above: dict[int, list[int]]
    below: dict[int, list[int]]
    reach: dict[int, int]
    """For each node a bit for each node that follows it."""
    out: int
    depth: dict[int, int]
    """Steps on the longest way from the first to each node."""
    fed: int
    """A bit for each node that comes of what enters; all where nothing does."""

    @classmethod
    def of(cls, node: Node, inputs: list[int]) -> _Graph:
        count = len(node.children)
        out = count + node.ports if node.leaves else -1
        edges = sorted({_forward(edge, count) for edge in node.edges})
        above: dict[int, list[int]] = {}
        below: dict[int, list[int]] = {}
        for a, b in edges:
            below.setdefault(a, []).append(b)
            above.setdefault(b, []).append(a)
        order = [*range(count, count + node.ports), *range(count), *([out] if node.leaves else [])]
        reach: dict[int, int] = {}
        for a in reversed(order):
            seen = 0
            for b in below.get(a, ()):
                seen |= reach[b] | 1 << b
            reach[a] = seen
        depth: dict[int, int] = {}
        for b in order:
            depth[b] = max((depth[a] + 1 for a in above.get(b, ())), default=0)
        fed = 0
        for a in (*range(count, count + node.ports), *inputs):
            fed |= reach[a] | 1 << a
        return cls(edges, above, below, reach, out, depth, fed or -1)

    def is_fed(self, node: int) -> bool:
        """Whether a node comes of what enters."""
        return bool(self.fed >> node & 1)

    def short_branches(self, join: int) -> Iterator[tuple[int, int]]:
        """Edges of a branch to ``join`` that is much shorter than the other one from the same fork."""
        for last in self.above.get(join, ()):
            branch = [(last, join)]
            first = last
            while len(branch) <= _BRANCH and self._alone(first, branch[-1][1]):
                branch.append((self.above[first][0], first))
                first = branch[-1][0]
            others = [c for c in self.below[first] if c != branch[-1][1]]
            forks = len(branch) > 1 and any(self.reach[c] >> join & 1 for c in others)
            if forks and self.is_fed(first) and self.depth[join] - self.depth[first] >= len(branch) + _LONGER:
                yield from branch

    def _alone(self, node: int, reader: int) -> bool:
        """Whether a node has one source, and one reader alone."""
        return self.below[node] == [reader] and len(self.above.get(node, ())) == 1


@dataclass
class Ways:
    """The edges that one tensor takes from box to box, as ``(node, place in its edges)``: out, across, and in again."""

    leaving: list[tuple[int, int]]
    """From the outermost box inwards."""
    across: tuple[int, int]
    entering: list[tuple[int, int]]
    """From the outermost box inwards."""


def continue_skips(scene: Scene, ways: list[Ways]) -> None:
    """Make skips of the edges all of whose tensors come from skips outside, in place."""
    plain: dict[tuple[int, int], bool] = {}
    for way in ways:
        for pieces in (way.leaving, way.entering):
            bypasses = _is_skip(scene, way.across)
            for piece in pieces:
                bypasses = bypasses or _is_skip(scene, piece)
                plain[piece] = plain.get(piece, True) and bypasses
    for (index, place), bypasses in plain.items():
        edges = scene.nodes[index].edges
        if bypasses and edges[place].kind == "plain":
            edges[place] = edges[place]._replace(kind="skip")


def _is_skip(scene: Scene, piece: tuple[int, int]) -> bool:
    index, place = piece
    return scene.nodes[index].edges[place].kind == "skip"

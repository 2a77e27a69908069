"""The data flow between operations, sorted into the boxes of the scene."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from modelreport.facts import Operation, Trace
from modelreport.render import format as text
from modelreport.render.map.kinds import Ways, continue_skips, local_kinds
from modelreport.render.map.scene import Edge, Scene

MAX_PORTS = 3
"""Tensors entering a box that keep an in-port of their own; when there are more, all share one."""
_OUT = -1
Link = tuple[int, int, int, str]
"""``(key, source node, target node, shape)``; a tensor's key is its operation's id or, past them, its input's."""
Piece = tuple[int, int, int]
"""An edge inside a node before it has local ends: source, target, key where it enters; ``_OUT`` for the border."""


@dataclass
class Flow:
    """Edges between cards: which node each operation, input and output is, and who reads from whom."""

    homes: list[int]
    inputs: list[int]
    outputs: list[int]
    links: list[Link] = field(default_factory=list)

    def read(self, trace: Trace) -> None:
        """Collect the links of a trace."""
        operations = trace.operations
        for operation in operations:
            target = self.homes[operation.id]
            for source in operation.sources:
                if 0 <= source < len(operations) and source != operation.id:
                    shape = _flowing(operations[source], operation)
                    self.links.append((source, self.homes[source], target, shape))
            for index in operation.reads_input:
                if 0 <= index < len(self.inputs):
                    shape = text.shape(trace.inputs[index].shape)
                    self.links.append((len(operations) + index, self.inputs[index], target, shape))
        for index, maker in enumerate(trace.output_sources):
            if maker >= 0:
                shape = text.shape(trace.outputs[index].shape)
                self.links.append((maker, self.homes[maker], self.outputs[index], shape))

    def settle(self, scene: Scene) -> None:
        """Give every node the edges between its children and to its border, bundled by tensor, each of its kind."""
        parents = [node.parent for node in scene.nodes]
        depths = [0] * len(parents)
        for index, depth in scene.walk():
            depths[index] = depth
        found: list[dict[Piece, str]] = [{} for _ in parents]
        for link in self.links:
            for index, piece in _pieces(link, parents, depths):
                found[index].setdefault(piece, link[3])
        places = [_attach(scene, index, edges) for index, edges in enumerate(found)]
        for index, node in enumerate(scene.nodes):
            if len(node.edges) > 2:
                kinds = local_kinds(scene, index)
                node.edges = [edge._replace(kind=kind) for edge, kind in zip(node.edges, kinds, strict=True)]
        continue_skips(scene, [way for link in self.links if (way := _way(link, parents, depths, places))])
        scene.links = sorted({(source, target) for _, source, target, _ in self.links if source != target})


def _pieces(link: Link, parents: list[int], depths: list[int]) -> Iterator[tuple[int, Piece]]:
    """The edges that one link needs, each with the node it is inside: out of boxes, into boxes, then across."""
    key, a, b, _ = link
    while depths[a] > depths[b]:
        yield parents[a], (a, _OUT, 0)
        a = parents[a]
    while depths[b] > depths[a]:
        yield parents[b], (_OUT, b, key)
        b = parents[b]
    while parents[a] != parents[b]:
        yield parents[a], (a, _OUT, 0)
        yield parents[b], (_OUT, b, key)
        a, b = parents[a], parents[b]
    if a != b:
        yield parents[a], (a, b, 0)


def _way(link: Link, parents: list[int], depths: list[int], places: list[dict[Piece, int]]) -> Ways | None:
    """The edges of a link that crosses the border of a box, found again among the settled ones."""
    if parents[link[1]] == parents[link[2]]:
        return None
    pieces = [(index, piece, places[index][piece]) for index, piece in _pieces(link, parents, depths)]
    if len(pieces) < 2 or _OUT in pieces[-1][1]:
        return None
    leaving = [(index, place) for index, piece, place in reversed(pieces) if piece[1] == _OUT]
    entering = [(index, place) for index, piece, place in reversed(pieces) if piece[0] == _OUT]
    return Ways(leaving, (pieces[-1][0], pieces[-1][2]), entering)


def _attach(scene: Scene, index: int, edges: dict[Piece, str]) -> dict[Piece, int]:
    """The edges found inside one node, with local ends and its ports counted; returns where each piece stands."""
    if not edges:
        return {}
    node = scene.nodes[index]
    local = {child: position for position, child in enumerate(node.children)}
    entering: dict[int, int] = {}
    for source, _, key in edges:
        if source == _OUT:
            entering.setdefault(key, len(entering))
    if len(entering) > MAX_PORTS:
        entering = dict.fromkeys(entering, 0)
    count = len(local)
    node.ports = len(set(entering.values()))
    node.leaves = any(target == _OUT for _, target, _ in edges)
    made: dict[tuple[int, int], str] = {}
    ends: dict[Piece, tuple[int, int]] = {}
    for piece, shape in edges.items():
        source, target, key = piece
        a = count + entering[key] if source == _OUT else local[source]
        b = count + node.ports if target == _OUT else local[target]
        made.setdefault((a, b), shape)
        ends[piece] = a, b
    node.edges = [Edge(a, b, shape) for (a, b), shape in sorted(made.items())]
    order = {(edge.source, edge.target): place for place, edge in enumerate(node.edges)}
    return {piece: order[pair] for piece, pair in ends.items()}


def _flowing(source: Operation, target: Operation) -> str:
    """Shape of the tensor between two operations: the output of the first that the second takes."""
    taken = {spec.shape for spec in target.inputs}
    spec = next((spec for spec in source.outputs if spec.shape in taken), source.outputs[0] if source.outputs else None)
    return text.shape(spec.shape) if spec is not None else ""

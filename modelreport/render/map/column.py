"""One column of a drawing: its rows stacked, its nodes beside each other, and the routes of the edges inside it.

Two consecutive points of a route that differ in both directions stand for an S-curve that leaves and arrives
vertically.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from modelreport.render.map.across import Gaps, place_across
from modelreport.render.map.levels import Link, level_pieces
from modelreport.render.map.ranks import Rows, make_rows, order_rows
from modelreport.render.map.spans import find_ghosts, row_heights

Point = tuple[float, float]
BEND_HALF = 2.0
_SAME = 1e-6
"""Points nearer than this are one: rounding must not turn the end of a line round."""
_CLEAR = 5.0
"""Between a line into the side of a card and other boxes."""


@dataclass(frozen=True)
class Sizes:
    """Extents of the nodes of a drawing around their axes, by node."""

    left: list[float]
    right: list[float]
    heights: list[float]


@dataclass
class Column:
    """Nodes of one column by their numbers in it, then the bends of long edges; y from the first row's top."""

    nodes: list[int]
    """Number of each real node in the whole drawing."""
    made: Rows
    sizes: Sizes
    x: list[float]
    tops: list[float] = field(default_factory=list)
    bottoms: list[float] = field(default_factory=list)
    """Of each row."""
    low: float = 0.0
    high: float = 0.0
    """Horizontal extent."""
    local: dict[int, int] = field(default_factory=dict)
    """Number here of each node of the drawing."""
    joins: frozenset[int] = frozenset()
    """Nodes of the drawing into whose side a long edge may run; into boxes it goes from above, where it continues."""
    edges: dict[tuple[int, int], int] = field(default_factory=dict)
    """Place in ``made.chains`` of each edge inside, by its ends in the drawing."""
    levels: dict[Link, float] = field(default_factory=dict)
    """Where in the gap the level piece of each link lies that leads far aside, as a share of its height."""
    ghosts: dict[int, list[int]] = field(default_factory=dict)
    """The bends that stand for each box in its further rows, where it stands in several."""
    solid: frozenset[int] = frozenset()
    """All of them."""

    @property
    def height(self) -> float:
        """Y of the last row's lower edge."""
        return self.bottoms[-1]

    def axis(self, node: int) -> float:
        """X of a node of the drawing."""
        return self.x[self.local[node]]

    def row(self, node: int) -> int:
        """Row of a node of the drawing, from 0."""
        return self.made.rank[self.local[node]]

    def bottom(self, node: int) -> Point:
        """Where edges leave a node."""
        here = self.local[node]
        return self.x[here], self.middle(here) + self.sizes.heights[here] / 2

    def top(self, node: int) -> Point:
        """Where edges enter a node."""
        here = self.local[node]
        return self.x[here], self.middle(here) - self.sizes.heights[here] / 2

    def middle(self, here: int) -> float:
        """Y of the middle of a node or bend, by its number in the column."""
        row = self.made.rank[here]
        return (self.tops[row] + self.bottoms[row + len(self.ghosts.get(here, ()))]) / 2

    def is_lowest(self, node: int) -> bool:
        """Whether nothing stands below a node of the drawing, nor a line."""
        x = self.axis(node)
        return all(
            self.x[other] + self.sizes.right[other] + _CLEAR < x or x < self.x[other] - self.sizes.left[other] - _CLEAR
            for row in self.made.rows[self.row(node) + 1 :]
            for other in row
        )

    def move(self, by: float) -> None:
        """Move it to the right."""
        self.x = [x + by for x in self.x]
        self.low, self.high = self.low + by, self.high + by

    def route(self, source: int, target: int) -> list[Point] | None:
        """The corner points of an edge inside, ``None`` when it has no bends and must run in a gutter."""
        edge = self.edges[source, target]
        if self.made.sided[edge]:
            return None
        points = [self.bottom(source)]
        for a, b in pairwise(self.made.chains[edge]):
            if b in self.solid:
                continue
            if self.enters_aside(a, b):
                side = self.x[b] - self.sizes.left[b] if self.x[a] < self.x[b] else self.x[b] + self.sizes.right[b]
                return simple([*points, (self.x[a], self.middle(b)), (side, self.middle(b))])
            high, low = self.bottoms[self.made.rank[a]], self.tops[self.made.rank[b]]
            share = self.levels.get((a, b))
            if share is not None:
                high = low = high + (low - high) * share
            points += [(self.x[a], high), (self.x[b], low)]
            if b < self.made.count:
                points.append((self.x[b], self.middle(b) - self.sizes.heights[b] / 2))
        return simple(points)

    def enters_aside(self, a: int, b: int) -> bool:
        """Whether a link comes into the side of its target: long edges do, and others of several into one card."""
        count = self.made.count
        if b >= count or self.nodes[b] not in self.joins:
            return False
        box = a in self.solid or (a < count and self.sizes.heights[a] > 0)
        several = box and len(self.made.up[b]) > 1
        long = a >= count and not box
        return (long or several) and self.is_free(self.x[a], b)

    def is_free(self, x: float, here: int) -> bool:
        """Whether a line down at ``x`` can turn into the side of a node without touching another in its row."""
        axis = self.x[here]
        left, right = self.sizes.left, self.sizes.right
        if axis - left[here] - 2 * _CLEAR < x < axis + right[here] + 2 * _CLEAR:
            return False
        low, high = min(x, axis) - _CLEAR, max(x, axis) + _CLEAR
        return not any(
            self.x[other] + right[other] > low and self.x[other] - left[other] < high
            for other in self.made.rows[self.made.rank[here]]
            if other != here and (other < self.made.count or other in self.solid)
        )


def make_column(
    nodes: list[int], rank: list[int], edges: list[tuple[int, int]], sizes: Sizes, gaps: Gaps, ports: int = 0,
    spans: list[int] | None = None,
) -> Column:  # fmt: skip
    """A column of some nodes of a drawing; its last ``ports`` + 1 nodes may be the borders (see ``Rows.tops``).

    ``rank`` and ``sizes`` are by the numbers of the whole drawing; ``edges`` those among ``nodes``. Where the nodes are
    all there are, ``spans`` is in how many rows each stands.
    """
    local = {node: here for here, node in enumerate(nodes)}
    first = min(rank[node] for node in nodes)
    made = make_rows([rank[node] - first for node in nodes], [(local[a], local[b]) for a, b in edges])
    if ports:
        made.tops = next(here for here, node in enumerate(nodes) if made.rank[here] == 0)
        made.tops_end = made.tops + ports
    order_rows(made)
    spare = len(made.rank) - made.count
    own = Sizes(
        [sizes.left[node] for node in nodes] + [BEND_HALF] * spare,
        [sizes.right[node] for node in nodes] + [BEND_HALF] * spare,
        [sizes.heights[node] for node in nodes] + [0.0] * spare,
    )
    ghosts = find_ghosts(made, spans or ())
    for node, below in ghosts.items():
        for ghost in below:
            own.left[ghost], own.right[ghost] = own.left[node], own.right[node]
    solid = frozenset(ghost for below in ghosts.values() for ghost in below)
    x = place_across(made, own.left, own.right, gaps, solid)
    column = Column(nodes, made, own, x, local=local, ghosts=ghosts, solid=solid)
    column.edges = {edge: place for place, edge in enumerate(edges)}
    column.low = min(x - side for x, side in zip(column.x, own.left, strict=True))
    column.high = max(x + side for x, side in zip(column.x, own.right, strict=True))
    return column


def heights_of(column: Column, between: list[float]) -> list[float]:
    """The height of each row; ``between`` has the gap below each but the last."""
    real = range(column.made.count)
    spans = [1 + len(column.ghosts.get(node, ())) for node in real]
    return row_heights([column.made.rank[node] for node in real], column.sizes.heights[: len(real)], spans, between)


def stack_rows(column: Column, between: list[float]) -> None:
    """Give each row its y; ``between`` has the gap below each row but the last."""
    y = 0.0
    column.tops, column.bottoms = [], []
    for height, gap in zip(heights_of(column, between), [*between, 0.0], strict=True):
        column.tops.append(y)
        column.bottoms.append(y + height)
        y += height + gap
    column.levels = level_pieces(column)


def simple(points: list[Point]) -> list[Point]:
    """The same line without points on the way of straight pieces."""
    kept = points[:1]
    for point, after in zip(points[1:], [*points[2:], None], strict=True):
        if abs(point[0] - kept[-1][0]) < _SAME and abs(point[1] - kept[-1][1]) < _SAME:
            kept[-1] = (kept[-1][0], point[1]) if len(kept) > 1 else kept[-1]  # an end is where a box begins
            continue
        before = kept[-1]
        if after is not None and (before[0] == point[0] == after[0] or before[1] == point[1] == after[1]):
            continue
        kept.append(point)
    return kept if len(kept) > 1 else points[:1] + points[-1:]

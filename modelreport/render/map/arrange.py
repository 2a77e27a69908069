"""The arrangement of one box's children: rows, columns, places, and the routes of the edges between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from modelreport.render.map.across import Gaps
from modelreport.render.map.column import Column, Point, Sizes, heights_of, make_column, stack_rows
from modelreport.render.map.columns import Band, Pane, wrap
from modelreport.render.map.gutters import IN, OUT, Gutters, Passage
from modelreport.render.map.ranks import is_crowded, rank_nodes
from modelreport.render.map.scene import RouteKind
from modelreport.render.map.spans import choose_spans, is_clear, row_heights

_PORT_HALF = 2.0
_PORT_GAP = 0.62
"""Gap between a border and the first or last row, as a share of the one between rows."""
_STRETCH = 1.0
"""How much wider than usual the gaps of a stretched drawing get at most, as a share."""


@dataclass(frozen=True, slots=True)
class Route:
    """One edge of a content, as corner points in the content's units."""

    source: int
    target: int
    kind: RouteKind
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """The arrangement of one box's children, in units of its own."""

    width: float
    height: float
    places: tuple[tuple[float, float], ...]
    """Top left corner of each child."""
    routes: tuple[Route, ...]
    """In the order of ``Node.edges``."""
    axis: float
    """x at which edges from outside enter above and leave below."""
    columns: int
    around: int = 0
    """Tensors that are led around columns, but for one from each column to the next."""


@dataclass(frozen=True)
class Inside:
    """What stands in a box: the sizes of its children, the edges between them and its borders."""

    sizes: tuple[tuple[float, float, float], ...]
    """Width, height and axis of each child."""
    edges: tuple[tuple[int, int, RouteKind], ...]
    """Ends as in ``Edge``: children, then in-ports, then the out-port."""
    joins: tuple[bool, ...]
    """Which children are single operations, into the side of which a skip may run."""
    ports: int
    leaves: bool

    @property
    def total(self) -> int:
        """Children and borders together."""
        return len(self.sizes) + self.ports + int(self.leaves)

    @property
    def cards(self) -> frozenset[int]:
        """The children that are single operations."""
        return frozenset(node for node, join in enumerate(self.joins) if join)


def arrange(inside: Inside, aspect: float, least: float = 0.0) -> Content:
    """The children in rows, wrapped into columns for a pane of ``aspect``; at least ``least`` high."""
    count = len(inside.sizes)
    edges = [_forward(a, b, count) for a, b, _ in inside.edges]
    spare = inside.total - count
    sizes = Sizes(
        [axis for _, _, axis in inside.sizes] + [_PORT_HALF] * spare,
        [width - axis for width, _, axis in inside.sizes] + [_PORT_HALF] * spare,
        [height for _, height, _ in inside.sizes] + [0.0] * spare,
    )
    gaps = Gaps.around([min(width, height) for width, height, _ in inside.sizes])
    flat = [1] * count
    rank = _rank(inside, edges, sizes, aspect, flat)
    columns = _columns(inside, edges, rank, gaps, aspect, flat)
    spans = choose_spans(sizes.heights[:count], edges, rank[:count])
    if spans != flat:
        dense = _rank(inside, edges, sizes, aspect, spans)
        if not is_crowded(dense, edges) and not _columns(inside, edges, dense, gaps, aspect, spans)[-1]:
            column = make_column(list(range(inside.total)), dense, edges, sizes, gaps, inside.ports, spans)
            if is_clear(column.made, column.ghosts, column.x):
                return _straight(inside, edges, column, gaps, least)
    if columns[-1]:
        return _wrapped(inside, edges, rank, columns, sizes, gaps, least)
    column = make_column(list(range(inside.total)), rank, edges, sizes, gaps, inside.ports)
    return _straight(inside, edges, column, gaps, least)


def _rank(inside: Inside, edges: list[tuple[int, int]], sizes: Sizes, aspect: float, spans: list[int]) -> list[int]:
    widths = [a + b for a, b in zip(sizes.left, sizes.right, strict=True)]
    area = sum((width + 22) * (height + 30) for width, height, _ in inside.sizes)
    limit = max(*widths, 1.6 * math.sqrt(area * aspect))
    return rank_nodes(widths, edges, inside.ports, inside.leaves, limit, spans)


def _row_gaps(inside: Inside, rows: list[list[int]], spans: list[int]) -> list[float]:
    """The gap below each row but the last: larger between large boxes, so that they keep apart at any zoom."""
    count = len(inside.sizes)
    starts, ends = [0.0] * len(rows), [0.0] * len(rows)
    for number, row in enumerate(rows):
        for node in row:
            if node < count:
                factor = max(1.0, min(6.0, min(inside.sizes[node][:2]) / 150.0))
                last = number + spans[node] - 1
                starts[number], ends[last] = max(starts[number], factor), max(ends[last], factor)
    gaps = zip(ends, starts[1:], strict=False)
    return [Gaps.row * (math.sqrt(a * b) if a and b else _PORT_GAP * max(a, b, 1.0)) for a, b in gaps]


def _columns(
    inside: Inside, edges: list[tuple[int, int]], rank: list[int], gaps: Gaps, aspect: float, spans: list[int]
) -> list[int]:
    """The column of each row of children (the rows of the borders are no part of it)."""
    count = len(inside.sizes)
    first = min(rank[:count])
    rank = [row - first for row in rank]
    rows: list[list[int]] = [[] for _ in range(max(row + span for row, span in zip(rank, spans, strict=False)))]
    for node in range(count):
        for number in range(rank[node], rank[node] + spans[node]):
            rows[number].append(node)
    starting = [[node for node in row if rank[node] == number] for number, row in enumerate(rows)]
    crossing, skipped = _crossing(inside, edges, rank, len(rows))
    below = [*_row_gaps(inside, starting, spans), 0.0]
    heights = row_heights(rank[:count], [height for _, height, _ in inside.sizes], spans, below)
    bands = []
    for number, row in enumerate(rows):
        if len(row) == 1:
            width, _, axis = inside.sizes[row[0]]
            left, right = axis, width - axis
        else:
            left = right = (sum(inside.sizes[node][0] for node in row) + gaps.node * (len(row) - 1)) / 2
        bands.append(Band(heights[number], below[number], left, right, crossing[number], skipped[number]))
    return wrap(bands, Pane(aspect, 1.5 * gaps.node, 1.2 * gaps.row))


def _crossing(inside: Inside, edges: list[tuple[int, int]], rank: list[int], rows: int) -> tuple[list[int], list[bool]]:
    """How many tensors pass below each row, without those that enter from outside; and whether a skip does."""
    count = len(inside.sizes)
    reach: dict[int, int] = {}
    skipped = [False] * rows
    for (a, b), (*_, kind) in zip(edges, inside.edges, strict=True):
        if b >= count:
            continue
        start = rank[a] if a < count else 0
        if kind == "skip":
            skipped[start : rank[b]] = [True] * (rank[b] - start)
        if a < count:
            reach[a] = max(reach.get(a, 0), rank[b])
    crossing = [0] * rows
    for a, last in reach.items():
        for row in range(rank[a], last):
            crossing[row] += 1
    return crossing, skipped


def _straight(inside: Inside, edges: list[tuple[int, int]], column: Column, gaps: Gaps, least: float) -> Content:
    """One column, the borders its first and last rows."""
    count = len(inside.sizes)
    column.joins = inside.cards
    spans = [1 + len(column.ghosts.get(node, ())) for node in range(count)]
    between = _row_gaps(inside, column.made.rows, spans)
    stack_rows(column, _stretched(between, column, least))
    passages = [Passage(a, b, 0, 0, aside=False) for number, (a, b) in enumerate(edges) if column.made.sided[number]]
    gutters = Gutters([column], passages, gaps, [between], 0, leaves=False)
    if passages:
        gutters.settle()
    else:
        column.move(-column.low)
        gutters.width, gutters.height = column.high, column.height
    routes = []
    for (a, b), (source, target, kind) in zip(edges, inside.edges, strict=True):
        points = column.route(a, b) or gutters.route(Passage(a, b, 0, 0, aside=False))
        if a >= count:
            points[0] = (points[0][0], 0.0)
        if b == inside.total - 1 and inside.leaves:
            points[-1] = (points[-1][0], gutters.height)
        routes.append(_route(source, target, kind, points, count))
    axis = column.x[count] if inside.ports else column.x[-1] if inside.leaves else gutters.width / 2
    return _content(inside, [column], gutters, routes, axis)


def _stretched(between: list[float], column: Column, least: float) -> list[float]:
    """Gaps widened so that the column is as high as asked for; what is too much goes to the first and the last."""
    own = sum(heights_of(column, between)) + sum(between)
    if not between or own >= least:
        return between
    factor = min(1 + _STRETCH, (least - own) / max(sum(between), 1.0) + 1)
    wider = [gap * factor for gap in between]
    rest = (least - own - (sum(wider) - sum(between))) / 2
    wider[0] += rest
    wider[-1] += rest
    return wider


def _wrapped(
    inside: Inside, edges: list[tuple[int, int]], rank: list[int], columns: list[int], sizes: Sizes, gaps: Gaps,
    least: float,
) -> Content:  # fmt: skip
    """Several columns beside each other, joined by way of the room around them."""
    count = len(inside.sizes)
    first = min(rank[:count])
    home = [columns[rank[node] - first] for node in range(count)]
    made = []
    for number in range(columns[-1] + 1):
        nodes = [node for node in range(count) if home[node] == number]
        own = [(a, b) for a, b in edges if a < count and b < count and home[a] == home[b] == number]
        made.append(make_column(nodes, rank, own, sizes, gaps))
        made[-1].joins = inside.cards
    between = []
    for column in made:
        rows = [[column.nodes[here] for here in row if here < column.made.count] for row in column.made.rows]
        between.append(_row_gaps(inside, rows, [1] * count))
        stack_rows(column, between[-1])
    passages: list[Passage | None] = []
    for (a, b), (_, _, kind) in zip(edges, inside.edges, strict=True):
        start = IN if a >= count else home[a]
        end = OUT if b >= count else home[b]
        within = start == end and start >= 0 and not made[start].made.sided[made[start].edges[a, b]]
        aside = b < count and inside.joins[b] and kind == "skip"
        passages.append(None if within else Passage(a, b, start, end, aside))
    gutters = Gutters(made, [each for each in passages if each], gaps, between, inside.ports, inside.leaves)
    gutters.settle()
    gutters.height = max(gutters.height, least)
    routes = []
    for (a, b), way, (source, target, kind) in zip(edges, passages, inside.edges, strict=True):
        points = gutters.route(way) if way else made[home[a]].route(a, b) or []
        routes.append(_route(source, target, kind, points, count))
    around = len({way.source for way in passages if way and way.start >= 0 and way.end >= 0}) - columns[-1]
    return _content(inside, made, gutters, routes, gutters.width / 2, max(0, around))


def _route(source: int, target: int, kind: RouteKind, points: list[Point], count: int) -> Route:
    if source < count and target < count and source > target:
        points.reverse()
    return Route(source, target, kind, tuple(points))


def _content(
    inside: Inside, columns: list[Column], gutters: Gutters, routes: list[Route], axis: float, around: int = 0
) -> Content:
    corners = {}
    for column in columns:
        for here, node in enumerate(column.nodes):
            if node < len(inside.sizes):
                x, y = column.top(node)
                corners[node] = (x - column.sizes.left[here], y)
    places = tuple(corners[node] for node in range(len(inside.sizes)))
    return Content(gutters.width, gutters.height, places, tuple(routes), axis, len(columns), around)


def _forward(source: int, target: int, count: int) -> tuple[int, int]:
    """Ends in the order of the drawing: interleaved calls make edges that run against it."""
    return (target, source) if source < count and target < count and source > target else (source, target)

"""Positions: every box of a scene laid out inside its parent, from the inside out.

The content of a box is drawn at a scale of its own, smaller the more it holds, so that on any screen neighbours are of
comparable size: an operation beside a whole stage of blocks stays readable, and zooming in reads the stage.
Identical contents are laid out once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import Literal

from modelreport.render.map.columns import Gaps, place_across
from modelreport.render.map.ranks import make_rows, order_rows, rank_nodes
from modelreport.render.map.routes import Point, make_sheet, route
from modelreport.render.map.scene import Node, Scene

HEAD = 22.0
"""Height of the title bar of a box, in its parent's units."""
PAD = 12.0
CHARACTER = 7.0
"""Width of a character of a label, in the same units; cards are as wide as their longest line."""
CARD, LINE = 26.0, 14.0
"""Height of a card's title and of each further line."""
PANE, TALL_PANE = 1.6, 0.75
"""Width / height of the panes the whole map is shaped for."""
_INNER_PANE = 1.35
_EVEN = 16
_PORT_HALF = 2.0
_BEND_HALF = 2.0


RouteKind = Literal["plain", "skip", "shared"]


@dataclass(frozen=True, slots=True)
class Route:
    """One edge of a content, as corner points in the content's units."""

    source: int
    target: int
    kind: RouteKind
    """``skip``: it bypasses operations on another way between its ends, as a residual does; ``shared``: a long edge of
    a tensor that many read, such as a mask."""
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


@dataclass(slots=True)
class Place:
    """Size of one node in its parent's units, and how its content is fitted in."""

    width: float
    height: float
    axis: float
    """x at which edges arrive above and leave below, from the left edge."""
    content: Content | None = None
    scale: float = 1.0
    dx: float = 0.0
    dy: float = 0.0
    """Offset of the content's origin."""
    head: float = HEAD
    """Height of the title bar."""
    legible: float = math.inf
    """Pixels per unit of the content from which its middling child can carry a label."""


@dataclass(slots=True)
class Layout:
    """Places of all nodes, by node; ``contents`` holds each distinct arrangement once."""

    places: list[Place]
    contents: list[Content]
    tall: Place
    """Place of the whole map arranged for a pane that is higher than wide, such as a telephone's."""


def lay_out(scene: Scene) -> Layout:
    """Lay out all boxes, children before parents. Time is linear in the nodes for contents of bounded size."""
    places: list[Place | None] = [None] * len(scene.nodes)
    memo: dict[object, Content] = {}
    for index in range(len(scene.nodes) - 1, -1, -1):
        node = scene.nodes[index]
        if not node.children:
            places[index] = _card(node)
            continue
        inside = [place for child in node.children if (place := places[child]) is not None]
        key = (
            tuple((place.width, place.height, place.axis) for place in inside),
            tuple((edge.source, edge.target) for edge in node.edges),
            _joins(scene, node),
            (node.ports, node.leaves, index == 0),
        )
        content = memo.get(key)
        if content is None:
            content = memo[key] = _arrange(scene, node, inside, PANE if index == 0 else _INNER_PANE)
        made = places[index] = _box(node, content, root=index == 0)
        made.legible = median(
            max(
                10.0 / place.height,
                3.7 * min(14, *(len(name or kind) for name, kind in wordings(scene.nodes[child]))) / place.width,
            )
            for child, place in zip(node.children, inside, strict=True)
        )
    placed = [place for place in places if place is not None]
    tall = _tall(scene, placed)
    return Layout(placed, [*memo.values(), *([tall.content] if tall.content else [])], tall)


def _tall(scene: Scene, places: list[Place]) -> Place:
    root = scene.nodes[0]
    if not root.children:
        return places[0]
    tall = _box(root, _arrange(scene, root, [places[child] for child in root.children], TALL_PANE), root=True)
    tall.legible = places[0].legible
    return tall


def label_width(label: str) -> float:
    """Room for a label, wide East Asian characters counted as two."""
    return CHARACTER * sum(2 if ord(char) > 0x2E80 else 1 for char in label)


def title(node: Node) -> str:
    """Name and type on one line."""
    return " ".join(part for part in wordings(node)[0] if part)


def wordings(node: Node) -> list[tuple[str, str]]:
    """Ways to word a label as ``(name, type)``, the fullest first."""
    kind = f"{node.type} ×{node.repeat}" if node.repeat else node.type
    if node.kind in {"input", "output"}:
        return [(node.name, "" if node.name.startswith(node.kind) else kind), (node.name, "")]
    name = "" if node.name == node.type else node.name
    ways = [(name, kind), (name, ""), ("", kind)] if node.children else [(name, kind), ("", kind), (name, "")]
    return [way for way in dict.fromkeys(ways) if way[0] or way[1]] or [("", "")]


def _card(node: Node) -> Place:
    longest = max(label_width(line) for line in (title(node), *node.lines))
    width = max(56.0, math.ceil((longest + 14) / 8) * 8.0)
    return Place(width, CARD + LINE * len(node.lines), width / 2)


def _joins(scene: Scene, node: Node) -> tuple[bool, ...]:
    """Which children are single operations where branches can meet."""
    return tuple(not scene.nodes[child].children for child in node.children)


def _box(node: Node, content: Content, *, root: bool) -> Place:
    if root:
        width, height = content.width + 2 * PAD, content.height + 2 * PAD
        return Place(width, height, width / 2, content, 1.0, PAD, PAD)
    size = math.sqrt(max(content.width, 1.0) * max(content.height, 1.0))
    scale = max(0.1, min(1.0, (110.0 / size) ** 0.42))
    if node.kind == "group" and node.repeat <= _EVEN:
        scale = 1.0  # the repeats stay as large as their siblings outside the group
    inner = content.width * scale
    width = max(inner + 2 * PAD, min(label_width(title(node)) + 16, 220.0))
    dx = (width - inner) / 2
    dy = HEAD + (0.0 if node.ports else PAD)
    height = dy + content.height * scale + (0.0 if node.leaves else PAD)
    return Place(width, height, dx + content.axis * scale, content, scale, dx, dy)


def _arrange(scene: Scene, node: Node, inside: list[Place], aspect: float) -> Content:
    """Rows, columns and routes of one content."""
    count, total = len(inside), len(inside) + node.ports + int(node.leaves)
    edges = [_forward(edge.source, edge.target, count) for edge in node.edges]
    if not scene.flow:
        edges = [(child, child + 1) for child in range(count - 1)]
    left = [place.axis for place in inside] + [_PORT_HALF] * (total - count)
    right = [place.width - place.axis for place in inside] + [_PORT_HALF] * (total - count)
    heights = [place.height for place in inside] + [0.0] * (total - count)
    widths = [a + b for a, b in zip(left, right, strict=True)]
    area = sum((place.width + 22) * (place.height + 30) for place in inside)
    limit = max(*widths, 1.6 * math.sqrt(area * aspect))
    rank = rank_nodes(widths, edges, node.ports, node.leaves, limit)
    made = make_rows(rank, edges)
    made.tops, made.tops_end = count, count + node.ports
    order_rows(made)
    spare = len(made.rank) - total
    left, right = left + [_BEND_HALF] * spare, right + [_BEND_HALF] * spare
    gaps = Gaps.around([min(place.width, place.height) for place in inside])
    sheet = make_sheet(made, place_across(made, left, right, gaps), left, right, heights, gaps, aspect)
    several = sheet.columns[-1] > 0
    axis = sheet.width / 2 if several or not node.ports else sheet.x[count]
    height = sheet.height + (gaps.row / 2 if several and node.leaves else 0.0)
    corners = [(sheet.x[k] - left[k], sheet.y[k] - heights[k] / 2) for k in range(count)]
    routes = []
    for number, (edge, kind) in enumerate(zip(node.edges, _kinds(scene, node, edges, rank), strict=True)):
        points = route(sheet, number)
        if edge.source >= count:
            points[0] = (points[0][0], 0.0)
        if edge.target == total - 1 and node.leaves:
            points = _leave(points, axis, height, gaps.row / 3, across=several)
        if _reversed(edge.source, edge.target, count):
            points.reverse()
        routes.append(Route(edge.source, edge.target, kind, tuple(points)))
    return Content(sheet.width, height, tuple(corners), tuple(routes), axis, 1 + sheet.columns[-1])


def _leave(points: list[Point], axis: float, height: float, gap: float, *, across: bool) -> list[Point]:
    """An edge to the out-port: it ends on the border below the axis, from columns by way of a line along the border."""
    if not across:
        return [*points[:-1], (axis, height)]
    x = points[-2][0]
    return [*points[:-1], (x, height - gap), (axis, height - gap), (axis, height)]


def _reversed(source: int, target: int, count: int) -> bool:
    """Whether an edge between children runs against their order (interleaved calls)."""
    return source < count and target < count and source > target


def _forward(source: int, target: int, count: int) -> tuple[int, int]:
    return (target, source) if _reversed(source, target, count) else (source, target)


def _kinds(scene: Scene, node: Node, edges: list[tuple[int, int]], rank: list[int]) -> list[RouteKind]:
    """How each edge is drawn: long ones are skip connections, or shared by many."""
    if not scene.flow:
        return []
    below: dict[int, list[int]] = {}
    for a, b in edges:
        below.setdefault(a, []).append(b)
    reach: dict[int, int] = {}
    for a in sorted(range(len(rank)), key=lambda k: -rank[k]):
        reach[a] = 0
        for b in below.get(a, ()):
            reach[a] |= reach[b] | 1 << b
    return [_kind(edge, len(node.children), rank, below, reach) for edge in edges]


def _kind(
    edge: tuple[int, int], children: int, rank: list[int], below: dict[int, list[int]], reach: dict[int, int]
) -> RouteKind:
    a, b = edge
    if rank[b] - rank[a] < 2:
        return "plain"
    if len(below[a]) > 3:
        return "shared"
    bypasses = b < children and any(reach[c] >> b & 1 for c in below[a] if c != b)
    return "skip" if bypasses else "plain"

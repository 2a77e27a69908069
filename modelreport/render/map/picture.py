"""The map at one size: which boxes are open, and everything there is to paint, in pixels.

``templates/js/map-view.js`` decides the same for the page while the reader zooms, by the same numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from modelreport.render.map.column import Point
from modelreport.render.map.inside import ALL, MOST, Tile, tiles
from modelreport.render.map.labels import CARD_TEXT, SCREEN, Box, Label, Letters, card, cut_card, header, shut
from modelreport.render.map.layout import Layout
from modelreport.render.map.scene import Node, RouteKind, Scene
from modelreport.render.map.shapes import Rect, place_shapes
from modelreport.render.map.words import UNTYPED, blocks

__all__ = [
    "BUDGET", "CARD_TEXT", "Box", "Label", "Line", "Picture", "Tile", "arrowhead", "boxes_at", "curve", "head_size",
    "picture",
]  # fmt: skip

BUDGET = 400
"""Boxes drawn at most."""
BAR_MIN = 12.0
"""Height in pixels from which a title bar can carry a label."""
_TOGETHER = 0.6
"""How much smaller than what it takes to open a box may be whose siblings open."""
_HEAD, _HEAD_MIN, _HEAD_SHARE = 7.0, 5.0, 0.5
"""Size of an arrowhead in pixels, at most and at least; of a short last piece no more than a share."""


@dataclass(frozen=True)
class Line:
    """An edge on the picture, with an arrowhead unless it ends at the border of its box."""

    points: tuple[Point, ...]
    kind: RouteKind
    arrow: bool
    scale: float
    shape: str
    """Shape of the tensor, as text, on the first edge of each source."""


@dataclass
class Picture:
    """Everything to paint, boxes from the back to the front."""

    width: float
    height: float
    boxes: list[Box] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)
    """What is inside shut boxes, in small."""
    lines: list[Line] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)


def picture(
    scene: Scene, layout: Layout, width: float, height: float, *, root: int = 0, budget: int = BUDGET,
    zoom: float = 1.0, letters: Letters = SCREEN,
) -> Picture:  # fmt: skip
    """The part of the map below ``root``, fitted into a pane and centred; ``zoom`` opens boxes as if it were larger."""
    made = Picture(width, height)
    opened = boxes_at(scene, layout, width, height, root=root, budget=budget, zoom=zoom)
    unnamed: list[Box] = []
    most = min(MOST, ALL / max(1, sum(1 for box in opened if not box.open and scene.nodes[box.node].children)))
    for box in opened:
        made.boxes.append(box)
        node = scene.nodes[box.node]
        if box.open:
            made.lines.extend(_lines(scene, layout, box))
            made.labels.extend(header(node, box, letters, blocks(scene, box.node)) if box.node != root else [])
        elif node.children:
            told = shut(node, box, letters, blocks(scene, box.node))
            made.labels.extend(told.labels)
            if told.below:
                made.tiles.extend(tiles(scene, layout, box, told.below, most))
        else:
            inner = card(node, box, letters)
            made.labels.extend(inner)
            if not inner:
                unnamed.append(box)
    made.labels.extend(_beside(made, scene, letters, unnamed))
    return made


def boxes_at(
    scene: Scene, layout: Layout, width: float, height: float, *, root: int = 0, budget: int = BUDGET,
    zoom: float = 1.0,
) -> list[Box]:  # fmt: skip
    """The boxes of such a picture, from the back to the front: the pane itself first."""
    place = layout.places[root]
    scale = min(width / place.width, height / place.height, 1.6)
    x, y = (width - place.width * scale) / 2, (height - place.height * scale) / 2
    pane = Box(root, x, y, place.width * scale, place.height * scale, scale, 0, True)
    return _open(scene, layout, root, pane, budget, zoom)


def _rect(box: Box) -> Rect:
    return box.x, box.y, box.x + box.width, box.y + box.height


def _beside(made: Picture, scene: Scene, letters: Letters, unnamed: list[Box]) -> list[Label]:
    """Names beside cards that have no room for them, and shapes of tensors beside the edges, where there is room.

    What has no room beside it either has the first letters of its name in it.
    """
    boxes = made.boxes[1:]
    closed = [_rect(box) for box in boxes if not box.open]
    bars = [(box.x, box.y, box.x + box.width, box.y + box.bar) for box in boxes if box.open]
    frames = [_rect(box) for box in boxes if box.open]
    names = [(_rect(box), scene.nodes[box.node].type or scene.nodes[box.node].name) for box in unnamed]
    spots = place_shapes(made.lines, [*closed, *bars], frames, letters.least, names, made.width)
    told = {spot.name for spot in spots}
    labels = []
    for spot in spots:
        strong, light = (spot.shape, "") if spot.name >= 0 else ("", spot.shape)
        labels.append(Label(spot.x, spot.y, spot.size, strong, light, spot.anchor))
    for number, box in enumerate(unnamed):
        labels += [] if number in told else cut_card(scene.nodes[box.node], box, letters)
    return labels


def _open(scene: Scene, layout: Layout, root: int, start: Box, budget: int, zoom: float) -> list[Box]:
    """All visible boxes, parents first. Boxes of one type open together, level by level, while the budget lasts."""
    shown, level, count = [start], [start], len(scene.nodes[root].children)
    while level:
        closed: list[Box] = []
        kin: dict[str, list[Box]] = {}
        todo = [child for box in level for child in _inside(scene, layout, box)]
        for box in todo:
            node = scene.nodes[box.node]
            if not node.children:
                closed.append(box)
            elif node.repeat and _room(layout, box, zoom) >= 0.92 and count < budget:
                count += len(node.children)
                shown.append(_opened(box))
                todo.extend(_inside(scene, layout, box))
            else:
                kin.setdefault(_family(node, box), []).append(box)
        level = []
        for family in kin.values():
            rooms = sorted(_room(layout, box, zoom) for box in family)
            more = sum(len(scene.nodes[box.node].children) for box in family)
            opens = rooms[len(rooms) // 4] >= 1 and count + more <= budget
            count += more if opens else 0
            for box in family:
                if opens and _room(layout, box, zoom) >= _TOGETHER:
                    level.append(_opened(box))
                else:
                    closed.append(box)
        shown.extend(level)
        shown.extend(closed)
    return shown


def _family(node: Node, box: Box) -> str:
    """What opens together: boxes of one type; where types are unknown, those at one depth."""
    if node.kind == "segment":
        return ""
    return f"{node.type} {box.depth}" if node.type == UNTYPED else node.type


def _opened(box: Box) -> Box:
    return Box(box.node, box.x, box.y, box.width, box.height, box.scale, box.depth, open=True, bar=box.bar)


def _room(layout: Layout, box: Box, zoom: float) -> float:
    """How well a box can be read open: 1 when its title and a middling child are just large enough for a label."""
    place = layout.places[box.node]
    return min(box.scale * place.scale / place.legible, box.bar / BAR_MIN) * zoom


def _inside(scene: Scene, layout: Layout, box: Box) -> list[Box]:
    """The children of an open box, shut."""
    place = layout.places[box.node]
    if place.content is None:
        return []
    inner = box.scale * place.scale
    x0, y0 = box.x + place.dx * box.scale, box.y + place.dy * box.scale
    made = []
    for child, (x, y) in zip(scene.nodes[box.node].children, place.content.places, strict=True):
        size = layout.places[child]
        made.append(
            Box(
                child,
                x0 + x * inner,
                y0 + y * inner,
                size.width * inner,
                size.height * inner,
                inner,
                box.depth + 1,
                open=False,
                bar=min(size.head, size.height) * inner,
            )
        )
    return made


def _lines(scene: Scene, layout: Layout, box: Box) -> list[Line]:
    place, node = layout.places[box.node], scene.nodes[box.node]
    if place.content is None:
        return []
    inner = box.scale * place.scale
    x0, y0 = box.x + place.dx * box.scale, box.y + place.dy * box.scale
    out = len(node.children) + node.ports
    told: set[int] = set()
    made = []
    for edge, way in zip(node.edges, place.content.routes, strict=True):
        points = tuple((x0 + x * inner, y0 + y * inner) for x, y in way.points)
        shape = edge.shape if edge.source not in told and edge.source < len(node.children) else ""
        told.add(edge.source)
        made.append(Line(points, way.kind, edge.target != out or not node.leaves, inner, shape))
    return made


def curve(points: tuple[Point, ...], radius: float) -> list[tuple[str, tuple[Point, ...]]]:
    """A route as path commands: ``M``, ``L``, ``Q`` (rounded corner) and ``C`` (S-curve with vertical ends)."""
    made: list[tuple[str, tuple[Point, ...]]] = [("M", (points[0],))]
    for number in range(1, len(points)):
        (x0, y0), (x1, y1) = points[number - 1], points[number]
        if abs(x1 - x0) > 0.01 and abs(y1 - y0) > 0.01:
            middle = (y0 + y1) / 2
            made.append(("C", ((x0, middle), (x1, middle), (x1, y1))))
            continue
        after = points[number + 1] if number + 1 < len(points) else None
        turn = after is not None and ((abs(x1 - x0) <= 0.01) != (abs(after[0] - x1) <= 0.01))
        straight = after is not None and (abs(after[0] - x1) <= 0.01 or abs(after[1] - y1) <= 0.01)
        if after is None or not turn or not straight:
            made.append(("L", ((x1, y1),)))
            continue
        cut = min(radius, math.dist((x0, y0), (x1, y1)) / 2, math.dist((x1, y1), after) / 2)
        made.append(("L", (_towards((x1, y1), (x0, y0), cut),)))
        made.append(("Q", ((x1, y1), _towards((x1, y1), after, cut))))
    return made


def _towards(start: Point, end: Point, length: float) -> Point:
    whole = math.dist(start, end) or 1.0
    return start[0] + (end[0] - start[0]) * length / whole, start[1] + (end[1] - start[1]) * length / whole


def head_size(line: Line) -> float:
    """The size of the arrowhead of a line in pixels: to be seen at any zoom, but no more than its last piece bears."""
    (x0, y0), (x1, y1) = line.points[-2:]
    room = max(abs(x1 - x0) if abs(y1 - y0) <= 0.01 else 0.0, abs(y1 - y0)) * _HEAD_SHARE
    return min(_HEAD, max(8 * line.scale, min(_HEAD_MIN, room)))


def arrowhead(points: tuple[Point, ...], size: float) -> tuple[Point, Point, Point]:
    """The triangle at the end of a route: tip and two corners. S-curves arrive vertically."""
    (x0, y0), (x1, y1) = points[-2], points[-1]
    if abs(y1 - y0) <= 0.01 and abs(x1 - x0) > 0.01:
        back = x1 - size if x1 > x0 else x1 + size
        return (x1, y1), (back, y1 - size * 0.5), (back, y1 + size * 0.5)
    back = y1 - size if y1 >= y0 else y1 + size
    return (x1, y1), (x1 - size * 0.5, back), (x1 + size * 0.5, back)

"""The map at one size: which boxes are open, and everything there is to paint, in pixels.

``templates/js/map-view.js`` decides the same for the page while the reader zooms, by the same numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from modelreport.render.map.column import Point
from modelreport.render.map.layout import LINE, Layout, title, wordings
from modelreport.render.map.scene import Node, RouteKind, Scene
from modelreport.render.map.shapes import LEAST_TEXT, place_shapes

BUDGET = 400
"""Boxes drawn at most."""
TEXT_MAX = 12.5
TEXT_MIN = 6.0
"""Font sizes in pixels: labels that would be smaller are left out."""
LINE_MIN = LEAST_TEXT
"""The same for further lines of cards and for shapes beside edges."""
CARD_TEXT, LINE_TEXT = 11.5, 9.5
"""Font sizes of a card's title and further lines, in units."""
ENOUGH = 6
"""Letters of a label that is cut at least."""
SMALL_TEXT = 8.5
"""A label is not made smaller than this while there is room for it."""
BAR_MIN = 8.6
"""Height in pixels from which a title bar can carry a label."""
LETTER = 0.6
"""Mean width of a letter as a share of the font size."""


@dataclass(frozen=True)
class Box:
    """A node on the picture."""

    node: int
    x: float
    y: float
    width: float
    height: float
    scale: float
    """Pixels per unit of the parent's content."""
    depth: int
    open: bool
    bar: float = 0.0
    """Height of the title bar when it is open."""


@dataclass(frozen=True)
class Line:
    """An edge on the picture, with an arrowhead unless it ends at the border of its box."""

    points: tuple[Point, ...]
    kind: RouteKind
    arrow: bool
    scale: float
    shape: str
    """Shape of the tensor, as text, on the first edge of each source."""


@dataclass(frozen=True)
class Label:
    """A line of text on the picture; ``name`` is set lighter before the bold ``text``."""

    x: float
    y: float
    """Centre of the line."""
    size: float
    text: str
    name: str = ""
    anchor: str = "middle"
    strong: bool = False


@dataclass
class Picture:
    """Everything to paint, boxes from the back to the front."""

    width: float
    height: float
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)


def picture(
    scene: Scene, layout: Layout, width: float, height: float, *, root: int = 0, budget: int = BUDGET, zoom: float = 1.0
) -> Picture:
    """The part of the map below ``root``, fitted into a pane and centred; ``zoom`` opens boxes as if it were larger."""
    place = layout.places[root]
    scale = min(width / place.width, height / place.height, 1.6)
    x, y = (width - place.width * scale) / 2, (height - place.height * scale) / 2
    made = Picture(width, height)
    opened = _open(
        scene, layout, root, Box(root, x, y, place.width * scale, place.height * scale, scale, 0, True), budget, zoom
    )
    for box in opened:
        made.boxes.append(box)
        node = scene.nodes[box.node]
        if box.open:
            made.lines.extend(_lines(scene, layout, box))
        if box.node != root or not box.open:
            made.labels.extend(_header(node, box) if box.open else _card(node, box))
    made.labels.extend(_shapes(made))
    return made


def _shapes(made: Picture) -> list[Label]:
    """Shapes of tensors beside the edges, where there is room."""
    boxes = made.boxes[1:]
    shut = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in boxes if not box.open]
    bars = [(box.x, box.y, box.x + box.width, box.y + box.bar) for box in boxes if box.open]
    frames = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in boxes if box.open]
    spots = place_shapes(made.lines, [*shut, *bars], frames)
    return [Label(spot.x, spot.y, spot.size, "", spot.shape, spot.anchor) for spot in spots]


def _open(scene: Scene, layout: Layout, root: int, start: Box, budget: int, zoom: float) -> list[Box]:
    """All visible boxes, parents first. Boxes of one type open together, level by level, while the budget lasts."""
    shown, level, count = [start], [start], len(scene.nodes[root].children)
    while level:
        shut: list[Box] = []
        kin: dict[str, list[Box]] = {}
        todo = [child for box in level for child in _inside(scene, layout, box)]
        for box in todo:
            node = scene.nodes[box.node]
            if not node.children:
                shut.append(box)
            elif node.repeat and _room(layout, box, zoom) >= 0.7 and count < budget:
                count += len(node.children)
                shown.append(_opened(box))
                todo.extend(_inside(scene, layout, box))
            else:
                kin.setdefault("" if node.kind == "segment" else node.type, []).append(box)
        level = []
        for family in kin.values():
            rooms = sorted(_room(layout, box, zoom) for box in family)
            more = sum(len(scene.nodes[box.node].children) for box in family)
            opens = rooms[len(rooms) // 2] >= 1 and count + more <= budget
            count += more if opens else 0
            for box in family:
                if opens and _room(layout, box, zoom) >= 0.6:
                    level.append(_opened(box))
                else:
                    shut.append(box)
        shown.extend(level)
        shown.extend(shut)
    return shown


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


def _header(node: Node, box: Box) -> list[Label]:
    """Name and type in the title bar of an open box, at the left."""
    bar = box.bar
    size = min(TEXT_MAX, bar * 0.7)
    room = (box.width - 14 * min(1.0, box.scale)) / (size * LETTER)
    name, kind = fit(node, room)
    if size < TEXT_MIN or not (name or kind):
        return []
    return [Label(box.x + 7 * min(1.0, box.scale), box.y + bar * 0.52, size, kind, name, "start")]


def _card(node: Node, box: Box) -> list[Label]:
    """The label of a shut box: name and type, on two lines where one is too short, and a card's further lines."""
    if node.children:
        return _shut(node, box)
    lines = node.lines if box.scale * LINE_TEXT >= LINE_MIN else ()
    size = min(TEXT_MAX, max(box.scale * CARD_TEXT, min(SMALL_TEXT, box.height * 0.6)))
    ways = [(fitting(name, kind, box.width - 4, size), name, kind) for name, kind in wordings(node)]
    size, name, kind = max(ways, key=lambda way: round(way[0] * 2 / size))
    if size < TEXT_MIN:
        return _beginning(node.type or node.name, box)
    small, middle = min(10.0, box.scale * LINE_TEXT), box.x + box.width / 2
    y = box.y + (13 * box.scale if lines else box.height / 2)
    made = [Label(middle, y, size, kind, name)]
    for number, line in enumerate(lines):
        if len(line) * small * LETTER <= box.width - 3:
            made.append(Label(middle, y + LINE * box.scale * (number + 1), small, "", line))
    return made


def _shut(node: Node, box: Box) -> list[Label]:
    """Name above type where both fit, else one of them."""
    most = min(TEXT_MAX, max(SMALL_TEXT, box.scale * CARD_TEXT), box.height * 0.42)
    name, kind = wordings(node)[0]
    middle, y = box.x + box.width / 2, box.y + box.height / 2
    top, low = fitting(name, "", box.width - 4, most), fitting("", kind, box.width - 4, most)
    if name and kind and min(top, low) >= TEXT_MIN and box.height >= (top + low) * 1.35:
        return [Label(middle, y - low * 0.62, top, "", name), Label(middle, y + top * 0.68, low, kind)]
    if node.repeat and low >= TEXT_MIN:
        return [Label(middle, y, low, kind)]
    if name and top >= TEXT_MIN:
        return [Label(middle, y, top, "", name)]
    for last in _endings(name):
        size = fitting(last, "", box.width - 4, most)
        if size >= TEXT_MIN:
            return [Label(middle, y, size, "", last)]
    return [Label(middle, y, low, kind)] if kind and low >= TEXT_MIN else _beginning(name or kind, box)


def _beginning(words: str, box: Box) -> list[Label]:
    """As much of a label as fits in small letters, where that is enough to tell it by."""
    size = TEXT_MIN + 0.5
    room = int((box.width - 4) / size / LETTER)
    if not words or room < ENOUGH or box.height < size * 1.2:
        return []
    return [Label(box.x + box.width / 2, box.y + box.height / 2, size, "", f"{words[: room - 1]}…")]


def _endings(name: str) -> list[str]:
    """Shorter forms of a name: its last part, and the number at its end."""
    last = name.rpartition(".")[2]
    digits = last[len(last.rstrip("0123456789")) :]
    return [each for each in dict.fromkeys((last, digits)) if each not in {"", name}]


def fitting(name: str, kind: str, room: float, most: float) -> float:
    """The font size, at most ``most``, at which a label fits into ``room`` pixels."""
    long = label_letters(name) + label_letters(kind) + bool(name and kind)
    return min(most, max(0.0, room) / max(1.0, long) / LETTER)


def label_letters(label: str) -> float:
    """Length of a label in mean letters; East Asian wide ones count double."""
    return sum(1.75 if ord(char) > 0x2E80 else 1.0 for char in label)


def fit(node: Node, room: float) -> tuple[str, str]:
    """Name and type shortened to ``room`` letters: both, the type, or the name, the last one cut."""
    for name, kind in wordings(node):
        if label_letters(name) + label_letters(kind) + bool(name and kind) <= room:
            return name, kind
    whole = title(node)
    return ("", whole[: int(room) - 1] + "…") if room >= 4 else ("", "")


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


def arrowhead(points: tuple[Point, ...], size: float) -> tuple[Point, Point, Point]:
    """The triangle at the end of a route: tip and two corners. S-curves arrive vertically."""
    (x0, y0), (x1, y1) = points[-2], points[-1]
    if abs(y1 - y0) <= 0.01 and abs(x1 - x0) > 0.01:
        back = x1 - size if x1 > x0 else x1 + size
        return (x1, y1), (back, y1 - size * 0.5), (back, y1 + size * 0.5)
    back = y1 - size if y1 >= y0 else y1 + size
    return (x1, y1), (x1 - size * 0.5, back), (x1 + size * 0.5, back)

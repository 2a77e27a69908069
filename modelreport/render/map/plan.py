"""Which drawings of the map paper has, and how large: the whole model, then the inside of what cannot be read there.

Each distinct structure is drawn once, as small as its words allow. One that cannot be read on a whole page is cut into
parts between its cards.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from modelreport.render.map.cuts import Mark, cut
from modelreport.render.map.labels import CARD_TEXT, LINE_TEXT, Box, Letters
from modelreport.render.map.layout import Layout, Place
from modelreport.render.map.picture import Picture, boxes_at, picture
from modelreport.render.map.scene import Scene
from modelreport.render.map.trim import trimmed
from modelreport.render.setting import setting

Size = tuple[float, float]
WHOLE: Final[dict[str, Size]] = {"a4": (672.0, 790.0), "letter": (694.0, 725.0)}
"""Width and height of the drawing of the whole model in CSS pixels, by paper."""
HALF, MIDDLE, LEAST, GAP = 296.0, 430.0, 204.0, 20.0
"""Widths of drawings that have another one beside them, of the narrowest column for one, and between two."""
SHORT, TALL, FULL = 330.0, 760.0, 800.0
"""Heights of drawings that share a page with others, and of one that fills it."""
PAGES: Final = 6.0
"""Pages of details at most."""
PARTS: Final = 6
"""Parts of one drawing at most; what would take more is drawn small and without words."""
PRINTED: Final = Letters(most=11.5, usual=9.0, least=8.0)
"""Font sizes of the drawings: none below six points, which is what a printed page can be read at."""
_LARGEST: Final = 1.25
_MISSES: Final = 12
"""Drawings too large for the room that is left, after which no further one is tried."""
_MOST: Final = 0.9
"""Share of the cards that can be read where nearly all can."""


@dataclass
class Tile:
    """A drawing that was chosen, before it is known what else is drawn."""

    root: int
    made: Picture
    inside: int
    """The tile in which the root is a box; -1 for the overview."""
    part: int = 0
    parts: int = 1
    marks: tuple[Mark, ...] = ()
    """Where lines go on in other parts."""

    @property
    def column(self) -> float:
        """Width of the column it takes at least, with its words."""
        return max(self.made.width, LEAST)

    @property
    def shut(self) -> float:
        """The room it takes, as the height of a drawing of the whole width."""
        return self.made.height * min(1.0, (self.column + GAP) / WHOLE[setting().options.paper][0])


@dataclass
class Plan:
    """All drawings of one report."""

    scene: Scene
    layout: Layout
    kinds: list[int]
    tiles: list[Tile] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    """From each structure to its tile, the first of several parts."""
    left_out: list[int] = field(default_factory=list)

    def anchor(self, tile: int) -> str:
        """The id of a drawing in the document."""
        return f"map-{tile}" if tile else "map"


def make_plan(scene: Scene, layout: Layout) -> Plan:
    """The overview, then tiles for what cannot be read there, then for what cannot in these, until pages are full."""
    plan = Plan(scene, layout, _kinds(scene))
    width, height = WHOLE[setting().options.paper]
    plan.tiles.append(Tile(0, _picture(scene, layout, 0, width, height), inside=-1))
    boxes = plan.tiles[0].made.boxes
    todo = deque((index, 0) for index in ([0] if _unread(scene, boxes, 0) else []) + to_draw(scene, boxes))
    seen = set[int]()
    room, missed = PAGES * FULL, 0
    while todo:
        index, inside = todo.popleft()
        kind = plan.kinds[index]
        if kind in seen:
            continue
        seen.add(kind)
        full = room < 0.5 * SHORT or missed >= _MISSES  # of a large model thousands are left
        tiles = [] if full else _fitted(plan, index, inside)
        if not tiles or sum(tile.shut for tile in tiles) > room:
            missed += bool(tiles)
            plan.left_out += [index] if index else []
            continue
        room -= sum(tile.shut for tile in tiles)
        plan.places[kind] = first = len(plan.tiles)
        for number, tile in enumerate(tiles, first):
            todo.extend((child, number) for child in to_draw(scene, tile.made.boxes))
        plan.tiles += tiles
    return plan


def to_draw(scene: Scene, boxes: Sequence[Box]) -> list[int]:
    """Boxes of a drawing, the first of which is what it shows, whose inside cannot be read: shut, or open too small."""
    small = {scene.nodes[box.node].parent for box in _cards(scene, boxes) if not _read(box, CARD_TEXT)}
    return [
        box.node for box in boxes[1:]
        if scene.nodes[box.node].children
        and (not box.open or (box.node in small and scene.nodes[box.node].kind == "module"))
    ]  # fmt: skip


def _fitted(plan: Plan, index: int, inside: int) -> list[Tile]:
    """The smallest drawing of a box that shows as much of it as a whole page would: with every word, else with names.

    Where the cards of the box itself could not be read on a whole page, it is cut into parts.
    """
    scene, layout, width = plan.scene, _alone(plan.layout, index), WHOLE[setting().options.paper][0]
    full = _boxes(scene, layout, index, width, FULL)
    if _unread(scene, full, index) and (parts := _parts(plan, layout, index, inside)):
        return parts
    if not index:  # the overview shows as much
        return []
    least, cards = len(_shut(scene, full)), bool(_cards(scene, full))
    tried: list[tuple[Size, list[Box]]] = []
    for wide, high in ((HALF, SHORT), (HALF, TALL), (MIDDLE, SHORT), (MIDDLE, TALL), (width, SHORT), (width, 570.0)):
        if cards and _scale(layout, index, wide, high) * CARD_TEXT < PRINTED.least:
            continue
        boxes = _boxes(scene, layout, index, wide, high)
        if len(_shut(scene, boxes)) <= least:
            tried.append(((wide, high), boxes))
    legible = (size for letters in (LINE_TEXT, CARD_TEXT) for size, boxes in tried if _legible(scene, boxes, letters))
    wide, high = next(legible, (width, FULL))
    return [Tile(index, _picture(scene, layout, index, wide, high), inside)]


def _parts(plan: Plan, layout: Layout, index: int, inside: int) -> list[Tile]:
    """The drawing of a box at a size at which its own cards can be read, in parts; empty where they are too many."""
    width, place = WHOLE[setting().options.paper][0], layout.places[index]
    for letters in (LINE_TEXT, CARD_TEXT):
        scale = 1.01 * PRINTED.least / letters / place.scale
        made = picture(
            plan.scene, layout, place.width * scale, place.height * scale, root=index, letters=PRINTED
        )  # fmt: skip
        found = cut(made, width, TALL)
        if 2 <= len(found) <= PARTS:
            return [
                Tile(index, part.picture, inside, number, len(found), part.marks) for number, part in enumerate(found)
            ]
    return []


def _picture(scene: Scene, layout: Layout, index: int, width: float, height: float) -> Picture:
    """The inside of a box in a pane no larger than it needs."""
    layout = _alone(layout, index)
    high = _height(layout, index, width, height)
    return trimmed(picture(scene, layout, width, high, root=index, letters=PRINTED))


def _boxes(scene: Scene, layout: Layout, index: int, width: float, height: float) -> list[Box]:
    """The boxes of such a picture."""
    return boxes_at(scene, layout, width, _height(layout, index, width, height), root=index)


def _height(layout: Layout, index: int, width: float, height: float) -> float:
    place = layout.places[index]
    return min(height, max(60.0, place.height * min(width / place.width, _LARGEST)))


def _alone(layout: Layout, index: int) -> Layout:
    """The layout with a box as large as its inside asks for, not as what it stands in has room for."""
    place = layout.places[index]
    if not index or place.scale == 1.0:
        return layout
    places = layout.places.copy()
    places[index] = _by_itself(place)
    return replace(layout, places=places)


def _by_itself(place: Place) -> Place:
    by = place.scale
    wide, high, axis, dx, dy = (each / by for each in (place.width, place.height, place.axis, place.dx, place.dy))
    return replace(place, width=wide, height=high, axis=axis, dx=dx, dy=dy, scale=1.0)


def _scale(layout: Layout, index: int, width: float, height: float) -> float:
    """Pixels per unit of the cards of a box in such a pane; of cards further inside it is less."""
    place = layout.places[index]
    return min(width / place.width * place.scale, height / place.height * place.scale, _LARGEST)


def _cards(scene: Scene, boxes: Iterable[Box]) -> list[Box]:
    return [box for box in boxes if not box.open and not scene.nodes[box.node].children]


def _read(box: Box, size: float) -> bool:
    return box.scale * size >= PRINTED.least


def _unread(scene: Scene, boxes: Sequence[Box], index: int) -> bool:
    """Whether a box is mostly cards, and their names are too small to be read."""
    own = [box for box in _cards(scene, boxes) if scene.nodes[box.node].parent == index]
    return 2 * len(own) >= len(scene.nodes[index].children) and any(not _read(box, CARD_TEXT) for box in own)


def _legible(scene: Scene, boxes: Sequence[Box], size: float) -> bool:
    """Whether words of a size in units can be read on nearly all cards."""
    cards = _cards(scene, boxes)
    return sum(_read(box, size) for box in cards) >= _MOST * len(cards)


def _shut(scene: Scene, boxes: Sequence[Box]) -> list[int]:
    return [box.node for box in boxes if not box.open and scene.nodes[box.node].children]


def _kinds(scene: Scene) -> list[int]:
    """A number for each node, equal for nodes of equal type, children and edges (shapes and names apart)."""
    numbers: dict[object, int] = {}
    kinds = [0] * len(scene.nodes)
    for index in _parents_last(scene):
        node = scene.nodes[index]
        inside = tuple(kinds[child] for child in node.children)
        edges = tuple((edge.source, edge.target) for edge in node.edges)
        kinds[index] = numbers.setdefault((node.kind, node.type, node.family, inside, edges), len(numbers))
    return kinds


def _parents_last(scene: Scene) -> Iterable[int]:
    order = [0]
    for index in order:  # grows while it is walked: parents before children
        order.extend(scene.nodes[index].children)
    return reversed(order)

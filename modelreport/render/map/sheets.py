"""The map on paper: the whole model, then the inside of what stays shut there, each distinct structure once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from markupsafe import Markup

from modelreport.facts import FAMILIES, Family, Report
from modelreport.render import format as text
from modelreport.render.language import _
from modelreport.render.map import make_scene
from modelreport.render.map.labels import CARD_TEXT, LINE_TEXT, Box, Letters
from modelreport.render.map.layout import Layout, Place, lay_out
from modelreport.render.map.marks import NEIGHBOURS, Badge, Reference, beside, label, ranges
from modelreport.render.map.picture import Picture, picture
from modelreport.render.map.scene import Scene
from modelreport.render.map.svg import describe, write_svg
from modelreport.render.map.trim import trimmed
from modelreport.render.setting import setting

Size = tuple[float, float]
WHOLE: Final[dict[str, Size]] = {"a4": (672.0, 790.0), "letter": (694.0, 725.0)}
"""Width and height of the drawing of the whole model in CSS pixels, by paper."""
HALF, MIDDLE, LEAST, GAP = 310.0, 430.0, 204.0, 20.0
"""Widths of drawings that have another one beside them, of the narrowest column for one, and between two."""
SHORT, TALL, FULL = 330.0, 760.0, 800.0
"""Heights of drawings that share a page with others, and of one that fills it."""
PAGES: Final = 6.0
"""Pages of details at most."""
NAMED: Final = 8
PRINTED: Final = Letters(most=11.5, usual=9.0, least=8.0)
"""Font sizes of the drawings: none below six points, which is what a printed page can be read at."""
_LARGEST: Final = 1.25
_PAST: Final = 200
"""Blocks of one structure in a row that are gone past to find what follows."""
_ROOM: Final = (24.0, 20.0)
"""Width and height that a box must have to carry the number of a page."""


@dataclass(frozen=True)
class Sheet:
    """One drawing of the map with its words."""

    id: str
    title: str
    caption: str
    drawing: Markup
    width: float
    """In CSS pixels."""
    column: float
    """Width of the column it takes at least, with its words."""
    families: tuple[Family, ...] = ()
    badges: tuple[Badge, ...] = ()
    above: tuple[Reference, ...] = ()
    """What its inputs come from."""
    below: tuple[Reference, ...] = ()
    """What its outputs go to."""
    part_of: Reference | None = None
    """The drawing in which it is a shut box."""


@dataclass
class _Tile:
    """A drawing that was chosen, before it is known what else is drawn."""

    root: int
    made: Picture
    inside: int
    """The tile in which the root is a shut box; -1 for the overview."""

    @property
    def column(self) -> float:
        return max(self.made.width, LEAST)

    @property
    def shut(self) -> float:
        """The room it takes, as the height of a drawing of the whole width."""
        return self.made.height * min(1.0, (self.column + GAP) / WHOLE[setting().options.paper][0])


@dataclass
class _Plan:
    """All drawings of one report."""

    scene: Scene
    layout: Layout
    kinds: list[int]
    tiles: list[_Tile] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    """From each structure to its tile."""
    left_out: list[int] = field(default_factory=list)

    def anchor(self, tile: int) -> str:
        return f"map-{tile}" if tile else "map"


def sheets(report: Report) -> tuple[Sheet | None, tuple[Sheet, ...], tuple[str, ...]]:
    """The overview, the details, and the names of the distinct structures that were left out.

    There is no overview for a model without modules and operations.
    """
    scene = make_scene(report)
    if len(scene.nodes) < 2:
        return None, (), ()
    layout = lay_out(scene)
    portrait = replace(layout, places=[layout.tall, *layout.places[1:]])
    plan = _Plan(scene, portrait, _kinds(scene))
    width, height = WHOLE[setting().options.paper]
    plan.tiles.append(_Tile(0, _picture(scene, portrait, 0, width, height), inside=-1))
    _choose(plan)
    alike = _alike(plan)
    cards = {node.family for node in scene.nodes if not node.children}
    whole = Sheet(
        id="map",
        title=_("The whole model"),
        caption=f"{describe(scene)}.",
        drawing=_drawing(plan, 0, describe(scene)),
        width=plan.tiles[0].made.width,
        column=width,
        families=tuple(family for family in FAMILIES if family in cards),
        badges=_badges(plan, 0),
    )
    details = tuple(_detail(plan, number, alike) for number in range(1, len(plan.tiles)))
    return whole, details, tuple(label(scene, index) for index in plan.left_out)


def _choose(plan: _Plan) -> None:
    """Tiles for shut boxes, then for those that stay shut in them, until the pages are full."""
    todo = deque((index, 0) for index in _shut(plan.scene, plan.tiles[0].made))
    seen = set[int]()
    room = PAGES * FULL
    while todo:
        index, inside = todo.popleft()
        kind = plan.kinds[index]
        if kind in seen:
            continue
        seen.add(kind)
        tile = _fitted(plan, index, inside) if room >= 0.5 * SHORT else None  # of a large model thousands are left
        if tile is None or tile.shut > room:
            plan.left_out.append(index)
            continue
        room -= tile.shut
        plan.places[kind] = len(plan.tiles)
        todo.extend((child, len(plan.tiles)) for child in _shut(plan.scene, tile.made))
        plan.tiles.append(tile)


def _fitted(plan: _Plan, index: int, inside: int) -> _Tile:
    """The smallest drawing of a box that shows as much of it as a whole page would: with every word, else with names.

    ``full`` is drawn first, to know what a page would show.
    """
    width = WHOLE[setting().options.paper][0]
    full = _picture(plan.scene, plan.layout, index, width, FULL)
    least, cards = len(_shut(plan.scene, full)), bool(_cards(plan.scene, full))
    tried: list[Picture] = []
    for wide, high in ((HALF, SHORT), (HALF, TALL), (MIDDLE, SHORT), (MIDDLE, TALL), (width, SHORT), (width, 570.0)):
        if cards and _scale(plan.layout, index, wide, high) * CARD_TEXT < PRINTED.least:
            continue
        made = _picture(plan.scene, plan.layout, index, wide, high)
        if len(_shut(plan.scene, made)) <= least:
            tried.append(made)
            if _legible(plan.scene, made, LINE_TEXT):
                return _Tile(index, made, inside)
    for made in tried:
        if _legible(plan.scene, made, CARD_TEXT):
            return _Tile(index, made, inside)
    return _Tile(index, full, inside)


def _picture(scene: Scene, layout: Layout, index: int, width: float, height: float) -> Picture:
    """The inside of a box in a pane no larger than it needs."""
    place = layout.places[index]
    if index and place.scale != 1.0:
        places = layout.places.copy()
        place = places[index] = _by_itself(place)
        layout = replace(layout, places=places)
    high = min(height, max(60.0, place.height * min(width / place.width, _LARGEST)))
    return trimmed(picture(scene, layout, width, high, root=index, letters=PRINTED))


def _by_itself(place: Place) -> Place:
    """A box as large as its inside asks for, not as what it stands in has room for."""
    by = place.scale
    wide, high, axis, dx, dy = (each / by for each in (place.width, place.height, place.axis, place.dx, place.dy))
    return replace(place, width=wide, height=high, axis=axis, dx=dx, dy=dy, scale=1.0)


def _scale(layout: Layout, index: int, width: float, height: float) -> float:
    """Pixels per unit of the cards of a box in such a pane; of cards further inside it is less."""
    place = layout.places[index]
    return min(width / place.width * place.scale, height / place.height * place.scale, _LARGEST)


def _cards(scene: Scene, drawn: Picture) -> list[Box]:
    return [box for box in drawn.boxes if not box.open and not scene.nodes[box.node].children]


def _legible(scene: Scene, made: Picture, size: float) -> bool:
    """Whether words of a size in units can be read on nearly all cards."""
    cards = _cards(scene, made)
    return sum(box.scale * size >= PRINTED.least for box in cards) >= 0.9 * len(cards)


def _shut(scene: Scene, drawn: Picture) -> list[int]:
    return [box.node for box in drawn.boxes if not box.open and scene.nodes[box.node].children]


def _alike(plan: _Plan) -> dict[int, list[int]]:
    """From each structure that has a tile to the nodes that have it, in the order they run."""
    found: dict[int, list[int]] = {}
    for index, node in enumerate(plan.scene.nodes):
        if node.children and plan.kinds[index] in plan.places:
            found.setdefault(plan.kinds[index], []).append(index)
    return found


def _detail(plan: _Plan, number: int, alike: dict[int, list[int]]) -> Sheet:
    tile, scene = plan.tiles[number], plan.scene
    node, name = scene.nodes[tile.root], label(scene, tile.root) or _("(no name)")
    inside = plan.tiles[tile.inside].root
    where = Reference(_("the whole model") if not tile.inside else label(scene, inside), plan.anchor(tile.inside))
    return Sheet(
        id=plan.anchor(number),
        title=_("{name} ({type})", name=name, type=text.name(node.type, 40)) if node.type else name,
        caption=_once(scene, alike[plan.kinds[tile.root]], tile.root),
        drawing=_drawing(plan, number, _("Architecture map of {name}", name=name)),
        width=tile.made.width,
        column=tile.column,
        badges=_badges(plan, number),
        above=_references(plan, number, forward=False),
        below=_references(plan, number, forward=True),
        part_of=where,
    )


def _once(scene: Scene, alike: Sequence[int], shown: int) -> str:
    """What else has this structure, as a sentence; empty when nothing has."""
    if len(alike) < 2:
        return ""
    names = ranges(dict.fromkeys(text.name(scene.nodes[i].path or scene.nodes[i].name, 60) for i in alike))
    listed = ", ".join(names[:NAMED])
    more = len(names) - NAMED
    same = len({scene.nodes[i].parameters for i in alike}) == 1
    values = {"count": text.exact(len(alike)), "names": listed, "more": text.exact(more), "name": label(scene, shown)}
    if more > 0:
        return _("Drawn once for {count} boxes of this structure: {names} and {more} more.", **values)
    if same:
        return _("Drawn once for {count} boxes: {names}.", **values)
    return _("Drawn once for {count} boxes, with the sizes of {name}: {names}.", **values)


def _badges(plan: _Plan, number: int) -> tuple[Badge, ...]:
    """Where the shut boxes of a drawing are continued."""
    made = plan.tiles[number].made
    return tuple(
        Badge(
            right=round(100 * (1 - (box.x + box.width) / made.width), 2),
            bottom=round(100 * (1 - (box.y + box.height) / made.height), 2),
            anchor=plan.anchor(plan.places[plan.kinds[box.node]]),
            name=label(plan.scene, box.node),
        )
        for box in made.boxes
        if not box.open and box.width >= _ROOM[0] and box.height >= _ROOM[1]
        and plan.scene.nodes[box.node].children and plan.kinds[box.node] in plan.places
    )  # fmt: skip


def _references(plan: _Plan, number: int, *, forward: bool) -> tuple[Reference, ...]:
    """What a tile's data comes from or goes to: in the drawing it is a part of, or behind that one's edge."""
    found: list[Reference] = []
    tile = plan.tiles[number]
    own = plan.kinds[tile.root]
    while number and len(found) < NEIGHBOURS:
        todo, seen, outside = [tile.root], {tile.root}, False
        for index in todo:  # grows: past what is drawn here too, to what is not
            nodes, more = beside(plan.scene, index, plan.tiles[tile.inside].root, forward=forward)
            outside = outside or more
            found += [_reference(plan, node, tile.inside) for node in nodes if plan.kinds[node] != own]
            again = [node for node in nodes if plan.kinds[node] == own and node not in seen]
            todo += again[: _PAST - len(todo)]
            seen.update(again)
        if not outside:
            break
        number, tile = tile.inside, plan.tiles[tile.inside]
    return tuple(dict.fromkeys(found))[:NEIGHBOURS]


def _reference(plan: _Plan, index: int, inside: int) -> Reference:
    """Its own tile for what has one, else the drawing that shows it as a box."""
    tile = plan.places.get(plan.kinds[index], inside) if plan.scene.nodes[index].children else inside
    return Reference(label(plan.scene, index), plan.anchor(tile))


def _drawing(plan: _Plan, number: int, title: str) -> Markup:
    """The drawing with a ``title`` element, from which the tags of a PDF take its text."""
    head, end, rest = write_svg(plan.tiles[number].made, plan.scene, "print", "").partition(Markup(">"))
    return head + end + Markup("<title>{}</title>").format(title) + rest


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

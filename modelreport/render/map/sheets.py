"""The map on paper: the whole model, then the inside of what cannot be read there, each distinct structure once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from markupsafe import Markup

from modelreport.facts import FAMILIES, Family, Report
from modelreport.render import format as text
from modelreport.render.language import _
from modelreport.render.map import make_scene
from modelreport.render.map.cuts import MARK, Mark
from modelreport.render.map.layout import lay_out
from modelreport.render.map.marks import NEIGHBOURS, Badge, Reference, beside, label, ranges
from modelreport.render.map.picture import Box
from modelreport.render.map.plan import FULL, GAP, PAGES, PRINTED, WHOLE, Plan, Tile, make_plan, to_draw
from modelreport.render.map.scene import Scene
from modelreport.render.map.svg import describe, write_svg
from modelreport.render.setting import setting

__all__ = ["FULL", "GAP", "PAGES", "PRINTED", "WHOLE", "Sheet", "sheets"]

NAMED: Final = 8
_PAST: Final = 200
"""Blocks of one structure in a row that are gone past to find what follows."""
_ROOM: Final = (24.0, 20.0)
"""Width and height that a shut box must have to carry the number of a page."""
_BAR: Final = 11.0
"""Height of a title bar that has room for it."""


@dataclass(frozen=True)
class Sheet:
    """One drawing of the map with its words."""

    id: str
    title: str
    caption: str
    drawing: Markup
    width: float
    height: float
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
    """The drawing in which it is a box that cannot be read."""
    parts: int = 1
    """In how many parts the drawing was cut of which this is one."""
    part: int = 0
    follows: str = ""
    """The id of the part before it."""


def sheets(report: Report) -> tuple[Sheet | None, tuple[Sheet, ...], tuple[str, ...]]:
    """The overview, the details, and the names of the distinct structures that were left out.

    There is no overview for a model without modules and operations.
    """
    scene = make_scene(report)
    if len(scene.nodes) < 2:
        return None, (), ()
    layout = lay_out(scene)
    plan = make_plan(scene, replace(layout, places=[layout.tall, *layout.places[1:]]))
    alike = _alike(plan)
    cards = {node.family for node in scene.nodes if not node.children}
    whole = Sheet(
        id="map",
        title=_("The whole model"),
        caption=f"{describe(scene)}.",
        drawing=_drawing(plan, 0, describe(scene)),
        width=plan.tiles[0].made.width,
        height=plan.tiles[0].made.height,
        column=WHOLE[setting().options.paper][0],
        families=tuple(family for family in FAMILIES if family in cards),
        badges=_badges(plan, 0),
    )
    details = tuple(_detail(plan, number, alike) for number in range(1, len(plan.tiles)))
    return whole, details, tuple(label(scene, index) for index in plan.left_out)


def _alike(plan: Plan) -> dict[int, list[int]]:
    """From each structure that has a tile to the nodes that have it, in the order they run."""
    found: dict[int, list[int]] = {}
    for index, node in enumerate(plan.scene.nodes):
        if node.children and plan.kinds[index] in plan.places:
            found.setdefault(plan.kinds[index], []).append(index)
    return found


def _detail(plan: Plan, number: int, alike: dict[int, list[int]]) -> Sheet:
    tile, scene = plan.tiles[number], plan.scene
    name = label(scene, tile.root) or _("(no name)")
    inside = plan.tiles[tile.inside].root
    where = Reference(_("the whole model") if not tile.inside else label(scene, inside), plan.anchor(tile.inside))
    return Sheet(
        id=plan.anchor(number),
        title=_titled(scene, tile, name),
        caption=_once(scene, alike[plan.kinds[tile.root]], tile.root) if not tile.part else "",
        drawing=_drawing(plan, number, _("Architecture map of {name}", name=name)),
        width=tile.made.width,
        height=tile.made.height,
        column=tile.column,
        badges=_badges(plan, number),
        above=_references(plan, number, forward=False),
        below=_references(plan, number, forward=True),
        part_of=where,
        parts=tile.parts,
        part=tile.part,
        follows=plan.anchor(number - 1) if tile.part else "",
    )


def _titled(scene: Scene, tile: Tile, name: str) -> str:
    """What the drawing shows, and which part of it where there are several."""
    kind = scene.nodes[tile.root].type
    title = _("{name} ({type})", name=name, type=text.name(kind, 40)) if kind and tile.root else name
    if tile.parts == 1:
        return title
    return _(
        "{title}, part {part} of {parts}", title=title, part=text.exact(tile.part + 1), parts=text.exact(tile.parts)
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


def _badges(plan: Plan, number: int) -> tuple[Badge, ...]:
    """Where boxes of a drawing are continued, then where its lines are."""
    tile = plan.tiles[number]
    drawn = set(to_draw(plan.scene, tile.made.boxes))
    boxes = [box for box in tile.made.boxes if box.node in drawn and plan.kinds[box.node] in plan.places]
    found = [_box_badge(plan, tile, box) for box in boxes if _carries(box)]
    return (*found, *(_line_badge(plan, number, mark) for mark in tile.marks))


def _carries(box: Box) -> bool:
    """Whether there is room on a box for the number of a page: in the title bar of an open one."""
    return box.width >= _ROOM[0] and (box.bar >= _BAR if box.open else box.height >= _ROOM[1])


def _box_badge(plan: Plan, tile: Tile, box: Box) -> Badge:
    lower = box.y + (box.bar if box.open else box.height)
    anchor = plan.anchor(plan.places[plan.kinds[box.node]])
    return _badge(tile, box.x + box.width, lower, anchor, label(plan.scene, box.node))


def _line_badge(plan: Plan, number: int, mark: Mark) -> Badge:
    tile = plan.tiles[number]
    other = number - tile.part + mark.part
    return _badge(tile, mark.x + MARK[0] / 2, mark.y + MARK[1] / 2, plan.anchor(other), _part(mark.part))


def _badge(tile: Tile, right: float, lower: float, anchor: str, name: str) -> Badge:
    return Badge(
        right=round(100 * (1 - right / tile.made.width), 2),
        bottom=round(100 * (1 - lower / tile.made.height), 2),
        anchor=anchor,
        name=name,
    )


def _part(part: int) -> str:
    return _("part {part}", part=text.exact(part + 1))


def _references(plan: Plan, number: int, *, forward: bool) -> tuple[Reference, ...]:
    """What a tile's data comes from or goes to: in the drawing it is a part of, or behind that one's edge."""
    found: list[Reference] = []
    tile = plan.tiles[number]
    other = tile.part + (1 if forward else -1)
    if 0 <= other < tile.parts:
        return (Reference(_part(other), plan.anchor(number - tile.part + other)),)
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


def _reference(plan: Plan, index: int, inside: int) -> Reference:
    """Its own tile for what has one, else the drawing that shows it as a box."""
    tile = plan.places.get(plan.kinds[index], inside) if plan.scene.nodes[index].children else inside
    return Reference(label(plan.scene, index), plan.anchor(tile))


def _drawing(plan: Plan, number: int, title: str) -> Markup:
    """The drawing with a ``title`` element, from which the tags of a PDF take its text."""
    head, end, rest = write_svg(plan.tiles[number].made, plan.scene, "print", "").partition(Markup(">"))
    return head + end + Markup("<title>{}</title>").format(title) + rest

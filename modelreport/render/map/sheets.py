"""The map on paper: the whole model, then the inside of what stays shut there, each distinct structure once."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from modelreport.facts import FAMILIES, Family, Report
from modelreport.render import format as text
from modelreport.render.map import make_scene
from modelreport.render.map.layout import Layout, lay_out
from modelreport.render.map.picture import Picture, picture
from modelreport.render.map.scene import Scene
from modelreport.render.map.svg import describe, draw_map, write_svg

WHOLE: Final = (660.0, 800.0)
DETAIL: Final = (320.0, 420.0)
TALL: Final = 720.0
"""Width and height of the drawings in CSS pixels: a page has one of the whole model, four details, or two tall ones."""
DETAILS: Final = 8


@dataclass(frozen=True)
class Sheet:
    """One drawing of the map with its words."""

    id: str
    title: str
    caption: str
    drawing: Markup
    families: tuple[Family, ...]


def sheets(report: Report) -> tuple[Sheet | None, tuple[Sheet, ...], int]:
    """The overview, the details, and how many distinct structures were left out.

    There is no overview for a model without modules and operations.
    """
    scene = make_scene(report)
    if len(scene.nodes) < 2:
        return None, (), 0
    layout = lay_out(scene)
    cards = {node.family for node in scene.nodes if not node.children}
    whole = Sheet(
        id="map",
        title="The whole model",
        caption=f"{describe(scene)}.",
        drawing=_titled(draw_map(scene, layout, "print", width=WHOLE[0], height=WHOLE[1]), describe(scene)),
        families=tuple(family for family in FAMILIES if family in cards),
    )
    place = layout.places[0]
    high = min(WHOLE[1], max(120.0, place.height * min(WHOLE[0] / place.width, 1.6)))
    drawn = picture(scene, layout, WHOLE[0], high)
    details, left_out = _details(scene, layout, drawn, TALL)
    if len(details) > 2:
        details, left_out = _details(scene, layout, drawn, DETAIL[1])
    return whole, details, left_out


def _details(scene: Scene, layout: Layout, whole: Picture, most: float) -> tuple[tuple[Sheet, ...], int]:
    """Pictures of shut boxes, then of those that stay shut in them, until there are enough."""
    kinds = _kinds(scene)
    alike: dict[int, list[int]] = {}
    for index, node in enumerate(scene.nodes):
        if node.children:
            alike.setdefault(kinds[index], []).append(index)
    todo, seen, made = deque(_shut(scene, whole)), set[int](), list[Sheet]()
    left_out = 0
    while todo:
        index = todo.popleft()
        if kinds[index] in seen:
            continue
        seen.add(kinds[index])
        if len(made) == DETAILS:
            left_out += 1
            continue
        place = layout.places[index]
        high = min(most, max(80.0, place.height * min(DETAIL[0] / place.width, 1.2)))
        drawn = picture(scene, layout, DETAIL[0], high, root=index)
        made.append(_detail(scene, drawn, index, alike[kinds[index]], len(made) + 1))
        todo.extend(_shut(scene, drawn))
    return tuple(made), left_out


def _shut(scene: Scene, drawn: Picture) -> list[int]:
    return [box.node for box in drawn.boxes if not box.open and scene.nodes[box.node].children]


def _detail(scene: Scene, drawn: Picture, index: int, alike: list[int], number: int) -> Sheet:
    node = scene.nodes[index]
    name = text.name(node.path or node.name, 60) or "(no name)"
    others = [text.name(scene.nodes[i].path or scene.nodes[i].name, 40) for i in alike if i != index]
    more = f" and {text.exact(len(others) - 4)} more" if len(others) > 4 else ""
    return Sheet(
        id=f"map-{number}",
        title=f"Inside {name}, {text.name(node.type, 40)}" if node.type else f"Inside {name}",
        caption=f"The same structure: {', '.join(others[:4])}{more}." if others else "",
        drawing=_titled(write_svg(drawn, scene, "print", ""), f"Architecture map of {name}"),
        families=(),
    )


def _titled(drawing: Markup, title: str) -> Markup:
    """The drawing with a ``title`` element, from which the tags of a PDF take its text."""
    head, end, rest = drawing.partition(Markup(">"))
    return head + end + Markup("<title>{}</title>").format(title) + rest


def _kinds(scene: Scene) -> list[int]:
    """A number for each node, equal for nodes of equal type, children and edges (shapes and names apart)."""
    numbers: dict[object, int] = {}
    kinds = [0] * len(scene.nodes)
    order = [0]
    for index in order:  # grows while it is walked: parents before children
        order.extend(scene.nodes[index].children)
    for index in reversed(order):
        node = scene.nodes[index]
        inside = tuple(kinds[child] for child in node.children)
        edges = tuple((edge.source, edge.target) for edge in node.edges)
        kinds[index] = numbers.setdefault((node.kind, node.type, node.family, inside, edges), len(numbers))
    return kinds

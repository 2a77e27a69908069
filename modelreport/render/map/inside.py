"""What is inside shut boxes, in small: their cards where they will be once the box is opened, without words.

``templates/js/map-inside.js`` chooses the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from modelreport.facts import FAMILIES, Family
from modelreport.render.map.labels import Box
from modelreport.render.map.layout import Layout
from modelreport.render.map.scene import Scene

MOST, ALL = 96, 1000
"""Tiles at most of one box and, divided evenly, of a picture."""
_LEAST: Final = 1.2
"""Height in pixels of a tile that is worth drawing."""
_WHOLE: Final = 0.4
"""A tile of which no more than this share lies below the labels is left out."""
_AIR: Final = 2.0
"""Between labels and the first tile, in pixels."""


@dataclass(frozen=True)
class Tile:
    """A card or box inside a shut one."""

    node: int
    x: float
    y: float
    width: float
    height: float
    family: Family
    """Its own, or the one most of its work is in."""


def tiles(scene: Scene, layout: Layout, box: Box, below: float, most: float = MOST) -> list[Tile]:
    """What shows inside a shut box below its labels: level by level, while it is not too much."""
    level = [(box.node, box.x, box.y, box.scale)]
    while True:
        count = sum(max(1, len(scene.nodes[node].children)) for node, *_ in level)
        if count > most or all(not scene.nodes[node].children for node, *_ in level):
            break
        level = [inner for each in level for inner in _inside(scene, layout, *each)]
    top, made = box.y + below + _AIR, []
    for node, x, y, scale in level:
        place = layout.places[node]
        high = y + place.height * scale - max(y, top)
        if node != box.node and high >= max(_LEAST, _WHOLE * place.height * scale):
            made.append(Tile(node, x, max(y, top), place.width * scale, high, lead(scene, node)))
    return made


def _inside(
    scene: Scene, layout: Layout, node: int, x: float, y: float, scale: float
) -> list[tuple[int, float, float, float]]:
    """The children of a node with their corners and scale; a card, or a box that is not drawn, stays itself."""
    place, children = layout.places[node], scene.nodes[node].children
    if not children or place.content is None:
        return [(node, x, y, scale)]
    inner = scale * place.scale
    x, y = x + place.dx * scale, y + place.dy * scale
    corners = zip(children, place.content.places, strict=True)
    return [(child, x + left * inner, y + top * inner, inner) for child, (left, top) in corners]


def lead(scene: Scene, index: int) -> Family:
    """The family most of the floating-point operations of a node are in; without any, most of its cards."""
    if not scene.nodes[index].children:
        return scene.nodes[index].family
    weights = dict.fromkeys(FAMILIES, 0)
    todo = [index]
    for each in todo:  # grows: everything inside
        node = scene.nodes[each]
        todo.extend(node.children)
        if not node.children:
            weights[node.family] += node.flops + 1
    return max(FAMILIES, key=lambda family: weights[family])

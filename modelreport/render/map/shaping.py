"""The shapes of the outer boxes: chosen so that the first screen shows as much as can be, legibly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from modelreport.render.map.scene import Scene

if TYPE_CHECKING:
    from modelreport.render.map.layout import Place

PANE, TALL_PANE = 1.6, 0.75
"""Width / height of the panes the whole map is shaped for."""
INNER_PANE: Final = 1.35
"""Width / height that boxes are shaped for."""
_INNER_PANES: Final = (0.7, 1.0, 1.8, 2.5)
"""What else the boxes of the first screen are shaped for, when that makes more of it legible."""
_GROWN: Final = (1.25, 1.5, 1.8)
"""How much larger than usual what is in the outermost boxes is drawn."""
_SHRUNK: Final = (0.7, 0.5)
"""How much smaller than usual the repeats beside cards are drawn, so that there is room for the words of these."""
_SHALLOW: Final = 2
_FEW: Final = 60
_VERY_FEW: Final = 16
"""Boxes of the first screen; with more of them other shapes are tried for all at once, or not at all."""
_WIDTH: Final = 920.0
"""Width in pixels of the pane that a first screen is judged in."""
_ENOUGH: Final = 0.98
"""Pixels per unit from which the outermost cards gain nothing by being larger."""
_CLEAR: Final = 2.0
"""How many times as large as just legible what is in a box is of use."""
_WORDS: Final = 0.5
"""How much of the score is whether cards can tell their type."""
_AROUND: Final = 0.94
"""What is left of the score for each tensor that is led around columns."""
_BETTER: Final = 1.012
"""How much better an unusual shape must be."""


@dataclass(frozen=True)
class Shapes:
    """Width / height that some boxes are shaped for, and how much larger than usual their contents are."""

    aspects: dict[int, float] = field(default_factory=dict)
    grown: dict[int, float] = field(default_factory=dict)

    def but(self, change: Shapes) -> Shapes:
        """These shapes with some others."""
        return Shapes(self.aspects | change.aspects, self.grown | change.grown)


def shallow(scene: Scene) -> list[int]:
    """The boxes of the first screen, parents first."""
    level, found = [0], [0]
    for _ in range(_SHALLOW):
        level = [child for index in level for child in scene.nodes[index].children if scene.nodes[child].children]
        found += level
    return sorted(found)


def best_shaped(scene: Scene, boxes: list[int], settle: Callable[[Shapes], list[Place]]) -> list[Place]:
    """The places of all nodes with the best of the shapes tried, one change kept after the other."""
    shapes = Shapes()
    best = settle(shapes)
    most = _score(scene, boxes, best)
    for change in _changes(scene, boxes):
        tried = shapes.but(change)
        places = settle(tried)
        score = _score(scene, boxes, places)
        if score > most * _BETTER:
            best, most, shapes = places, score, tried
    return best


def _changes(scene: Scene, boxes: list[int]) -> Iterator[Shapes]:
    if len(boxes) > _FEW or len(boxes) < 2:
        return
    outer = [index for index in boxes[1:] if scene.nodes[index].parent == 0]
    yield from (Shapes(aspects=dict.fromkeys(boxes, aspect)) for aspect in _INNER_PANES)
    if len(boxes) <= _VERY_FEW:
        yield from (Shapes(grown=dict.fromkeys(outer, factor)) for factor in _GROWN)
        yield from (Shapes(aspects={index: aspect}) for index in boxes[1:] for aspect in _INNER_PANES)
        for index in boxes:
            if _beside_cards(scene, index):
                above = scene.nodes[index].parent
                yield from (Shapes(grown={index: small, above: large}) for small in _SHRUNK for large in (1.0, *_GROWN))


def _beside_cards(scene: Scene, index: int) -> bool:
    """Whether a box of ×N stands among operations, without other blocks that it would have to be as large as."""
    node = scene.nodes[index]
    kin = [scene.nodes[child] for child in scene.nodes[node.parent].children]
    return node.kind == "group" and sum(not each.children for each in kin) > len(kin) / 2


def _score(scene: Scene, boxes: list[int], places: list[Place]) -> float:
    """How large the outermost cards are in a pane, and how legible what is in its boxes."""
    place = places[0]
    fit = min(_WIDTH / place.width, _WIDTH / PANE / place.height)
    scales = {0: fit * place.scale}
    read, told, around = [], [], 0
    for index in boxes:
        place = places[index]
        if index:
            scales[index] = scales[scene.nodes[index].parent] * place.scale
            read.append(min(_CLEAR, scales[index] / place.legible) ** 0.5)
        told += [min(1.0, scales[index] / place.worded)] if place.worded else []
        around += place.content.around if place.content else 0
    filled = min(places[0].width * fit / _WIDTH, places[0].height * fit * PANE / _WIDTH)
    fit = (min(_ENOUGH, fit) + 0.05 * fit) * (0.85 + 0.15 * filled)
    fit *= _AROUND**around * (1 - _WORDS + _WORDS * (sum(told) / len(told) if told else 1.0))
    return fit * (0.3 + 0.7 * sum(read) / len(read)) if read else fit

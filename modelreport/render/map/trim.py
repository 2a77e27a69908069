"""A picture of the map without the empty room around what is painted."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from modelreport.render.map.labels import LETTER, Label
from modelreport.render.map.picture import Picture
from modelreport.render.map.words import together

AIR: Final = 3.0
"""Pixels that are left on each side."""
_UP: Final = 0.5
"""Half the height of a line of text as a share of its size."""


Extent = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels."""


def trimmed(made: Picture) -> Picture:
    """The same picture in the corner of a pane of whole pixels that just holds it; one of nothing as it is."""
    found = extent(made)
    return made if found is None else moved(made, found)


def extent(made: Picture) -> Extent | None:
    """What the painted takes; ``None`` where nothing is."""
    xs = [x for box in made.boxes[1:] for x in (box.x, box.x + box.width)]
    ys = [y for box in made.boxes[1:] for y in (box.y, box.y + box.height)]
    xs += [x for line in made.lines for x, _y in line.points]
    ys += [y for line in made.lines for _x, y in line.points]
    for label in made.labels:
        xs += _sides(label)
        ys += [label.y - label.size * _UP, label.y + label.size * _UP]
    return (min(xs), min(ys), max(xs), max(ys)) if xs else None


def _sides(label: Label) -> tuple[float, float]:
    """About where a label begins and ends."""
    wide = together(label.name, label.text) * label.size * LETTER
    left = label.x - {"start": 0.0, "middle": wide / 2, "end": wide}[label.anchor]
    return left, left + wide


def moved(made: Picture, place: Extent) -> Picture:
    """The picture in the corner of a pane of whole pixels that holds such a place."""
    left, top, right, bottom = place
    x, y = left - AIR, top - AIR
    return Picture(
        math.ceil(right - left + 2 * AIR),
        math.ceil(bottom - top + 2 * AIR),
        boxes=[replace(box, x=box.x - x, y=box.y - y) for box in made.boxes],
        tiles=[replace(tile, x=tile.x - x, y=tile.y - y) for tile in made.tiles],
        lines=[replace(line, points=tuple((a - x, b - y) for a, b in line.points)) for line in made.lines],
        labels=[replace(label, x=label.x - x, y=label.y - y) for label in made.labels],
    )

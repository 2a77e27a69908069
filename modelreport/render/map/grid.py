"""The arrangement of modules whose order of running is not known: a wall of boxes in the order of registration.

Boxes stand below each other in columns that are filled as a treemap is: each is widened to its column, and the columns
are made about equally high. Boxes of one size keep one size.
"""

from __future__ import annotations

from dataclasses import dataclass

from modelreport.render.map.arrange import Content
from modelreport.render.map.columns import Band, Pane, wrap

GAP = 9.0
_LEAST = 170.0
"""Height from which a wall is wrapped into columns."""
_TALLER = 1.5
"""How much higher than needed a box gets at most to fill its column."""


@dataclass(frozen=True)
class Wall:
    """A content without routes, and the sizes to which its boxes were widened."""

    content: Content
    sizes: tuple[tuple[float, float], ...]


def build_wall(sizes: tuple[tuple[float, float], ...], aspect: float, *, fill: bool = True) -> Wall:
    """Boxes of at least ``sizes``, of just these without ``fill``, in columns that fill a pane of ``aspect`` well."""
    large = sorted(min(size) for size in sizes)[-1 - len(sizes) // 4]
    gap = GAP * max(1.0, min(4.0, large / 100.0))
    bands = [Band(height, gap, width / 2, width / 2, 1) for width, height in sizes]
    columns = wrap(bands, Pane(aspect, gap, 0.0), _LEAST)
    count = columns[-1] + 1
    rows = [[k for k, column in enumerate(columns) if column == number] for number in range(count)]
    widths = [max(sizes[k][0] for k in row) for row in rows]
    needed = [sum(sizes[k][1] for k in row) + gap * (len(row) - 1) for row in rows]
    height = max(needed)
    alike = len(set(sizes)) == 1
    corners: list[tuple[float, float]] = []
    made: list[tuple[float, float]] = []
    left = 0.0
    for number, row in enumerate(rows):
        bare = needed[number] - gap * (len(row) - 1)
        factor = 1.0 if alike or not fill else min(_TALLER, (height - needed[number] + bare) / bare)
        y = 0.0
        for k in row:
            high = sizes[k][1] * factor
            corners.append((left, y))
            made.append((widths[number] if fill else sizes[k][0], high))
            y += high + gap
        left += widths[number] + gap
    width = left - gap
    return Wall(Content(width, height, tuple(corners), (), width / 2, count), tuple(made))

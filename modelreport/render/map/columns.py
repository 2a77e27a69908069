"""How a tall drawing is wrapped into columns: where few tensors pass, so that it fills the pane it is for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

MAX_COLUMNS = 24
MIN_WRAPPED = 520.0
"""Height from which a drawing is wrapped into columns at all."""
FIRM = 1200.0
"""Below this height, a residual block is never cut through."""
_BETTER = 1.1
"""How much more legible a wrapped drawing must be, for the eye to have to jump."""
_NEAR = 2
"""How many columns more and fewer than would fill the pane are tried: rows differ, and not every cut is good."""
_STEPS = 9


@dataclass(frozen=True)
class Band:
    """One row as the wrapping sees it."""

    height: float
    gap: float
    """To the next row."""
    left: float
    right: float
    """Its horizontal extent around the main axis."""
    crossing: int
    """Tensors that pass from it to later rows."""
    skipped: bool = False
    """Whether a skip connection is among them."""


@dataclass(frozen=True)
class Pane:
    """What a drawing is wrapped for."""

    aspect: float
    """Width / height."""
    gutter: float
    """Room between two columns."""
    spare: float
    """Height for the lines above and below the columns."""


def wrap(bands: list[Band], pane: Pane, least: float = MIN_WRAPPED) -> list[int]:
    """The column of each row: as many columns as make the drawing most legible in the pane.

    Legibility is the scale at which the drawing fits. Cutting where more than one tensor passes costs, so that a
    residual block stays whole. A drawing less than ``least`` high is one column.
    """
    best, most = [0] * len(bands), _fit(bands, [0] * len(bands), pane)
    total = _height(bands)
    if total < least:
        return best
    most *= _BETTER
    wide = max(band.left for band in bands) + max(band.right for band in bands) + pane.gutter
    even = math.sqrt(pane.aspect * total / wide)  # columns of equal height that fill the pane
    first, last = max(2, math.floor(even) - _NEAR), min(MAX_COLUMNS, len(bands), math.ceil(even) + _NEAR)
    for wanted in range(first, last + 1):
        columns = _cut(bands, wanted)
        cuts = [bands[row] for row, (a, b) in enumerate(pairwise(columns)) if a != b]
        if not cuts or (total < FIRM and any(cut.skipped for cut in cuts)):
            continue
        cost = 1 + min(1.2, 0.3 * sum(max(0, cut.crossing - 1) for cut in cuts) / len(cuts))
        score = _fit(bands, columns, pane) / cost
        if score > most * 1.02:
            best, most = columns, score
    return best


def _height(bands: list[Band]) -> float:
    return sum(band.height + band.gap for band in bands) - bands[-1].gap if bands else 0.0


def _fit(bands: list[Band], columns: list[int], pane: Pane) -> float:
    """Scale at which the wrapped drawing fits a pane of height 1."""
    count = columns[-1] + 1 if columns else 1
    height, left, right = [0.0] * count, [0.0] * count, [0.0] * count
    for row, (band, column) in enumerate(zip(bands, columns, strict=True)):
        last = row + 1 == len(bands) or columns[row + 1] != column
        height[column] += band.height + (0.0 if last else band.gap)
        left[column], right[column] = max(left[column], band.left), max(right[column], band.right)
    width = sum(left) + sum(right) + pane.gutter * (count - 1)
    return min(pane.aspect / max(width, 1.0), 1 / max(max(height) + (pane.spare if count > 1 else 0.0), 1.0))


def _cut(bands: list[Band], wanted: int) -> list[int]:
    """Rows cut into at most ``wanted`` columns, the highest as low as can be, at places that few tensors cross."""
    tallest = max(band.height for band in bands)
    total = _height(bands)
    low, high = max(tallest, total / wanted) - 1.0, total + 1.0
    best = [0] * len(bands)
    measures = [(band.height, band.gap, band.crossing or 1) for band in bands]
    for _ in range(_STEPS):
        middle = (low + high) / 2
        columns = _fill(measures, middle, wanted)
        if columns:
            best, high = columns, middle
        else:
            low = middle
    return best


def _fill(bands: list[tuple[float, float, int]], limit: float, most: int) -> list[int]:
    """Rows put into columns no higher than ``limit``, each cut where the fewest tensors cross within its last third.

    Rows are ``(height, gap, crossing)``. Empty where ``most`` columns do not hold them.
    """
    columns: list[int] = []
    start, column, count, low = 0, 0, len(bands), limit * 0.66
    while start < count:
        if column == most:
            return []
        filled, end, cut, fewest = 0.0, start, start, math.inf
        while end < count:
            height, gap, crossing = bands[end]
            if end > start and filled + height > limit:
                break
            filled += height
            if filled > low and crossing <= fewest:
                cut, fewest = end, crossing
            filled += gap
            end += 1
        if end < count and fewest < math.inf:
            end = cut + 1
        columns += [column] * (end - start)
        start, column = end, column + 1
    return columns

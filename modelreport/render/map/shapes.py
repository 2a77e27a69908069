"""Words beside what they tell of: names of cards too small for them, shapes of tensors at the edges.

They touch neither a box nor a line nor another label.

``templates/js/map-picture.js`` places them by the same rules.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Protocol

from modelreport.render.map.column import Point
from modelreport.render.map.words import BOLD, label_letters

LINE_TEXT: Final = 9.5
"""Font size of a shape, in units."""
MOST_TEXT: Final = 10.0
"""Font size in pixels at most."""
_LETTER: Final = 0.6
_ASIDE, _LEAST_ASIDE, _MOST_ASIDE = 4.0, 3.5, 6.0
"""Between a line and its label, in units; at least and at most, in pixels."""
MOST_NAMES: Final = 60
"""Cards named beside them at most: of more none is, they are seen from afar."""
_LOW: Final = 6.0
"""Height in pixels from which a card is named beside it."""
_CLEAR: Final = 1.5
_FLAT: Final = 0.01
_DOWN: Final = 0.45
"""Where beside a straight piece a label stands, as a share of it; of long pieces only an end counts."""
_PIECE: Final = 30.0

Rect = tuple[float, float, float, float]


class Way(Protocol):
    """One edge as the placing of labels sees it."""

    @property
    def points(self) -> tuple[Point, ...]:
        """Corner points in pixels."""

    @property
    def scale(self) -> float:
        """Pixels per unit."""

    @property
    def shape(self) -> str:
        """What to write; empty for nothing."""


@dataclass(frozen=True)
class Spot:
    """A label that found its place; ``x`` is its left end (``start``), its right one or middle, ``y`` its middle."""

    x: float
    y: float
    size: float
    shape: str
    anchor: str
    name: int = -1
    """Which of the names it is."""


@dataclass(frozen=True)
class Ground:
    """What is on the picture already."""

    blocks: Sequence[Rect]
    """Shut boxes and title bars."""
    frames: Sequence[Rect]
    """Open boxes, of which only the border is in the way."""
    pieces: Sequence[Rect]
    """Lines."""
    taken: list[Rect] = field(default_factory=list)
    """Labels that found their place."""

    def take(self, spots: Iterator[tuple[Spot, Rect]]) -> Iterator[Spot]:
        """The first of some places that is free, if one is; it is so no longer."""
        for spot, rect in spots:
            met = any(_meet(rect, other) for some in (self.blocks, self.taken, self.pieces) for other in some)
            if not met and not any(_cuts(rect, frame) for frame in self.frames):
                self.taken.append(rect)
                yield spot
                return


def place_shapes(
    ways: Sequence[Way], blocks: Sequence[Rect], frames: Sequence[Rect], least: float,
    names: Sequence[tuple[Rect, str]] = (), width: float = math.inf,
) -> list[Spot]:  # fmt: skip
    """The labels that have room for letters of ``least`` pixels, clear of each other and of all lines.

    ``blocks`` are shut boxes and title bars, ``frames`` open boxes, of which only the border is in the way; ``names``
    are of cards that have none in them. All stay within a picture of ``width``.
    """
    ground = Ground(blocks, frames, [piece for way in ways for piece in _pieces(way.points)])
    made: list[Spot] = []
    if len(names) <= MOST_NAMES:
        for number, (card, name) in enumerate(names):
            made += ground.take(_beside(card, name, number, least, width))
    for way in ways:
        if way.shape:
            spots = _spots(way, min(MOST_TEXT, max(least, LINE_TEXT * way.scale)))
            made += ground.take((spot, rect) for spot, rect in spots if rect[0] >= 0 and rect[2] <= width)
    return made


def _beside(card: Rect, name: str, number: int, size: float, width: float) -> Iterator[tuple[Spot, Rect]]:
    """Places for the name of a card: right of it, left of it."""
    x0, y0, x1, y1 = card
    y, wide = (y0 + y1) / 2, label_letters(name) * BOLD * size * _LETTER
    if y1 - y0 < _LOW or not name:
        return
    right, left = (x1 + _LEAST_ASIDE, "start", x1 + _CLEAR), (x0 - _LEAST_ASIDE, "end", x0 - wide - _LEAST_ASIDE)
    for at, anchor, low in (right, left):
        high = low + wide + _LEAST_ASIDE - _CLEAR
        if low > 0 and high < width:
            yield Spot(at, y, size, name, anchor, number), (low, y - size * 0.6, high, y + size * 0.6)


def _spots(way: Way, size: float) -> Iterator[tuple[Spot, Rect]]:
    """Places for a label: right and left of the beginning of the line, then of its end, then along a level piece."""
    wide = label_letters(way.shape) * size * _LETTER
    for (x0, y0), (x1, y1), ends in ((way.points[0], way.points[1], False), (way.points[-2], way.points[-1], True)):
        gap = min(y1 - y0, max(_PIECE * way.scale, size * 2))
        if gap < size * 1.3:
            continue
        straight = abs(x1 - x0) < 1
        x, y = (x1, y1 - gap * (1 - _DOWN)) if ends else (x0, y0 + gap * _DOWN)
        sides = (1, -1) if straight or (x1 < x0) != ends else (-1, 1)
        for side in sides:
            at = x + side * min(_MOST_ASIDE, max(_LEAST_ASIDE, _ASIDE * way.scale))
            near = x + side * _CLEAR  # nothing may come between the line and its label
            rect = (near if side > 0 else at - wide, y - size * 0.6, at + wide if side > 0 else near, y + size * 0.6)
            yield Spot(at, y, size, way.shape, "start" if side > 0 else "end"), rect
        if not straight:
            return
    yield from _level(way, size, wide)


def _level(way: Way, size: float, wide: float) -> Iterator[tuple[Spot, Rect]]:
    """Above and below the middle of the longest level piece of a line that is long enough."""
    level = [(abs(x1 - x0), (x0 + x1) / 2, y0) for (x0, y0), (x1, y1) in pairwise(way.points) if abs(y1 - y0) <= _FLAT]
    long, x, line = max(level, default=(0.0, 0.0, 0.0))
    if long < wide + 2 * size:
        return
    for side in (-1, 1):
        y = line + side * (_CLEAR + size * 0.7)
        if y > size * 0.6:
            rect = (x - wide / 2, y - size * 0.6, x + wide / 2, y + size * 0.6)
            yield Spot(x, y, size, way.shape, "middle"), rect


def _pieces(points: tuple[Point, ...]) -> Iterator[Rect]:
    """The straight pieces of a line as thin rectangles; an S-curve is taken for its two uprights and its crossbar."""
    for (x0, y0), (x1, y1) in pairwise(points):
        if abs(x1 - x0) > 0.01 and abs(y1 - y0) > 0.01:
            quarter = (y1 - y0) / 4
            yield _thin(x0, y0, x0, y0 + quarter)
            yield _thin(x0, y0 + quarter, x1, y1 - quarter)
            yield _thin(x1, y1 - quarter, x1, y1)
        else:
            yield _thin(x0, y0, x1, y1)


def _thin(x0: float, y0: float, x1: float, y1: float) -> Rect:
    return min(x0, x1) - 1, min(y0, y1) - 1, max(x0, x1) + 1, max(y0, y1) + 1


def _meet(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _cuts(rect: Rect, frame: Rect) -> bool:
    """Whether a label lies across the border of an open box."""
    inside = frame[0] <= rect[0] and frame[1] <= rect[1] and rect[2] <= frame[2] and rect[3] <= frame[3]
    return _meet(rect, frame) and not inside

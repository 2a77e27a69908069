"""A picture of the map that no page can hold, cut into parts between its boxes.

Parts stand in the order they are read: strips from the left to the right, each from the top to the bottom. A line from
one part into another ends at the edge of the first and begins at that of the second; where, is told for the page's
number to stand there. A part through which a line only passes does without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from typing import Final, Literal

from modelreport.render.map.column import Point
from modelreport.render.map.picture import Box, Line, Picture
from modelreport.render.map.trim import AIR, Extent, extent, moved

EDGE: Final = 16.0
"""Pixels around the boxes of a part in which lines that leave it are seen to go on."""
MARK: Final = (30.0, 11.0)
"""Width and height of the number of a page."""
_STEPS: Final = 12
"""Lengths tried between parts as long as each other and parts as long as there is room for."""
_NEAR: Final = 1.0
"""Pixels from a box within which a line begins or ends at it."""

Ends = tuple[int | None, int | None]


@dataclass(frozen=True)
class Mark:
    """Where a line goes on: the middle of the place for the number of the page, in pixels of the part."""

    x: float
    y: float
    part: int
    """Index of the part with the other end."""


@dataclass(frozen=True)
class Part:
    """One part of a picture."""

    picture: Picture
    marks: tuple[Mark, ...]


def cut(made: Picture, width: float, height: float) -> list[Part]:
    """The parts, each no larger than that; none where a box by itself is larger, or a line takes too much room."""
    units = [box for box in made.boxes if box.depth == 1]
    areas = _areas(units, width - 2 * EDGE, height - 2 * EDGE)
    if not areas:
        return []
    ends = [_ends(areas, units, line) for line in made.lines]
    parts = [_part(made, ends, areas[number], number) for number in range(len(areas))]
    fit = all(part.picture.width <= width and part.picture.height <= height for part in parts)
    return parts if fit else []


# --- where to cut ---------------------------------------------------------------------------------------------------


def _areas(units: Sequence[Box], width: float, height: float) -> list[Extent]:
    """Places that together are everything, each with the boxes of one part; none where that cannot be."""
    strips = _packed(_bands(units, "x"), width, "x")
    found: list[Extent] = []
    for (left, right), strip in zip(_limits(strips, "x"), strips, strict=True):
        rows = _packed(_bands(strip, "y"), height, "y")
        if rows:
            found += [(left, top, right, bottom) for top, bottom in _limits(rows, "y")]
        elif len(columns := _bands(strip, "x")) > 1:  # their boxes stand at different heights
            inside = [_packed(_bands(column, "y"), height, "y") for column in columns]
            if not all(inside):
                return []
            ends = _within(_limits(columns, "x"), left, right)
            for (x0, x1), part in zip(ends, inside, strict=True):
                found += [(x0, top, x1, bottom) for top, bottom in _limits(part, "y")]
        else:
            return []
    return found


Side = Literal["x", "y"]


def _span(box: Box, side: Side) -> tuple[float, float]:
    return (box.x, box.x + box.width) if side == "x" else (box.y, box.y + box.height)


def _bands(units: Sequence[Box], side: Side) -> list[list[Box]]:
    """Boxes together that no straight cut can part."""
    bands: list[list[Box]] = []
    end = -inf
    for box in sorted(units, key=lambda box: _span(box, side)):
        first, last = _span(box, side)
        if bands and first < end:
            bands[-1].append(box)
        else:
            bands.append([box])
        end = max(end, last)
    return bands


def _packed(bands: Sequence[list[Box]], limit: float, side: Side) -> list[list[Box]]:
    """Neighbouring bands together, in as few parts of about equal length as can be; none where one is too long."""
    ends = [(_span(band[0], side)[0], max(_span(box, side)[1] for box in band)) for band in bands]
    if not bands or any(last - first > limit for first, last in ends):
        return []
    count = len(_filled(bands, ends, limit))
    even = (ends[-1][1] - ends[0][0]) / count
    tries = (even + (limit - even) * step / _STEPS for step in range(_STEPS))
    return next(
        (parts for most in tries if len(parts := _filled(bands, ends, most)) == count), _filled(bands, ends, limit)
    )


def _filled(bands: Sequence[list[Box]], ends: Sequence[tuple[float, float]], most: float) -> list[list[Box]]:
    """Bands together while they are no longer than that; one that is longer by itself."""
    parts: list[list[Box]] = []
    start = -inf
    for band, (first, last) in zip(bands, ends, strict=True):
        if last - start > most:
            parts.append([])
            start = first
        parts[-1] += band
    return parts


def _limits(groups: Sequence[Sequence[Box]], side: Side) -> list[tuple[float, float]]:
    """From where to where each group has all the room, half of the gap to the next included."""
    ends = [(min(_span(box, side)[0] for box in g), max(_span(box, side)[1] for box in g)) for g in groups]
    middles = [(a[1] + b[0]) / 2 for a, b in pairwise(ends)]
    return list(zip([-inf, *middles], [*middles, inf], strict=True)) if groups else []


def _within(limits: Sequence[tuple[float, float]], low: float, high: float) -> list[tuple[float, float]]:
    return [(max(low, first), min(high, last)) for first, last in limits]


# --- one part -------------------------------------------------------------------------------------------------------


def _part(made: Picture, ends: Sequence[Ends], here: Extent, number: int) -> Part:
    kept = Picture(
        made.width,
        made.height,
        boxes=[made.boxes[0], *(box for box in made.boxes[1:] if _middle(box, here))],
        tiles=[tile for tile in made.tiles if _middle(tile, here)],
        labels=[label for label in made.labels if _holds(here, (label.x, label.y))],
    )
    mine = [(line, start, end) for line, (start, end) in zip(made.lines, ends, strict=True) if number in {start, end}]
    begun = [point for line, start, end in mine for point in _own(line, start, end, number)]
    frame = _wider(_around(extent(kept), begun), EDGE)
    marks: list[Mark] = []
    for line, start, end in mine:
        if start == end:
            kept.lines.append(line)
        elif start is None or end is None:
            kept.lines.append(_stub(line, leaves=end is None))
        else:
            ending = _ending(line, frame, leaves=start == number)
            kept.lines.append(ending)
            point = ending.points[-1 if start == number else 0]
            marks.append(_mark(point, frame, end if start == number else start))
    return _trimmed(kept, _apart(marks))


def _ends(areas: Sequence[Extent], units: Sequence[Box], line: Line) -> Ends:
    """The parts in which a line begins and ends; ``None`` where that is a way into what is drawn, or out of it."""
    first, last = (_area(areas, at) if _touches(units, at) else None for at in (line.points[0], line.points[-1]))
    return first, last


def _touches(units: Sequence[Box], point: Point) -> bool:
    x, y = point
    return any(
        box.x - _NEAR <= x <= box.x + box.width + _NEAR and box.y - _NEAR <= y <= box.y + box.height + _NEAR
        for box in units
    )


def _own(line: Line, start: int | None, end: int | None, number: int) -> list[Point]:
    return [
        point
        for point, part in ((line.points[0], start), (line.points[-1], end))
        if part == number
    ]  # fmt: skip


def _stub(line: Line, *, leaves: bool) -> Line:
    """The last piece of a way in or out, which is told in words above or below the drawing."""
    (x, y) = line.points[0] if leaves else line.points[-1]
    points = ((x, y), (x, y + EDGE)) if leaves else ((x, y - EDGE), (x, y))
    return replace(line, points=points, shape="")


def _around(place: Extent | None, points: Sequence[Point]) -> Extent:
    """A place made large enough for points too."""
    left, top, right, bottom = place or (inf, inf, -inf, -inf)
    xs, ys = [x for x, _y in points], [y for _x, y in points]
    return min([left, *xs]), min([top, *ys]), max([right, *xs]), max([bottom, *ys])


def _middle(box: Box | object, area: Extent) -> bool:
    x, y, width, height = (getattr(box, name) for name in ("x", "y", "width", "height"))
    return _holds(area, (x + width / 2, y + height / 2))


def _holds(area: Extent, point: Point) -> bool:
    return area[0] <= point[0] < area[2] and area[1] <= point[1] < area[3]


def _area(areas: Sequence[Extent], point: Point) -> int:
    return next(i for i, area in enumerate(areas) if _holds(area, point))


def _wider(place: Extent, by: float) -> Extent:
    return place[0] - by, place[1] - by, place[2] + by, place[3] + by


def _ending(line: Line, frame: Extent, *, leaves: bool) -> Line:
    """The piece of a line from its end in this frame to the edge of it."""
    points = line.points if leaves else line.points[::-1]
    inside: list[Point] = [points[0]]
    for a, b in pairwise(points):
        if not _holds(frame, b):
            inside.append(_crossing(a, b, frame))
            break
        inside.append(b)
    return replace(line, points=tuple(inside if leaves else inside[::-1]), arrow=leaves or line.arrow, shape="")


def _crossing(a: Point, b: Point, frame: Extent) -> Point:
    """Where the way from a point inside a frame to one outside passes its edge."""
    share = 1.0
    for start, end, low, high in ((a[0], b[0], frame[0], frame[2]), (a[1], b[1], frame[1], frame[3])):
        if end > high:
            share = min(share, (high - start) / (end - start))
        elif end < low:
            share = min(share, (low - start) / (end - start))
    share = max(0.0, share)
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _mark(point: Point, frame: Extent, part: int) -> Mark:
    """Beyond the edge that a point lies on, or is nearest to."""
    x, y = point
    near = min((abs(y - frame[1]), 0.0, -1.0), (abs(y - frame[3]), 0.0, 1.0), (abs(x - frame[0]), -1.0, 0.0),
               (abs(x - frame[2]), 1.0, 0.0))  # fmt: skip
    return Mark(x + near[1] * MARK[0] / 2, y + near[2] * MARK[1] / 2, part)


def _apart(marks: Sequence[Mark]) -> list[Mark]:
    """The marks without those that would lie on another one to the same part."""
    kept: list[Mark] = []
    for mark in marks:
        if not any(_close(mark, other) and mark.part == other.part for other in kept):
            kept.append(mark)
    return kept


def _close(a: Mark, b: Mark) -> bool:
    return abs(a.x - b.x) < MARK[0] and abs(a.y - b.y) < MARK[1]


def _trimmed(kept: Picture, marks: Sequence[Mark]) -> Part:
    """The part in the corner of a pane that holds it and its marks."""
    left, top, right, bottom = extent(kept) or (0.0, 0.0, 1.0, 1.0)
    for mark in marks:
        left, right = min(left, mark.x - MARK[0] / 2), max(right, mark.x + MARK[0] / 2)
        top, bottom = min(top, mark.y - MARK[1] / 2), max(bottom, mark.y + MARK[1] / 2)
    placed = tuple(replace(mark, x=mark.x - left + AIR, y=mark.y - top + AIR) for mark in marks)
    return Part(moved(kept, (left, top, right, bottom)), placed)

"""Where the edges of a drawing run: as corner points, which the painters round.

Two consecutive points that differ in both directions stand for an S-curve that leaves and arrives vertically.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from modelreport.render.map.columns import Band, Gaps, wrap
from modelreport.render.map.ranks import Rows

Point = tuple[float, float]


@dataclass
class Sheet:
    """A drawing with all its coordinates: axes, rows, columns."""

    made: Rows
    x: list[float]
    y: list[float]
    """Vertical centre of each node and bend."""
    left: list[float]
    right: list[float]
    heights: list[float]
    columns: list[int]
    tops: list[float]
    bottoms: list[float]
    """Of each row."""
    width: float
    height: float
    tracks: dict[tuple[int, int], int]
    """``(source, column)`` to the track on which its edges pass to the next column."""
    gutters: list[float]
    """x of the first track to the right of each column."""
    floors: list[float]
    """y of the lowest row's lower edge in each column."""
    ceiling: float
    """y below which the columns start; tracks run above."""
    gaps: Gaps


def make_sheet(
    made: Rows,
    x: list[float],
    left: list[float],
    right: list[float],
    heights: list[float],
    gaps: Gaps,
    aspect: float,
) -> Sheet:
    """Stack the rows, wrap them into columns and fix every coordinate."""
    spare = len(made.rank) - made.count
    heights = heights + [0.0] * spare
    bands = [_band(made, row, x, left, right, heights) for row in made.rows]
    columns = wrap(bands, gaps.row, 2 * gaps.node, aspect)
    tracks, most = _tracks(made, x, columns)
    several = columns[-1] > 0
    margin = gaps.row / 2 + gaps.track * max(most.values(), default=0) if several else 0.0
    tops, bottoms, floors = _stack(bands, columns, margin, gaps.row)
    x, gutters, width = _spread(made, x, bands, columns, most, gaps)
    height = max(floors) + margin
    y = [(tops[row] + bottoms[row]) / 2 for row in made.rank]
    return Sheet(
        made, x, y, left, right, heights,
        columns, tops, bottoms, width, height, tracks, gutters, floors, margin, gaps,
    )  # fmt: skip


def _band(
    made: Rows, row: list[int], x: list[float], left: list[float], right: list[float], heights: list[float]
) -> Band:
    return Band(
        height=max((heights[node] for node in row), default=0.0),
        low=min((x[node] - left[node] for node in row), default=0.0),
        high=max((x[node] + right[node] for node in row), default=0.0),
        crossing=sum(1 for node in row if made.down[node]),
    )


def _tracks(made: Rows, x: list[float], columns: list[int]) -> tuple[dict[tuple[int, int], int], dict[int, int]]:
    """A track for each source that passes to the next column, the rightmost innermost; and their number by column."""
    passing: dict[int, list[int]] = {}
    for row in range(len(columns) - 1):
        if columns[row] != columns[row + 1]:
            nodes = [node for node in made.rows[row] if made.down[node]]
            passing[columns[row]] = sorted(nodes, key=lambda node: -x[node])
    tracks = {(node, column): number for column, nodes in passing.items() for number, node in enumerate(nodes)}
    return tracks, {column: len(nodes) for column, nodes in passing.items()}


def _stack(
    bands: list[Band], columns: list[int], ceiling: float, gap: float
) -> tuple[list[float], list[float], list[float]]:
    tops: list[float] = []
    bottoms: list[float] = []
    floors = [0.0] * (columns[-1] + 1)
    y = ceiling
    for row, band in enumerate(bands):
        if row and columns[row] != columns[row - 1]:
            y = ceiling
        tops.append(y)
        bottoms.append(y + band.height)
        floors[columns[row]] = y + band.height
        y += band.height + gap
    return tops, bottoms, floors


def _spread(
    made: Rows, x: list[float], bands: list[Band], columns: list[int], tracks: dict[int, int], gaps: Gaps
) -> tuple[list[float], list[float], float]:
    """Move the columns beside each other; returns the new axes, the gutters and the width."""
    count = columns[-1] + 1
    low = [min(band.low for row, band in enumerate(bands) if columns[row] == column) for column in range(count)]
    high = [max(band.high for row, band in enumerate(bands) if columns[row] == column) for column in range(count)]
    start, shifts, gutters = 0.0, [], []
    for column in range(count):
        shifts.append(start - low[column])
        end = start + high[column] - low[column]
        gutters.append(end + gaps.node)
        start = end + 2 * gaps.node + gaps.track * max(0, tracks.get(column, 1) - 1)
    moved = [value + shifts[columns[row]] for value, row in zip(x, made.rank, strict=True)]
    return moved, gutters, gutters[-1] - gaps.node


def route(sheet: Sheet, edge: int) -> list[Point]:
    """The corner points of one edge, from the lower border of its source to the border of its target."""
    made = sheet.made
    chain = made.chains[edge]
    points = [_exit(sheet, chain[0])]
    if made.sided[edge]:
        return points + _beside(sheet, chain[0], chain[-1])
    for a, b in pairwise(chain):
        row_a, row_b = made.rank[a], made.rank[b]
        across = sheet.columns[row_a] != sheet.columns[row_b]
        if a >= made.count and b < made.count and not across and _free(sheet, a, b):
            side = sheet.x[b] - sheet.left[b] if sheet.x[a] < sheet.x[b] else sheet.x[b] + sheet.right[b]
            return [*points, (sheet.x[a], sheet.y[b]), (side, sheet.y[b])]
        points.append((points[-1][0], sheet.bottoms[row_a]))
        if across:
            points += _pass(sheet, a, points[-1][0], b)
        points.append((sheet.x[b], sheet.tops[row_b]))
        if b < made.count:
            points.append((sheet.x[b], sheet.y[b] - sheet.heights[b] / 2))
    return _simple(points)


def _exit(sheet: Sheet, node: int) -> Point:
    return sheet.x[node], sheet.y[node] + sheet.heights[node] / 2


def _pass(sheet: Sheet, a: int, x: float, b: int) -> list[Point]:
    """Below the column, up the gutter, and above the next column."""
    column = sheet.columns[sheet.made.rank[a]]
    track = sheet.tracks[a, column]
    most = sum(1 for _, other in sheet.tracks if other == column)
    low = sheet.floors[column] + sheet.gaps.row / 2 + sheet.gaps.track * track
    gutter = sheet.gutters[column] + sheet.gaps.track * track
    high = sheet.ceiling - sheet.gaps.row / 2 - sheet.gaps.track * (most - 1 - track)
    return [(x, low), (gutter, low), (gutter, high), (sheet.x[b], high)]


def _free(sheet: Sheet, bend: int, target: int) -> bool:
    """Whether a line straight down from ``bend`` can turn into the side of ``target`` without touching a neighbour."""
    x, axis = sheet.x[bend], sheet.x[target]
    if axis - sheet.left[target] - 8 < x < axis + sheet.right[target] + 8:
        return False
    low, high = min(x, axis), max(x, axis)
    row = sheet.made.rows[sheet.made.rank[target]]
    own = {target, *sheet.made.down[bend]}
    return not any(
        node not in own and sheet.x[node] + sheet.right[node] > low - 4 and sheet.x[node] - sheet.left[node] < high + 4
        for node in row
    )


def _beside(sheet: Sheet, a: int, b: int) -> list[Point]:
    """Along the right side of the drawing, for edges too many to be given bends."""
    x, y = _exit(sheet, a)
    edge = sheet.width + sheet.gaps.track
    low = sheet.bottoms[sheet.made.rank[a]] + sheet.gaps.row / 3
    high = sheet.tops[sheet.made.rank[b]] - sheet.gaps.row / 3
    target = (sheet.x[b], sheet.y[b] - sheet.heights[b] / 2)
    return [(x, max(y, low)), (edge, max(y, low)), (edge, high), (target[0], high), target]


def _simple(points: list[Point]) -> list[Point]:
    """The same line without points on the way of straight pieces."""
    kept = points[:1]
    for point, after in zip(points[1:], [*points[2:], None], strict=True):
        if point == kept[-1]:
            continue
        before = kept[-1]
        if after is not None and (before[0] == point[0] == after[0] or before[1] == point[1] == after[1]):
            continue
        kept.append(point)
    return kept

"""Edges that leave their column: through the room between the columns, above them and below them, never over a box.

A drawing of several columns has a gutter at the left of each and one at the far right, a channel above and one below.
Each tensor has a track of its own in those it passes through; tracks are shared where they do not meet, as in the
left-edge algorithm of Hashimoto and Stevens (1971).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from modelreport.render.map.across import Gaps
from modelreport.render.map.column import Column, Point, simple

IN, OUT = -1, -2
"""Columns that stand for the border above and the one below."""


@dataclass(frozen=True)
class Passage:
    """One edge that no column holds."""

    source: int
    target: int
    start: int
    """Column of the source, or ``IN``."""
    end: int
    """Column of the target, or ``OUT``."""
    aside: bool
    """Whether it may end at the side of its target."""


@dataclass
class Tracks:
    """Intervals on parallel tracks; one for each source."""

    spans: dict[int, tuple[float, float]] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    count: int = 0

    def add(self, source: int, a: float, b: float) -> None:
        """Widen a source's span to reach from ``a`` to ``b``."""
        low, high = self.spans.get(source, (a, a))
        self.spans[source] = min(low, a, b), max(high, a, b)

    def settle(self, apart: float, first: frozenset[int] = frozenset()) -> None:
        """Give each source the first track that is free along its whole span; those of ``first`` choose first."""
        ends: list[float] = []
        for source, (low, high) in sorted(
            self.spans.items(), key=lambda item: (item[0] not in first, item[1], item[0])
        ):
            track = next((k for k, end in enumerate(ends) if end + apart < low), len(ends))
            ends[track : track + 1] = [high]
            self.places[source] = track
        self.count = len(ends)


@dataclass
class Gutters:
    """The ways around the columns of one drawing. Columns have their y, from the top of the first row of each."""

    columns: list[Column]
    passages: list[Passage]
    gaps: Gaps
    between: list[list[float]]
    """For each column the gap below each row but the last."""
    ports: int
    leaves: bool
    sides: list[Tracks] = field(default_factory=list)
    above: Tracks = field(default_factory=Tracks)
    below: Tracks = field(default_factory=Tracks)
    levels: dict[tuple[int, int], dict[int, int]] = field(default_factory=dict)
    """For each column and gap (0 is above the first row): the levels of the sources that pass there."""
    middles: list[float] = field(default_factory=list)
    """x of the middle of each gutter."""
    width: float = 0.0
    top: float = 0.0
    """Height of the channel above the columns."""
    height: float = 0.0

    def settle(self) -> None:
        """Fix where everything lies: levels in the gaps, tracks in the gutters, columns, channels."""
        for way in self.passages:
            self._claim(way)
        self.sides = [Tracks() for _ in range(len(self.columns) + 1)]
        for way in self.passages:
            for gutter, a, b in self._descents(way):
                self.sides[gutter].add(way.source, a, b)
        for side in self.sides:
            side.settle(self.gaps.track)
        self._spread()
        for way in self.passages:
            crossing = self._crossing(way)
            if crossing:
                self.above.add(way.source, *crossing)
        self.above.settle(self.gaps.track, frozenset(way.source for way in self.passages if way.start == IN))
        used = bool(self.above.count or self.ports or any((c, 0) in self.levels for c in range(len(self.columns))))
        margin = self._margin()
        self.top = margin + self.gaps.track * max(0, self.above.count) if used else 0.0
        for column in self.columns:
            column.tops = [y + self.top for y in column.tops]
            column.bottoms = [y + self.top for y in column.bottoms]
        below = any((c, len(column.tops)) in self.levels for c, column in enumerate(self.columns))
        self.height = max(column.height for column in self.columns)
        self.height += (margin if self.leaves or below else 0.0) + (self.gaps.track if self.leaves and below else 0.0)

    def _margin(self) -> float:
        return 0.62 * self.gaps.row

    def route(self, way: Passage) -> list[Point]:
        """The corner points of a passage."""
        start, end = self._start(way), self._end(way)
        middle: list[Point] = []
        gutters = [gutter for gutter, _, _ in self._descents(way)]
        level = start[-1][1]
        for k, gutter in enumerate(gutters):
            x = self._track(gutter, way.source)
            if k == 0 and way.start == IN:
                level = self._channel(way.source)
                middle.append((start[-1][0], level))
            middle.append((x, level))
            level = self._channel(way.source) if k + 1 < len(gutters) else end[0][1]
            middle.append((x, level))
        if not gutters and way.start == IN:
            level = self._channel(way.source)
            middle = [(start[-1][0], level), (end[0][0], level)]
        return simple([*start, *middle, *end])

    def _claim(self, way: Passage) -> None:
        """Levels in the gaps: below the source, above the target."""
        if way.start >= 0:
            self._level(way.start, self.columns[way.start].row(way.source) + 1, way.source)
        if way.end >= 0 and not self._drops(way):
            self._level(way.end, self.columns[way.end].row(way.target), way.source)

    def _level(self, column: int, gap: int, source: int) -> None:
        levels = self.levels.setdefault((column, gap), {})
        levels.setdefault(source, len(levels))

    def _level_y(self, column: int, gap: int, source: int) -> float:
        here, levels = self.columns[column], self.levels[column, gap]
        share = (levels[source] + 1) / (len(levels) + 1)
        if gap == 0:
            return here.tops[0] - self._margin() * (1 - share)
        if gap == len(here.tops):
            return here.bottoms[-1] + self._margin() * share
        return here.bottoms[gap - 1] + self.between[column][gap - 1] * share

    def _drops(self, way: Passage) -> bool:
        """Whether it comes down from the channel onto the first row of a column."""
        return way.start == IN and way.end >= 0 and self.columns[way.end].row(way.target) == 0

    def _falls(self, way: Passage) -> bool:
        """Whether it goes straight down to the border, past nothing of its column."""
        return way.end == OUT and way.start >= 0 and self.columns[way.start].is_lowest(way.source)

    def _descents(self, way: Passage) -> list[tuple[int, float, float]]:
        """The gutters it takes, each with the y between which it does."""
        high, low = -1e6, 1e6
        if self._drops(way) or self._falls(way):
            return []
        first = way.start + 1
        if way.start == IN:
            first = len(self.columns) if way.end == OUT else way.end
        begin, end = high, low
        if way.start >= 0:
            begin = self.columns[way.start].bottoms[self.columns[way.start].row(way.source)]
        if way.end >= 0:
            end = self._reach(way, begin)
        if way.start in {IN, way.end, way.end - 1} or way.end == OUT:
            return [(first, begin, end)]
        return [(first, begin, high), (way.end, high, end)]

    def _reach(self, way: Passage, begin: float) -> float:
        """Y to which it runs beside the column of its target: to above the row, or on to the middle of a card."""
        column = self.columns[way.end]
        row = column.tops[column.row(way.target)]
        return column.middle(column.local[way.target]) if way.aside and begin < row else row

    def _spread(self) -> None:
        """Columns and gutters beside each other."""
        x = 0.0
        apart = 0.75 * self.gaps.node
        self.middles = []
        for number, side in enumerate(self.sides):
            outer = number in {0, len(self.columns)}
            tracks = self.gaps.track * max(0, side.count - 1)
            if not outer or side.count:
                x += apart
                self.middles.append(x + tracks / 2)
                x += tracks + (apart if number else 0.6 * apart) * (number < len(self.columns))
            else:
                self.middles.append(x)
            if number < len(self.columns):
                column = self.columns[number]
                column.move(x - column.low)
                x = column.high
        self.width = x

    def _track(self, gutter: int, source: int) -> float:
        side = self.sides[gutter]
        return self.middles[gutter] + self.gaps.track * (side.places[source] - (side.count - 1) / 2)

    def _channel(self, source: int) -> float:
        """Y of a source's track above the columns."""
        return self.gaps.track * (self.above.places[source] + 0.5)

    def _crossing(self, way: Passage) -> tuple[float, float] | None:
        """Between which x it runs above the columns, ``None`` when it does not."""
        gutters = [self._track(gutter, way.source) for gutter, _, _ in self._descents(way)]
        if way.start == IN:
            return self.width / 2, gutters[0] if gutters else self.columns[way.end].axis(way.target)
        return (gutters[0], gutters[1]) if len(gutters) > 1 else None

    def _start(self, way: Passage) -> list[Point]:
        if way.start == IN:
            return [(self.port(way.source), 0.0)]
        column = self.columns[way.start]
        x, y = column.bottom(way.source)
        if self._falls(way):
            return [(x, y)]
        return [(x, y), (x, self._level_y(way.start, column.row(way.source) + 1, way.source))]

    def port(self, source: int) -> float:
        """X of an in-port: side by side around the middle, by the order of their numbers."""
        ports = sorted({way.source for way in self.passages if way.start == IN})
        return self.width / 2 + 12.0 * (ports.index(source) - (len(ports) - 1) / 2)

    def _end(self, way: Passage) -> list[Point]:
        if way.end == OUT:
            low = self.height - 0.4 * self._margin()
            x = self.columns[way.start].axis(way.source) if self._falls(way) else self.width / 2
            return [(x, low), (self.width / 2, low), (self.width / 2, self.height)]
        column = self.columns[way.end]
        x, y = column.top(way.target)
        if self._drops(way):
            return [(x, self._channel(way.source)), (x, y)]
        here = column.local[way.target]
        gutter = self._descents(way)[-1][0]
        track = self._track(gutter, way.source)
        if way.aside and column.is_free(track, here):
            side = x - column.sizes.left[here] if track < x else x + column.sizes.right[here]
            return [(track, column.middle(here)), (side, column.middle(here))]
        level = self._level_y(way.end, column.row(way.target), way.source)
        return [(x, level), (x, y)]

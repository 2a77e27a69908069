"""The marks of each layer, drawn into a plot."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby

from modelreport.render.charts.legend import Symbol, dash, draw_mark, symbol
from modelreport.render.charts.palette import ramp
from modelreport.render.charts.pen import Pen
from modelreport.render.charts.scale import width
from modelreport.render.charts.spec import OVERLAP, Bars, Chart, Heat, Histogram, Layer, Line, Points, Ridge, Stack


@dataclass
class Plot:
    """A rectangle on the drawing and the ranges it shows. ``stacked`` remembers where each row's bars end."""

    left: float
    right: float
    top: float
    bottom: float
    across: tuple[float, float]
    up: tuple[float, float]
    log_x: bool
    log_y: bool
    rows: int
    columns: int

    def __post_init__(self) -> None:
        self.stacked: defaultdict[int, float] = defaultdict(float)

    def x(self, value: float) -> float:
        """Where a value of the x axis lies, within the plot."""
        return self.left + _share(value, self.across, log=self.log_x) * (self.right - self.left)

    def y(self, value: float) -> float:
        """Where a value of the y axis lies, within the plot."""
        return self.bottom - _share(value, self.up, log=self.log_y) * (self.bottom - self.top)

    @property
    def row_height(self) -> float:
        """Height of one category of y."""
        return (self.bottom - self.top) / max(self.rows, 1)

    @property
    def column_width(self) -> float:
        """Width of one category of x."""
        return (self.right - self.left) / max(self.columns, 1)

    def row(self, index: int) -> float:
        """Upper edge of a category of y."""
        return self.top + self.row_height * index

    def middle(self, index: int) -> float:
        """Middle of a category of y."""
        return self.row(index) + self.row_height / 2

    def column(self, index: int) -> float:
        """Left edge of a category of x."""
        return self.left + self.column_width * index


def _share(value: float, limits: tuple[float, float], *, log: bool) -> float:
    low, high = limits
    if log:
        if value <= 0:
            return 0.0
        low, high, value = math.log10(low), math.log10(high), math.log10(value)
    return min(max((value - low) / ((high - low) or 1.0), 0.0), 1.0)


def draw(pen: Pen, chart: Chart, index: int, plot: Plot) -> None:
    """Draw one layer of the chart."""
    layer: Layer = chart.layers[index]
    match layer:
        case Bars():
            _bars(pen, layer, plot)
        case Stack():
            _stack(pen, layer, plot)
        case Line():
            _line(pen, layer, plot, dash(chart, index))
        case Points():
            _points(pen, layer, plot, symbol(chart, index))
        case Ridge():
            _ridge(pen, layer, plot)
        case Heat():
            _heat(pen, layer, plot)
        case Histogram():
            _histogram(pen, layer, plot)


NARROWEST = 0.4
"""Width from which a part of a stacked bar is drawn: less than half a pixel shows nothing but takes room."""


def _bars(pen: Pen, layer: Bars, plot: Plot) -> None:
    thick = plot.row_height * 0.66
    for i, value in enumerate(layer.values):
        start, end = plot.x(0), plot.x(value)
        top = plot.middle(i) - thick / 2
        pen.rectangle(min(start, end), top, max(abs(end - start), 0.8), thick, layer.colours[i], layer.hover[i])
        pen.text(max(start, end) + 5, plot.middle(i) + 3.7, layer.labels[i], "muted", 10.5)


def _stack(pen: Pen, layer: Stack, plot: Plot) -> None:
    thick = plot.row_height * 0.66
    for i, value in enumerate(layer.values):
        start = plot.stacked[i]
        plot.stacked[i] = start + value
        wide = plot.x(start + value) - plot.x(start)
        if wide >= NARROWEST:
            pen.rectangle(plot.x(start), plot.middle(i) - thick / 2, wide, thick, layer.colour, layer.hover[i])
        if layer.labels:
            pen.text(plot.x(plot.stacked[i]) + 5, plot.middle(i) + 3.7, layer.labels[i], "muted", 10.5)


def _line(pen: Pen, layer: Line, plot: Plot, strokes: str) -> None:
    points = [(plot.x(x), plot.y(y)) for x, y in zip(layer.x, layer.y, strict=True)]
    if not points:
        return
    data = pen.trail(points)
    if layer.step:
        data = f"M{pen.at(*points[0])}" + "".join(f"H{pen.number(x)}V{pen.number(y)}" for x, y in points[1:])
    if layer.area:
        base = pen.number(plot.y(max(0.0, plot.up[0])))
        pen.path(f"{data}V{base}H{pen.number(points[0][0])}Z", fill=f"{layer.colour}-tint")
    pen.path(data, layer.colour, thick=1.5, dash=strokes)


def _points(pen: Pen, layer: Points, plot: Plot, shape: Symbol) -> None:
    for i, (value_x, value_y) in enumerate(zip(layer.x, layer.y, strict=True)):
        x, y, word = plot.x(value_x), plot.y(value_y), layer.labels[i]
        draw_mark(pen, shape, x, y, layer.colour, layer.hover[i])
        if not word:
            continue
        half = width(word, 10.5) / 2
        aside = {"above": 0.0, "above left": -half - 4, "below right": half + 8}[layer.side]
        middle = min(max(x + aside, plot.left + half), plot.right - half)
        below = layer.side == "below right" or y - 8 <= plot.top - 2
        pen.text(middle, y + (14 if below else -8), word, "ink", 10.5, anchor="middle")


def _ridge(pen: Pen, layer: Ridge, plot: Plot) -> None:
    base = plot.row(layer.row) + plot.row_height
    tall = plot.row_height * OVERLAP
    step = (layer.high - layer.low) / max(len(layer.heights) - 1, 1)
    points = [(plot.x(layer.low + step * i), base - tall * h) for i, h in enumerate(layer.heights)]
    pen.path(
        pen.trail([(points[0][0], base), *points, (points[-1][0], base)]) + "Z",
        layer.colour,
        f"{layer.colour}-tint",
        layer.hover,
        thick=0.9,
    )


def _heat(pen: Pen, layer: Heat, plot: Plot) -> None:
    """Runs of cells in one colour as strokes as thick as a row, in units of a cell, with lines between the columns.

    All strokes of a colour are one path: large maps stay small.
    """
    cells: defaultdict[str, list[str]] = defaultdict(list)
    tall = plot.row_height - 1
    for row, levels in enumerate(layer.levels):
        column = 0
        for fill, run in groupby("surface" if level is None else ramp(level) for level in levels):
            many = sum(1 for _ in run)
            cells[fill].append(f"M{column} {row}h{many}")
            column += many
    grid = pen.scaled(plot.left, plot.top + tall / 2, plot.column_width, plot.row_height)
    for fill, paths in sorted(cells.items()):
        grid.path("".join(paths), fill, thick=tall / plot.row_height)
    pen.add(grid)
    between = "".join(
        f"M{pen.at(plot.column(column), plot.top)}V{pen.number(plot.bottom)}" for column in range(1, plot.columns)
    )
    pen.path(between, "bg", thick=1)


def _histogram(pen: Pen, layer: Histogram, plot: Plot) -> None:
    step = (layer.high - layer.low) / max(len(layer.counts), 1)
    base = plot.y(max(plot.up[0], 0.0))
    data = "".join(
        f"M{pen.at(plot.x(layer.low + i * step), base)}V{pen.number(plot.y(count))}"
        f"H{pen.number(plot.x(layer.low + (i + 1) * step))}V{pen.number(base)}Z"
        for i, count in enumerate(layer.counts)
        if count
    )
    pen.path(data, fill=layer.colour)

"""What a chart shows, apart from who draws it: facts in, two painters out.

``render/charts/plotly.py`` and ``render/charts/svg.py`` draw the same ``Chart``. All text in it is for people and has
passed ``render/format.py``; painters escape it for their medium. Colours are tokens of ``render/charts/palette.py``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Unit = Literal["number", "count", "bytes", "flops", "macs", "share"]
Side = Literal["above", "above left", "below right"]


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis. With ``categories`` it counts them from 0; else it measures ``unit`` from ``low`` to ``high``."""

    title: str = ""
    unit: Unit = "number"
    categories: tuple[str, ...] = ()
    low: float | None = None
    """``None``: from the data (zero included for bars and areas)."""
    high: float | None = None
    log: bool = False


@dataclass(frozen=True, kw_only=True)
class Bars:
    """One bar for each category of the y axis, growing to the right."""

    values: tuple[float, ...]
    colours: tuple[str, ...]
    """A token for each bar."""
    labels: tuple[str, ...]
    """Text at the end of each bar."""
    hover: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One series of a stacked bar for each category of the y axis; the series of a chart stack in their order."""

    name: str
    colour: str
    values: tuple[float, ...]
    hover: tuple[str, ...]
    labels: tuple[str, ...] = ()
    """Text at the end of each whole bar, on the last series."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line through points, or an area down to zero; ``step`` holds each value until the next."""

    name: str
    colour: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    hover: tuple[str, ...]
    area: bool = False
    step: bool = False
    reference: bool = False
    """A level to compare with, not data."""


@dataclass(frozen=True, kw_only=True)
class Points:
    """Marks with a word beside them, on the side where no line runs."""

    name: str
    colour: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    labels: tuple[str, ...]
    hover: tuple[str, ...]
    side: Side = "above"


@dataclass(frozen=True, kw_only=True)
class Ridge:
    """One curve over the baseline of a category of y: ``heights`` (0–1) at equal steps from ``low`` to ``high``."""

    row: int
    low: float
    high: float
    colour: str
    heights: tuple[float, ...]
    hover: str


@dataclass(frozen=True, kw_only=True)
class Heat:
    """A cell for each category of y (rows) and x (columns); ``None`` is an empty cell.

    ``levels`` are the cells' places on the diverging ramp, 0–1; ``values`` are what they stand for. ``marks`` are the
    words on the ramp's legend, each with its level.
    """

    levels: tuple[tuple[float | None, ...], ...]
    hover: tuple[tuple[str, ...], ...]
    marks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Counts in equal bins from ``low`` to ``high``."""

    low: float
    high: float
    counts: tuple[int, ...]
    colour: str
    hover: tuple[str, ...]


OVERLAP: Final = 1.7
"""Height of a ridge in rows."""

Layer = Bars | Stack | Line | Points | Ridge | Heat | Histogram


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One chart: a title that says what it shows, axes, layers from back to front, and the table behind it."""

    id: str
    """Lower-case words joined by hyphens; unique among the charts of a page."""
    title: str
    caption: str
    """What is drawn, over what, and what is left out."""
    x: Axis
    y: Axis
    layers: tuple[Layer, ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """The numbers behind the picture as text, first column the name of the row."""

    @property
    def rows_on_y(self) -> int:
        """Categories of the y axis; 0 when it measures."""
        return len(self.y.categories)


def labelled(chart: Chart) -> bool:
    """Whether every bar says its value: lines of a grid would only run through the words."""
    return any(isinstance(layer, Bars | Stack) and any(layer.labels) for layer in chart.layers)


_LOG_SPAN = 5.0
"""Least ratio of a logarithmic axis: two of 1, 2, 5, 10 … lie on it, and a change of a few percent looks like one."""


def extent(chart: Chart) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ranges of both axes over all layers; an axis with categories goes from 0 to their number."""
    across: list[float] = []
    up: list[float] = []
    stacks: list[tuple[float, ...]] = []
    for layer in chart.layers:
        match layer:
            case Bars():
                across += [0.0, *layer.values]
            case Stack():
                stacks.append(layer.values)
            case Line() | Points():
                across += layer.x
                up += [0.0, *layer.y] if isinstance(layer, Line) and layer.area else layer.y
            case Ridge():
                across += [layer.low, layer.high]
            case Histogram():
                across += [layer.low, layer.high]
                up += [0.0, *map(float, layer.counts)]
            case Heat():
                pass
    across += [0.0, *(sum(values) for values in zip(*stacks, strict=True))] if stacks else []
    low, high = _range(up, chart.y)
    if any(isinstance(layer, Points) for layer in chart.layers) and not chart.y.categories:
        high += (high - low) * 0.12  # room for the words over the marks
    return _range(across, chart.x), (low, high)


def _range(values: Sequence[float], axis: Axis) -> tuple[float, float]:
    """The range of an axis: what it fixes, else what its values need; never empty, above zero when logarithmic."""
    if axis.categories:
        return 0.0, float(len(axis.categories))
    used = [v for v in values if v > 0] if axis.log else values
    low = axis.low if axis.low is not None else min(used, default=0.0)
    high = axis.high if axis.high is not None else max(used, default=1.0)
    if axis.log and low <= 0:
        low = high / 10 if high > 0 else 1.0
    if axis.log and axis.low is None and axis.high is None and high < low * _LOG_SPAN:
        middle = math.sqrt(low) * math.sqrt(high)  # of two large numbers, without overflow
        low, high = middle / math.sqrt(_LOG_SPAN), middle * math.sqrt(_LOG_SPAN)
    return (low, high) if high > low else (low, low * 10 if axis.log else low + (abs(low) or 1.0))

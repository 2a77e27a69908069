"""What tells the series of a chart apart: colour, and for eyes that see no hues the dashes of lines, shape of marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from markupsafe import Markup

from modelreport.render.charts.palette import STEPS
from modelreport.render.charts.pen import Pen, Theme
from modelreport.render.charts.scale import width
from modelreport.render.charts.spec import Chart, Heat, Line, Points, Stack

Kind = Literal["area", "line", "mark"]
Symbol = Literal["circle", "diamond"]

SIGN: Final[dict[Kind, int]] = {"area": 10, "line": 26, "mark": 10}
"""Width of a key's sign; of a line long enough for its dashes."""

DASHES: Final = ("", "7 3", "2 3", "10 3 2 3", "14 4")
"""Strokes and gaps of the lines of a chart, one after the other; the first is drawn through."""
REFERENCE: Final = "1 3"
"""Strokes and gaps of a line that is no data."""
_SYMBOLS: Final[tuple[Symbol, ...]] = ("circle", "diamond")


@dataclass(frozen=True)
class Key:
    """One entry of a legend."""

    layer: int
    """Which of the chart's layers it stands for."""
    kind: Kind
    colour: str
    name: str
    dash: str = ""
    symbol: Symbol = "circle"


def keys(chart: Chart) -> tuple[Key, ...]:
    """The legend of a chart: nothing where there is one series; marks only where they are of several kinds."""
    marks = sum(isinstance(layer, Points) for layer in chart.layers) > 1
    found = [
        Key(i, _kind(layer), layer.colour, layer.name, dash(chart, i), symbol(chart, i))
        for i, layer in enumerate(chart.layers)
        if isinstance(layer, Stack | Line) or (marks and isinstance(layer, Points))
    ]
    return tuple(found) if len(found) > 1 else ()


def _kind(layer: Stack | Line | Points) -> Kind:
    return "area" if isinstance(layer, Stack) else "mark" if isinstance(layer, Points) else "line"


def dash(chart: Chart, index: int) -> str:
    """Strokes and gaps of a line, in units of the drawing; empty for a line drawn through and for other layers."""
    layer = chart.layers[index]
    if not isinstance(layer, Line):
        return ""
    if layer.reference:
        return REFERENCE
    before = sum(isinstance(each, Line) and not each.reference for each in chart.layers[:index])
    return DASHES[before % len(DASHES)]


def symbol(chart: Chart, index: int) -> Symbol:
    """Shape of the marks of a layer."""
    before = sum(isinstance(each, Points) for each in chart.layers[:index])
    return _SYMBOLS[before % len(_SYMBOLS)]


def heat_of(chart: Chart) -> Heat | None:
    """The heat map of a chart, if it is one."""
    return next((layer for layer in chart.layers if isinstance(layer, Heat)), None)


def swatch(key: Key, theme: Theme = "page") -> Markup:
    """A key's sign: a piece of the line, a mark or a square, ten high."""
    pen, wide = Pen(theme), SIGN[key.kind]
    draw_sign(pen, key, 0, 5)
    return Markup('<svg class="key" width="{0}" height="10" viewBox="0 0 {0} 10" aria-hidden="true">{1}</svg>').format(
        wide, pen.markup()
    )


def draw_sign(pen: Pen, key: Key, left: float, middle: float) -> None:
    """Draw a key's sign from ``left`` around the level ``middle``."""
    if key.kind == "line":
        pen.path(f"M{pen.at(left, middle)}h{SIGN['line']}", key.colour, thick=2, dash=key.dash)
    elif key.kind == "mark":
        draw_mark(pen, key.symbol, left + 5, middle, key.colour)
    else:
        pen.rectangle(left, middle - 5, 10, 10, key.colour)


def draw_mark(pen: Pen, shape: Symbol, x: float, y: float, colour: str, hint: str = "") -> None:
    """Draw one mark."""
    if shape == "circle":
        pen.circle(x, y, 4, colour, hint)
    else:
        pen.diamond(x, y, 5, colour, hint)


def scale_of_heat(chart: Chart, theme: Theme = "page") -> Markup | None:
    """The colours of a heat map with what they stand for, 300 by 28; ``None`` for other charts, and without words."""
    heat = heat_of(chart)
    if heat is None or not heat.marks:
        return None
    pen, left, wide, size = Pen(theme), 20.0, 260.0, 11.0
    for i in range(STEPS + 1):
        pen.rectangle(left + wide * i / (STEPS + 1), 0, wide / (STEPS + 1) + 0.4, 8, f"ramp-{i}")
    taken = -1e9
    for level, word in heat.marks:
        half = width(word, size) / 2
        if left + wide * level - half > taken:
            pen.text(left + wide * level, 21, word, "muted", size, anchor="middle")
            taken = left + wide * level + half + 6
    return Markup(
        '<svg class="ramp" width="300" height="28" viewBox="0 0 300 28" role="img" aria-label="{}">{}</svg>'
    ).format(" … ".join(word for _, word in heat.marks), pen.markup())

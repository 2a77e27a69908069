"""The layers of a chart as traces of Plotly.

Plotly reads a subset of HTML and ``$…$`` formulas in any text, so all text is escaped for it; hover text travels as
``customdata`` and is never read as a template.
"""

from __future__ import annotations

import math
from typing import Any, Final

from modelreport.render.charts.legend import dash, keys, symbol
from modelreport.render.charts.palette import STEPS
from modelreport.render.charts.spec import (
    OVERLAP,
    Bars,
    Chart,
    Heat,
    Histogram,
    Line,
    Points,
    Ridge,
    Stack,
    extent,
)

_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", "\n": "<br>"})
_HOVER: Final = "%{customdata}<extra></extra>"
_EDGE: Final = 0.15
"""Share of an axis beside its ends where a word in the middle of a mark would not fit."""


def plain(text: str) -> str:
    """Text as Plotly shows it unchanged: no markup, no entity, no formula; a newline is a line break."""
    return text.translate(_ESCAPES)


def trace_of(chart: Chart, index: int, x_unit: float, y_unit: float) -> dict[str, Any]:
    """One trace for one layer."""
    layer = chart.layers[index]
    match layer:
        case Bars():
            return _bars(layer, x_unit)
        case Stack():
            return _bars(layer, x_unit) | {"name": plain(layer.name)}
        case Line():
            return _line(layer, x_unit, y_unit, dash(chart, index))
        case Points():
            return _points(chart, layer, x_unit, y_unit) | _mark(chart, index)
        case Ridge():
            return _ridge(layer)
        case Heat():
            return _heatmap(layer)
        case Histogram():
            return _histogram(layer, x_unit, y_unit)


def _mark(chart: Chart, index: int) -> dict[str, Any]:
    layer = chart.layers[index]
    named = any(key.layer == index for key in keys(chart))
    colour = layer.colour if isinstance(layer, Points) else "ink"
    edge = {"color": "var(--bg)", "width": 1}
    return {
        "showlegend": named,
        "marker": {"color": f"var(--{colour})", "size": 8, "symbol": symbol(chart, index), "line": edge},
    }


def _bars(layer: Bars | Stack, unit: float) -> dict[str, Any]:
    trace: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "x": [value / unit for value in layer.values],
        "y": list(range(len(layer.values))),
        "customdata": [plain(text) for text in layer.hover],
        "hovertemplate": _HOVER,
    }
    words: dict[str, Any] = {
        "text": [plain(text) for text in layer.labels],
        "textposition": "outside",
        "textfont": {"color": "var(--muted)", "size": 11},
        "cliponaxis": False,
    }
    if isinstance(layer, Stack):
        return trace | {"marker": {"color": f"var(--{layer.colour})"}} | (words if layer.labels else {})
    return trace | {"marker": {"color": [f"var(--{colour})" for colour in layer.colours]}} | words


def _line(layer: Line, x_unit: float, y_unit: float, strokes: str) -> dict[str, Any]:
    drawn = ",".join(f"{part}px" for part in strokes.split()) if strokes else "solid"
    return {
        "type": "scatter",
        "mode": "lines",
        "name": plain(layer.name),
        "x": [value / x_unit for value in layer.x],
        "y": [value / y_unit for value in layer.y],
        "line": {
            "color": f"var(--{layer.colour})",
            "width": 1.6,
            "dash": drawn,
            "shape": "hv" if layer.step else "linear",
        },
        **({"hoverinfo": "skip"} if layer.reference else _told(layer.hover)),
    } | ({"fill": "tozeroy", "fillcolor": f"var(--{layer.colour}-tint)"} if layer.area else {})


def _told(hover: tuple[str, ...]) -> dict[str, Any]:
    return {"customdata": [plain(text) for text in hover], "hovertemplate": _HOVER}


def _points(chart: Chart, layer: Points, x_unit: float, y_unit: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": plain(layer.name),
        "x": [value / x_unit for value in layer.x],
        "y": [value / y_unit for value in layer.y],
        "text": [plain(text) for text in layer.labels],
        "textposition": [_position(chart, layer, value) for value in layer.x],
        "textfont": {"color": "var(--ink)", "size": 11},
        "cliponaxis": False,
        "customdata": [plain(text) for text in layer.hover],
        "hovertemplate": _HOVER,
    }


def _position(chart: Chart, layer: Points, value: float) -> str:
    """Where the word of a mark stands: beside the line, and away from the edges."""
    if layer.side == "below right":
        return "bottom right"
    low, high = extent(chart)[0]
    if chart.x.log:
        low, high, value = (math.log10(max(each, 1e-300)) for each in (low, high, value))
    place = (value - low) / ((high - low) or 1.0)
    if layer.side == "above left" or place > 1 - _EDGE:
        return "top left" if place > _EDGE else "top right"
    return "top right" if place < _EDGE else "top center"


def _ridge(layer: Ridge) -> dict[str, Any]:
    """A closed curve over its row; x is a share of the axis, set by the layer's ``low`` and ``high``."""
    steps = len(layer.heights)
    width_of_step = (layer.high - layer.low) / max(steps - 1, 1)
    x = [layer.low + width_of_step * i for i in range(steps)]
    base = layer.row + 0.5
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x[0], *x, x[-1]],
        "y": [base, *(base - OVERLAP * value for value in layer.heights), base],
        "fill": "toself",
        "fillcolor": f"var(--{layer.colour}-tint)",
        "line": {"color": f"var(--{layer.colour})", "width": 1},
        "hoveron": "fills",
        "hoverinfo": "text",
        "text": plain(layer.hover),
        "showlegend": False,
    }


def _heatmap(layer: Heat) -> dict[str, Any]:
    return {
        "type": "heatmap",
        "z": [list(row) for row in layer.levels],
        "customdata": [[plain(text) for text in row] for row in layer.hover],
        "hovertemplate": _HOVER,
        "zmin": 0,
        "zmax": 1,
        "xgap": 1,
        "ygap": 1,
        "colorscale": [[i / STEPS, f"var(--ramp-{i})"] for i in range(STEPS + 1)],
        "colorbar": {
            "tickvals": [level for level, _ in layer.marks],
            "ticktext": [plain(word) for _, word in layer.marks],
            "thickness": 10,
            "outlinewidth": 0,
            "tickfont": {"color": "var(--muted)", "size": 11},
        },
    }


def _histogram(layer: Histogram, x_unit: float, y_unit: float) -> dict[str, Any]:
    step = (layer.high - layer.low) / max(len(layer.counts), 1)
    return {
        "type": "bar",
        "x": [(layer.low + step * (i + 0.5)) / x_unit for i in range(len(layer.counts))],
        "y": [value / y_unit for value in layer.counts],
        "width": step / x_unit,
        "marker": {"color": f"var(--{layer.colour})", "line": {"width": 0}},
        "customdata": [plain(text) for text in layer.hover],
        "hovertemplate": _HOVER,
    }

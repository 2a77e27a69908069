"""Charts as Plotly figures: plain dictionaries for the page, real figures for notebooks.

Colours are ``var(--token)``: the page's script resolves every such string to the theme in force before it draws;
``resolve`` does the same with a palette. Plotly reads a subset of HTML and ``$…$`` formulas in any text, so all text
is escaped for it; hover text travels as ``customdata`` and is never read as a template.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from modelreport.render.charts.palette import RAMP, ramp
from modelreport.render.charts.scale import unit_of, width
from modelreport.render.charts.spec import (
    Axis,
    Bars,
    Chart,
    Heat,
    Histogram,
    Layer,
    Line,
    Points,
    Ridge,
    Stack,
    extent,
)

OVERLAP: Final = 1.7
"""Height of a ridge in rows."""
_LEGEND: Final = 460
"""Pixels of a legend's line in half the page's width."""
_KEY: Final = 60
"""Pixels of an entry beside its words."""
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", "\n": "<br>"})
_HOVER: Final = "%{customdata}<extra></extra>"


def plotly_figure(chart: Chart) -> dict[str, Any]:
    """``data`` and ``layout`` of a Plotly figure: JSON-ready, finite numbers only, colours as ``var(--token)``."""
    (x_low, x_high), (y_low, y_high) = extent(chart)
    x_unit = (1.0, "") if chart.x.log else unit_of(max(abs(x_low), abs(x_high)), chart.x.unit)
    y_unit = (1.0, "") if chart.y.log else unit_of(max(abs(y_low), abs(y_high)), chart.y.unit)
    data = [_trace(layer, x_unit[0], y_unit[0]) for layer in chart.layers]
    if several_points(chart):
        data = [trace | {"showlegend": True} for trace in data]
    stacked = [layer for layer in chart.layers if isinstance(layer, Stack)]
    lines = [layer for layer in chart.layers if isinstance(layer, Line)]
    above = OVERLAP - 1 if any(isinstance(layer, Ridge) for layer in chart.layers) else 0.0
    layout = {
        "xaxis": _axis(chart.x, (x_low / x_unit[0], x_high / x_unit[0]), x_unit[1]),
        "yaxis": _axis(
            chart.y, (y_low / y_unit[0], y_high / y_unit[0]), y_unit[1], reverse=bool(chart.rows_on_y), above=above
        ),
        "barmode": "stack",
        "bargap": 0.3 if chart.rows_on_y else 0,
        "showlegend": len(stacked) > 1 or len(lines) > 1 or several_points(chart),
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        "hovermode": "x" if lines and not several_points(chart) else "closest",
        "hoverlabel": {"bgcolor": "var(--surface)", "bordercolor": "var(--line)", "font": {"color": "var(--ink)"}},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "var(--ink)", "size": 12},
        "margin": {"l": 8, "r": _room(chart), "t": 28 if len(stacked) > 1 or several_points(chart) else 12, "b": 8},
        "height": height(chart) + _legend(chart),
        "dragmode": "pan" if any(isinstance(layer, Ridge | Heat) for layer in chart.layers) else "zoom",
    }
    return {"data": data, "layout": layout}


def for_page(figure: dict[str, Any]) -> dict[str, Any]:
    """The figure as the page's smaller library draws it, which knows no heat maps: their cells are bars, one each."""
    if not any(trace["type"] == "heatmap" for trace in figure["data"]):
        return figure
    data: list[dict[str, Any]] = []
    for trace in figure["data"]:
        data += [_cells(trace), _ramp_beside(trace)] if trace["type"] == "heatmap" else [trace]
    return {"data": data, "layout": figure["layout"] | {"barmode": "overlay", "bargap": 0}}


def _cells(trace: dict[str, Any]) -> dict[str, Any]:
    """A heat map's cells as level bars of length one."""
    cells = [
        (row, column, level, trace["customdata"][row][column])
        for row, levels in enumerate(trace["z"])
        for column, level in enumerate(levels)
        if level is not None
    ]
    return {
        "type": "bar",
        "orientation": "h",
        "x": [1] * len(cells),
        "base": [column - 0.5 for _, column, _, _ in cells],
        "y": [row for row, _, _, _ in cells],
        "width": 1,
        "marker": {"color": [ramp(level) for _, _, level, _ in cells], "line": {"color": "var(--bg)", "width": 1}},
        "customdata": [hover for _, _, _, hover in cells],
        "hovertemplate": trace["hovertemplate"],
    }


def _ramp_beside(trace: dict[str, Any]) -> dict[str, Any]:
    """A mark that is not seen, with the ramp of a heat map beside it."""
    ends = {"cmin": trace["zmin"], "cmax": trace["zmax"], "colorscale": trace["colorscale"]}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [None],
        "y": [None],
        "marker": {"color": [0], "showscale": True, "colorbar": trace["colorbar"]} | ends,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def resolve(figure: dict[str, Any], palette: Mapping[str, str]) -> dict[str, Any]:
    """The figure with every ``var(--token)`` replaced by the palette's colour. ``KeyError`` for an unknown token."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: walk(item) for key, item in value.items()}
        if isinstance(value, list):
            return [walk(item) for item in value]
        if isinstance(value, str) and value.startswith("var(--"):
            return palette[value[6:-1]]
        return value

    resolved: dict[str, Any] = walk(figure)
    return resolved


def height(chart: Chart) -> int:
    """Pixels that the chart needs: by its rows, or 260 where the y axis measures."""
    if not chart.rows_on_y:
        return 260
    row = 17 if any(isinstance(layer, Ridge) for layer in chart.layers) else 14 if _heat(chart) else 24
    return max(120, row * chart.rows_on_y + (96 if _heat(chart) else 72))


def several_points(chart: Chart) -> bool:
    """Whether its marks are of several kinds, which a legend must tell."""
    return sum(isinstance(layer, Points) for layer in chart.layers) > 1


def plain(text: str) -> str:
    """Text as Plotly shows it unchanged: no markup, no entity, no formula; a newline is a line break."""
    return text.translate(_ESCAPES)


def _heat(chart: Chart) -> bool:
    return any(isinstance(layer, Heat) for layer in chart.layers)


def _room(chart: Chart) -> int:
    """Margin on the right for the words at the end of bars."""
    words = [word for layer in chart.layers if isinstance(layer, Bars | Stack) for word in layer.labels]
    return 12 + round(max((width(word, 11) for word in words), default=0.0))


def _legend(chart: Chart) -> int:
    """Pixels of a legend's lines beyond the second: Plotly takes them from the plot, and scrolls beyond half of it."""
    names = [layer.name for layer in chart.layers if isinstance(layer, Stack | Line)]
    columns = max(1, int(_LEGEND // (max((width(name, 12) for name in names), default=0.0) + _KEY)))
    return max(0, -(-len(names) // columns) - 2) * 19 if len(names) > 1 else 0


def _axis(
    axis: Axis, limits: tuple[float, float], suffix: str, *, reverse: bool = False, above: float = 0.0
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "title": {"text": plain(axis.title), "standoff": 8},
        "automargin": True,
        "gridcolor": "var(--line)",
        "linecolor": "var(--line)",
        "zeroline": False,
        "tickfont": {"color": "var(--muted)", "size": 11},
    }
    if axis.categories:
        ends = [len(axis.categories) - 0.5, -0.5 - above] if reverse else [-0.5, len(axis.categories) - 0.5]
        places = list(range(len(axis.categories)))
        return shown | {
            "tickmode": "array",
            "tickvals": places,
            "ticktext": [plain(word) for word in axis.categories],
            "range": ends,
            "showgrid": False,
        }
    if axis.log:
        ends = [math.log10(limit) for limit in limits]
        every = 1 if ends[1] - ends[0] > 2 else "D2"  # 1, 2, 5, 10 … where decades alone would be too few
        return shown | {
            "type": "log",
            "range": ends,
            "dtick": every,
            "tickformat": "~g" if axis.unit == "number" else "~s",
        }
    exponent = suffix.removeprefix("e") if suffix.startswith("e") else ""
    return shown | {
        "range": list(limits),
        "ticksuffix": f"e{exponent}" if exponent else suffix,
        "nticks": 8,
        "tickformat": ",",
    }


def _trace(layer: Layer, x_unit: float, y_unit: float) -> dict[str, Any]:
    """One trace for one layer."""
    match layer:
        case Bars():
            return _bars(layer, x_unit)
        case Stack():
            return _bars(layer, x_unit) | {"name": plain(layer.name)}
        case Line():
            return _line(layer, x_unit, y_unit)
        case Points():
            return _points(layer, x_unit, y_unit)
        case Ridge():
            return _ridge(layer)
        case Heat():
            return _heatmap(layer)
        case Histogram():
            return _histogram(layer, x_unit, y_unit)


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


def _line(layer: Line, x_unit: float, y_unit: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": plain(layer.name),
        "x": [value / x_unit for value in layer.x],
        "y": [value / y_unit for value in layer.y],
        "line": {"color": f"var(--{layer.colour})", "width": 1.6, "shape": "hv" if layer.step else "linear"},
        "customdata": [plain(text) for text in layer.hover],
        "hovertemplate": _HOVER,
    } | ({"fill": "tozeroy", "fillcolor": f"var(--{layer.colour}-tint)"} if layer.area else {})


def _points(layer: Points, x_unit: float, y_unit: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": plain(layer.name),
        "showlegend": False,
        "x": [value / x_unit for value in layer.x],
        "y": [value / y_unit for value in layer.y],
        "marker": {"color": f"var(--{layer.colour})", "size": 8},
        "text": [plain(text) for text in layer.labels],
        "textposition": "top center",
        "textfont": {"color": "var(--ink)", "size": 11},
        "cliponaxis": False,
        "customdata": [plain(text) for text in layer.hover],
        "hovertemplate": _HOVER,
    }


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
        "colorscale": [[i / (len(RAMP) - 1), colour] for i, colour in enumerate(RAMP)],
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

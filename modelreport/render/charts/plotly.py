"""Charts as Plotly figures: plain dictionaries for the page, real figures for notebooks.

Colours are ``var(--token)``: the page's script resolves every such string to the theme in force before it draws;
``resolve`` does the same with a palette.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from modelreport.render.charts.frame import axis_title, axis_unit, frame
from modelreport.render.charts.legend import heat_of, keys
from modelreport.render.charts.palette import ramp
from modelreport.render.charts.scale import width
from modelreport.render.charts.spec import OVERLAP, Axis, Bars, Chart, Line, Ridge, Stack, extent, labelled
from modelreport.render.charts.traces import plain, trace_of

_SMALL: Final = 11


def plotly_figure(chart: Chart) -> dict[str, Any]:
    """``data`` and ``layout`` of a Plotly figure: JSON-ready, finite numbers only, colours as ``var(--token)``.

    One trace for each layer, in their order. The plot stands where the drawing of ``svg`` has it, and measures in the
    same units; legends are drawn, too, for the page has its own and takes them out.
    """
    across, up = extent(chart)
    x_unit, y_unit = axis_unit(chart.x, across), axis_unit(chart.y, up)
    room = frame(chart)
    ridges = any(isinstance(layer, Ridge) for layer in chart.layers)
    above = OVERLAP - 1 if ridges else 0.0
    over = round(above * room.tall / max(chart.rows_on_y, 1))
    lines = any(isinstance(layer, Line) for layer in chart.layers)
    layout = {
        "xaxis": _axis(chart.x, across, x_unit)
        | {"automargin": False, "title": _title(axis_title(chart.x, across))}
        | ({"showgrid": False} if labelled(chart) else {}),
        "yaxis": _axis(chart.y, up, y_unit, reverse=bool(chart.rows_on_y), above=above) | {"automargin": "left"},
        "annotations": _heading(axis_title(chart.y, up), room.top - over),
        "barmode": "stack",
        "bargap": 0.34 if chart.rows_on_y else 0,
        "showlegend": bool(keys(chart)),
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        "hovermode": "x" if lines and not any(key.kind == "mark" for key in keys(chart)) else "closest",
        "hoverlabel": {"bgcolor": "var(--surface)", "bordercolor": "var(--line)", "font": {"color": "var(--ink)"}},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "var(--ink)", "size": 12},
        "margin": {"l": 8, "r": _room(chart), "t": room.top - over, "b": room.bottom},
        "height": room.height,
        "dragmode": "pan" if ridges or heat_of(chart) else "zoom",
    }
    return {"data": [trace_of(chart, i, x_unit[0], y_unit[0]) for i in range(len(chart.layers))], "layout": layout}


def _title(words: str) -> dict[str, Any]:
    return {"text": plain(words), "standoff": 4, "font": {"color": "var(--muted)", "size": _SMALL}}


def _heading(words: str, over: int) -> list[dict[str, Any]]:
    """What y measures, over the left end of the figure, where it is read without turning the head."""
    if not words:
        return []
    place = {"xref": "paper", "x": 0, "xanchor": "left", "yref": "paper", "y": 1, "yanchor": "bottom"}
    look = {"showarrow": False, "borderpad": 0, "font": {"color": "var(--muted)", "size": _SMALL}}
    return [place | look | {"text": plain(words), "yshift": over - 22}]


def for_page(figure: dict[str, Any]) -> dict[str, Any]:
    """The figure as the page draws it: its legend stands beside it.

    The cells of a heat map, which the page's smaller library does not know, are bars, one each.
    """
    data = [_cells(trace) if trace["type"] == "heatmap" else trace for trace in figure["data"]]
    bars = {"barmode": "overlay", "bargap": 0} if any(t["type"] == "heatmap" for t in figure["data"]) else {}
    layout = {name: value for name, value in figure["layout"].items() if name != "legend"}
    return {"data": data, "layout": layout | {"showlegend": False} | bars}


def _cells(trace: dict[str, Any]) -> dict[str, Any]:
    """A heat map's cells as level bars of length one."""
    edge = {"color": "var(--bg)", "width": 1}
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
        "marker": {"color": [f"var(--{ramp(level)})" for _, _, level, _ in cells], "line": edge},
        "customdata": [hover for _, _, _, hover in cells],
        "hovertemplate": trace["hovertemplate"],
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


def _room(chart: Chart) -> int:
    """Margin on the right for the words at the end of bars."""
    words = [word for layer in chart.layers if isinstance(layer, Bars | Stack) for word in layer.labels]
    return 12 + round(max((width(word, _SMALL) for word in words), default=0.0))


def _axis(
    axis: Axis, limits: tuple[float, float], unit: tuple[float, str], *, reverse: bool = False, above: float = 0.0
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "gridcolor": "var(--line)",
        "linecolor": "var(--line)",
        "zeroline": False,
        "tickangle": 0,
        "tickfont": {"color": "var(--muted)", "size": _SMALL},
    }
    if axis.categories:
        return shown | _categories(axis, reverse=reverse, above=above)
    if axis.log:
        ends = [math.log10(limit) for limit in limits]
        every = 1 if ends[1] - ends[0] > 2 else "D2"  # 1, 2, 5, 10 … where decades alone would be too few
        return shown | {
            "type": "log",
            "range": ends,
            "dtick": every,
            "tickformat": ",~g" if axis.unit == "number" else "~s",
        }
    factor, suffix = unit
    low, high = limits[0] / factor, limits[1] / factor
    whole = axis.unit == "count" and factor == 1 and high - low <= 5  # no tick between whole numbers
    return shown | {
        "range": [low, high],
        "tickformat": ",",
        **({"ticksuffix": suffix} if suffix.startswith("e") else {}),
        **({"dtick": 1} if whole else {"nticks": 6}),
    }


def _categories(axis: Axis, *, reverse: bool, above: float) -> dict[str, Any]:
    """An axis of names, in their order; on y the first is at the top."""
    many = len(axis.categories)
    return {
        "tickmode": "array",
        "tickvals": list(range(many)),
        "ticktext": [plain(word) for word in axis.categories],
        "range": [many - 0.5, -0.5 - above] if reverse else [-0.5, many - 0.5],
        "showgrid": False,
    }

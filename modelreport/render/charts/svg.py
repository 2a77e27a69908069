"""Charts as vector drawings without a browser: for print, and for the page before or without its scripts.

The theme ``page`` writes colours as ``var(--token)``, so that the drawing follows the page; ``print`` writes the light
colours themselves. Every text is escaped, and no text is drawn over another.
"""

from __future__ import annotations

from typing import Final

from markupsafe import Markup, escape

from modelreport.render.charts.palette import ramp
from modelreport.render.charts.pen import Pen, Theme
from modelreport.render.charts.plotly import height as chart_height
from modelreport.render.charts.plotly import several_points
from modelreport.render.charts.scale import fit, ticks, width
from modelreport.render.charts.spec import Bars, Chart, Heat, Line, Points, Ridge, Stack, extent
from modelreport.render.charts.svg_layers import Plot, draw

FONT: Final = "'DejaVu Sans','Noto Sans',sans-serif"
SMALL: Final = 10.5
"""Font size of ticks and labels, in pixels."""
_GAP: Final = 6.0
_LEFT_SHARE: Final = 0.36
"""Most of the width that the words of the rows may take."""


def svg(chart: Chart, theme: Theme = "page", wide: int = 640) -> Markup:
    """The chart as one ``svg`` element, ``wide`` pixels wide and as tall as its rows need.

    It is an image to assistive technology, with the title as its name and the caption as its description; the heading
    and the table behind it stand beside it in the document.
    """
    pen = Pen(theme)
    keys = _keys(chart)
    top = _draw_legend(pen, keys, float(wide)) if len(keys) > 1 else 4.0
    plot = _place(chart, float(wide), top)
    _draw_grid(pen, chart, plot)
    for layer in chart.layers:
        draw(pen, layer, plot)
    _draw_words(pen, chart, plot)
    high = plot.bottom + (20 if chart.x.categories or not _heat(chart) else 4) + (16 if chart.x.title else 2)
    heat = _heat(chart)
    if heat is not None:
        high = _draw_ramp(pen, heat, plot, high)
    return _finish(pen, chart, wide, round(high))


def _finish(pen: Pen, chart: Chart, wide: int, high: int) -> Markup:
    label = escape(chart.title)
    font = "inherit" if pen.theme == "page" else FONT
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart-static" viewBox="0 0 {w} {h}" width="{w}" height="{h}" '
        'role="img" aria-label="{label}" font-family="{font}" font-size="{size}">'
        "<title>{label}</title><desc>{caption}</desc>{body}</svg>"
    ).format(w=wide, h=high, label=label, font=font, size=SMALL, caption=chart.caption, body=pen.markup())


def _place(chart: Chart, wide: float, top: float) -> Plot:
    """Where the plot lies between its words."""
    across, up = extent(chart)
    ridges = any(isinstance(layer, Ridge) for layer in chart.layers)
    if chart.rows_on_y:
        words = max((width(word, SMALL) for word in chart.y.categories), default=0.0)
        left = min(words, wide * _LEFT_SHARE) + _GAP + 2
        row = 17.0 if ridges else 14.0 if _heat(chart) else 21.0
        top += row * 0.8 if ridges else 0.0
        tall = row * chart.rows_on_y
    else:
        tall = chart_height(chart) - 90.0
        marks = ticks(*up, chart.y.unit, 5, log=chart.y.log)
        left = max((width(mark.label, SMALL) for mark in marks), default=0.0) + _GAP + 2
    if chart.y.title:
        top += 16
    ends = [width(word, SMALL) for layer in chart.layers if isinstance(layer, Bars | Stack) for word in layer.labels]
    right = wide - (max(ends, default=6.0) + _GAP)
    return Plot(
        left=left, right=max(right, left + 60), top=top + 6, bottom=top + 6 + tall, across=across, up=up,
        log_x=chart.x.log, log_y=chart.y.log, rows=chart.rows_on_y, columns=len(chart.x.categories),
    )  # fmt: skip


def _heat(chart: Chart) -> Heat | None:
    return next((layer for layer in chart.layers if isinstance(layer, Heat)), None)


# --- axes -----------------------------------------------------------------------------------------------------------


def _draw_grid(pen: Pen, chart: Chart, plot: Plot) -> None:
    """Lines behind the data: upright for rows, level where the y axis measures."""
    if not chart.rows_on_y:
        marks = ticks(*plot.up, chart.y.unit, 5, log=chart.y.log)
        pen.path("".join(f"M{pen.at(plot.left, plot.y(m.value))}H{pen.number(plot.right)}" for m in marks), "line")
        for mark in marks:
            pen.text(plot.left - _GAP, plot.y(mark.value) + 3.5, mark.label, "muted", SMALL, anchor="end")
    elif not chart.x.categories:
        marks = ticks(*plot.across, chart.x.unit, _wanted(plot), log=chart.x.log)
        pen.path("".join(f"M{pen.at(plot.x(m.value), plot.top)}V{pen.number(plot.bottom)}" for m in marks), "line")


def _wanted(plot: Plot) -> int:
    return max(2, int((plot.right - plot.left) / 85))


def _draw_words(pen: Pen, chart: Chart, plot: Plot) -> None:
    """Ticks of the x axis, names of the rows, titles of both axes."""
    if chart.x.categories:
        places = [(plot.column(i) + plot.column_width / 2, word) for i, word in enumerate(chart.x.categories)]
    else:
        marks = ticks(*plot.across, chart.x.unit, _wanted(plot), log=chart.x.log)
        places = [(plot.x(mark.value), mark.label) for mark in marks]
    ridges = any(isinstance(layer, Ridge) for layer in chart.layers)
    taken = -1e9
    for x, word in places:
        half = width(word, SMALL) / 2
        middle = max(x, half)
        if middle - half > taken + _GAP:
            pen.text(middle, plot.bottom + 14, word, "muted", SMALL, anchor="middle")
            taken = middle + half
    _draw_names(pen, chart, plot, ridges=ridges)
    if not chart.x.categories and not _heat(chart):
        pen.path(f"M{pen.at(plot.left, plot.bottom)}H{pen.number(plot.right)}", "muted")
    if chart.x.title:
        pen.text((plot.left + plot.right) / 2, plot.bottom + 30, chart.x.title, "muted", SMALL, anchor="middle")
    if chart.y.title:
        pen.text(0, plot.top - (20 if ridges else 8), chart.y.title, "muted", SMALL)


def _draw_names(pen: Pen, chart: Chart, plot: Plot, *, ridges: bool) -> None:
    """Names of the rows, in one group that says once what they look like."""
    if not chart.y.categories:
        return
    names = pen.words("ink", SMALL, "end")
    for row, word in enumerate(chart.y.categories):
        level = plot.row(row + 1) - 1 if ridges else plot.middle(row) + 3.7
        names.word(plot.left - _GAP, level, fit(word, SMALL, plot.left - _GAP - 2), hint=word)
    pen.add(names)


# --- legends --------------------------------------------------------------------------------------------------------


def _keys(chart: Chart) -> list[tuple[str, str]]:
    """Colour and word of each series, where there are several; of marks only where they are of several kinds."""
    kinds = (Stack, Line, Points) if several_points(chart) else (Stack, Line)
    return [(layer.colour, layer.name) for layer in chart.layers if isinstance(layer, kinds)]


def _draw_legend(pen: Pen, keys: list[tuple[str, str]], wide: float) -> float:
    """Draw the keys in lines from the top and return where they end."""
    x, y = 0.0, 12.0
    for colour, word in keys:
        room = width(word, SMALL) + 26
        if x and x + room > wide:
            x, y = 0.0, y + 17
        pen.rectangle(x, y - 8.5, 10, 10, colour)
        pen.text(x + 14, y, word, "muted", SMALL)
        x += room
    return y + 12


def _draw_ramp(pen: Pen, heat: Heat, plot: Plot, top: float) -> float:
    """Draw the colours of a heat map with their words and return where they end."""
    wide = min(260.0, plot.right - plot.left)
    left, steps = plot.left, 20
    for i in range(steps + 1):
        pen.rectangle(left + wide * i / (steps + 1), top, wide / (steps + 1) + 0.4, 8, ramp(i / steps))
    taken = -1e9
    for level, word in heat.marks:
        half = width(word, SMALL) / 2
        if left + wide * level - half > taken:
            pen.text(left + wide * level, top + 21, word, "muted", SMALL, anchor="middle")
            taken = left + wide * level + half + _GAP
    return top + 28

"""Charts as vector drawings without a browser: for print, and for the page before or without its scripts.

The theme ``page`` writes colours as ``var(--token)``, so that the drawing follows the page, and leaves legends to the
page; ``print`` writes the light colours themselves. Every text is escaped, and no text is drawn over another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup, escape

from modelreport.render.charts.frame import Frame, axis_title, frame
from modelreport.render.charts.legend import SIGN, Key, draw_sign, heat_of, keys, scale_of_heat
from modelreport.render.charts.pen import Pen, Theme
from modelreport.render.charts.scale import fit, ticks, width
from modelreport.render.charts.spec import Bars, Chart, Ridge, Stack, extent, labelled
from modelreport.render.charts.svg_layers import Plot, draw

FONT: Final = "'DejaVu Sans','Noto Sans',sans-serif"
SMALL: Final = 10.5
"""Font size of ticks and labels on paper, in pixels; on a screen it is half a pixel more."""
WIDE: Final[dict[Theme, int]] = {"page": 400, "print": 640}
"""Width of a drawing: on the page that of a telephone, where it is drawn no larger and hardly smaller than it is."""
TICK: Final = 64
"""Pixels from one tick of the x axis to the next at least."""
TICKS_UP: Final = 6
"""Ticks of the y axis at most."""
_GAP: Final = 6.0
_LEFT_SHARE: Final = 0.42
"""Most of the width that the words of the rows may take."""


def svg(chart: Chart, theme: Theme = "page", wide: int | None = None, others: Sequence[str] = ()) -> Markup:
    """The chart as one ``svg`` element, ``wide`` pixels wide and as tall as its rows need.

    It is an image to assistive technology, with the title as its name; the heading and the table behind it stand beside
    it in the document. On paper its legend is in it, and its description is the caption. ``others`` are names of rows
    in drawings above or below it, which begin as far to the right.
    """
    pen, wide, room = Pen(theme), wide or WIDE[theme], frame(chart)
    found = keys(chart) if theme == "print" else ()
    above = _draw_legend(pen, found, float(wide)) if found else 0.0
    plot = _place(chart, float(wide), above, room, others)
    _draw_grid(pen, chart, plot)
    for index in range(len(chart.layers)):
        draw(pen, chart, index, plot)
    _draw_words(pen, chart, plot)
    high = above + room.height
    ramp = scale_of_heat(chart, theme) if theme == "print" else None
    if ramp is not None:
        pen.place(ramp, plot.left - 20, high + 2)
        high += 32
    return _finish(pen, chart, wide, round(high))


def _finish(pen: Pen, chart: Chart, wide: int, high: int) -> Markup:
    on_page = pen.theme == "page"
    told = Markup("<title>{}</title><desc>{}</desc>").format(chart.title, chart.caption)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart-static" viewBox="0 0 {w} {h}" width="{w}" height="{h}" '
        'preserveAspectRatio="xMinYMin meet" role="img" aria-label="{label}" font-family="{font}" font-size="{size}">'
        "{told}{body}</svg>"
    ).format(
        w=wide, h=high, label=escape(chart.title), font="inherit" if on_page else FONT, size=_size(pen),
        told="" if on_page else told, body=pen.markup(),
    )  # fmt: skip


def _size(pen: Pen) -> float:
    return SMALL + 0.5 if pen.theme == "page" else SMALL


def _place(chart: Chart, wide: float, above: float, room: Frame, others: Sequence[str]) -> Plot:
    """Where the plot lies between its words."""
    (across, up), size = extent(chart), SMALL + 0.5
    if chart.rows_on_y:
        words = max((width(word, size) for word in (*chart.y.categories, *others)), default=0.0)
        left = min(words, wide * _LEFT_SHARE) + _GAP + 2
    else:
        marks = ticks(*up, chart.y.unit, TICKS_UP, log=chart.y.log)
        left = max((width(mark.label, size) for mark in marks), default=0.0) + _GAP + 2
    ends = [width(word, SMALL) for layer in chart.layers if isinstance(layer, Bars | Stack) for word in layer.labels]
    right = wide - (max(ends, default=6.0) + _GAP)
    top = above + room.top
    return Plot(
        left=left, right=max(right, left + 60), top=top, bottom=top + room.tall, across=across, up=up,
        log_x=chart.x.log, log_y=chart.y.log, rows=chart.rows_on_y, columns=len(chart.x.categories),
    )  # fmt: skip


# --- axes -----------------------------------------------------------------------------------------------------------


def _draw_grid(pen: Pen, chart: Chart, plot: Plot) -> None:
    """Lines behind the data: upright for rows, level where the y axis measures."""
    if not chart.rows_on_y:
        marks = ticks(*plot.up, chart.y.unit, TICKS_UP, log=chart.y.log)
        pen.path("".join(f"M{pen.at(plot.left, plot.y(m.value))}H{pen.number(plot.right)}" for m in marks), "line")
        for mark in marks:
            pen.text(plot.left - _GAP, plot.y(mark.value) + 3.5, mark.label, "muted", _size(pen), anchor="end")
    elif not chart.x.categories and not labelled(chart):
        marks = ticks(*plot.across, chart.x.unit, _wanted(plot), log=chart.x.log)
        pen.path("".join(f"M{pen.at(plot.x(m.value), plot.top)}V{pen.number(plot.bottom)}" for m in marks), "line")


def _wanted(plot: Plot) -> int:
    return max(4, int((plot.right - plot.left) / TICK))


def _draw_words(pen: Pen, chart: Chart, plot: Plot) -> None:
    """Ticks of the x axis, names of the rows, titles of both axes."""
    if chart.x.categories:
        places = [(plot.column(i) + plot.column_width / 2, word) for i, word in enumerate(chart.x.categories)]
    else:
        marks = ticks(*plot.across, chart.x.unit, _wanted(plot), log=chart.x.log)
        places = [(plot.x(mark.value), mark.label) for mark in marks]
    size, taken = _size(pen), -1e9
    for x, word in places:
        half = width(word, size) / 2
        middle = max(x, half)
        if middle - half > taken + _GAP:
            pen.text(middle, plot.bottom + 15, word, "muted", size, anchor="middle")
            taken = middle + half
    _draw_names(pen, chart, plot)
    if not chart.x.categories and heat_of(chart) is None:
        pen.path(f"M{pen.at(plot.left, plot.bottom)}H{pen.number(plot.right)}", "muted")
    _draw_titles(pen, chart, plot)


def _draw_titles(pen: Pen, chart: Chart, plot: Plot) -> None:
    """What the axes measure: x under the middle of the plot, y over its left end."""
    size = _size(pen)
    below, over = axis_title(chart.x, plot.across), axis_title(chart.y, plot.up)
    if below:
        half = width(below, size) / 2
        middle = max((plot.left + plot.right) / 2, half)
        pen.text(middle, plot.bottom + 33, below, "muted", size, anchor="middle")
    if over:
        pen.text(0, plot.top - frame(chart).top + 14, over, "muted", size)


def _draw_names(pen: Pen, chart: Chart, plot: Plot) -> None:
    """Names of the rows, in one group that says once what they look like."""
    if not chart.y.categories:
        return
    ridges = any(isinstance(layer, Ridge) for layer in chart.layers)
    size = _size(pen)
    names = pen.words("ink", size, "end")
    for row, word in enumerate(chart.y.categories):
        level = plot.row(row + 1) - 1 if ridges else plot.middle(row) + 3.7
        names.word(plot.left - _GAP, level, fit(word, size, plot.left - _GAP - 2), hint=word)
    pen.add(names)


# --- legend ---------------------------------------------------------------------------------------------------------


def _draw_legend(pen: Pen, found: tuple[Key, ...], wide: float) -> float:
    """Draw the keys in lines from the top and return where they end."""
    x, y = 0.0, 12.0
    for key in found:
        sign = SIGN[key.kind] + 5
        room = width(key.name, SMALL) + sign + 14
        if x and x + room > wide:
            x, y = 0.0, y + 17
        draw_sign(pen, key, x, y - 3.5)
        pen.text(x + sign, y, fit(key.name, SMALL, wide - sign), "muted", SMALL, hint=key.name)
        x += room
    return y + 6

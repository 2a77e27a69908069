"""Charts on paper: two of about the same height side by side, one that has no partner across the page.

A chart of many rows is set in two columns, as text would be: it takes half the height, and a page has room for it. One
whose columns need the whole width is cut between its rows, so that a page can end there; its columns are named again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

from markupsafe import Markup

from modelreport.render.charts.spec import Bars, Chart, Heat, Layer, Ridge, Stack, extent
from modelreport.render.charts.svg import svg

HALF, WHOLE, DENSE = 400, 820, 900
"""Width that a chart is drawn with, in its own pixels: one of a pair, one across the page, and a tall one across it."""
TALL: Final = 420
"""Height in its own pixels from which on a chart is drawn smaller, and stands behind the tables beside it."""
MANY: Final[dict[type[Layer], int]] = {Bars: 16, Stack: 16, Ridge: 14, Heat: 18}
"""Rows from which on a chart is set in two columns."""
_WHOLE_WORDS: Final = frozenset({"precision-map"})
"""Charts whose columns would have no room for their words in half the width."""
_TOGETHER: Final = 14
"""Rows that a page does not end between, of a chart that is cut between its rows."""
_UNLIKE: Final = 1.9
"""Ratio of heights from which on two charts do not stand side by side."""
_HEIGHT: Final = re.compile(r'<svg [^>]*?\bheight="(\d+)"')


@dataclass(frozen=True)
class Figure:
    """A chart and its drawing."""

    chart: Chart
    drawings: tuple[Markup, ...]
    """From the top to the bottom; a page may end between two."""
    half: bool

    @property
    def height(self) -> int:
        """In its own pixels."""
        return sum(_height(drawing) for drawing in self.drawings)


def figures(charts: Iterable[Chart]) -> list[list[Figure]]:
    """The charts in rows of one or two, in their order."""
    rows: list[list[Figure]] = []
    waiting: Figure | None = None
    for chart in charts:
        made = _figure(chart)
        if waiting and made.half and _alike(waiting, made):
            rows[-1].append(made)
            waiting = None
        else:
            rows.append([made])
            waiting = made if made.half else None
    return [[_alone(row[0])] if len(row) == 1 else row for row in rows]


def low_and_tall(charts: Iterable[Chart]) -> tuple[list[list[Figure]], list[list[Figure]]]:
    """The rows of charts, and apart those so tall that a page should first take what can be cut."""
    rows = figures(charts)
    return [row for row in rows if row[0].height < TALL], [row for row in rows if row[0].height >= TALL]


def _figure(chart: Chart) -> Figure:
    """A chart of many rows in two columns, another one for half the page."""
    parts = _columns(chart)
    if not parts:
        return Figure(chart, (svg(chart, "print", HALF),), half=True)
    return Figure(chart, (_side_by_side(chart, [svg(part, "print", HALF) for part in parts]),), half=False)


def _alone(figure: Figure) -> Figure:
    if not figure.half:
        return figure
    chart = figure.chart
    whole = Figure(chart, (svg(chart, "print", WHOLE),), half=False)
    if whole.height < TALL:
        return whole
    parts, names = _below_each_other(chart), chart.y.categories
    return Figure(chart, tuple(svg(part, "print", DENSE, names) for part in parts), half=False)


def _below_each_other(chart: Chart) -> Sequence[Chart]:
    """A chart of many rows as several of about as many, the last of which says what colours stand for."""
    if not all(isinstance(layer, Heat) for layer in chart.layers):
        return (chart,)
    count = -(-chart.rows_on_y // _TOGETHER)
    ends = [round(chart.rows_on_y * i / count) for i in range(count + 1)]
    parts = [_part(chart, first, last) for first, last in pairwise(ends)]
    return (*(_without_legend(part) for part in parts[:-1]), parts[-1])


def _without_legend(chart: Chart) -> Chart:
    return replace(chart, layers=tuple(replace(each, marks=()) for each in chart.layers if isinstance(each, Heat)))


def _alike(a: Figure, b: Figure) -> bool:
    low, high = sorted((a.height, b.height))
    return high <= _UNLIKE * low


# --- two columns ----------------------------------------------------------------------------------------------------


def _columns(chart: Chart) -> Sequence[Chart]:
    """The upper and the lower rows of a chart as two on the same scale; nothing where it is not of many rows."""
    most = min((MANY.get(type(layer), 0) for layer in chart.layers), default=0)
    if not most or chart.rows_on_y < most or chart.id in _WHOLE_WORDS:
        return ()
    middle = (chart.rows_on_y + 1) // 2
    return _part(chart, 0, middle), _part(chart, middle, chart.rows_on_y)


def _part(chart: Chart, first: int, last: int) -> Chart:
    low, high = extent(chart)[0]
    across = chart.x if chart.x.categories else replace(chart.x, low=low, high=high)
    up = replace(chart.y, categories=chart.y.categories[first:last])
    layers = (_rows(layer, first, last) for layer in chart.layers)
    return replace(chart, x=across, y=up, layers=tuple(each for each in layers if each is not None))


def _rows(layer: Layer, first: int, last: int) -> Layer | None:
    """The part of a layer in these rows."""
    if isinstance(layer, Ridge):
        return replace(layer, row=layer.row - first) if first <= layer.row < last else None
    by_row = {Bars: ("values", "colours", "labels", "hover"), Stack: ("values", "hover", "labels")}
    names = by_row.get(type(layer), ("levels", "hover"))
    kept: dict[str, Any] = {name: getattr(layer, name)[first:last] for name in names}
    return replace(layer, **kept)


def _height(drawing: Markup) -> int:
    found = _HEIGHT.search(drawing)
    return int(found[1]) if found else 0


def _side_by_side(chart: Chart, drawings: Sequence[Markup]) -> Markup:
    """One drawing of several, which is one figure to those who hear the document."""
    high = max(_height(drawing) for drawing in drawings)
    told = Markup("<title>{}</title><desc>{}</desc>").format(chart.title, chart.caption)
    placed = Markup("").join(
        Markup('<g transform="translate({} 0)">{}</g>').format(i * (WHOLE - HALF), drawing)
        for i, drawing in enumerate(drawings)
    )
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart-static" viewBox="0 0 {w} {h}" width="{w}" height="{h}" '
        'font-family="inherit">{told}{placed}</svg>'
    ).format(w=WHOLE, h=high, told=told, placed=placed)

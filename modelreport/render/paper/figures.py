"""Charts on paper: two of about the same height side by side, one that has no partner across the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from modelreport.render.charts.spec import Chart
from modelreport.render.charts.svg import svg

HALF, WHOLE, DENSE = 400, 820, 900
"""Width that a chart is drawn with, in its own pixels: one of a pair, one across the page, and a tall one across it."""
TALL: Final = 420
"""Height in its own pixels from which on a chart is drawn smaller."""
_UNLIKE: Final = 1.9
"""Ratio of heights from which on two charts do not stand side by side."""
_HEIGHT: Final = re.compile(r'<svg [^>]*?\bheight="(\d+)"')


@dataclass(frozen=True)
class Figure:
    """A chart and its drawing."""

    chart: Chart
    drawing: Markup
    half: bool


def figures(charts: Iterable[Chart]) -> list[list[Figure]]:
    """The charts in rows of one or two, in their order."""
    todo = list(charts)
    rows: list[list[Figure]] = []
    while todo:
        first = todo.pop(0)
        if todo and _alike(first, todo[0]):
            rows.append([Figure(each, svg(each, "print", HALF), half=True) for each in (first, todo.pop(0))])
        else:
            wide = WHOLE if _height(first, WHOLE) < TALL else DENSE
            rows.append([Figure(first, svg(first, "print", wide), half=False)])
    return rows


def _alike(a: Chart, b: Chart) -> bool:
    heights: Sequence[int] = sorted(_height(chart, HALF) for chart in (a, b))
    return heights[1] <= _UNLIKE * heights[0]


def _height(chart: Chart, wide: int) -> int:
    found = _HEIGHT.search(svg(chart, "print", wide))
    return int(found[1]) if found else 0

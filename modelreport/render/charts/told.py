"""A chart in the language of the report: its sentences are finished in English where it is made."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import cast

from modelreport.render.charts.spec import Axis, Chart, Heat, Layer, Line, Points, Ridge, Stack
from modelreport.render.language import SOURCE, tell
from modelreport.render.setting import setting


def told(chart: Chart) -> Chart:
    """The chart with its texts told; names of modules and tensors, which stand on axes and in rows, are left alone."""
    if setting().options.lang == SOURCE:
        return chart
    return replace(
        chart,
        title=tell(chart.title),
        caption=tell(chart.caption),
        x=replace(chart.x, title=tell(chart.x.title), categories=tuple(map(tell, chart.x.categories))),
        y=_with_categories(replace(chart.y, title=tell(chart.y.title)), chart),
        layers=tuple(map(_layer, chart.layers)),
        header=tuple(map(tell, chart.header)),
        rows=tuple(
            tuple(
                tell(cell) if " " in cell or chart.id in _WORDED or place == _WORD_COLUMN.get(chart.id) else cell
                for place, cell in enumerate(row)
            )
            for row in chart.rows
        ),
    )


_WORDED = {"flops-by-family", "training-memory"}
"""Charts whose categories are words."""
_WORD_COLUMN = {"roofline": 3, "peer-map": 2}
"""Charts with a column of single words of ours, and which; a word anywhere else may be a name."""
_OWN = re.compile(r": own \w+$|\(call \d+\)$")
"""What is said of a module behind its name."""


def _with_categories(axis: Axis, chart: Chart) -> Axis:
    """Families of operations and optimizers are words, other categories names."""
    if chart.id not in _WORDED:
        return replace(axis, categories=tuple(tell(each) if _OWN.search(each) else each for each in axis.categories))
    return replace(axis, categories=tuple(map(tell, axis.categories)))


def _lines(hover: str) -> str:
    return "\n".join(map(tell, hover.split("\n")))


def _layer(layer: Layer) -> Layer:
    match layer:
        case Heat():
            return replace(layer, hover=tuple(tuple(map(_lines, row)) for row in layer.hover))
        case Ridge():
            return replace(layer, hover=_lines(layer.hover))
        case Stack():
            return replace(layer, name=tell(layer.name), hover=tuple(map(_lines, layer.hover)))
        case Line() | Points():
            named = replace(layer, name=tell(layer.name), hover=tuple(map(_lines, layer.hover)))
            return replace(named, labels=tuple(map(tell, named.labels))) if isinstance(named, Points) else named
        case _:
            return cast("Layer", replace(layer, hover=tuple(map(_lines, layer.hover))))

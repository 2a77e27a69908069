from dataclasses import replace

import pytest

from modelreport.options import RenderOptions
from modelreport.render.charts import CHARTS, overview
from modelreport.render.charts.spec import Bars, Chart, Heat, Ridge
from modelreport.render.charts.told import told
from modelreport.render.setting import under
from tests.factories import make_report
from tests.factories_deep import deep_report

CASES = [
    chart for make in (make_report, deep_report) for chart in overview(make()).values() if isinstance(chart, Chart)
]


def test_in_english_a_chart_is_what_it_was():
    assert told(CASES[0]) is CASES[0]


@pytest.mark.parametrize("chart", CASES, ids=lambda chart: chart.id)
def test_all_that_a_chart_says_is_asked_of_the_catalogue_and_no_name(chart, monkeypatch):
    monkeypatch.setitem(told.__globals__, "tell", lambda words: f"«{words}»" if words else "")
    with under(RenderOptions(lang="zh")):
        made = told(chart)
    said = [made.title, made.caption, *made.header, *(each.title for each in (made.x, made.y) if each.title)]
    assert all(words.startswith("«") for words in said if words)
    names = [name for name in chart.y.categories if "." in name and " " not in name]
    assert set(names) <= set(made.y.categories), "paths of modules are no words"
    for layer, before in zip(made.layers, chart.layers, strict=True):
        hover = [layer.hover] if isinstance(layer, Ridge) else layer.hover
        lines = [
            line for row in (sum(layer.hover, ()) if isinstance(layer, Heat) else hover) for line in row.split("\n")
        ]
        assert all(line.startswith("«") for line in lines if line)
        if isinstance(layer, Bars):
            assert layer.values == before.values


def test_charts_are_made_in_the_language_of_the_report():
    with under(RenderOptions(lang="zh")):
        chart = CHARTS["memory-timeline"](make_report())
    assert isinstance(chart, Chart)
    assert not chart.title.isascii()


def test_single_words_of_ours_in_a_table_are_told_and_names_that_read_like_them_are_not():
    chart = next(chart for chart in CASES if chart.id == "roofline")
    row = ("memory", "Linear", "1", "memory", "1 s", "100 %", "1")
    with under(RenderOptions(lang="zh")):
        (said,) = told(replace(chart, rows=(row,))).rows
    assert said == ("memory", "Linear", "1", "内存", "1 s", "100 %", "1")

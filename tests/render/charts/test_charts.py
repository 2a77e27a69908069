"""Every chart of every report, drawn by both painters."""

import json
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import msgspec
import pytest
from plotly.graph_objects import Figure

from modelreport.facts import Skipped, Weights
from modelreport.render.charts import CHARTS, figures, overview, stand_alone
from modelreport.render.charts.palette import DARK, LIGHT
from modelreport.render.charts.plotly import plotly_figure, resolve
from modelreport.render.charts.spec import Chart
from modelreport.render.charts.svg import svg
from modelreport.render.charts.tensor_histogram import tensor_histogram
from tests.factories import hostile_report, make_report, skipped_report
from tests.factories_deep import deep_report
from tests.factories_weights import rich_report

REPORTS = {
    "small": make_report,
    "skipped": skipped_report,
    "hostile": hostile_report,
    "deep": deep_report,
    "rich": rich_report,
}
TAGS = {"svg", "g", "title", "desc", "path", "rect", "circle", "text"}


def charts_of(report):
    found = [(name, chart) for name, chart in overview(report).items() if isinstance(chart, Chart)]
    if isinstance(report.weights, Weights):
        found += [(f"histogram {i}", tensor_histogram(each, i)) for i, each in enumerate(report.weights.tensors[:6])]
    return found


CASES = [
    pytest.param(chart, id=f"{kind} {name}") for kind, make in REPORTS.items() for name, chart in charts_of(make())
]


def test_every_chart_is_drawn_for_some_report_under_its_own_id():
    ids = {chart.id for make in REPORTS.values() for chart in overview(make()).values() if isinstance(chart, Chart)}
    assert ids == set(CHARTS)
    assert list(overview(make_report())) == list(CHARTS)


def test_what_was_skipped_says_why():
    made = overview(skipped_report())
    skipped = {name for name, chart in made.items() if isinstance(chart, Skipped)}
    assert skipped == set(CHARTS) - {"parameters-by-module", "dtype-bytes"}, "structure is always known"
    assert all(made[name].reason for name in skipped)


@pytest.mark.parametrize("chart", CASES)
def test_plotly_takes_the_chart_in_both_themes(chart):
    figure = plotly_figure(chart)
    json.dumps(figure, allow_nan=False)
    for palette in (LIGHT, DARK):
        parts = resolve(figure, palette)
        assert "var(--" not in json.dumps(parts)
        Figure(data=parts["data"], layout=parts["layout"])
    assert stand_alone(chart).layout.title.text


@pytest.mark.parametrize("chart", CASES)
def test_no_text_reaches_plotly_as_markup(chart):
    texts = json.dumps(plotly_figure(chart), ensure_ascii=False).replace("<extra></extra>", "").replace("<br>", "")
    assert not re.search(r"<[a-z/!]", texts, re.IGNORECASE)
    assert "$" not in texts


@pytest.mark.parametrize("theme", ["page", "print"])
@pytest.mark.parametrize("chart", CASES)
def test_the_drawing_is_whole_tagged_and_inside_its_frame(chart, theme):
    drawn = str(svg(chart, theme))
    drawn.encode("utf-8")
    root = ET.fromstring(drawn)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names <= TAGS
    assert root.get("role") == "img"
    assert root.get("aria-label") == chart.title
    assert [each.text for each in root.findall("{*}title")] == ([chart.title] if theme == "print" else [])
    assert ("var(--" in drawn) == (theme == "page")
    wide, high = float(root.get("width")), float(root.get("height"))
    for element in root:
        for key, most in (("x", wide), ("y", high)):
            if element.get(key) is not None:
                assert -1 <= float(element.get(key)) <= most + 1, ET.tostring(element)


@pytest.mark.parametrize("chart", CASES)
def test_the_table_behind_a_chart_is_rectangular_text(chart):
    assert chart.rows
    assert all(len(row) == len(chart.header) for row in chart.rows)
    assert all(isinstance(cell, str) for row in chart.rows for cell in row)


@pytest.mark.parametrize("chart", CASES)
def test_the_same_chart_gives_the_same_drawing(chart):
    assert svg(chart) == svg(chart)
    assert plotly_figure(chart) == plotly_figure(chart)


def test_axis_labels_do_not_overlap():
    from modelreport.render.charts.scale import width

    for _, chart in charts_of(make_report()):
        root = ET.fromstring(str(svg(chart, "print", 360)))
        lines = {}
        for element in root.findall("{*}text"):
            if element.get("text-anchor") == "middle":
                half = width(element.text, float(element.get("font-size"))) / 2
                lines.setdefault(element.get("y"), []).append(
                    (float(element.get("x")) - half, float(element.get("x")) + half)
                )
        for spans in lines.values():
            spans.sort()
            assert all(left[1] <= right[0] + 0.1 for left, right in pairwise(spans)), chart.id


def test_figures_are_made_by_name_when_asked_for():
    found = figures(make_report())
    assert {name for name, chart in overview(make_report()).items() if isinstance(chart, Chart)} < set(found)
    assert isinstance(figures(deep_report())["peer-map"], Figure)
    assert "histogram:fc.weight" in found
    assert isinstance(found["histogram:fc.weight"], Figure)
    assert isinstance(found["map"], Figure)
    assert len(list(found)) == len(found)
    with pytest.raises(KeyError, match="flops-by-family"):
        found["no such figure"]


def test_figures_of_a_report_without_weights_leave_those_out():
    found = figures(skipped_report())
    assert "weight-ridgeline" not in found
    assert not [name for name in found if name.startswith("histogram:")]


def test_counts_beyond_a_float_are_drawn():
    structure = make_report().structure
    tensors = tuple(msgspec.structs.replace(t, count=10**400) for t in structure.tensors)
    made = overview(make_report(structure=msgspec.structs.replace(structure, tensors=tensors)))
    chart = made["parameters-by-module"]
    assert isinstance(chart, Chart)
    json.dumps(plotly_figure(chart), allow_nan=False)
    ET.fromstring(str(svg(chart)))

import json

import pytest

from modelreport.render.charts import CHARTS, overview
from modelreport.render.charts.palette import LIGHT
from modelreport.render.charts.plotly import for_page, height, plain, plotly_figure, resolve
from modelreport.render.charts.spec import Axis, Chart, Line
from modelreport.render.charts.weight_depth import BY_ID, weight_depth
from tests.factories import make_report
from tests.factories_deep import deep_report


def figure(name):
    return plotly_figure(overview(make_report())[name])


def test_text_is_shown_as_it_is():
    assert plain("<b>&$x$</b>\n") == "&lt;b&gt;&amp;&#36;x&#36;&lt;/b&gt;<br>"


def test_values_are_divided_by_the_unit_that_the_axis_names():
    made = figure("memory-timeline")
    assert made["layout"]["yaxis"]["ticksuffix"] == " KiB"
    assert max(made["data"][0]["y"]) == 192


def test_categories_are_places_so_that_equal_names_stay_apart():
    axis = figure("flops-by-family")["layout"]["yaxis"]
    assert axis["tickvals"] == list(range(len(axis["ticktext"])))
    assert axis["range"][0] > axis["range"][1], "the first row is at the top"


def test_resolve_fills_every_token_and_refuses_unknown_ones():
    assert resolve({"a": ["var(--conv)", {"b": "var(--ink)"}], "c": 1}, LIGHT) == {
        "a": [LIGHT["conv"], {"b": LIGHT["ink"]}],
        "c": 1,
    }
    with pytest.raises(KeyError):
        resolve({"a": "var(--nothing)"}, LIGHT)


def test_hover_text_is_data_and_not_a_template():
    for name in CHARTS:
        chart = overview(make_report())[name]
        for trace in plotly_figure(chart)["data"] if isinstance(chart, Chart) else ():
            assert trace.get("hovertemplate", "%{customdata}<extra></extra>") == "%{customdata}<extra></extra>"


def test_the_page_draws_the_cells_of_a_heat_map_as_bars():
    made = figure("weight-heatmap")
    cells, ramp = for_page(made)["data"]
    levels = [level for row in made["data"][0]["z"] for level in row]
    assert len(cells["x"]) == len(cells["customdata"]) == len(levels) - levels.count(None)
    assert (cells["base"][1], cells["y"][1]) == (0.5, 0)
    assert cells["customdata"][0] == made["data"][0]["customdata"][0][0]
    assert set(map(len, cells["marker"]["color"])) == {7}
    assert ramp["marker"]["colorbar"] == made["data"][0]["colorbar"]
    assert ramp["x"] == [None]
    json.dumps(for_page(made), allow_nan=False)
    plain_figure = figure("flops-by-family")
    assert for_page(plain_figure) is plain_figure


def test_the_first_ridge_is_not_cut_at_the_top():
    made = figure("weight-ridgeline")
    highest = min(min(trace["y"]) for trace in made["data"])
    assert made["layout"]["yaxis"]["range"][1] <= highest


def test_a_legend_of_many_lines_does_not_take_the_room_of_the_plot():
    def tall(*names: str) -> int:
        lines = tuple(Line(name=name, x=(0.0, 1.0), y=(0.0, 1.0), colour="conv", hover=("", "")) for name in names)
        chart = Chart(id="c", title="T", caption="C", x=Axis(), y=Axis(), layers=lines, header=(), rows=())
        return plotly_figure(chart)["layout"]["height"]

    assert tall("a", "b") == tall("a") == 260
    assert tall(*["embeddings.position_embeddings"] * 8) == 260 + 6 * 19


def test_height_follows_the_rows():
    charts = overview(make_report())
    assert height(charts["parameters-by-module"]) > height(charts["flops-by-family"])
    assert height(charts["memory-timeline"]) == 260


def test_a_log_axis_of_less_than_two_decades_has_ticks_between_them():
    assert plotly_figure(weight_depth(deep_report(), BY_ID["weight-scale"]))["layout"]["yaxis"]["dtick"] == "D2"

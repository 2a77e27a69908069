import json

import pytest

from modelreport.render.charts import CHARTS, overview
from modelreport.render.charts.frame import frame
from modelreport.render.charts.palette import LIGHT
from modelreport.render.charts.plotly import for_page, plotly_figure, resolve
from modelreport.render.charts.spec import Axis, Chart, Line
from modelreport.render.charts.weight_depth import BY_ID, weight_depth
from tests.factories import make_report
from tests.factories_deep import deep_report


def figure(name):
    return plotly_figure(overview(make_report())[name])


def test_values_are_divided_by_the_unit_that_the_axis_names():
    made = figure("memory-timeline")
    assert made["layout"]["annotations"][0]["text"] == "activations alive (KiB)"
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
    (cells,) = for_page(made)["data"]
    levels = [level for row in made["data"][0]["z"] for level in row]
    assert len(cells["x"]) == len(cells["customdata"]) == len(levels) - levels.count(None)
    assert (cells["base"][1], cells["y"][1]) == (0.5, 0)
    assert cells["customdata"][0] == made["data"][0]["customdata"][0][0]
    assert {colour[:11] for colour in cells["marker"]["color"]} == {"var(--ramp-"}
    json.dumps(for_page(made), allow_nan=False)
    plain_figure = figure("flops-by-family")
    assert for_page(plain_figure)["data"] == plain_figure["data"]


def test_the_page_has_its_own_legend():
    assert figure("flops-by-depth")["layout"]["showlegend"]
    assert not for_page(figure("flops-by-depth"))["layout"]["showlegend"]
    assert "legend" not in for_page(figure("flops-by-depth"))["layout"]


def test_the_first_ridge_is_not_cut_at_the_top():
    made = figure("weight-ridgeline")
    highest = min(min(trace["y"]) for trace in made["data"])
    assert made["layout"]["yaxis"]["range"][1] <= highest


def test_a_count_from_nought_to_a_few_has_no_tick_between():
    def axis(most):
        line = Line(name="a", x=(0.0, most), y=(0.0, 1.0), colour="conv", hover=("", ""))
        chart = Chart(
            id="c", title="T", caption="C", x=Axis(unit="count"), y=Axis(), layers=(line,), header=(), rows=()
        )
        return plotly_figure(chart)["layout"]["xaxis"]

    assert axis(3.0)["dtick"] == 1
    assert "dtick" not in axis(30.0)


def test_the_plot_stands_where_the_drawing_has_it():
    for chart in overview(make_report()).values():
        if isinstance(chart, Chart):
            layout, room = plotly_figure(chart)["layout"], frame(chart)
            assert layout["height"] == room.height
            assert layout["margin"]["b"] == room.bottom
            assert layout["margin"]["t"] <= room.top


def test_a_log_axis_of_less_than_two_decades_has_ticks_between_them():
    assert plotly_figure(weight_depth(deep_report(), BY_ID["weight-scale"]))["layout"]["yaxis"]["dtick"] == "D2"


def test_no_grid_runs_through_the_words_of_bars():
    assert figure("parameters-by-module")["layout"]["xaxis"]["showgrid"] is False
    assert "showgrid" not in figure("memory-timeline")["layout"]["xaxis"]

from __future__ import annotations

import plotly.graph_objects as go

from modelreport.facts import FAMILIES
from modelreport.render.charts.palette import FAMILY_WORDS
from modelreport.render.map.figure import escaped, map_figure, map_figure_dict, sampled
from modelreport.render.map.picture import Line
from tests.factories import hostile_report, skipped_report

from .scenes import flat, resnet


def test_it_is_a_figure_with_boxes_edges_and_labels():
    figure = map_figure(resnet().report())
    assert isinstance(figure, go.Figure)
    words = " ".join(next(trace for trace in figure.data if trace.mode == "text").text)
    for part in ("layer1", "layer4", "<b>Conv2d</b>"):
        assert part in words
    named = {trace.name for trace in figure.data if trace.showlegend}
    assert named <= {FAMILY_WORDS[family] for family in FAMILIES}
    assert {"convolution", "linear"} <= named


def test_everything_lies_in_the_figure():
    figure = map_figure_dict(resnet().report())
    for trace in figure["data"]:
        assert len(trace["x"]) == len(trace["y"])
        assert all(x is None or -1 <= x <= 1001 for x in trace["x"])
        assert all(y is None or -1 <= y <= 626 for y in trace["y"])


def test_details_appear_on_hovering():
    figure = map_figure_dict(resnet().report())
    told = " ".join(next(trace for trace in figure["data"] if trace["mode"] == "markers")["text"])
    assert "output 1×64×112×112" in told
    assert "9,408 parameters" in told


def test_names_are_text_and_not_markup():
    assert escaped("<a href='x'>&amp;") == "&lt;a href='x'&gt;&amp;amp;"
    figure = map_figure_dict(hostile_report())
    assert not any("<script" in str(text) for trace in figure["data"] for text in trace.get("text", ()))


def test_models_of_any_kind_have_a_figure_of_bounded_size():
    assert len(map_figure(skipped_report()).data) > 0
    assert len(str(map_figure_dict(flat(5000).report()))) < 600_000


def test_bends_are_drawn_in_short_pieces_from_end_to_end():
    points = sampled(Line(((0.0, 0.0), (0.0, 50.0), (80.0, 50.0)), "plain", arrow=True, scale=1.0, shape=""))
    assert points[0] == (0.0, 0.0)
    assert points[-1] == (80.0, 50.0)
    assert len(points) > 8

"""The picture of the roofline."""

from __future__ import annotations

from msgspec.structs import replace

from modelreport.facts import Roofline, Skipped, Trace, Usage
from modelreport.options import RenderOptions
from modelreport.render.charts.plotly import plotly_figure
from modelreport.render.charts.roofline import groups, roofline
from modelreport.render.charts.spec import Chart, Line, Points
from modelreport.render.charts.svg import svg
from modelreport.render.charts.told import told
from modelreport.render.setting import under
from tests.factories import make_report


def facts() -> tuple[Usage, Roofline, Trace]:
    report = make_report()
    assert isinstance(report.usage, Usage)
    assert isinstance(report.usage.roofline, Roofline)
    assert isinstance(report.trace, Trace)
    return report.usage, report.usage.roofline, report.trace


def chart() -> Chart:
    usage, _, trace = facts()
    found = roofline(usage, trace)
    assert isinstance(found, Chart)
    return found


def test_the_roof_rises_with_the_bandwidth_and_is_flat_from_the_ridge_on() -> None:
    matrix, ordinary = (layer for layer in chart().layers if isinstance(layer, Line))
    assert matrix.y[-1] == matrix.y[-2] == 20e12
    assert matrix.x[1] == 20e12 / 2e12
    assert matrix.y[0] == matrix.x[0] * 2e12
    assert ordinary.y[-1] == 10e12


def test_each_layer_stands_at_its_intensity_and_speed() -> None:
    _, roof, _ = facts()
    marks = {
        (x, y) for layer in chart().layers if isinstance(layer, Points) for x, y in zip(layer.x, layer.y, strict=True)
    }
    some = next(layer for layer in roof.layers if layer.flops)
    assert any(
        abs(x - some.flops / some.moved_bytes) < 1e-9 and abs(y * some.time_s / some.flops - 1) < 1e-9 for x, y in marks
    )


def test_kinds_of_marks_are_told_in_a_legend_by_both_painters() -> None:
    words = {layer.name for layer in chart().layers if isinstance(layer, Points)}
    assert words == {"compute-bound layers", "memory-bound layers"}
    drawn = svg(chart(), "print")
    figure = plotly_figure(chart())
    assert all(f">{word}<" in drawn for word in words)
    assert figure["layout"]["showlegend"]
    assert figure["layout"]["xaxis"]["type"] == figure["layout"]["yaxis"]["type"] == "log"
    low, high = figure["layout"]["xaxis"]["range"]
    assert 10**low < min(min(layer.x) for layer in chart().layers if isinstance(layer, Points))
    assert 10**high > 10


def test_equal_layers_are_one_mark_and_their_times_add_up() -> None:
    _, roof, trace = facts()
    twice = replace(roof, layers=(roof.layers[0], roof.layers[0], roof.layers[1]))
    found = groups(twice, trace)
    assert {group.count for group in found} == {1, 2}
    assert abs(sum(group.time_s for group in found) - sum(layer.time_s for layer in twice.layers)) < 1e-15


def test_a_pass_bound_by_memory_alone_says_so() -> None:
    usage, roof, trace = facts()
    first = replace(roof.estimates[0], compute_bound_share=0.0)
    found = roofline(replace(usage, roofline=replace(roof, estimates=(first,))), trace)
    assert isinstance(found, Chart)
    assert found.title == "On Fast device (80 GB) the whole pass is bound by memory traffic"


def test_without_arithmetic_there_is_no_picture() -> None:
    usage, roof, trace = facts()
    layers = tuple(replace(layer, flops=0) for layer in roof.layers)
    assert isinstance(roofline(replace(usage, roofline=replace(roof, layers=layers)), trace), Skipped)
    reason = Skipped(stage="trace", reason="no pass")
    assert roofline(reason, reason) == reason


def test_a_module_with_others_inside_stands_for_its_own_operations_and_says_so() -> None:
    _, roof, trace = facts()
    parents = {call.parent for call in trace.calls}
    outer = next(i for i, _call in enumerate(trace.calls) if i in parents)
    inner = next(i for i, _call in enumerate(trace.calls) if i not in parents)
    layers = tuple(replace(roof.layers[0], call=call) for call in (outer, inner))
    names = {group.name for group in groups(replace(roof, layers=layers), trace)}
    assert len(names) == 2
    assert sum(name.endswith(": own operations") for name in names) == 1


def test_what_bounds_a_layer_is_said_in_the_language() -> None:
    with under(RenderOptions(lang="zh")):
        words = {layer.name for layer in told(chart()).layers if isinstance(layer, Points)}
    assert words == {"计算受限的层", "访存受限的层"}

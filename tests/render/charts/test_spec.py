import dataclasses

import pytest

from modelreport.render.charts.spec import Axis, Bars, Chart, Histogram, Line, Points, Stack, extent


def chart(*layers, **axes):
    made = {"x": Axis(), "y": Axis()} | axes
    return Chart(id="c", title="t", caption="", layers=layers, header=(), rows=(), **made)


def test_bars_start_at_zero():
    bars = Bars(values=(3.0, 5.0), colours=("accent",) * 2, labels=("", ""), hover=("", ""))
    assert extent(chart(bars, y=Axis(categories=("a", "b")))) == ((0.0, 5.0), (0.0, 2.0))


def test_stacks_reach_their_sum():
    one = Stack(name="a", colour="conv", values=(1.0, 2.0), hover=("", ""))
    two = Stack(name="b", colour="norm", values=(3.0, 1.0), hover=("", ""))
    assert extent(chart(one, two, y=Axis(categories=("a", "b"))))[0] == (0.0, 4.0)


def test_areas_include_zero_and_points_leave_room_above():
    line = Line(name="", colour="accent", x=(0.0, 1.0), y=(5.0, 10.0), hover=("", ""), area=True)
    assert extent(chart(line))[1] == (0.0, 10.0)
    points = Points(name="", colour="bad", x=(1.0,), y=(10.0,), labels=("peak",), hover=("",))
    assert extent(chart(line, points))[1] == pytest.approx((0.0, 11.2))


def test_no_range_is_empty():
    line = Line(name="", colour="accent", x=(2.0,), y=(0.0,), hover=("",))
    (x_low, x_high), (y_low, y_high) = extent(chart(line))
    assert x_low < x_high
    assert y_low < y_high
    low, high = extent(
        chart(Histogram(low=0, high=1, counts=(0, 0), colour="accent", hover=("", "")), y=Axis(log=True))
    )[1]
    assert 0 < low < high


def test_a_few_percent_do_not_fill_a_logarithmic_axis():
    layers = (Line(name="a", x=(0.0, 1.0), y=(0.034, 0.0356), colour="conv", hover=("", "")),)
    chart = Chart(id="c", title="T", caption="C", x=Axis(), y=Axis(log=True), layers=layers, header=(), rows=())
    low, high = extent(chart)[1]
    assert high / low == pytest.approx(5)
    assert low * high == pytest.approx(0.034 * 0.0356)


def test_a_chart_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        chart().title = "x"

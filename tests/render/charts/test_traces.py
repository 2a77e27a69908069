from modelreport.render.charts import overview
from modelreport.render.charts.spec import Axis, Chart, Line, Points
from modelreport.render.charts.traces import plain, trace_of
from tests.factories import make_report


def chart_of(*layers, **axis):
    return Chart(id="c", title="T", caption="C", x=Axis(**axis), y=Axis(), layers=layers, header=(), rows=())


def marks(*x, side="above"):
    count = len(x)
    return Points(name="m", colour="bad", x=x, y=(1.0,) * count, labels=("w",) * count, hover=("",) * count, side=side)


def test_text_is_shown_as_it_is():
    assert plain("<b>&$x$</b>\n") == "&lt;b&gt;&amp;&#36;x&#36;&lt;/b&gt;<br>"


def test_lines_have_dashes_of_their_own_and_a_reference_has_points():
    line = Line(name="a", colour="conv", x=(0.0, 1.0), y=(0.0, 1.0), hover=("", ""))
    level = Line(name="r", colour="muted", x=(0.0, 1.0), y=(1.0, 1.0), hover=("", ""), reference=True)
    made = [trace_of(chart_of(level, line, line), i, 1.0, 1.0) for i in range(3)]
    assert [trace["line"]["dash"] for trace in made] == ["1px,3px", "solid", "7px,3px"]
    assert made[0]["hoverinfo"] == "skip"


def test_the_word_of_a_mark_stays_inside_and_off_the_line():
    chart = chart_of(marks(0.0, 5.0, 10.0))
    assert trace_of(chart, 0, 1.0, 1.0)["textposition"] == ["top right", "top center", "top left"]
    aside = chart_of(marks(0.0, 5.0, 10.0, side="above left"))
    assert trace_of(aside, 0, 1.0, 1.0)["textposition"] == ["top right", "top left", "top left"]
    under = chart_of(marks(1.0, 10.0, 100.0, side="below right"), log=True)
    assert set(trace_of(under, 0, 1.0, 1.0)["textposition"]) == {"bottom right"}
    logarithmic = chart_of(marks(1.0, 1000.0, 1e6), log=True)
    assert trace_of(logarithmic, 0, 1.0, 1.0)["textposition"][1] == "top center"


def test_each_layer_is_a_trace_in_its_place():
    chart = overview(make_report())["memory-timeline"]
    assert [trace_of(chart, i, 1.0, 1.0)["mode"] for i in range(2)] == ["lines", "markers+text"]

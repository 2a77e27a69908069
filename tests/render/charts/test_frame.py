from modelreport.render.charts import overview
from modelreport.render.charts.frame import MEASURED, Frame, axis_title, axis_unit, frame
from modelreport.render.charts.spec import Axis
from tests.factories import make_report


def test_height_follows_the_rows():
    charts = overview(make_report())
    rows, few = charts["parameters-by-module"], charts["flops-by-family"]
    assert frame(rows).tall / len(rows.y.categories) == frame(few).tall / len(few.y.categories)
    assert frame(charts["memory-timeline"]).tall == MEASURED


def test_titles_have_room():
    assert Frame(8, 190, 22).height == 220
    assert frame(overview(make_report())["memory-timeline"]).bottom == 40


def test_the_title_of_an_axis_names_its_unit_once():
    assert axis_title(Axis(title="memory", unit="bytes"), (0.0, 3 * 1024.0)) == "memory (KiB)"
    assert axis_title(Axis(unit="flops"), (0.0, 3e9)) == "GFLOP"
    assert axis_title(Axis(title="value"), (0.0, 3e-9)) == "value"
    assert axis_title(Axis(title="share", unit="share"), (0.0, 1.0)) == "share (%)"
    assert axis_unit(Axis(title="speed", unit="count", log=True), (1.0, 1e9)) == (1.0, "")

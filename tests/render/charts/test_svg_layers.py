import xml.etree.ElementTree as ET

import pytest

from modelreport.render.charts.pen import Pen
from modelreport.render.charts.spec import Axis, Chart, Heat, Histogram, Line, Points, Stack
from modelreport.render.charts.svg_layers import Plot, draw


def plot(**changes):
    values = {
        "left": 0, "right": 100, "top": 0, "bottom": 50, "across": (0.0, 10.0), "up": (0.0, 5.0), "log_x": False,
        "log_y": False, "rows": 2, "columns": 2,
    }  # fmt: skip
    return Plot(**(values | changes))


def drawn(layer, place=None):
    pen = Pen("print")
    chart = Chart(id="c", title="T", caption="C", x=Axis(), y=Axis(), layers=(layer,), header=(), rows=())
    draw(pen, chart, 0, place or plot())
    return list(ET.fromstring(f"<svg>{pen.markup()}</svg>"))


def test_values_become_places_and_stay_in_the_plot():
    place = plot()
    assert (place.x(5), place.y(5), place.y(0)) == (50, 0, 50)
    assert (place.x(-5), place.x(99)) == (0, 100)


def test_log_axes_space_decades_evenly():
    place = plot(across=(1.0, 100.0), log_x=True)
    assert place.x(10) == pytest.approx(50)
    assert place.x(0) == 0


def test_a_step_line_holds_its_value_and_an_area_closes():
    area, line = drawn(Line(name="", colour="accent", x=(0, 5, 10), y=(1, 5, 2), hover=("",) * 3, area=True, step=True))
    assert line.get("d") == "M0 40H50V0H100V30"
    assert area.get("d").endswith("V50H0Z")


def test_stacks_start_where_the_last_one_ended():
    place = plot()
    first = drawn(Stack(name="", colour="conv", values=(2.0, 0.0), hover=("", "")), place)
    second = drawn(Stack(name="", colour="norm", values=(3.0, 1.0), hover=("", "")), place)
    assert len(first) == 1, "nothing is drawn for nothing"
    assert [bar.get("x") for bar in second] == ["20", "0"]


def test_words_of_points_stay_inside():
    shapes = drawn(Points(name="", colour="bad", x=(10.0,), y=(5.0,), labels=("long label",), hover=("",)))
    label = next(shape for shape in shapes if shape.tag == "text")
    assert float(label.get("x")) < 100
    assert float(label.get("y")) > 0


def test_empty_cells_and_empty_bins():
    cells, lines = drawn(
        Heat(levels=((0.0, None), (1.0, 1.0)), hover=(("", ""), ("", "")), marks=()), plot(rows=2, columns=2)
    )
    assert [path.get("d") for path in cells] == ["M0 0h1", "M0 1h2", "M1 0h1"], "a run of one colour is one stroke"
    assert cells.get("transform") == "translate(0 12) scale(50 25)"
    assert lines.get("d") == "M50 0V50"
    bins = drawn(Histogram(low=0, high=10, counts=(1, 0, 5), colour="accent", hover=("",) * 3))
    assert bins[0].get("d").count("M") == 2

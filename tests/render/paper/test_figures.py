from dataclasses import replace

from modelreport.render.charts import CHARTS
from modelreport.render.paper.figures import DENSE, HALF, TALL, WHOLE, figures
from tests.factories import make_report


def chart(name="memory-timeline"):
    return CHARTS[name](make_report())


def tall(rows=60):
    made = chart("parameters-by-module")
    layer = replace(
        made.layers[0],
        values=tuple(float(i + 1) for i in range(rows)), colours=("accent",) * rows,
        labels=("",) * rows, hover=("",) * rows,
    )  # fmt: skip
    return replace(made, layers=(layer,), y=replace(made.y, categories=tuple(f"row {i}" for i in range(rows))))


def shape(rows):
    return [[each.half for each in row] for row in rows]


def test_two_of_about_the_same_height_stand_side_by_side():
    rows = figures([chart(), chart(), chart()])
    assert shape(rows) == [[True, True], [False]]
    assert f'width="{HALF}"' in rows[0][0].drawing
    assert f'width="{WHOLE}"' in rows[1][0].drawing


def test_a_tall_one_does_not_stand_beside_a_low_one_and_is_drawn_denser():
    rows = figures([chart(), tall()])
    assert shape(rows) == [[False], [False]]
    assert f'width="{DENSE}"' in rows[1][0].drawing
    assert TALL < 60 * 14


def test_no_chart_is_no_row():
    assert figures([]) == []

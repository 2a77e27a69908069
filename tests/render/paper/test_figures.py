import re
from dataclasses import replace

import pytest

from modelreport.render.charts import CHARTS
from modelreport.render.charts.spec import Ridge, extent
from modelreport.render.paper.figures import DENSE, HALF, TALL, WHOLE, _columns, figures, low_and_tall
from tests.factories import make_report
from tests.factories_weights import rich_report


def chart(name="memory-timeline"):
    return CHARTS[name](make_report())


def rows(count):
    """A chart of so many bars."""
    made = chart("parameters-by-module")
    layer = replace(
        made.layers[0],
        values=tuple(float(i + 1) for i in range(count)), colours=("accent",) * count,
        labels=("",) * count, hover=("",) * count,
    )  # fmt: skip
    return replace(made, layers=(layer,), y=replace(made.y, categories=tuple(f"row {i}" for i in range(count))))


def shape(rows):
    return [[each.half for each in row] for row in rows]


def test_two_of_about_the_same_height_stand_side_by_side():
    found = figures([chart(), chart(), chart()])
    assert shape(found) == [[True, True], [False]]
    assert f'width="{HALF}"' in found[0][0].drawings[0]
    assert f'width="{WHOLE}"' in found[1][0].drawings[0]


def test_one_of_many_rows_is_set_in_two_columns_on_one_scale_and_stands_alone():
    found = figures([chart(), rows(61), chart()])
    assert shape(found) == [[False], [False], [False]]
    drawn = found[1][0].drawings[0]
    assert f'width="{WHOLE}"' in drawn
    assert found[1][0].height < 0.6 * 61 * 22
    names = re.findall(r">(row \d+)<", drawn)
    assert names == [f"row {i}" for i in range(61)]
    assert drawn.count(">60<") == 2, "both columns have the ticks of the whole"


@pytest.mark.parametrize("name", ["weight-ridgeline", "weight-heatmap"])
def test_ridges_and_cells_have_all_their_rows_in_two_columns(name):
    made = CHARTS[name](rich_report(60))
    assert made.rows_on_y >= 16
    upper, lower = _columns(made)
    assert upper.y.categories + lower.y.categories == made.y.categories
    assert extent(upper)[0] == extent(lower)[0] == extent(made)[0]
    for layer in (*upper.layers, *lower.layers):
        assert not isinstance(layer, Ridge) or 0 <= layer.row < upper.rows_on_y


def test_a_chart_whose_columns_need_the_width_is_cut_between_its_rows_and_comes_behind_what_can_be_cut():
    whole = CHARTS["precision-map"](rich_report(60))
    low, tall = low_and_tall([chart(), whole, chart()])
    assert shape(low) == [[False], [False]]
    assert shape(tall) == [[False]]
    found = tall[0][0]
    assert found.height >= TALL
    assert len(found.drawings) > 2
    assert all(f'width="{DENSE}"' in drawing for drawing in found.drawings)
    named = {tuple(each for each in whole.x.categories if f">{each}<" in drawing) for drawing in found.drawings}
    assert len(named) == 1, "the columns are named again"
    assert named.pop()
    assert ["ramp" in drawing for drawing in found.drawings].count(True) == 1
    assert "ramp" in found.drawings[-1], "what colours stand for is told once"
    lefts = {x for drawing in found.drawings for x in re.findall(r"translate\(([\d.]+) [\d.]+\) scale", drawing)}
    assert len(lefts) == 1, "columns stand below each other"


def test_a_chart_that_is_no_heat_map_is_not_cut_below_each_other():
    (found,) = figures([replace(rows(60), id="precision-map")])[0]
    assert len(found.drawings) == 1
    assert f'width="{DENSE}"' in found.drawings[0]


def test_no_chart_is_no_row():
    assert figures([]) == []

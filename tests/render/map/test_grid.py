from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modelreport.render.map.grid import build_wall

SIZES = st.lists(st.tuples(st.floats(20, 400), st.floats(20, 400)), min_size=1, max_size=40).map(tuple)


@given(SIZES, st.sampled_from([0.7, 1.35, 1.6]), st.booleans())
def test_boxes_do_not_overlap_and_are_at_least_as_large_as_asked(sizes, aspect, fill):
    wall = build_wall(sizes, aspect, fill=fill)
    placed = []
    for (x, y), (width, height), (least_width, least_height) in zip(
        wall.content.places, wall.sizes, sizes, strict=True
    ):
        assert width >= least_width - 1e-6
        assert height >= least_height - 1e-6
        assert x + width <= wall.content.width + 1e-6
        assert y + height <= wall.content.height + 1e-6
        for left, top, right, low in placed:
            assert x + width <= left or right <= x or y + height <= top or low <= y
        placed.append((x, y, x + width, y + height))


@given(SIZES)
def test_boxes_stand_in_their_order_column_by_column(sizes):
    places = build_wall(sizes, 1.6).content.places
    assert list(places) == sorted(places)


def test_equal_boxes_stay_equal():
    wall = build_wall(((100.0, 60.0),) * 11, 1.6)
    assert set(wall.sizes) == {(100.0, 60.0)}
    assert wall.content.columns > 1


def test_a_column_is_filled_to_its_width():
    wall = build_wall(((300.0, 60.0), (80.0, 40.0)), 1.6)
    assert [width for width, _ in wall.sizes] == [300.0, 300.0]


def test_without_filling_boxes_keep_their_sizes():
    sizes = ((300.0, 60.0), (80.0, 40.0), (90.0, 200.0))
    assert build_wall(sizes, 0.7, fill=False).sizes == sizes

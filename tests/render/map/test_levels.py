from __future__ import annotations

import itertools

from hypothesis import given, settings

from modelreport.render.map.across import Gaps
from modelreport.render.map.arrange import arrange
from modelreport.render.map.column import Column, Sizes, make_column, stack_rows
from modelreport.render.map.levels import level_pieces

from .test_arrange import insides


def column_of(rank: list[int], edges: list[tuple[int, int]], x: list[float], joins: frozenset[int]) -> Column:
    """Cards of 60 × 40 in given rows, 20 apart, their axes at ``x``."""
    count = len(rank)
    sizes = Sizes([30.0] * count, [30.0] * count, [40.0] * count)
    column = make_column(list(range(count)), rank, edges, sizes, Gaps())
    column.x[:count] = x
    column.joins = joins
    stack_rows(column, [20.0] * max(rank))
    return column


def test_a_line_that_leads_far_aside_runs_level_in_the_middle_of_the_gap():
    column = column_of([0, 1], [(0, 1)], [0.0, 200.0], frozenset())
    assert column.route(0, 1) == [(0.0, 40.0), (0.0, 50.0), (200.0, 50.0), (200.0, 60.0)]


def test_a_line_that_leads_a_little_aside_is_a_curve():
    column = column_of([0, 1], [(0, 1)], [0.0, 20.0], frozenset())
    assert column.route(0, 1) == [(0.0, 40.0), (20.0, 60.0)]
    assert level_pieces(column) == {}


def test_branches_of_one_tensor_share_a_height_and_so_do_lines_into_one_box():
    out = column_of([0, 1, 1], [(0, 1), (0, 2)], [200.0, 0.0, 400.0], frozenset())
    assert set(level_pieces(out).values()) == {0.5}
    into = column_of([0, 0, 1], [(0, 2), (1, 2)], [0.0, 400.0, 200.0], frozenset())
    assert set(level_pieces(into).values()) == {0.5}


def test_lines_that_would_run_on_each_other_have_heights_of_their_own_and_do_not_cross():
    column = column_of([0, 0, 1, 1], [(0, 2), (1, 3)], [0.0, 100.0, 300.0, 400.0], frozenset())
    heights = level_pieces(column)
    assert heights[1, 3] < heights[0, 2], "the one that begins farther on its way is higher, else they would cross"


def test_lines_of_several_into_one_card_come_into_its_sides():
    column = column_of([0, 0, 1], [(0, 2), (1, 2)], [0.0, 400.0, 200.0], frozenset({2}))
    assert column.route(0, 2) == [(0.0, 40.0), (0.0, 80.0), (170.0, 80.0)]
    assert column.route(1, 2) == [(400.0, 40.0), (400.0, 80.0), (230.0, 80.0)]


def test_the_only_line_into_a_card_comes_from_above():
    column = column_of([0, 1], [(0, 1)], [0.0, 200.0], frozenset({1}))
    assert column.route(0, 1)[-1] == (200.0, 60.0)


@settings(max_examples=40, deadline=None)
@given(insides())
def test_no_line_is_slanted_and_much_wider_than_high(inside):
    for way in arrange(inside, 1.35).routes:
        for (x0, y0), (x1, y1) in itertools.pairwise(way.points):
            slanted = abs(x1 - x0) > 0.01 and abs(y1 - y0) > 0.01
            assert not slanted or abs(x1 - x0) <= 1.3 * abs(y1 - y0), way

from __future__ import annotations

from modelreport.render.map.across import Gaps
from modelreport.render.map.column import Column, Sizes, make_column, simple, stack_rows
from modelreport.render.map.ranks import rank_nodes


def column_of(count: int, edges: list[tuple[int, int]]) -> Column:
    rank = rank_nodes([60.0] * count, edges, 0, bottom=False, limit=900.0)
    sizes = Sizes([30.0] * count, [30.0] * count, [40.0] * count)
    column = make_column(list(range(count)), rank, edges, sizes, Gaps())
    stack_rows(column, [30.0] * max(rank))
    column.joins = frozenset(range(count))
    return column


def test_neighbours_are_joined_by_a_straight_line():
    assert column_of(2, [(0, 1)]).route(0, 1) == [(30.0, 40.0), (30.0, 70.0)]


def test_a_residual_edge_comes_into_the_side_of_its_target():
    column = column_of(4, [(0, 1), (1, 2), (2, 3), (0, 3)])
    *_, corner, end = column.route(0, 3)
    assert corner[1] == end[1] == column.middle(3)
    assert end[0] in {column.x[3] - 30.0, column.x[3] + 30.0}


def test_a_residual_edge_comes_into_a_box_from_above_where_it_continues():
    column = column_of(4, [(0, 1), (1, 2), (2, 3), (0, 3)])
    column.joins = frozenset()
    assert column.route(0, 3)[-1] == column.top(3)


def test_a_line_does_not_turn_into_a_card_across_another():
    column = column_of(3, [])
    left, middle, right = sorted(range(3), key=column.x.__getitem__)
    assert not column.is_free(column.x[left] - 60, right)
    assert not column.is_free(column.x[left] - 60, middle)
    assert column.is_free(column.x[left] - 60, left)
    assert not column.is_free(column.x[left] + 20, left), "it would come down onto the card itself"


def test_moving_a_column_moves_everything_in_it():
    column = column_of(2, [(0, 1)])
    column.move(100.0)
    assert column.route(0, 1) == [(130.0, 40.0), (130.0, 70.0)]
    assert (column.low, column.high) == (100.0, 160.0)


def test_points_on_the_way_are_left_out():
    assert simple([(0, 0), (0, 5), (0, 9), (4, 9), (4, 9), (8, 9)]) == [(0, 0), (0, 9), (8, 9)]
    assert simple([(3, 3), (3, 3)]) == [(3, 3), (3, 3)]


def test_rounding_does_not_turn_the_end_of_a_line_round():
    assert simple([(0.0, 0.0), (50.0, 30.0), (50.0, 30.0 - 1e-13)]) == [(0.0, 0.0), (50.0, 30.0 - 1e-13)]


def test_a_node_is_the_lowest_where_nothing_stands_below_it():
    column = column_of(4, [(0, 1), (0, 2), (2, 3)])
    assert column.is_lowest(3)
    assert column.is_lowest(1) == (abs(column.axis(1) - column.axis(3)) > 35)
    assert not column.is_lowest(2)

from __future__ import annotations

from modelreport.render.map.columns import Gaps, place_across
from modelreport.render.map.ranks import make_rows, order_rows, rank_nodes
from modelreport.render.map.routes import Sheet, make_sheet, route


def sheet_of(count: int, edges: list[tuple[int, int]], aspect: float = 1.6) -> Sheet:
    made = make_rows(rank_nodes([60.0] * count, edges, 0, bottom=False, limit=900.0), edges)
    order_rows(made)
    spare = len(made.rank) - count
    left = right = [30.0] * count + [2.0] * spare
    return make_sheet(made, place_across(made, left, right, Gaps()), left, right, [40.0] * count, Gaps(), aspect)


def test_neighbours_are_joined_by_a_straight_line():
    sheet = sheet_of(2, [(0, 1)])
    assert route(sheet, 0) == [(30.0, 40.0), (30.0, 70.0)]


def test_a_residual_edge_comes_into_the_side_of_its_target():
    sheet = sheet_of(4, [(0, 1), (1, 2), (2, 3), (0, 3)])
    *_, corner, end = route(sheet, 3)
    assert corner[1] == end[1] == sheet.y[3]
    assert end[0] in {sheet.x[3] - 30.0, sheet.x[3] + 30.0}


def test_an_edge_to_the_next_column_goes_below_around_and_in_from_above():
    count = 20
    sheet = sheet_of(count, [(k, k + 1) for k in range(count - 1)])
    assert sheet.columns[-1] > 0
    cut = next(k for k in range(count - 1) if sheet.columns[k] != sheet.columns[k + 1])
    points = route(sheet, cut)
    lowest = max(y for _, y in points)
    assert lowest > sheet.floors[0]
    assert points[-1] == (sheet.x[cut + 1], sheet.y[cut + 1] - 20.0)
    assert min(y for _, y in points) < sheet.tops[cut + 1]


def test_lines_to_the_next_column_keep_apart():
    count = 40
    chain = [(k, k + 1) for k in range(count - 1)]
    sheet = sheet_of(count, [*chain, *((0, k) for k in range(2, count))])
    assert sheet.columns[-1] > 0
    cut = next(k for k in range(count - 1) if sheet.columns[k] != sheet.columns[k + 1])
    first, second = route(sheet, cut), route(sheet, len(chain) + cut - 1)
    assert {x for x, _ in first[2:4]}.isdisjoint({x for x, _ in second[2:4]})

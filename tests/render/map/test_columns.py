from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from modelreport.render.map.columns import Band, Gaps, place_across, wrap
from modelreport.render.map.ranks import make_rows, order_rows, rank_nodes

from .test_ranks import graphs


@given(graphs(), st.data())
def test_nothing_in_a_row_overlaps(graph, data):
    count, edges = graph
    sizes = st.floats(5, 200)
    left, right = ([data.draw(sizes) for _ in range(count)] for _ in range(2))
    widths = [a + b for a, b in zip(left, right, strict=True)]
    made = make_rows(rank_nodes(widths, edges, 0, bottom=False, limit=900.0), edges)
    order_rows(made)
    spare = len(made.rank) - count
    left, right = left + [2.0] * spare, right + [2.0] * spare
    x = place_across(made, left, right, Gaps())
    assert min(a - b for a, b in zip(x, left, strict=True)) > -1e-6
    for row in made.rows:
        for a, b in pairwise(row):
            assert x[b] - left[b] - (x[a] + right[a]) > 11.9


def test_the_main_path_is_straight_and_the_long_edge_beside_it_too():
    edges = [(0, 1), (1, 2), (2, 3), (0, 3), (3, 4)]
    made = make_rows(rank_nodes([50.0] * 5, edges, 0, bottom=False, limit=900.0), edges)
    order_rows(made)
    spare = len(made.rank) - 5
    x = place_across(made, [25.0] * 5 + [2.0] * spare, [25.0] * 5 + [2.0] * spare, Gaps())
    assert len({round(value, 6) for value in x[:5]}) == 1
    assert len({round(value, 6) for value in x[5:]}) == 1


def test_gaps_grow_with_what_they_separate():
    assert Gaps.around([40.0] * 5) == Gaps()
    assert Gaps.around([600.0] * 5).row == 4 * Gaps().row


def bands(count: int, crossing: int = 1, height: float = 100.0) -> list[Band]:
    return [Band(height, 0.0, 150.0, crossing) for _ in range(count)]


def test_a_tall_chain_is_wrapped_into_columns_of_about_equal_height():
    columns = wrap(bands(24), 30.0, 44.0, 1.6)
    assert columns == sorted(columns)
    sizes = [columns.count(column) for column in set(columns)]
    assert len(sizes) > 3
    assert max(sizes) - min(sizes[:-1]) <= 1


def test_a_short_drawing_stays_in_one_column():
    assert set(wrap(bands(3), 30.0, 44.0, 1.6)) == {0}


def test_a_residual_block_is_not_cut_through():
    assert set(wrap(bands(9, crossing=2), 30.0, 44.0, 1.35)) == {0}


def test_cuts_are_made_where_few_tensors_cross():
    rows = [Band(100.0, 0.0, 150.0, 1 if k % 5 == 4 else 3) for k in range(20)]
    columns = wrap(rows, 30.0, 44.0, 1.6)
    cuts = [k for k in range(19) if columns[k] != columns[k + 1]]
    assert cuts
    assert all(k % 5 == 4 for k in cuts)

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from modelreport.render.map.across import Gaps, place_across
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

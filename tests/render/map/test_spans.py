from __future__ import annotations

from itertools import pairwise

from modelreport.render.map.arrange import Inside, arrange
from modelreport.render.map.ranks import make_rows, order_rows, rank_nodes
from modelreport.render.map.spans import choose_spans, find_ghosts, is_clear, row_heights

FORK = [(0, 1), (0, 2), (2, 3), (3, 4), (4, 5), (1, 5)]
"""Box 1 beside the cards 2, 3 and 4, between the cards 0 and 5."""
HEIGHTS = [40.0, 190.0, 40.0, 40.0, 40.0, 40.0]


def ranked(spans: list[int]) -> list[int]:
    return rank_nodes([60.0] * 6, FORK, 0, bottom=False, limit=900.0, spans=spans)


def test_a_tall_box_stands_in_as_many_rows_as_run_beside_it():
    assert choose_spans(HEIGHTS, FORK, ranked([1] * 6)) == [1, 3, 1, 1, 1, 1]
    assert choose_spans([40.0, 1900.0, *HEIGHTS[2:]], FORK, ranked([1] * 6)) == [1, 3, 1, 1, 1, 1]
    assert choose_spans([40.0] * 6, FORK, ranked([1] * 6)) == [1] * 6


def test_a_box_in_a_chain_and_one_that_nothing_leaves_stand_in_one_row():
    assert choose_spans([40.0, 400.0, 40.0], [(0, 1), (1, 2)], [0, 1, 2]) == [1, 1, 1]
    without = [edge for edge in FORK if edge != (1, 5)]
    assert choose_spans(HEIGHTS, without, ranked([1] * 6)) == [1] * 6


def test_bends_of_a_box_stand_for_it_in_its_further_rows():
    spans = [1, 3, 1, 1, 1, 1]
    made = make_rows(ranked(spans), FORK)
    order_rows(made)
    ghosts = find_ghosts(made, spans)
    assert [made.rank[ghost] for ghost in ghosts[1]] == [2, 3]
    assert is_clear(made, ghosts, [0.0] * len(made.rank))
    aside = [5.0 if node == ghosts[1][0] else 0.0 for node in range(len(made.rank))]
    assert not is_clear(made, ghosts, aside), "the box would not be straight"


def test_an_edge_that_would_pass_through_a_box_in_several_rows_is_found():
    spans = [1, 3, 1, 1, 1, 1]
    made = make_rows(ranked(spans), FORK)
    order_rows(made)
    ghosts = find_ghosts(made, spans)
    made.rows[2].reverse()
    assert not is_clear(made, ghosts, [0.0] * len(made.rank))


def test_what_a_box_needs_beyond_its_rows_they_share():
    assert row_heights([0, 1, 1, 2], [40.0, 30.0, 100.0, 30.0], [1, 1, 2, 1], [20.0, 20.0]) == [40.0, 40.0, 40.0]
    assert row_heights([0, 1, 1, 2], [40.0, 50.0, 100.0, 50.0], [1, 1, 2, 1], [20.0, 20.0]) == [40.0, 50.0, 50.0]


def test_cards_beside_a_tall_box_are_evenly_apart():
    sizes = tuple((80.0, height, 40.0) for height in HEIGHTS)
    edges = tuple((a, b, "plain") for a, b in sorted(FORK))
    content = arrange(Inside(sizes, edges, (True, False, True, True, True, True), 0, leaves=False), 1.35)
    tops = [content.places[node][1] for node in (0, 2, 3, 4, 5)]
    steps = [low - high for high, low in pairwise(tops)]
    assert max(steps) - min(steps) < 5
    assert content.height < 40 + 190 + 40 + 2 * 23 + 1
    assert content.places[1][1] >= tops[0] + 40
    assert content.places[1][1] + 190 <= tops[-1]

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from modelreport.render.map.ranks import MAX_BENDS, is_crowded, make_rows, order_rows, rank_nodes


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 25))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    return count, sorted({(min(a, b), max(a, b)) for a, b in draw(st.lists(pairs, max_size=60)) if a != b})


@given(graphs())
def test_every_edge_leads_to_a_later_row(graph):
    count, edges = graph
    rank = rank_nodes([10.0] * count, edges, 0, bottom=False, limit=60.0)
    assert all(rank[a] < rank[b] for a, b in edges)


@given(graphs())
def test_chains_step_from_row_to_row_and_rows_hold_everything_once(graph):
    count, edges = graph
    made = make_rows(rank_nodes([10.0] * count, edges, 0, bottom=False, limit=60.0), edges)
    order_rows(made)
    assert sorted(node for row in made.rows for node in row) == list(range(len(made.rank)))
    for chain in made.chains:
        assert [made.rank[b] - made.rank[a] for a, b in pairwise(chain)] == [1] * (len(chain) - 1)


def test_edges_of_one_source_share_their_bends():
    edges = [(0, 1), (1, 2), (2, 3), (0, 2), (0, 3)]
    made = make_rows(rank_nodes([10.0] * 4, edges, 0, bottom=False, limit=60.0), edges)
    assert len(made.rank) - made.count == 2


def test_in_ports_have_the_first_row_and_the_out_port_the_last_one_to_themselves():
    edges = [(3, 0), (0, 1), (1, 4)]
    assert rank_nodes([10.0] * 5, edges, 1, bottom=True, limit=100.0) == [1, 2, 1, 0, 3]


def test_a_constant_sinks_to_where_it_is_used():
    edges = [(0, 1), (1, 2), (2, 5), (3, 4), (4, 5), (6, 0), (5, 7)]
    rank = rank_nodes([10.0] * 8, edges, 1, bottom=True, limit=100.0)
    assert (rank[3], rank[4], rank[5]) == (2, 3, 4)


def test_a_row_is_not_wider_than_the_limit():
    rank = rank_nodes([10.0] * 100, [], 0, bottom=False, limit=50.0)
    assert max(rank.count(row) for row in set(rank)) == 5


def test_crossings_are_removed_where_they_can_be():
    edges = [(0, 3), (1, 2)]
    made = make_rows([0, 0, 1, 1], edges)
    order_rows(made)
    place = {node: k for row in made.rows for k, node in enumerate(row)}
    assert (place[0] - place[1]) * (place[3] - place[2]) > 0


def test_with_too_many_bends_long_edges_run_along_the_side():
    count = 80
    edges = [(a, b) for a in range(count) for b in range(a + 1, count)]
    made = make_rows(list(range(count)), edges)
    assert len(made.rank) == count
    assert sum(made.sided) == len(edges) - (count - 1) > MAX_BENDS


def test_with_too_many_bends_long_edges_have_none():
    assert is_crowded([0, MAX_BENDS + 5], [(0, 1)])
    assert not is_crowded([0, 5], [(0, 1)])

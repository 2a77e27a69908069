from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from modelreport.render.map.across import Gaps
from modelreport.render.map.column import Sizes, make_column, stack_rows
from modelreport.render.map.gutters import IN, OUT, Gutters, Passage, Tracks


def gutters_of(rows: int, columns: int, passages: list[Passage], **borders) -> Gutters:
    """Columns of cards of 60 × 40 in a chain; card k of column c has the number c · rows + k."""
    made = []
    for number in range(columns):
        nodes = list(range(number * rows, (number + 1) * rows))
        sizes = Sizes([30.0] * rows * columns, [30.0] * rows * columns, [40.0] * rows * columns)
        rank = [node % rows for node in range(rows * columns)]
        chain = [(node, node + 1) for node in nodes[:-1]]
        made.append(make_column(nodes, rank, chain, sizes, Gaps()))
        stack_rows(made[-1], [30.0] * (rows - 1))
    between = [[30.0] * (rows - 1) for _ in made]
    ways = Gutters(made, passages, Gaps(), between, borders.get("ports", 0), borders.get("leaves", False))
    ways.settle()
    return ways


def test_an_edge_to_the_next_column_goes_below_up_between_them_and_in_from_above():
    way = Passage(3, 4, 0, 1, aside=False)
    ways = gutters_of(4, 2, [way])
    points = ways.route(way)
    assert max(y for _, y in points) > ways.columns[0].height
    assert min(y for _, y in points) < ways.columns[1].tops[0]
    assert ways.columns[0].high < points[2][0] < ways.columns[1].low
    assert points[-1] == ways.columns[1].top(4)


def test_an_edge_over_several_columns_passes_above_them():
    way = Passage(1, 13, 0, 3, aside=True)
    ways = gutters_of(4, 4, [way])
    points = ways.route(way)
    assert min(y for _, y in points) < ways.columns[0].tops[0]
    assert points[-1] == (ways.columns[3].axis(13) - 30.0, ways.columns[3].middle(1)), "into the side, for a skip"


def test_edges_of_different_tensors_have_tracks_of_their_own():
    first, second = Passage(0, 6, 0, 1, aside=False), Passage(3, 4, 0, 1, aside=False)
    ways = gutters_of(4, 2, [first, second])
    assert {x for x, _ in ways.route(first)[2:4]}.isdisjoint({x for x, _ in ways.route(second)[2:4]})


def test_what_enters_comes_from_the_middle_above_and_what_leaves_goes_to_the_middle_below():
    into, out = Passage(8, 0, IN, 0, aside=False), Passage(7, 9, 1, OUT, aside=False)
    ways = gutters_of(4, 2, [into, out], ports=1, leaves=True)
    assert ways.route(into)[0] == (ways.width / 2, 0.0)
    assert ways.route(out)[-1] == (ways.width / 2, ways.height)


@given(st.lists(st.tuples(st.integers(0, 20), st.floats(0, 100), st.floats(0, 100)), max_size=40))
def test_sources_on_one_track_do_not_meet(spans):
    tracks = Tracks()
    for source, a, b in spans:
        tracks.add(source, a, b)
    tracks.settle(5.0)
    by_track: dict[int, list[tuple[float, float]]] = {}
    for source, track in tracks.places.items():
        by_track.setdefault(track, []).append(tracks.spans[source])
    assert sorted(by_track) == list(range(tracks.count))
    for intervals in by_track.values():
        ordered = sorted(intervals)
        assert all(b[0] > a[1] for a, b in itertools.pairwise(ordered))

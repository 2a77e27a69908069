from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modelreport.identify.postings import postings_of

HASHES = st.sets(st.integers(0, 2**32 - 1) | st.integers(0, 9), max_size=8)


@given(st.lists(HASHES, max_size=6), HASHES)
def test_each_set_is_told_how_many_of_the_items_it_has(sets: list[set[int]], wanted: set[int]) -> None:
    found = postings_of(sets)
    assert found.score(wanted, len(sets)).tolist() == [len(each & wanted) for each in sets]


def test_equal_lists_are_kept_once() -> None:
    found = postings_of([{1, 2, 3}, {1, 2}, {1, 2, 7}])
    assert found.hashes.tolist() == [1, 2, 3, 7]
    assert found.lists.tolist() == [0, 0, 1, 2]
    assert found.ends.tolist() == [3, 4, 5]
    assert found.members.tolist() == [0, 1, 2, 0, 2]

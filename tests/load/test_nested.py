"""Flat values with paths, as the state they came from."""

from __future__ import annotations

from typing import Any

from modelreport.load.nested import nest
from modelreport.load.pickle_values import Pairs


def plain(value: Any) -> Any:
    if isinstance(value, Pairs):
        return {key: plain(item) for key, item in value.pairs}
    return [plain(item) for item in value] if isinstance(value, list) else value


def test_paths_become_mappings_and_lists() -> None:
    values = [(("model", "a.b"), 1), (("groups", 0, "lr"), 2), (("groups", 1, "lr"), 3), (("epoch",), 4)]
    assert plain(nest(values)) == {"model": {"a.b": 1}, "groups": [{"lr": 2}, {"lr": 3}], "epoch": 4}


def test_indices_with_a_gap_or_in_disorder_are_no_list() -> None:
    assert plain(nest([(("x", 1), 1), (("x", 0), 2)])) == {"x": {1: 1, 0: 2}}
    assert plain(nest([(("x", 0), 1), (("x", 2), 2)])) == {"x": {0: 1, 2: 2}}


def test_of_two_values_at_one_place_the_first_counts() -> None:
    assert plain(nest([(("a",), 1), (("a",), 2), (("a", "b"), 3)])) == {"a": 1}
    assert plain(nest([(("a", "b"), 1), (("a",), 2)])) == {"a": {"b": 1}}


def test_nothing_is_an_empty_mapping() -> None:
    assert plain(nest([])) == {}
    assert plain(nest([((), 1)])) == {}

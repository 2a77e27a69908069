from __future__ import annotations

import numpy as np

from modelreport.facts import Duplicate
from modelreport.measure.units.duplicates import duplicates
from tests.measure.tensors import make_tensor, statistics_of
from tests.measure.units.tables import make_structure

RANDOM = np.random.default_rng(0)


def found_in(arrays: dict[str, np.ndarray], **changes: dict[str, str]) -> tuple[Duplicate, ...]:
    statistics = statistics_of(*(make_tensor(array, name=name) for name, array in arrays.items()))
    return duplicates(make_structure(arrays, **changes), statistics)


def test_equal_tensors_are_a_group_and_the_costliest_comes_first() -> None:
    small, large = RANDOM.normal(size=8), RANDOM.normal(size=(8, 8))
    arrays = {"a": small, "b": large, "c": small, "d": large, "e": small}
    assert found_in(arrays) == (
        Duplicate(names=("b", "d"), size_bytes=4 * 64),
        Duplicate(names=("a", "c", "e"), size_bytes=4 * 8),
    )


def test_constant_and_tiny_tensors_are_left_out() -> None:
    pair = RANDOM.normal(size=2)
    assert found_in({"a": np.ones(9), "b": np.ones(9), "c": np.zeros(9), "d": np.zeros(9), "e": pair, "f": pair}) == ()


def test_tied_tensors_cost_nothing() -> None:
    array = RANDOM.normal(size=9)
    assert found_in({"a": array, "b": array}, b={"tied_to": "a"}) == ()


def test_the_same_numbers_in_another_shape_are_another_tensor() -> None:
    array = RANDOM.normal(size=(2, 3))
    assert found_in({"a": array, "b": array.reshape(3, 2)}) == ()

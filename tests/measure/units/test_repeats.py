from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from modelreport.facts import RowCopy, RowFigures
from modelreport.measure.units import repeats
from modelreport.measure.units.repeats import Slices, copies, groups, quantiles_of, row_figures, twins


def figures_of(array: NDArray[Any], code: NDArray[Any] | None = None) -> RowFigures:
    """Row figures of an array, with honest codes unless others are given."""
    rows = array.reshape(len(array), -1)
    finite = np.where(np.isfinite(rows), rows, 0).astype(np.float64)
    honest = np.array([hash(row.tobytes()) & (2**64 - 1) for row in rows], np.uint64)
    slices = Slices(rows[0].nbytes, lambda i: rows[i : i + 1], lambda raw: np.asarray(raw, np.float64))
    made = row_figures(np.abs(finite).max(axis=1), (finite**2).sum(axis=1), honest if code is None else code, slices)
    assert made is not None
    return made


def random(rows: int, size: int = 8) -> NDArray[np.float32]:
    return np.random.default_rng(rows).normal(size=(rows, size)).astype(np.float32)


def test_norms_are_those_of_numpy() -> None:
    array = random(101)
    want = np.quantile(np.linalg.norm(array.astype(np.float64), axis=1), (0, 0.25, 0.5, 0.75, 1))
    assert figures_of(array).norms == pytest.approx(want, rel=1e-12)


def test_a_row_with_one_huge_value_is_an_outlier_and_the_ratio_says_how_far() -> None:
    array = random(64)
    array[7, 3] = 1000
    found = figures_of(array)
    others = np.median(np.abs(array).max(axis=1))
    assert found.outliers == (7,)
    assert found.outlier_ratio == pytest.approx(1000 / others)


def test_an_initialised_tensor_has_no_outlier_rows() -> None:
    assert figures_of(random(4096, 16)).outliers == ()


def test_rows_of_zeros_only_have_no_ratio_and_are_listed() -> None:
    found = figures_of(np.zeros((20, 8), np.float32))
    assert found.outlier_ratio is None
    assert found.zeros == tuple(range(16))
    assert found.identical == 0


@given(st.lists(st.integers(0, 4), min_size=2, max_size=40))
def test_identical_rows_are_those_seen_before(kinds: list[int]) -> None:
    array = random(5)[kinds]
    found = figures_of(array)
    assert found.identical == len(kinds) - len(set(kinds))
    assert sum(len(group) - 1 for group in found.groups) == found.identical or any(len(g) == 16 for g in found.groups)


def test_zero_rows_and_rows_with_nan_are_not_identical() -> None:
    array = random(6)
    array[[0, 1]] = 0
    array[[2, 3], 5] = np.nan
    array[3] = array[2]
    array[5] = array[4]
    found = figures_of(array)
    assert found.identical == 1
    assert found.groups == ((4, 5),)


def test_a_row_of_nan_alone_is_not_listed_as_zero() -> None:
    array = random(4)
    array[1] = np.nan
    array[2] = 0
    assert figures_of(array).zeros == (2,)


def test_rows_whose_codes_collide_are_not_called_identical() -> None:
    found = figures_of(random(10), np.zeros(10, np.uint64))
    assert found.identical == 0
    assert found.groups == ()


def test_a_deceived_hash_is_not_believed_beyond_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "CONFIRMED_SLICES", 4)
    array = random(100)
    assert figures_of(array, np.zeros(100, np.uint64)).identical == 0


def test_beyond_the_budget_equal_codes_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "CONFIRMED_SLICES", 4)
    array = np.tile(random(1), (100, 1))
    assert figures_of(array).identical == 99


def test_short_rows_are_not_compared() -> None:
    assert figures_of(np.ones((10, 3), np.float32)).identical == 0
    assert figures_of(np.ones((10, 4), np.float32)).identical == 9


def test_a_repeated_head_is_one_run() -> None:
    array = random(96, 32)
    array[48:60] = array[12:24]
    assert figures_of(array).copies == (RowCopy(first=12, copy=48, rows=12),)


def test_a_dead_unit_within_a_repeated_head_does_not_cut_it() -> None:
    array = random(40, 16)
    array[5] = 0
    array[20:30] = array[:10]
    assert figures_of(array).copies == (RowCopy(first=0, copy=20, rows=10),)
    array[25] = 1
    assert figures_of(array).copies == (RowCopy(first=0, copy=20, rows=5), RowCopy(first=6, copy=26, rows=4))


def test_two_repeats_of_one_head_are_two_runs() -> None:
    array = random(40)
    array[10:20] = array[30:40] = array[:10]
    assert figures_of(array).copies == (RowCopy(first=0, copy=10, rows=10), RowCopy(first=0, copy=30, rows=10))


def test_rows_that_are_all_equal_make_no_run() -> None:
    found = figures_of(np.tile(random(1), (20, 1)))
    assert found.copies == ()
    assert found.groups == (tuple(range(16)),)


def test_a_single_slice_has_no_figures() -> None:
    slices = Slices(0, lambda i: np.zeros(0), lambda raw: raw)
    assert row_figures(np.ones(1), np.ones(1), np.ones(1, np.uint64), slices) is None


def test_a_million_rows_take_a_moment() -> None:
    code = np.random.default_rng(0).integers(0, 1 << 62, 1 << 20).astype(np.uint64)
    code[-5:] = code[:5]
    twin = twins(code, np.ones(code.size, np.bool_))
    assert copies(twin, np.zeros(code.size, np.bool_)) == (RowCopy(first=0, copy=code.size - 5, rows=5),)
    assert groups(twin)[0] == (0, code.size - 5)


@pytest.mark.parametrize("size", [2, 3, 4, 5, 100, 1001])
def test_quantiles_of_norms_are_those_of_numpy_to_the_last_bit(size: int) -> None:
    values = np.abs(np.random.default_rng(size).standard_normal(size)) * 1e-3
    shares = (0.0, 0.25, 0.5, 0.75, 1.0)
    assert quantiles_of(values, shares) == tuple(np.quantile(values, shares).tolist())

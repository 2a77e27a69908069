from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numba import njit

from modelreport.measure.fast import _FORMS
from modelreport.measure.kernel import count_rounded
from modelreport.measure.lanes import BLOCK_LANES, ROW_LANES
from modelreport.measure.vectors import pattern_square_lanes, power_lanes, square_lanes


@njit  # type: ignore[untyped-decorator]
def _powers(values: Any, shift: float, sums: Any, tables: Any) -> None:
    power_lanes(values, values.size // BLOCK_LANES, shift, sums, tables)


@njit  # type: ignore[untyped-decorator]
def _squares(values: Any, sums: Any) -> None:
    square_lanes(values, values.size // ROW_LANES, sums)


@njit  # type: ignore[untyped-decorator]
def _pattern_squares(patterns: Any, mask: Any, shift: Any, factor: Any, sums: Any, tables: Any) -> None:
    pattern_square_lanes(patterns, patterns.size // ROW_LANES, mask, shift, factor, sums, tables)


def in_order(terms: Any, lanes: int) -> list[float]:
    """One number after the other into its lane."""
    sums = [0.0] * lanes
    for j, x in enumerate(terms.tolist()):
        sums[j % lanes] += x
    return sums


@pytest.mark.parametrize("shift", [0.0, 1.5])
def test_powers_are_added_in_the_order_of_the_numbers(shift: float) -> None:
    values = np.random.default_rng(0).standard_normal(BLOCK_LANES * 9).astype(np.float32)
    sums, tables = np.zeros((5, BLOCK_LANES)), np.zeros((2, 1 << 16), np.uint32)
    _powers(values, shift, sums, tables)
    assert tables.sum(axis=0).tolist() == count_rounded(values).tolist()
    d = values.astype(np.float64) - shift
    expected = [in_order(x, BLOCK_LANES) for x in (d, d * d, d * d * d, d * d * (d * d), np.abs(d + shift))]
    assert sums.tolist() == expected


def test_squares_are_added_to_what_is_there() -> None:
    values = np.random.default_rng(1).standard_normal(ROW_LANES * 7).astype(np.float32)
    sums = np.zeros((1, ROW_LANES))
    _squares(values[: ROW_LANES * 3], sums)
    _squares(values[ROW_LANES * 3 :], sums)
    assert sums[0].tolist() == in_order(values.astype(np.float64) ** 2, ROW_LANES)


@pytest.mark.parametrize("dtype", sorted(_FORMS))
def test_squares_of_every_finite_pattern_are_exact(dtype: str) -> None:
    kind = np.dtype(np.float16) if dtype == "float16" else np.dtype(getattr(ml_dtypes, dtype))
    stored = np.dtype(f"u{kind.itemsize}")
    mask, shift, top, factor = _FORMS[dtype]
    every = np.arange(1 << (8 * kind.itemsize)).astype(stored)
    finite = every[(every & mask) <= top]
    finite = finite[: finite.size // ROW_LANES * ROW_LANES]
    sums, tables = np.zeros((1, ROW_LANES)), np.zeros((2, every.size), np.uint32)
    _pattern_squares(finite, np.uint32(mask), np.uint32(shift), np.float32(factor), sums, tables)
    assert tables.sum(axis=0).tolist() == np.bincount(finite, minlength=every.size).tolist()
    assert sums[0].tolist() == in_order(finite.view(kind).astype(np.float64) ** 2, ROW_LANES)

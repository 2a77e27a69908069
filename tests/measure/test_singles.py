"""One block of float32 numbers, as compiled code looks at it."""

from __future__ import annotations

import numpy as np
import pytest

from modelreport.measure import singles
from modelreport.measure.kernel import count_rounded
from modelreport.measure.moments import block_sums


@pytest.mark.parametrize("size", [1, 2, 31, 8192, 8193, 100_001])
@pytest.mark.parametrize("offset", [0.0, 300.0])
def test_sums_of_powers_are_those_of_the_numpy_code_to_the_last_bit(size: int, offset: float) -> None:
    values = (np.random.default_rng(size).standard_normal(size) + offset).astype(np.float32)
    out, tables = np.empty(6), np.zeros((2, 1 << 16), np.uint32)
    singles.power_sums(values, values.view(np.uint32), tables, out)
    expected = block_sums(values, float(values.min()), float(values.max()))
    assert out.tolist() == [expected.shift, *expected.powers, expected.magnitudes]
    assert tables.sum(axis=0).tolist() == count_rounded(values).tolist()


@pytest.mark.parametrize("times", [1, 9])
def test_leading_bits_are_counted_rounded_half_away_from_zero(times: int) -> None:
    values = np.tile(np.array([1.0, 1.003, -2.0, 0.0, -0.0, 3.4e38, 5e-45], np.float32), times)
    tables = np.zeros((2, 1 << 16), np.uint32)
    singles.power_sums(values, values.view(np.uint32), tables, np.empty(6))
    assert tables.sum(axis=0).tolist() == count_rounded(values).tolist()


@pytest.mark.parametrize(
    ("values", "special", "small"),
    [
        ([1.0, -2.0], False, False), ([1.0, 0.0], False, True), ([-1.0, -0.0], False, True), ([1e-40, 1], False, True),
        ([-1e-40, 1], False, True), ([np.nan, 1], True, False), ([-np.inf], True, False), ([np.inf, -1], True, False),
        ([-np.nan, 1], True, False),
    ],
)  # fmt: skip
def test_extremes_of_the_bits_tell_of_special_and_small_numbers(
    values: list[float], special: bool, small: bool
) -> None:
    bits = np.array(values, np.float32).view(np.uint32)
    least, most, low, high = singles.extremes_of(bits)
    assert singles.has_special(most, high) == special
    assert singles.has_small(least, low) == small

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.measure.kernel import BLOCK, Moments, count_patterns, count_rounded, moments
from tests.measure.tensors import close

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


def of(values: list[float]) -> Moments:
    array = np.array(values)
    return moments(array, float(array.min()), float(array.max()))


@given(NUMBERS, NUMBERS, NUMBERS)
def test_merging_moments_is_associative_and_equals_the_whole(a: list[float], b: list[float], c: list[float]) -> None:
    whole = np.array(a + b + c)
    scale = float(np.abs(whole).max())
    deviation = (whole / (scale or 1.0)).std() * scale  # squares of tiny numbers vanish
    for merged in ((of(a) + of(b)) + of(c), of(a) + (of(b) + of(c)), of(c) + of(a) + of(b)):
        assert merged.count == whole.size
        assert close(np.ldexp(merged.mean, merged.scale), whole.mean(), scale)
        assert close(np.ldexp((merged.squares / merged.count) ** 0.5, merged.scale), deviation, scale)
        assert close(np.ldexp(merged.magnitudes, merged.scale), np.abs(whole).sum(), scale)


def test_empty_moments_change_nothing() -> None:
    some = of([1.0, 2.0])
    assert some + Moments() == some == Moments() + some


def test_moments_of_different_magnitudes_keep_the_larger_scale() -> None:
    merged = of([1e300, -1e300]) + of([1.0])
    assert merged.scale == of([1e300]).scale
    assert close(np.ldexp(np.sqrt(merged.squares / 3), merged.scale), 1e300 * np.sqrt(2 / 3))


def test_zeros_take_the_scale_of_what_they_are_merged_with() -> None:
    for merged in (of([0.0]) + of([2e-175]), of([2e-175]) + of([0.0])):
        assert close(np.ldexp(np.sqrt(merged.squares / 2), merged.scale), 1e-175)


@pytest.mark.parametrize("size", [0, 1, BLOCK, BLOCK + 1])
def test_counts_of_patterns_sum_to_the_number_of_values(size: int) -> None:
    patterns = np.random.default_rng(0).integers(0, 2**16, size, np.uint16)
    counts = count_patterns(patterns, 16)
    assert counts.tolist() == np.bincount(patterns, minlength=2**16).tolist()


def test_rounded_counts_put_a_bfloat16_number_in_its_own_bucket() -> None:
    values = np.array([1.0, -2.0, 0.0, -0.0, 3.4e38, 1.003], np.float32)
    counts = count_rounded(values)
    assert (counts[0x3F80], counts[0xC000], counts[0], counts[0x8000], counts[0x7F80]) == (2, 1, 1, 1, 1)
    assert counts.sum() == 6


def test_rounded_counts_of_doubles_have_two_to_the_twenty_buckets() -> None:
    counts = count_rounded(np.array([1.0, 1.0 + 2**-10, -1.5]))
    assert counts.shape == (2**20,)
    assert (counts[0x3FF00], counts[0xBFF80]) == (2, 1)

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from modelreport.measure.moments import BlockSums, Moments, PowerSums, block_sums, moments_of, scale_of
from tests.measure.tensors import close

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


def of(*blocks: list[float]) -> PowerSums:
    sums = PowerSums()
    for block in blocks:
        values = np.array(block)
        sums.add(block_sums(values, float(values.min()), float(values.max())))
    return sums


def merged(*parts: PowerSums) -> PowerSums:
    sums = PowerSums()
    for part in parts:
        sums.merge(part)
    return sums


@given(NUMBERS, NUMBERS, NUMBERS)
def test_merging_is_associative_and_commutative_to_the_last_bit(a: list[float], b: list[float], c: list[float]) -> None:
    whole = of(a, b, c)
    assert merged(merged(of(a), of(b)), of(c)) == whole
    assert merged(of(a), merged(of(b), of(c))) == whole
    assert merged(of(c), of(b), of(a)) == whole


@given(NUMBERS, NUMBERS)
def test_moments_are_those_of_all_numbers_together(a: list[float], b: list[float]) -> None:
    found, exact = of(a, b).moments(), [Fraction(x) for x in a + b]
    mean = sum(exact) / len(exact)
    largest = float(max(map(abs, exact)))
    assert found.count == len(exact)
    assert close(found.mean, float(mean), largest)
    assert close(found.magnitudes, float(sum(map(abs, exact))), largest)
    for power, have in ((2, found.squares), (3, found.cubes), (4, found.fourths)):
        assert close(have, float(sum((x - mean) ** power for x in exact)), largest**power)


@pytest.mark.parametrize("offset", [0.0, 1.0, -1e3, 1e7])
def test_numbers_far_from_zero_keep_their_spread(offset: float) -> None:
    values = offset + np.random.default_rng(0).standard_normal(50_000)
    found = of(*np.split(values, 5)).moments()
    deviation = math.sqrt(found.squares / found.count)
    near = values - offset  # exact: the plain formulas lose digits far from zero
    assert deviation == pytest.approx(near.std(), rel=1e-12)
    skewness = found.cubes / found.count / deviation**3
    kurtosis = found.fourths / found.count / deviation**4 - 3
    assert skewness == pytest.approx(scipy.stats.skew(near), abs=1e-10)
    assert kurtosis == pytest.approx(scipy.stats.kurtosis(near), abs=1e-10)


@pytest.mark.parametrize("size", [5e-324, 1e-300, 1e-60, 1e60, 1e300])
def test_no_magnitude_overflows_or_vanishes(size: float) -> None:
    values = np.array([-1.0, 0, 2, 3]) * size
    scale = scale_of(float(values.min()), float(values.max()))
    expected = moments_of(values)
    for found in (of(values.tolist()).moments(scale), expected):
        assert found.scale == scale
        assert math.ldexp(found.mean, scale) == pytest.approx(size)
        assert np.ldexp(math.sqrt(found.squares / 4), scale) == pytest.approx(size * math.sqrt(2.5))
        assert found.fourths / 4 / (found.squares / 4) ** 2 == pytest.approx((16 + 1 + 1 + 16) / 4 / 2.5**2)


def test_blocks_of_different_magnitude_are_added_exactly() -> None:
    found = of([1e300, -1e300], [1.0]).moments(scale_of(-1e300, 1e300))
    assert found.count == 3
    assert math.ldexp(found.mean, found.scale) == pytest.approx(1 / 3)


@given(st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 5), max_size=9))
def test_blocks_without_a_shift_are_added_together_as_one_after_the_other(blocks: list[tuple[float, ...]]) -> None:
    together, apart = of([1.5, 2.0]), of([1.5, 2.0])
    together.add_plain(np.arange(len(blocks)), np.array(blocks).reshape(-1, 5))
    for count, (a, b, c, d, magnitudes) in enumerate(blocks):
        apart.add(BlockSums(count, 0.0, 0, (a, b, c, d), magnitudes))
    assert together == apart


def test_empty_sums_change_nothing_and_have_no_moments() -> None:
    some = of([1.0, 2.0])
    assert merged(some, PowerSums()) == some == merged(PowerSums(), some)
    assert PowerSums().moments() == Moments()


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 9)), min_size=1, max_size=20))
def test_counts_stand_for_repeated_numbers(pairs: list[tuple[int, int]]) -> None:
    values, counts = (np.array(column) for column in zip(*pairs, strict=True))
    found, expected = moments_of(values.astype(float), counts), moments_of(np.repeat(values, counts).astype(float))
    assert found.count == expected.count
    for name in ("mean", "squares", "cubes", "fourths", "magnitudes"):
        assert close(getattr(found, name), getattr(expected, name), 50.0**4)

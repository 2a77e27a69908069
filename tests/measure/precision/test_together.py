"""Schemes together: to the last bit what they are one after the other."""

from __future__ import annotations

import numpy as np
import pytest

from modelreport.measure.precision.blocks import RowSample, of_rows
from modelreport.measure.precision.elementwise import Values, of_values
from modelreport.measure.precision.schemes import PLANS
from modelreport.measure.precision.together import MOST_VALUES, few_values, short_rows

PLAIN = tuple(plan for plan in PLANS if plan.share in ("none", "tensor"))
BLOCKS = tuple(plan for plan in PLANS if plan.share in ("channel", "block"))
SHAPES = [(1, 1), (4, 4), (3, 7), (16, 27), (130, 31), (2, 32), (1, 9), (64, 5)]


def drawn(shape: tuple[int, int], seed: int, kind: type = np.float32) -> np.ndarray:
    """Values with zeros, a row of zeros, and of a size that differs from seed to seed."""
    generator = np.random.default_rng(seed)
    values = generator.standard_normal(shape) * 10.0 ** generator.integers(-6, 5)
    values[generator.random(shape) < 0.1] = 0
    if seed % 3 == 0 and shape[0] > 1:
        values[shape[0] // 2] = 0
    if seed % 4 == 0:
        values = np.abs(values)
    return values.astype(kind)


def sample(values: np.ndarray) -> RowSample:
    return RowSample(values, np.abs(values).max(axis=1).astype(np.float64), np.arange(len(values)), values.size)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
def test_casts_and_scales_of_tensors_are_those_of_each_scheme(shape: tuple[int, int], kind: type) -> None:
    for seed in range(12):
        values = drawn(shape, seed, kind)
        given = Values(values, float(np.abs(values).max()))
        if not given.largest:
            continue
        found = few_values(given, PLAIN)
        assert found == {p.id: of_values(given, p.format, scaled=p.share == "tensor") for p in PLAIN}


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
def test_channels_and_blocks_are_those_of_each_scheme(shape: tuple[int, int], kind: type) -> None:
    for seed in range(12):
        rows = sample(drawn(shape, seed, kind))
        if rows.top:
            assert short_rows(rows) == {plan.id: of_rows(rows, plan) for plan in BLOCKS}


def test_overflow_is_counted_for_each_cast() -> None:
    given = Values(np.array([[1e6, -7e4], [500.0, 1.0]], np.float32), 1e6)
    found = few_values(given, PLAIN)
    assert [found[name].overflow for name in ("bf16", "fp16", "fp8_e4m3", "fp8_e5m2")] == [0, 2, 3, 2]


def test_what_is_large_or_long_or_far_from_one_is_left_to_each_scheme() -> None:
    assert few_values(Values(np.ones((1, MOST_VALUES + 1), np.float32), 1.0), PLAIN) == {}
    assert few_values(Values(np.full((2, 2), 1e-36, np.float32), 1e-36), PLAIN) == {}
    assert short_rows(sample(np.ones((2, 33), np.float32))) == {}
    assert short_rows(sample(np.zeros((2, 8), np.float32))) == {}

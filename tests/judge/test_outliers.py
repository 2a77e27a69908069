"""Single values far beyond all others."""

from __future__ import annotations

import numpy as np
import pytest

from modelreport.render.format import message
from tests.factories import skipped_report
from tests.judge.cases import finding, plain_report, with_array

NAME, SHAPE = "layers.3.conv2.weight", (64, 64, 3, 3)


def values(*far: float) -> np.ndarray:
    made = np.random.default_rng(0).normal(0, 0.05, SHAPE)
    made.reshape(-1)[: len(far)] = far
    return made


def test_a_trained_model_is_clean_and_one_without_values_is_not_checked() -> None:
    assert finding(plain_report(), "W011").state == "clean"
    assert finding(skipped_report(), "W011").state == "not_checked"


def test_a_flipped_bit_of_the_exponent_is_found() -> None:
    weight = np.float32(0.05)
    flipped = (weight.view(np.uint32) ^ np.uint32(1 << 30)).view(np.float32)
    found = finding(with_array(plain_report(), NAME, values(float(flipped))), "W011")
    assert (found.state, found.severity, [e.name for e in found.evidence]) == ("found", "warning", [NAME])
    assert NAME in message(found.message)
    assert message(found.evidence[0].detail).startswith("1 of 36,864 values, up to 1.7e37")  # type: ignore[arg-type]


@pytest.mark.parametrize("far", [(200.0,), (-500.0, 300.0), (1e4,) * 8])
def test_a_few_values_far_out_are_found_on_both_sides(far: tuple[float, ...]) -> None:
    assert finding(with_array(plain_report(), NAME, values(*far)), "W011").state == "found"


@pytest.mark.parametrize("far", [(8.0,), (-20.0, 20.0), (1e4,) * 30, (1e9,) * 5000, ()])
def test_outlier_weights_of_trained_networks_and_fill_values_are_not(far: tuple[float, ...]) -> None:
    assert finding(with_array(plain_report(), NAME, values(*far)), "W011").state == "clean"


def test_sparse_and_constant_weights_are_not() -> None:
    sparse = np.zeros(SHAPE)
    sparse.reshape(-1)[:5] = 1
    for made in (sparse, np.zeros(SHAPE), np.full(SHAPE, 3.0)):
        assert finding(with_array(plain_report(), NAME, made), "W011").state == "clean"

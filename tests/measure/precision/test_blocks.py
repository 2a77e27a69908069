from __future__ import annotations

import numpy as np
import pytest

from modelreport.measure.precision.blocks import NF4, RowSample, into_blocks, of_rows
from modelreport.measure.precision.schemes import PLANS
from tests.measure.precision.brute import decibels, effects_of, loop_noise, torch_noise
from tests.measure.precision.test_elementwise import drawn

BY_ID = {plan.id: plan for plan in PLANS}
BLOCKS = ("int4_128", "int4_128_zero", "nf4_64", "mxfp4")


@pytest.mark.parametrize("shape", [(40, 256), (30, 200), (64, 27), (16, 8, 3, 3)])
@pytest.mark.parametrize("kind", ["normal", "heavy", "half zero"])
def test_schemes_with_blocks_agree_with_loops(shape: tuple[int, ...], kind: str) -> None:
    array = drawn(kind, *shape)
    found, wanted = effects_of(array), loop_noise(array)
    for scheme in BLOCKS:
        assert decibels(found[scheme].noise) == pytest.approx(decibels(wanted[scheme]), abs=0.01), scheme
        assert found[scheme].sampled == 0


@pytest.mark.parametrize("kind", ["normal", "heavy"])
def test_a_scale_for_each_channel_agrees_with_torch(kind: str) -> None:
    small = drawn(kind, 50, 300)
    assert decibels(effects_of(small)["int8_channel"].noise) == pytest.approx(
        decibels(torch_noise(small)["int8_channel"]), abs=1e-3
    )
    large = drawn(kind, 900, 512)
    effect = effects_of(large)["int8_channel"]
    assert decibels(effect.noise) == pytest.approx(decibels(torch_noise(large)["int8_channel"]), abs=0.1)
    assert effect.sampled == 1 << 15


def test_channels_of_very_different_size_are_told_from_the_largest_of_every_row() -> None:
    array = drawn("normal", 1024, 256) * np.exp(2 * np.random.default_rng(1).standard_normal((1024, 1)))
    array = np.ascontiguousarray(array, np.float32)
    found = decibels(effects_of(array)["int8_channel"].noise)
    assert found == pytest.approx(decibels(torch_noise(array)["int8_channel"]), abs=0.1)


@pytest.mark.parametrize("scheme", BLOCKS)
def test_a_sample_of_a_large_tensor_is_near_the_whole(scheme: str) -> None:
    array = drawn("normal", 600, 256)
    effect = effects_of(array)[scheme]
    assert effect.sampled == 1 << 15
    assert decibels(effect.noise) == pytest.approx(decibels(loop_noise(array[::6])[scheme]), abs=0.25)


def test_normal_values_in_groups_have_the_noise_of_the_formula() -> None:
    """A twelfth of the squared step, which is a seventh of the largest of 128 normal values."""
    rng = np.random.default_rng(0)
    largest = np.abs(rng.standard_normal((100_000, 128))).max(axis=1)
    expected = decibels(float(np.mean(largest**2)) / 49 / 12)
    found = decibels(effects_of(drawn("normal", 256, 256))["int4_128"].noise)
    assert found == pytest.approx(expected, abs=0.15)
    assert expected == pytest.approx(18.6, abs=0.05)


def test_nf4_has_the_levels_of_the_paper() -> None:
    """Quantiles of the normal distribution, eight steps on the right of zero and seven on the left, scaled to ±1."""
    from scipy.stats import norm

    offset = 0.9677083
    right = norm.ppf(np.linspace(offset, 0.5, 9)[:-1])
    left = -norm.ppf(np.linspace(offset, 0.5, 8)[:-1])
    levels = np.sort(np.concatenate((right, [0.0], left))) / right.max()
    np.testing.assert_allclose(levels, NF4, atol=1e-6)


def test_rows_are_cut_into_blocks_and_the_last_filled_with_zeros() -> None:
    values = np.arange(1.0, 11.0).reshape(2, 5)
    np.testing.assert_array_equal(into_blocks(values, 3), [[1, 2, 3], [4, 5, 0], [6, 7, 8], [9, 10, 0]])
    assert into_blocks(values, 5) is values
    assert into_blocks(values, 128) is values


@pytest.mark.parametrize("scheme", ["int8_channel", *BLOCKS])
def test_zeros_are_no_noise(scheme: str) -> None:
    rows = RowSample(np.zeros((4, 64), np.float32), np.zeros(4), np.arange(4), 256)
    assert of_rows(rows, BY_ID[scheme]).noise == 0
    half = np.zeros((4, 64), np.float32)
    half[1] = np.linspace(-1, 1, 64)
    largest = np.abs(half).max(axis=1).astype(np.float64)
    effect = of_rows(RowSample(half, largest, np.arange(4), 256), BY_ID[scheme])
    assert 0 < effect.noise < 0.05
    assert effect.underflow <= 12


def test_a_row_that_is_longer_than_the_sample_keeps_its_own_scale() -> None:
    array = drawn("normal", 3, 200_000)
    array[:, -1] = 1.0  # beyond what a sample holds
    found = decibels(effects_of(array)["int8_channel"].noise)
    assert found == pytest.approx(decibels(torch_noise(array)["int8_channel"]), abs=0.1)


def test_a_row_that_holds_most_of_the_energy_is_measured_by_itself() -> None:
    array = np.ascontiguousarray(np.random.default_rng(5).laplace(size=(700, 256)) * 0.03, np.float32)
    array[333] = np.random.default_rng(6).uniform(-9, 9, 256)
    array[0] = array[333] * 0.7  # in the sample as well
    found, wanted = effects_of(array), torch_noise(array) | loop_noise(array)
    for scheme in ("int8_channel", *BLOCKS):
        assert decibels(found[scheme].noise) == pytest.approx(decibels(wanted[scheme]), abs=0.15), scheme


def test_a_row_that_makes_most_of_the_noise_is_measured_by_itself() -> None:
    """One row of 700 has an outlier so large that most of its values round to few steps, as in trained transformers."""
    array = np.ascontiguousarray(np.random.default_rng(5).laplace(size=(700, 400)) * 0.03, np.float32)
    array[333, 7] = 12.0
    found, wanted = effects_of(array), torch_noise(array) | loop_noise(array)
    for scheme in ("int8_channel", *BLOCKS):
        assert decibels(found[scheme].noise) == pytest.approx(decibels(wanted[scheme]), abs=0.1), scheme

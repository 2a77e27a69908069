from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from modelreport.measure.precision.elementwise import Values, count, of_table, of_values, squares
from modelreport.measure.precision.formats import E4M3, FLOAT16, INT8
from modelreport.measure.precision.magnitudes import magnitudes
from tests.measure.precision.brute import decibels, effects_of, torch_noise
from tests.measure.precision.test_magnitudes import summary_of

SCHEMES = ("fp16", "bf16", "fp8_e4m3", "fp8_e5m2", "fp8_e4m3_tensor", "int8_tensor")


def drawn(kind: str, *shape: int) -> NDArray[np.float32]:
    """Values of a known distribution."""
    rng = np.random.default_rng(7)
    made = {
        "normal": lambda: rng.standard_normal(shape) * 0.02,
        "heavy": lambda: rng.standard_t(3, shape) * 0.02,
        "very heavy": lambda: rng.standard_t(2.1, shape) * 0.02,
        "tiny": lambda: rng.standard_normal(shape) * 1e-6,
        "large": lambda: rng.standard_normal(shape) * 2e4,
        "half zero": lambda: rng.standard_normal(shape) * (rng.random(shape) < 0.5),
    }[kind]()
    return np.ascontiguousarray(made, np.float32)


@pytest.mark.parametrize("kind", ["normal", "heavy", "very heavy", "tiny", "large", "half zero"])
def test_the_table_of_a_large_float32_tensor_agrees_with_torch_to_a_tenth_of_a_decibel(kind: str) -> None:
    array = drawn(kind, 600, 512)
    found, wanted = effects_of(array), torch_noise(array)
    for scheme in SCHEMES:
        assert decibels(found[scheme].noise) == pytest.approx(decibels(wanted[scheme]), abs=0.1), scheme
    size = np.abs(array)
    for scheme, border in (("fp16", 65520.0), ("fp8_e5m2", 61440.0), ("fp8_e4m3", 464.0)):
        beyond = size > border if scheme == "fp8_e4m3" else size >= border
        assert found[scheme].overflow == pytest.approx(int(beyond.sum()), rel=2e-2), scheme
        assert found[scheme].unsure or found[scheme].overflow == int(beyond.sum()), scheme
        assert (found[scheme].overflow > 0) == bool(beyond.any())
    for scheme, border in (("fp16", 2.0**-25), ("fp8_e4m3", 2.0**-10), ("fp8_e5m2", 2.0**-17)):
        lost = int(((size <= border) & (size > 0)).sum())
        assert found[scheme].underflow == pytest.approx(lost, rel=5e-3, abs=3), scheme


@pytest.mark.parametrize("kind", ["normal", "heavy", "large"])
def test_small_tensors_agree_with_torch_to_the_last_digits(kind: str) -> None:
    array = drawn(kind, 60, 300)
    found, wanted = effects_of(array), torch_noise(array)
    for scheme in SCHEMES:
        assert decibels(found[scheme].noise) == pytest.approx(decibels(wanted[scheme]), abs=1e-3), scheme
    assert found["fp16"].overflow == int((np.abs(array) >= 65520).sum())


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_16_bit_tensors_are_exact_at_any_size(dtype: str) -> None:
    kind = ml_dtypes.bfloat16 if dtype == "bfloat16" else np.float16
    array = drawn("heavy", 600, 512).astype(kind)
    found, wanted = effects_of(array, dtype), torch_noise(array.astype(np.float32))
    for scheme in set(SCHEMES) - {"fp16" if dtype == "float16" else "bf16"}:
        assert decibels(found[scheme].noise) == pytest.approx(decibels(wanted[scheme]), abs=2e-3), scheme
        assert found[scheme].sampled == 0


def test_values_that_were_bfloat16_before_lose_nothing_there() -> None:
    array = drawn("normal", 600, 512).astype(ml_dtypes.bfloat16).astype(np.float32)
    found = effects_of(array)
    assert found["bf16"].noise == 0
    assert 0 < found["bf16"].sampled <= 1 << 14
    assert decibels(found["fp16"].noise) > 110  # only what is subnormal there
    assert found["int8_tensor"].sampled == 0


def test_values_that_were_float16_before_lose_nothing_there() -> None:
    found = effects_of(drawn("normal", 600, 512).astype(np.float16).astype(np.float32))
    assert found["fp16"].noise == 0
    assert decibels(found["bf16"].noise) == pytest.approx(55.6, abs=0.3)


def test_values_that_were_int8_before_lose_nothing_there() -> None:
    step = np.float32(2.0**-9)
    whole = np.clip(np.rint(drawn("normal", 600, 512) / step), -127, 127)
    whole[0, 0] = 127
    found = effects_of((whole * step).astype(np.float32))
    assert decibels(found["int8_tensor"].noise) > 90


def test_a_format_with_room_for_every_value_changes_nothing() -> None:
    table = magnitudes(summary_of(np.array([0.5, -1.0, 2.0, 0.0]), "bfloat16"))
    effect = of_table(table, FLOAT16, scaled=False)
    assert (effect.noise, effect.overflow, effect.underflow) == (0.0, 0, 0)


def test_a_uniform_quantiser_has_the_noise_of_the_textbook() -> None:
    values = Values(np.random.default_rng(0).uniform(-1, 1, 200_000), 1.0)
    noise = of_values(values, INT8, scaled=True).noise
    assert decibels(noise) == pytest.approx(20 * np.log10(127 * 2), abs=0.05)  # (1/3) / (step²/12), step = 1/127


def test_what_is_beyond_the_range_counts_as_cut_to_it() -> None:
    values = np.array([100.0, 1000.0, 465.0, 464.0], np.float32)
    effect = of_values(Values(values, 1000.0), E4M3, scaled=False)
    wanted = np.array([100 - 96.0, 1000 - 448.0, 465 - 448.0, 464 - 448.0])
    assert effect.overflow == 2
    assert effect.noise == pytest.approx(float((wanted**2).sum() / (values.astype(np.float64) ** 2).sum()), rel=1e-6)


@pytest.mark.parametrize("scale", [1e-40, 1e30])
def test_extreme_magnitudes_keep_their_ratio(scale: float) -> None:
    array = (drawn("normal", 50, 40).astype(np.float64) / 0.02 * scale).astype(np.float32)
    found = effects_of(array)
    assert 25 < decibels(found["int8_tensor"].noise) < 55
    assert found["fp16"].noise == pytest.approx(1.0, rel=1e-3)


def test_counts_and_squares_are_plain() -> None:
    assert count(np.array([[0.0, -0.0, 1.0, -2.0]])) == 2
    assert squares(np.array([[3.0, 4.0]], np.float32)) == 25

from __future__ import annotations

import pickle

import ml_dtypes
import numpy as np
import pytest

from modelreport.measure.piece import read_piece, read_whole
from modelreport.measure.precision.losses import KEPT, Losses, finite
from modelreport.measure.precision.schemes import PLANS
from modelreport.measure.walk import walk
from tests.measure.precision.brute import decibels, effects_of, losses_of
from tests.measure.precision.test_elementwise import drawn
from tests.measure.tensors import make_tensor


def test_matrices_are_tried_in_every_format_and_vectors_in_16_bits() -> None:
    assert set(effects_of(drawn("normal", 20, 30))) == {plan.id for plan in PLANS}
    assert set(effects_of(drawn("normal", 500))) == {"fp16", "bf16"}
    assert set(effects_of(drawn("normal", 70_000))) == {"fp16", "bf16"}
    assert set(effects_of(np.array(3.0, np.float32))) == {"fp16", "bf16"}


def test_what_is_stored_in_a_format_is_not_tried_in_it() -> None:
    assert "fp16" not in effects_of(drawn("normal", 20, 30).astype(np.float16))
    assert "bf16" not in effects_of(drawn("normal", 20, 30).astype(ml_dtypes.bfloat16), "bfloat16")


@pytest.mark.parametrize(
    "array", [np.arange(12).reshape(3, 4), np.zeros((3, 4), np.float32), np.empty((0, 4), np.float32)]
)
def test_integers_zeros_and_nothing_have_nothing_to_lose(array: np.ndarray) -> None:
    assert KEPT not in read_whole(walk(make_tensor(array))).keep


@pytest.mark.parametrize("shape", [(30, 40), (600, 300)])
def test_numbers_that_are_not_finite_are_left_out(shape: tuple[int, int]) -> None:
    clean = drawn("normal", *shape)
    clean[0, :3] = 0
    flawed = clean.copy()
    flawed[0, :3] = np.nan, np.inf, -np.inf
    for scheme, effect in effects_of(flawed).items():
        assert decibels(effect.noise) == pytest.approx(decibels(effects_of(clean)[scheme].noise), abs=0.05), scheme


@pytest.mark.parametrize("step", [0.1, 1 / 3, 0.00123])
def test_values_that_were_int8_with_any_scale_lose_nothing(step: float) -> None:
    whole = np.random.default_rng(0).integers(-127, 128, (60, 70))
    whole[:, 0] = 127
    found = effects_of((whole * np.float32(step)).astype(np.float32))
    assert found["int8_tensor"].noise == found["int8_channel"].noise == 0
    assert found["int8_tensor"].underflow == 0
    assert found["int4_128"].noise > 0


def test_float64_is_read_in_full() -> None:
    wide = np.random.default_rng(0).standard_normal((400, 300))
    effects, narrow = effects_of(wide), effects_of(wide.astype(np.float32))
    for scheme in effects:
        assert decibels(effects[scheme].noise) == pytest.approx(decibels(narrow[scheme].noise), abs=0.1), scheme
    assert effects_of(wide[:2] * 1e200)["fp16"].overflow == 600


def test_a_stack_of_experts_has_a_scale_for_each_output() -> None:
    stack = drawn("normal", 4, 32, 64)
    flat = effects_of(np.ascontiguousarray(stack.reshape(128, 64)))
    for scheme, effect in effects_of(stack).items():
        assert effect.noise == pytest.approx(flat[scheme].noise), scheme


def test_what_is_kept_does_not_depend_on_where_a_tensor_is_cut() -> None:
    plan = walk(make_tensor(drawn("heavy", 700, 500)))
    whole = read_piece(plan, 0, 700)
    cut = read_piece(plan, 0, 123)
    cut.merge(read_piece(plan, 123, 700))
    from modelreport.measure.piece import finish

    assert finish(plan, whole).keep[KEPT] == finish(plan, cut).keep[KEPT]


def test_what_is_kept_is_plain_and_small() -> None:
    kept = losses_of(drawn("normal", 600, 300))
    assert isinstance(kept, Losses)
    data = pickle.dumps(kept)
    assert len(data) < 3000
    assert pickle.loads(data) == kept


def test_numbers_are_made_finite_at_the_width_of_the_tensor() -> None:
    numbers = np.array([[1.0, np.nan], [np.inf, 2.0]])
    single, double = finite(numbers, wide=False), finite(numbers, wide=True)
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    np.testing.assert_array_equal(single, [[1, 0], [0, 2]])
    np.testing.assert_array_equal(double, [[1, 0], [0, 2]])

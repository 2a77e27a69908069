"""Norms and ranks from the factors are those of the product, formed here by the definitions."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from modelreport.measure.adapter.products import numbers, product
from modelreport.measure.spectra.singular import effective_rank
from tests.measure.tensors import make_tensor

RNG = np.random.default_rng(33)


def random(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape)


def check(kind: str, parts: dict[str, np.ndarray], change: np.ndarray) -> None:
    values = np.linalg.svd(change.reshape(len(change), -1), compute_uv=False)
    made = product(kind, parts)
    assert made.norm == pytest.approx(np.linalg.norm(change), rel=1e-9)
    assert made.largest == pytest.approx(values[0], rel=1e-9)
    assert made.stable_rank == pytest.approx((values**2).sum() / values[0] ** 2, rel=1e-9)
    rank = int((values > 1e-7 * values[0]).sum())
    assert made.effective_rank == pytest.approx(effective_rank(values[:rank] ** 2), rel=1e-4)


def test_a_low_rank_pair() -> None:
    up, down = random(40, 6), random(6, 30)
    check("LoRA", {"up": up, "down": down}, up @ down)


def test_a_pair_whose_rank_is_larger_than_the_layer() -> None:
    up, down = random(5, 9), random(9, 7)
    check("LoRA", {"up": up, "down": down}, up @ down)


def test_a_pair_for_a_convolution_and_one_with_a_kernel_between() -> None:
    up, down = random(20, 4, 1, 1), random(4, 6, 3, 3)
    check("LoRA", {"up": up, "down": down}, np.einsum("opab,pikl->oikl", up, down))
    mid, narrow = random(4, 4, 3, 3), random(4, 6, 1, 1)
    change = np.einsum("op,pqkl,qi->oikl", up[:, :, 0, 0], mid, narrow[:, :, 0, 0])
    check("LoRA", {"up": up, "mid": mid, "down": narrow}, change)


def test_a_product_of_two_pairs_element_by_element() -> None:
    first, second, third, fourth = random(30, 3), random(3, 20), random(30, 2), random(2, 20)
    parts = {"hada_w1_a": first, "hada_w1_b": second, "hada_w2_a": third, "hada_w2_b": fourth}
    check("LoHa", parts, (first @ second) * (third @ fourth))


def test_kronecker_products_of_whole_and_of_split_matrices() -> None:
    first, second = random(4, 3), random(7, 9)
    check("LoKr", {"lokr_w1": first, "lokr_w2": second}, np.kron(first, second))
    left, right = random(7, 2), random(2, 9)
    check("LoKr", {"lokr_w1": first, "lokr_w2_a": left, "lokr_w2_b": right}, np.kron(first, left @ right))


def test_a_factor_of_zeros_changes_nothing() -> None:
    made = product("LoRA", {"up": np.zeros((5, 2)), "down": random(2, 4)})
    assert (made.norm, made.largest, made.stable_rank, made.effective_rank) == (0, 0, None, None)


@pytest.mark.parametrize(
    ("kind", "parts", "reason"),
    [
        ("LoRA", {"up": random(5, 2), "down": random(3, 4)}, "do not fit: 5×2 and 3×4"),
        ("LoRA", {"up": random(5), "down": random(3, 4)}, "no matrices"),
        ("LoRA", {"up": np.zeros((1, 3000)), "down": np.zeros((3000, 1))}, "too large"),
        ("LoRA", {"up": random(5, 2), "down": random(2, 4), "mid": random(2, 3, 3)}, "middle kernel"),
        ("LoHa", {f"hada_w{i}_{s}": random(3, 3) for i in "12" for s in "ab"} | {"hada_t1": random(2)}, "Tucker"),
        ("LoHa", {f"hada_w{i}_{s}": random(3, int(i)) for i in "12" for s in "ab"}, "do not fit"),
        ("LoKr", {"lokr_w1": random(2, 2), "lokr_w2": random(2, 2), "lokr_t2": random(2)}, "Tucker"),
    ],
)
def test_factors_that_make_nothing_say_why(kind: str, parts: dict[str, np.ndarray], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        product(kind, parts)


def test_values_are_read_in_every_dtype_and_order() -> None:
    values = random(4, 6).astype(ml_dtypes.bfloat16)
    assert (numbers(make_tensor(values, "bfloat16")) == values.astype(np.float64)).all()
    swapped = make_tensor(random(4, 6).astype(">f4"), "float32", big_endian=True)
    assert numbers(swapped) == pytest.approx(np.array(swapped.array(), np.float64))


def test_values_that_are_missing_packed_or_not_finite_say_so() -> None:
    with pytest.raises(ValueError, match="elsewhere"):
        numbers(make_tensor(random(2, 2), storage=None, missing="its values lie elsewhere"))
    with pytest.raises(ValueError, match="NaN"):
        numbers(make_tensor(np.array([[1.0, np.nan]])))
    packed = make_tensor(np.zeros(8, np.uint8), "float4_e2m1fn_x2", shape=(2, 4))
    with pytest.raises(ValueError, match="packed"):
        numbers(packed)
    with pytest.raises(ValueError, match="not stored one by one"):
        numbers(make_tensor(random(1, 4), shape=(3, 2), strides=(1, 1)))
    with pytest.raises(ValueError, match="too large"):
        numbers(make_tensor(random(1, 4), shape=(1 << 20, 1 << 10), strides=(0, 1)))

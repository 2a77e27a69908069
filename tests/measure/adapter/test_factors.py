"""Factors are recognised by the names that libraries give them, and scaled as these do it."""

from __future__ import annotations

import math

import pytest

from modelreport.measure.adapter.factors import alpha_of, factors_in, scale_of
from tests.measure.adapter.cases import pair, tensor


@pytest.mark.parametrize(
    ("names", "path"),
    [
        (("base_model.model.a.0.q.lora_A.weight", "base_model.model.a.0.q.lora_B.weight"), "a.0.q"),
        (("base_model.model.a.q.lora_A.default.weight", "base_model.model.a.q.lora_B.default.weight"), "a.q"),
        (("base_model.model.wte.lora_embedding_A", "base_model.model.wte.lora_embedding_B"), "wte"),
        (("unet.down.0.to_q.lora.down.weight", "unet.down.0.to_q.lora.up.weight"), "unet.down.0.to_q"),
        (
            ("unet.mid.processor.to_q_lora.down.weight", "unet.mid.processor.to_q_lora.up.weight"),
            "unet.mid.processor.to_q",
        ),
        (("a.lora_linear_layer.down.weight", "a.lora_linear_layer.up.weight"), "a"),
        (("lora_unet_mid_to_q.lora_down.weight", "lora_unet_mid_to_q.lora_up.weight"), "lora_unet_mid_to_q"),
    ],
)
def test_pairs_are_known_by_the_names_of_every_library(names: tuple[str, str], path: str) -> None:
    found, rest = factors_in([tensor(names[0], 3, 10), tensor(names[1], 12, 3)])
    assert rest == []
    assert [(each.path, each.kind, each.rank, each.parameters) for each in found] == [(path, "LoRA", 3, 66)]
    assert found[0].peft is ("lora_A" in names[0] or "embedding" in names[0])


def test_other_products_are_known_by_their_factors() -> None:
    loha = [tensor(f"a.hada_w{i}_{s}", *((9, 2) if s == "a" else (2, 7))) for i in "12" for s in "ab"]
    lokr = [tensor("b.lokr_w1", 3, 3), tensor("b.lokr_w2_a", 4, 2), tensor("b.lokr_w2_b", 2, 5)]
    whole = [tensor("c.lokr_w1", 3, 3), tensor("c.lokr_w2", 4, 4)]
    found, _ = factors_in([*loha, *lokr, *whole])
    assert [(each.path, each.kind, each.rank) for each in found] == [
        ("a", "LoHa", 2),
        ("b", "LoKr", 2),
        ("c", "LoKr", 0),
    ]


def test_magnitudes_make_dora_and_alpha_belongs_to_its_pair() -> None:
    tensors = [*pair("a"), tensor("base_model.model.a.lora_magnitude_vector", 12), tensor("base_model.model.a.alpha")]
    found, rest = factors_in(tensors)
    assert rest == []
    assert [(each.kind, sorted(each.parts)) for each in found] == [("DoRA", ["alpha", "down", "magnitude", "up"])]
    assert found[0].parameters == 66 + 12


def test_factors_without_their_other_half_and_plain_weights_are_left_over() -> None:
    half, plain, alpha = tensor("a.lora_A.weight", 3, 10), tensor("head.weight", 4, 4), tensor("snake.alpha", 8)
    found, rest = factors_in([half, plain, alpha])
    assert found == []
    assert rest == [half, plain, alpha]


def test_two_adapters_in_one_file_are_told_apart() -> None:
    names = [f"a.lora_{part}.{which}.weight" for which in ("one", "two") for part in "AB"]
    shapes = [(3, 10), (12, 3), (5, 10), (12, 5)]
    found, _ = factors_in([tensor(name, *shape) for name, shape in zip(names, shapes, strict=True)])
    assert [each.rank for each in found] == [3, 5]


def test_a_name_that_is_a_bomb_is_left_over_at_once() -> None:
    long = tensor("a." * 100_000 + "lora_A.weight", 3, 10)
    assert factors_in([long]) == ([], [long])


def test_the_scale_is_that_of_the_library() -> None:
    (factors,), _ = factors_in(pair("layers.1.q"))
    config = {"lora_alpha": 6}
    assert alpha_of(factors, config, None) == 6
    assert scale_of(factors, config, 6) == 2
    assert scale_of(factors, config | {"use_rslora": True}, 6) == pytest.approx(6 / math.sqrt(3))
    assert alpha_of(factors, config | {"alpha_pattern": {"layers.1.q": 9}}, None) == 9
    assert alpha_of(factors, config | {"alpha_pattern": {"1.q": 12, "^1.q": 15, "layers.2.q": 18}}, None) == 12
    assert alpha_of(factors, config, 24) == 24
    assert scale_of(factors, {}, None) is None
    (kohya,), _ = factors_in([tensor("lora_te_a.lora_down.weight", 3, 10), tensor("lora_te_a.lora_up.weight", 12, 3)])
    assert scale_of(kohya, {}, None) == 1


@pytest.mark.parametrize("alpha", [True, "eight", None, math.nan, [8], {"a": 1}])
def test_an_alpha_that_is_no_number_is_unknown(alpha: object) -> None:
    (factors,), _ = factors_in(pair("a"))
    assert alpha_of(factors, {"lora_alpha": alpha, "alpha_pattern": ["a"]}, None) is None


def test_a_kronecker_product_of_whole_matrices_has_the_scale_its_library_gives_it() -> None:
    (factors,), _ = factors_in([tensor("c.lokr_w1", 3, 3), tensor("c.lokr_w2", 4, 4)])
    assert scale_of(factors, {}, 8) == 1
    assert scale_of(factors, {"r": 4, "alpha": 8}, 8) == 2

"""The part as a whole: from an adapter's tensors to what is told of each layer."""

from __future__ import annotations

import numpy as np
import pytest

from modelreport.facts import Skipped
from modelreport.measure.adapter import survey
from modelreport.measure.adapter.survey import adapter
from tests.measure.adapter.cases import effect, measured, pair, product_of, tensor
from tests.measure.tensors import make_checkpoint, make_tensor

CONFIG = {"peft_type": "LORA", "r": 3, "lora_alpha": 6}


def test_a_layer_is_told_with_its_scale_and_its_size_in_the_base_model() -> None:
    factors, weight = pair("layers.0.q"), tensor("layers.0.q.weight", 12, 10)
    made = effect(*factors, config=CONFIG, base=(weight,))
    (delta,) = made.deltas
    change = 2 * product_of(factors)
    values = np.linalg.svd(change, compute_uv=False)
    assert (made.kind, made.base, made.notes) == ("LoRA", "made", ())
    assert (delta.target, delta.rank, delta.alpha, delta.scale, delta.parameters) == ("layers.0.q", 3, 6, 2, 66)
    assert delta.norm == pytest.approx(np.linalg.norm(change), rel=1e-5)
    assert delta.largest == pytest.approx(values[0], rel=1e-5)
    assert delta.stable_rank == pytest.approx((values**2).sum() / values[0] ** 2, rel=1e-5)
    assert delta.relative == pytest.approx(np.linalg.norm(change) / np.linalg.norm(weight.array()), rel=1e-5)
    assert not delta.fresh


def test_without_the_base_model_nothing_is_relative() -> None:
    made = effect(*pair("layers.0.q"), config=CONFIG)
    assert made.base == ""
    assert made.deltas[0].relative is None
    assert made.deltas[0].norm


def test_the_base_may_lie_in_the_same_file() -> None:
    factors, weight = pair("layers.0.q"), tensor("base_model.model.layers.0.q.base_layer.weight", 12, 10)
    (delta,) = effect(*factors, weight, config=CONFIG).deltas
    assert delta.relative == pytest.approx(
        np.linalg.norm(2 * product_of(factors)) / np.linalg.norm(weight.array()), rel=1e-5
    )


def test_a_zero_factor_is_fresh() -> None:
    down, up = pair("a")
    zero = make_tensor(np.zeros((12, 3)), name=up.name)
    fresh, trained = effect(down, zero, *pair("b"), config=CONFIG).deltas
    assert (fresh.fresh, fresh.norm, fresh.stable_rank) == (True, 0, None)
    assert not trained.fresh


def test_alpha_in_the_file_is_that_of_its_layer_and_unknown_scales_are_said() -> None:
    names = [f"lora_unet_a.{part}" for part in ("lora_down.weight", "lora_up.weight", "alpha")]
    factors = tensor(names[0], 3, 10), tensor(names[1], 12, 3)
    alpha = make_tensor(np.array(1.5, np.float32), name=names[2])
    (delta,) = effect(*factors, alpha).deltas
    assert (delta.alpha, delta.scale) == (1.5, 0.5)
    assert delta.norm == pytest.approx(0.5 * np.linalg.norm(product_of(factors)), rel=1e-5)
    unknown = effect(*pair("a"))
    assert unknown.deltas[0].scale is None
    assert "Norms are without it" in unknown.notes[0]


def test_dora_is_measured_with_its_magnitudes() -> None:
    factors, weight = pair("a.0"), tensor("a.0.weight", 12, 10)
    lengths = np.linspace(1, 4, 12)
    magnitude = make_tensor(lengths, name="base_model.model.a.0.lora_magnitude_vector")
    made = effect(*factors, magnitude, config=CONFIG, base=(weight,))
    old = np.array(weight.array())
    moved = old + 2 * product_of(factors)
    new = lengths[:, None] * moved / np.linalg.norm(moved, axis=1, keepdims=True)
    assert made.kind == "DoRA"
    assert made.deltas[0].relative == pytest.approx(np.linalg.norm(new - old) / np.linalg.norm(old), rel=1e-5)


def test_a_layer_that_fails_costs_only_itself() -> None:
    down, up = pair("broken")
    values = np.array(up.array())
    values[0, 0] = np.nan
    made = effect(down, make_tensor(values, name=up.name), *pair("whole"), config=CONFIG)
    assert [delta.norm is None for delta in made.deltas] == [True, False]
    assert made.notes == ("Not computed: broken: it holds NaN or infinite values.",)


def test_a_quantised_or_missing_base_weight_is_said() -> None:
    codes = make_tensor(np.ones((12, 10), np.int8), name="a.0.q.weight")
    made = effect(*pair("a.0.q"), *pair("b.0.q"), config=CONFIG, base=(codes,))
    assert [delta.relative for delta in made.deltas] == [None, None]
    assert made.notes == (
        "1 of 2 layers were not found in the base model, or not read.",
        "The base model's weights of 1 layers are quantised; their norms are not known.",
    )


def test_bounds_leave_out_layers_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "_MOST_ARITHMETIC", 2 * 2.0 * 3 * 66)
    made = effect(*(each for i in range(5) for each in pair(f"layers.{i}.q")), config=CONFIG)
    assert [delta.norm is not None for delta in made.deltas] == [True, False, False, False, True]
    assert made.notes == ("3 layers were left out for a bound on the arithmetic.",)


@pytest.mark.parametrize(("kind", "word"), [("IA3", "multiplies"), ("PROMPT_TUNING", "inputs"), ("NEW", "NEW")])
def test_adapters_of_other_kinds_say_what_they_do(kind: str, word: str) -> None:
    checkpoint = make_checkpoint(tensor("base_model.model.a.ia3_l", 12, 1), adapter={"peft_type": kind})
    made = adapter(measured(checkpoint))
    assert isinstance(made, Skipped)
    assert word in made.reason


def test_a_plain_model_is_no_adapter() -> None:
    made = adapter(measured(make_checkpoint(tensor("layers.0.q.weight", 12, 10))))
    assert made == Skipped(stage="measure", reason="The weights are not those of an adapter.")

"""The weights of the base model: found by the path of their layer, read a slab at a time."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from modelreport.measure.adapter import base as module
from modelreport.measure.adapter.base import Base, change_of_direction, is_plain, norm_of
from tests.measure.adapter.cases import tensor
from tests.measure.tensors import make_tensor

RNG = np.random.default_rng(4)


def found(path: str, *names: str, count: int = 12) -> str:
    weight = Base([tensor(name, 3, 4) for name in names]).find(path, count)
    return weight.name if weight else ""


def test_a_layer_is_found_by_its_path_its_wrapped_name_or_one_module_apart() -> None:
    assert found("model.layers.0.q", "model.layers.0.q.weight", "model.layers.1.q.weight") == "model.layers.0.q.weight"
    assert found("layers.0.q", "layers.0.q.base_layer.weight") == "layers.0.q.base_layer.weight"
    assert found("bert.encoder.0.q", "encoder.0.q.weight") == "encoder.0.q.weight"
    assert found("encoder.0.q", "bert.encoder.0.q.weight") == "bert.encoder.0.q.weight"
    assert found("lora_unet_down_blocks_0_to_q", "down_blocks.0.to_q.weight") == "down_blocks.0.to_q.weight"
    assert found("lora_te1_text_model_0_fc1", "text_model.0.fc1.weight") == "text_model.0.fc1.weight"


def test_another_size_several_candidates_and_strangers_are_no_weight() -> None:
    assert found("a.0.q", "a.0.q.weight", count=13) == ""
    assert found("a.0.q", "x.a.0.q.weight", "y.a.0.q.weight") == ""
    assert found("a.0.q", "b.1.q.weight") == ""
    assert found("head", "decoder.head.weight") == ""  # too short a name to be sure
    assert not Base([])


def test_quantised_and_expanded_weights_are_not_plain() -> None:
    assert is_plain(tensor("a", 3, 4))
    assert is_plain(make_tensor(np.zeros((2, 2), ml_dtypes.bfloat16), "bfloat16"))
    assert not is_plain(make_tensor(np.zeros((2, 2), np.int8)))
    assert not is_plain(make_tensor(np.zeros(8, np.uint8), "float4_e2m1fn_x2", shape=(2, 4)))
    assert not is_plain(make_tensor(np.zeros((1, 4)), shape=(3, 4), strides=(0, 1)))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
def test_the_norm_is_that_of_all_slabs(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelreport.measure.streams.BLOCK", 50)
    values = RNG.standard_normal((33, 20)).astype(np.dtype(getattr(ml_dtypes, dtype, dtype)))
    assert norm_of(make_tensor(values, dtype)) == pytest.approx(np.linalg.norm(values.astype(np.float64)), rel=1e-12)


def test_dora_turns_rows_and_sets_their_lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Liu et al. 2024: W' = m · (W + ΔV) / ‖W + ΔV‖, a length for each output."""
    monkeypatch.setattr(module, "_SLAB", 64)
    weight, up, down = RNG.standard_normal((30, 16)), RNG.standard_normal((30, 3)), RNG.standard_normal((3, 16))
    lengths = RNG.uniform(1, 5, 30)
    moved = weight + up @ down
    new = lengths[:, None] * moved / np.linalg.norm(moved, axis=1, keepdims=True)
    change, whole = change_of_direction(make_tensor(weight), up, down, lengths)
    assert change == pytest.approx(np.linalg.norm(new - weight), rel=1e-12)
    assert whole == pytest.approx(np.linalg.norm(weight), rel=1e-12)
    with pytest.raises(ValueError, match="magnitudes do not fit"):
        change_of_direction(make_tensor(weight), up, down, lengths[:5])

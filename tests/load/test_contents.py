"""The model is found by what things are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from modelreport.checkpoint import LazyTensor
from modelreport.errors import OptionsError
from modelreport.load.contents import PREFIXES, strip_prefix
from tests.load.files import names, opened, saved

SMALL = {"a.weight": torch.ones(2, 2), "a.bias": torch.ones(2)}
LARGE = {"a.weight": torch.ones(9, 9), "a.bias": torch.ones(9)}


class State:
    """A training state as an object of the author."""

    def __init__(self) -> None:
        self.weights = dict(LARGE)
        self.step = 12


@pytest.mark.parametrize(
    ("value", "key", "content"),
    [
        (LARGE, "", "state_dict"),
        ({"state_dict": LARGE}, "state_dict", "state_dict"),
        ({"anything": LARGE, "epoch": 3}, "anything", "training checkpoint"),
        ({"a": {"b": {"c.d": LARGE}}}, "a.b.c.d", "state_dict"),
        ([{"lr": 1}, LARGE], "1", "training checkpoint"),
        ({"model": SMALL, "ema": LARGE}, "ema", "state_dict"),
        ({"student": LARGE, "teacher": LARGE | {"a.bias": torch.ones(9)}}, "student", "state_dict"),
        (State(), "weights", "training checkpoint"),
        ({"model": torch.nn.Linear(9, 9), "ema": None, "epoch": 1}, "model", "training checkpoint"),
    ],
)
def test_the_model_is_found_under_any_key(value: Any, key: str, content: str, tmp_path: Path) -> None:
    with opened(saved(tmp_path, value)) as checkpoint:
        assert checkpoint.source.model_key == key
        assert checkpoint.source.content == content
        assert sum(t.count for t in checkpoint.tensors) == 90


def test_several_models_are_offered_and_picked(tmp_path: Path) -> None:
    path = saved(
        tmp_path, {"generator": SMALL, "nets": {"critic": LARGE}, "optimizer_extra": {"x": torch.ones(99, 99)}}
    )
    with opened(path) as checkpoint:
        choices = [(c.name, c.tensors, c.parameters, c.chosen) for c in checkpoint.source.choices]
        assert choices == [("generator", 2, 6, False), ("nets.critic", 2, 90, True)]
        assert {t.name: t.role for t in checkpoint.extra} == {
            "optimizer_extra.x": "optimizer",
            "generator.a.weight": "other",
            "generator.a.bias": "other",
        }
    with opened(path, pick="generator") as checkpoint:
        assert [t.shape for t in checkpoint.tensors] == [(2, 2), (2,)]
    with pytest.raises(OptionsError, match="--pick nope: the file holds no model") as caught, opened(path, pick="nope"):
        pass
    assert caught.value.hint == "It holds: generator, nets.critic."


@pytest.mark.parametrize(
    ("prefix", "stripped"),
    [
        ("module.", "module."),
        ("module._orig_mod.model.", "module._orig_mod.model."),
        ("net.", ""),
        ("model.", "model."),
    ],
)
def test_prefixes_of_wrappers_are_noted_and_stripped(prefix: str, stripped: str, tmp_path: Path) -> None:
    with opened(saved(tmp_path, {prefix + key: value for key, value in SMALL.items()})) as checkpoint:
        assert checkpoint.source.stripped_prefix == stripped
        assert names(checkpoint) == [
            f"{prefix.removeprefix(stripped)}a.weight",
            f"{prefix.removeprefix(stripped)}a.bias",
        ]


def test_wrappers_in_the_middle_of_names_are_taken_out(tmp_path: Path) -> None:
    value = {"a._orig_mod.weight": torch.ones(2), "b._fsdp_wrapped_module.c.weight": torch.ones(2), "d": torch.ones(1)}
    with opened(saved(tmp_path, value)) as checkpoint:
        assert names(checkpoint) == ["a.weight", "b.c.weight", "d"]
        assert checkpoint.source.stripped_prefix == ""


def test_names_that_would_collide_are_left_alone(tmp_path: Path) -> None:
    value = {"a._orig_mod.weight": torch.ones(2), "a.weight": torch.ones(2)}
    with opened(saved(tmp_path, value)) as checkpoint:
        assert names(checkpoint) == list(value)


@given(st.lists(st.sampled_from([*PREFIXES, "a.", "weight", "b"]).map(str), min_size=1, max_size=6), st.integers(1, 4))
def test_stripping_keeps_names_distinct_and_reversible(parts: list[str], count: int) -> None:
    front = "".join(parts)
    tensors = [LazyTensor(f"{front}{index}", "int8", (), None) for index in range(count)]
    prefix = strip_prefix(tensors)
    assert front.startswith(prefix)
    assert len({tensor.name for tensor in tensors}) == count
    assert all(tensor.name for tensor in tensors)


def test_nested_trees_of_arrays_are_one_model(tmp_path: Path) -> None:
    value = {"params": {f"Dense_{i}": {"kernel": np.ones((2, 2)), "bias": np.ones(2)} for i in range(3)}}
    with opened(saved(tmp_path, value)) as checkpoint:
        assert names(checkpoint)[:2] == ["params.Dense_0.kernel", "params.Dense_0.bias"]
        assert len(checkpoint.tensors) == 6
        assert checkpoint.source.choices == ()


def test_lists_and_single_tensors_are_weights(tmp_path: Path) -> None:
    with opened(saved(tmp_path, [torch.ones(2), torch.ones(3)])) as checkpoint:
        assert (names(checkpoint), checkpoint.source.content) == (["0", "1"], "weights")
    with opened(saved(tmp_path, torch.ones(2))) as checkpoint:
        assert names(checkpoint) == ["tensor"]
    with opened(saved(tmp_path, {"a": 1, "b": 2, "c": 3, "w": torch.ones(2)})) as checkpoint:
        assert names(checkpoint) == ["w"]


def test_named_weights_go_before_a_list_of_equal_size(tmp_path: Path) -> None:
    value = {"ema": {"shadow": [torch.ones(9, 9), torch.ones(9)]}, "model": LARGE}
    with opened(saved(tmp_path, value)) as checkpoint:
        assert checkpoint.source.model_key == "model"


def test_running_statistics_do_not_count_as_parameters(tmp_path: Path) -> None:
    value = {"x": torch.nn.BatchNorm2d(4).state_dict(), "y": SMALL}
    with opened(saved(tmp_path, value)) as checkpoint:
        assert [(c.name, c.parameters) for c in checkpoint.source.choices] == [("x", 8), ("y", 6)]


def test_endless_and_shared_values_end(tmp_path: Path) -> None:
    value: dict[str, Any] = {"model": LARGE}
    value["self"] = value
    value["again"] = [value["model"]] * 3
    with opened(saved(tmp_path, value)) as checkpoint:
        assert checkpoint.source.model_key == "model"
        assert checkpoint.source.choices == ()


def test_odd_keys_become_text(tmp_path: Path) -> None:
    value = {3: torch.ones(1), ("a", 1): torch.ones(2), None: torch.ones(3), "</script>\u202e": torch.ones(4)}
    with opened(saved(tmp_path, value)) as checkpoint:
        assert names(checkpoint) == ["3", "a.1", "None", "</script>\u202e"]


def test_a_real_training_checkpoint(resemblyzer: Path) -> None:
    with opened(resemblyzer) as checkpoint:
        source = checkpoint.source
        assert (source.format, source.content, source.model_key) == (
            "torch-legacy",
            "training checkpoint",
            "model_state",
        )
        assert source.training is not None
        assert source.training.optimizer == "Adam or AdamW"
        assert ("step", "1564501") in {(item.name, item.value) for item in source.training.items}
        assert sum(t.count for t in checkpoint.tensors) == 1_423_618
        reference = torch.load(resemblyzer, map_location="cpu", weights_only=True)["model_state"]
        for lazy in checkpoint.tensors:
            assert np.array_equal(lazy.array(), reference[lazy.name].numpy())


def test_a_pair_in_a_state_dict_is_the_weight_and_bias_of_a_quantised_layer(tmp_path: Path) -> None:
    state = {
        "0.scale": torch.tensor(1.0),
        "0._packed_params.dtype": torch.qint8,
        "0._packed_params._packed_params": (torch.ones(3, 2), torch.zeros(3)),
        "1._packed_params._packed_params": (torch.ones(4, 3), None),
    }
    with opened(saved(tmp_path, state)) as checkpoint:
        front = "_packed_params._packed_params"
        assert names(checkpoint) == ["0.scale", f"0.{front}.0", f"0.{front}.1", f"1.{front}.0"]
        assert not checkpoint.source.choices


def test_a_tuple_that_holds_more_than_tensors_is_not_part_of_a_state_dict(tmp_path: Path) -> None:
    with opened(saved(tmp_path, {**SMALL, "a.history": (torch.ones(3), "text")})) as checkpoint:
        assert names(checkpoint) == ["a.weight", "a.bias"]

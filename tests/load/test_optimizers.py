"""What a file says of an optimizer, parameter by parameter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from modelreport.checkpoint import LazyTensor, OptimizerState
from modelreport.load.optimizers import number
from tests.load.files import opened, same, saved


def model() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2))


def stepped(optimizer: torch.optim.Optimizer, module: torch.nn.Module) -> torch.optim.Optimizer:
    module(torch.ones(5, 3)).sum().backward()
    optimizer.step()
    return optimizer


def read(folder: Path, module: torch.nn.Module, optimizer: Any) -> OptimizerState:
    with opened(saved(folder, {"model": module.state_dict(), "optim": optimizer})) as checkpoint:
        (found,) = checkpoint.optimizers
        return found


def test_groups_keys_settings_and_states_are_those_of_the_file(tmp_path: Path) -> None:
    module = model()
    weights, biases = ([p for p in module.parameters() if p.dim() == n] for n in (2, 1))
    groups = [{"params": weights, "weight_decay": 0.1}, {"params": biases, "lr": 0.5}]
    optimizer = stepped(torch.optim.AdamW(groups, lr=0.25), module)
    path = saved(tmp_path, {"model": module.state_dict(), "optim": optimizer.state_dict()})
    with opened(path) as checkpoint:
        (found,) = checkpoint.optimizers
        assert (found.path, found.kind) == ("optim.state", "AdamW")
        assert [group.keys for group in found.groups] == [("0", "1"), ("2", "3")]
        assert [group.settings["lr"] for group in found.groups] == [0.25, 0.5]
        assert found.groups[0].settings["betas"] == (0.9, 0.999)
        assert "params" not in found.groups[0].settings
        moment = found.states["2"]["exp_avg_sq"]
        assert isinstance(moment, LazyTensor)
        assert same(moment, optimizer.state_dict()["state"][2]["exp_avg_sq"])
        assert {tensor.name for tensor in checkpoint.extra} >= {moment.name}


def test_names_of_the_parameters_are_taken_where_the_groups_carry_them(tmp_path: Path) -> None:
    module = model()
    optimizer = stepped(torch.optim.SGD(module.named_parameters(), lr=0.1, momentum=0.9), module)
    found = read(tmp_path, module, optimizer.state_dict())
    assert found.groups[0].names == ("0.weight", "0.bias", "1.weight", "1.bias")
    assert found.groups[0].keys == ("0", "1", "2", "3")


def test_a_whole_optimizer_is_read_with_its_parameters_numbered(tmp_path: Path) -> None:
    module = model()
    optimizer = stepped(torch.optim.Adam(module.parameters(), lr=0.1), module)
    found = read(tmp_path, module, optimizer)
    assert found.kind == "Adam"
    assert found.groups[0].keys == ("0", "1", "2", "3")
    shapes = {key: state["exp_avg"].shape for key, state in found.states.items()}  # type: ignore[union-attr]
    assert shapes == {"0": (4, 3), "1": (4,), "2": (2, 4), "3": (2,)}


def test_a_learning_rate_that_is_a_tensor_is_a_number(tmp_path: Path) -> None:
    module = model()
    optimizer = torch.optim.Adam(module.parameters(), lr=torch.tensor(0.125), capturable=False)
    assert read(tmp_path, module, optimizer.state_dict()).groups[0].settings["lr"] == 0.125


def test_steps_are_numbers_or_tensors_as_the_file_has_them(tmp_path: Path) -> None:
    module = model()
    state = {"state": {0: {"step": 7, "flag": True, "exp_avg": torch.ones(4, 3)}}, "param_groups": [{"params": [0]}]}
    found = read(tmp_path, module, state)
    assert found.states["0"]["step"] == 7
    assert "flag" not in found.states["0"]


@pytest.mark.parametrize("params", [None, 7, [[1, 2]], "ab", [{}]])
def test_malformed_groups_do_not_stop_the_reading(tmp_path: Path, params: Any) -> None:
    module = model()
    state = {"state": {0: {"exp_avg": torch.ones(2)}, 1: 5}, "param_groups": [{"params": params, "lr": object}]}
    found = read(tmp_path, module, state)
    assert len(found.groups) == 1
    assert found.groups[0].settings["lr"] is None


def test_only_a_single_finite_real_number_is_a_number() -> None:
    assert number(LazyTensor("", "float32", (1,), None)) is None

"""The optimizer's moments of one step of DeepSpeed ZeRO."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from modelreport.load.pickle_values import mapping
from modelreport.load.torch_files import TorchFiles
from modelreport.load.zero_moments import optimizer_of
from modelreport.load.zero_weights import Step

_opened: list[TorchFiles] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    for file in [file for files in _opened for file in files.files]:
        file.close()
    _opened.clear()


SHAPES = {"a": torch.Size((2, 3)), "b": torch.Size((3,))}


def step(folder: Path, states: list[dict[str, Any]], stage: int = 1, ranks: int = 0) -> Step:
    """A step whose processes wrote these states of their optimizers."""
    files = TorchFiles(folder)
    torch.save({"module": {}, "param_shapes": [SHAPES]}, folder / "model.pt")
    made = Step(files, stage, ranks=ranks or len(states))
    model = files.read("model.pt")
    assert model is not None
    made.models[0] = model
    for rank, value in enumerate(states):
        torch.save(value, folder / f"{rank}.pt")
        file = files.read(f"{rank}.pt")
        assert file is not None
        made.states[rank], made.readers[rank] = mapping(file.value) or {}, file.tensors
    return made


def base(values: torch.Tensor, **more: Any) -> dict[str, Any]:
    groups = [{"lr": 0.1, "params": [0], "weight_decay": 0.0}]
    return {"base_optimizer_state": {"state": {0: {"exp_avg": values, "step": 4}}, "param_groups": groups}, **more}


def told(made: Step) -> dict[str, Any]:
    found = dict(optimizer_of(made))
    _opened.append(made.files)
    optimizer = mapping(found.get("optimizer"))
    return {} if optimizer is None else dict(optimizer)


def test_a_group_cut_in_unequal_parts_is_joined(tmp_path: Path) -> None:
    optimizer = told(step(tmp_path, [base(torch.arange(5.0)), base(torch.arange(5.0, 9.0))]))
    states = mapping(optimizer["state"]) or {}
    first, second = (mapping(states[name]) or {} for name in ("a", "b"))
    assert np.array_equal(first["exp_avg"].array(), np.arange(6.0).reshape(2, 3))
    assert np.array_equal(second["exp_avg"].array(), [6.0, 7.0, 8.0])
    assert first["step"] == 4
    (group,) = optimizer["param_groups"]
    assert mapping(group) == {"lr": 0.1, "weight_decay": 0.0, "params": ["a", "b"]}


def test_paddings_between_parameters_are_stepped_over(tmp_path: Path) -> None:
    padded = torch.tensor([0.0, 1, 2, 3, 4, 5, -1, -1, 6, 7, 8, -1])
    optimizer = told(step(tmp_path, [base(padded, param_alignment_paddings=[[2, 1]])]))
    second = mapping((mapping(optimizer["state"]) or {})["b"]) or {}
    assert np.array_equal(second["exp_avg"].array(), [6.0, 7.0, 8.0])


def test_what_a_missing_process_held_is_without_values(tmp_path: Path) -> None:
    optimizer = told(step(tmp_path, [base(torch.arange(5.0))], ranks=2))
    states = mapping(optimizer["state"]) or {}
    assert "process 1 holds is missing" in (mapping(states["a"]) or {})["exp_avg"].missing


def test_without_a_state_there_is_no_optimizer(tmp_path: Path) -> None:
    assert told(step(tmp_path, [{"zero_stage": 1}])) == {}

"""Weights of one step of DeepSpeed ZeRO."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from modelreport.checkpoint import LazyTensor
from modelreport.errors import CorruptFileError
from modelreport.load.torch_files import TorchFiles
from modelreport.load.zero_weights import Step, groups_of, module_of


def step(folder: Path, value: Any, stage: int = 0) -> Step:
    torch.save(value, folder / "model.pt")
    files = TorchFiles(folder)
    file = files.read("model.pt")
    assert file is not None
    made = Step(files, stage, ranks=1)
    made.models[0] = file
    return made


def weights(made: Step) -> dict[str, Any]:
    ((key, module),) = module_of(made)
    assert key == "module"
    made.files.files[0].close()
    return dict(module.pairs)


def test_groups_are_names_and_shapes_in_order(tmp_path: Path) -> None:
    made = step(tmp_path, {"param_shapes": [{"b": torch.Size((2, 3)), "a": torch.Size(())}, {"c": torch.Size((4,))}]})
    assert groups_of(made) == [{"b": (2, 3), "a": ()}, {"c": (4,)}]
    made.files.files[0].close()


def test_a_single_group_may_stand_alone(tmp_path: Path) -> None:
    made = step(tmp_path, {"param_shapes": {"a": torch.Size((2,))}})
    assert groups_of(made) == [{"a": (2,)}]
    made.files.files[0].close()


def test_shapes_that_are_none_are_said(tmp_path: Path) -> None:
    made = step(tmp_path, {"param_shapes": [{"a": "wide"}]})
    assert groups_of(made) == [{}]
    assert "not given as DeepSpeed gives them" in made.notes[0]
    made.files.files[0].close()


def test_a_module_without_partitions_is_taken_as_it_is(tmp_path: Path) -> None:
    found = weights(step(tmp_path, {"module": {"w": torch.ones(2, 2)}}))
    assert isinstance(found["w"], LazyTensor)
    assert found["w"].shape == (2, 2)


def test_a_place_that_no_group_names_is_lost(tmp_path: Path) -> None:
    made = step(tmp_path, {"module": {"w": torch.ones(0), "buffer": torch.ones(2)}, "param_shapes": []}, stage=3)
    found = weights(made)
    assert found["w"].storage is None
    assert found["buffer"].storage is not None
    assert made.lost == {"w": "its partitions are not named"}


def test_model_states_without_a_module_are_damaged(tmp_path: Path) -> None:
    made = step(tmp_path, {"epoch": 3})
    with pytest.raises(CorruptFileError, match="hold no module"):
        list(module_of(made))
    made.files.files[0].close()

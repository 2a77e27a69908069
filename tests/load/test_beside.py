from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from modelreport.load import open_checkpoint
from modelreport.load.beside import CONFIG_LIMIT
from modelreport.options import Options


def weights(folder: Path, name: str = "model.safetensors") -> Path:
    path = folder / name
    if name.endswith(".safetensors"):
        save_file({"a.weight": torch.ones(2, 3)}, path)
    else:
        torch.save({"a.weight": torch.ones(2, 3)}, path)
    return path


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_weights_have_the_configuration_that_lies_beside_them(tmp_path: Path, name: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with open_checkpoint(weights(tmp_path, name), Options()) as checkpoint:
        assert checkpoint.config == {"model_type": "bert"}
        assert checkpoint.folder == tmp_path
        assert checkpoint.source.kind == "file"
        assert [file.name for file in checkpoint.source.files] == [name]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"model": "bert"}', '{"model_type": 3}', '"model_type"', " " * CONFIG_LIMIT + '{"model_type":""}'],
)
def test_a_configuration_that_names_no_architecture_is_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with open_checkpoint(weights(tmp_path), Options()) as checkpoint:
        assert checkpoint.config is None
        assert checkpoint.folder is None


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "config.json"
    inside.mkdir()
    outside.write_text('{"model_type": "bert"}')
    (inside / "config.json").symlink_to(outside)
    with open_checkpoint(weights(inside), Options()) as checkpoint:
        assert checkpoint.config is None


def test_a_pickled_module_keeps_to_its_own_class(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    torch.save(torch.nn.Linear(2, 3), tmp_path / "model.pt")
    with open_checkpoint(tmp_path / "model.pt", Options()) as checkpoint:
        assert checkpoint.config is None


def test_one_shard_of_several_says_that_it_is(tmp_path: Path) -> None:
    with open_checkpoint(weights(tmp_path, "model-00002-of-00003.safetensors"), Options()) as checkpoint:
        assert "file 2 of the 3 that hold the model" in checkpoint.source.notes[0]
    with open_checkpoint(weights(tmp_path, "model-00001-of-00001.safetensors"), Options()) as checkpoint:
        assert not checkpoint.source.notes


def notes(path: Path) -> tuple[str, ...]:
    with open_checkpoint(path, Options()) as checkpoint:
        return checkpoint.source.notes


def test_a_part_of_a_parallel_model_is_called_so(tmp_path: Path) -> None:
    for part in ("mp_rank_00", "mp_rank_01"):
        (tmp_path / part).mkdir()
        weights(tmp_path / part, "model_optim_rng.pt")
    (note,) = notes(tmp_path / "mp_rank_00" / "model_optim_rng.pt")
    assert note.startswith("This is the part of mp_rank_00, one of 2 that tensor and pipeline parallelism make")


def test_a_model_in_one_part_is_whole(tmp_path: Path) -> None:
    (tmp_path / "mp_rank_00").mkdir()
    assert notes(weights(tmp_path / "mp_rank_00", "model_optim_rng.pt")) == ()


def test_the_file_of_one_of_several_processes_names_the_folder(tmp_path: Path) -> None:
    first = weights(tmp_path, "model_rank_0.pt")
    assert notes(first) == ()
    weights(tmp_path, "model_rank_1.pt")
    weights(tmp_path, "frank0.pt")
    (note,) = notes(first)
    assert note == "By its name this is the file of one of 2 processes: give their folder for a report on all of them."
    assert notes(tmp_path / "frank0.pt") == ()

"""Shards in safetensors that several processes wrote."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from modelreport.errors import MissingFileError
from modelreport.load.shards import recognises
from tests.load.files import names, opened, recognising, same

FIRST, SECOND = (f"shard-0000{i}-model-00001-of-00001.safetensors" for i in (1, 2))


def write(folder: Path, name: str, tensors: dict[str, torch.Tensor], offsets: dict[str, list[int]]) -> None:
    info = json.dumps({key: {"saved_offsets": start} for key, start in offsets.items()})
    save_file(tensors, folder / name, {"DCP_SHARDING_INFO": info, "DCP_VERSION": "1.0", "format": "pt"})


def test_they_are_recognised_without_an_index() -> None:
    assert recognises(b"", (FIRST, SECOND))
    assert not recognises(b"", (FIRST, "model.safetensors.index.json"))
    assert not recognises(b"", (FIRST, "config.json"))
    assert not recognises(b"", (FIRST,))
    assert not recognises(b"x", (FIRST, SECOND))
    assert recognising(b"", (FIRST, SECOND)) == ["safetensors-shards"]


def test_what_two_processes_wrote_is_one_model(distributed: Path) -> None:
    whole = torch.load(distributed / "whole.pth", weights_only=False)["model"]
    with opened(distributed / "hf") as checkpoint:
        assert checkpoint.source.format == "safetensors-shards"
        assert set(names(checkpoint)) == set(whole)
        assert all(same(tensor, whole[tensor.name]) for tensor in checkpoint.tensors)
        assert "4 tensors are put together from shards" in checkpoint.source.notes[0]


def test_columns_and_replicas_are_put_together(tmp_path: Path) -> None:
    whole = torch.arange(24.0).reshape(4, 6)
    write(tmp_path, FIRST, {"w": whole[:, :2].contiguous(), "b": torch.ones(3)}, {"w": [0, 0], "b": [0]})
    write(tmp_path, SECOND, {"w": whole[:, 2:].contiguous(), "b": torch.ones(3)}, {"w": [0, 2], "b": [0]})
    with opened(tmp_path) as checkpoint:
        found = {tensor.name: tensor for tensor in checkpoint.tensors}
        assert same(found["w"], whole)
        assert same(found["b"], torch.ones(3))


def test_a_damaged_shard_costs_the_tensors_it_has_a_part_of(distributed: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(distributed / "hf", tmp_path / "hf"))
    (folder / FIRST).write_bytes((folder / FIRST).read_bytes()[:-8])
    with opened(folder) as checkpoint:
        assert FIRST in checkpoint.source.notes[0]
        lost = {item.name: item.value for item in checkpoint.source.unreadable}
        assert "the others are missing" in lost["0.weight"]


def test_overlapping_shards_are_refused(tmp_path: Path) -> None:
    write(tmp_path, FIRST, {"w": torch.ones(4, 2)}, {"w": [0, 0]})
    write(tmp_path, SECOND, {"w": torch.ones(4, 2)}, {"w": [2, 0]})
    with opened(tmp_path) as checkpoint:
        assert "overlap" in checkpoint.tensors[0].missing


def test_without_a_readable_shard_the_error_says_so(tmp_path: Path) -> None:
    for name in (FIRST, SECOND):
        (tmp_path / name).write_bytes(b"nothing")
    with pytest.raises(MissingFileError, match="None of the 2 shards"), opened(tmp_path):
        pass

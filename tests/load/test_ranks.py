"""One file for each process."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from modelreport.errors import MissingFileError
from modelreport.facts import Security
from modelreport.load.ranks import find_ranks, recognises
from tests.load.distributed import whole_tensors
from tests.load.files import names, opened, recognising, same


def test_files_of_several_processes_are_recognised_by_their_names() -> None:
    assert recognises(b"", ("model_world_size_2_rank_0.pt", "model_world_size_2_rank_1.pt"))
    assert recognises(b"", ("rank0.pt", "rank1.pt", "notes.txt"))
    assert not recognises(b"", ("model_rank_0.pt",))
    assert not recognises(b"", ("a_rank_0.pt", "b_rank_1.pt"))
    assert not recognises(b"", ("config.json", "rank0.pt", "rank1.pt"))
    assert not recognises(b"x", ("rank0.pt", "rank1.pt"))
    assert recognising(b"", ("rank0.pt", "rank1.pt")) == ["torch-ranks"]


def test_the_model_comes_before_the_optimizer() -> None:
    found = find_ranks(["optim_rank_0.pt", "optim_rank_1.pt", "optim_rank_2.pt", "model_rank_1.pt", "model_rank_0.pt"])
    assert list(found) == ["model_", "optim_"]
    assert list(found["model_"]) == [0, 1]


def test_shards_of_dtensors_are_put_together(distributed: Path) -> None:
    whole = torch.load(distributed / "whole.pth", weights_only=False)["model"]
    with opened(distributed / "ranks") as checkpoint:
        assert checkpoint.source.format == "torch-ranks"
        assert set(names(checkpoint)) == set(whole)
        assert all(same(tensor, whole[tensor.name]) for tensor in checkpoint.tensors)
        assert checkpoint.source.notes == ("4 tensors are put together from the shards of 2 processes.",)
        assert checkpoint.source.training is not None
        assert checkpoint.source.training.items[0].value == "4"
        assert [file.name for file in checkpoint.source.files] == [
            "model_world_size_2_rank_0.pt",
            "model_world_size_2_rank_1.pt",
        ]


def test_shards_that_state_their_offsets_are_put_together(distributed: Path) -> None:
    with opened(distributed / "sharded") as checkpoint:
        found = {tensor.name: tensor for tensor in checkpoint.tensors}
        assert same(found["rows"], whole_tensors()["rows"])
        assert same(found["plain"], torch.ones(3))
        assert isinstance(checkpoint.security, Security)
        assert not checkpoint.security.executes
        assert any("1 tensors do not say which part" in note for note in checkpoint.source.notes)


def test_a_missing_process_leaves_a_gap_that_is_named(distributed: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(distributed / "ranks", tmp_path / "ranks"))
    (folder / "model_world_size_2_rank_1.pt").write_bytes(b"gone")
    with opened(folder) as checkpoint:
        lost = {item.name: item.value for item in checkpoint.source.unreadable}
        assert "its pieces hold 64 of 120 elements: the others are missing" in lost["0.weight"]
        assert any("model_world_size_2_rank_1.pt" in note for note in checkpoint.source.notes)


def test_plain_tensors_are_those_of_the_first_process_and_said_to_be(tmp_path: Path) -> None:
    for rank in range(2):
        torch.save({"a.weight": torch.full((2, 2), float(rank)), "a.bias": torch.ones(2)}, tmp_path / f"rank_{rank}.pt")
    with opened(tmp_path) as checkpoint:
        assert same(checkpoint.tensors[0], torch.zeros(2, 2))
        (note,) = checkpoint.source.notes
        assert note.startswith("2 tensors do not say which part of a whole they are; those of process 0 are reported")


def test_flat_parameters_are_named_as_what_they_are(tmp_path: Path) -> None:
    for rank in range(2):
        torch.save(
            {"layer._flat_param": torch.ones(5), "head._flat_param": torch.ones(2)}, tmp_path / f"rank_{rank}.pt"
        )
    with opened(tmp_path) as checkpoint:
        assert "flat vectors as FSDP's LOCAL_STATE_DICT saves them" in checkpoint.source.notes[0]


def test_without_a_readable_file_the_error_says_so(tmp_path: Path) -> None:
    for rank in range(2):
        (tmp_path / f"rank_{rank}.pt").write_bytes(b"nothing")
    with pytest.raises(MissingFileError, match="None of the 2 files"), opened(tmp_path):
        pass

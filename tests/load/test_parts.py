"""Joining weight files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from modelreport.errors import MissingFileError, UnknownFormatError
from modelreport.load.parts import Parts, find_format


def close(parts: Parts) -> None:
    for file in parts.files:
        file.close()


def test_sharing_inside_a_part_survives_and_files_are_counted_on(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "1.safetensors")
    shared = torch.arange(4.0)
    torch.save({"b": shared, "c": shared[1:]}, tmp_path / "2.bin")
    parts = Parts(tmp_path)
    parts.add_weights("1.safetensors")
    parts.add_weights("2.bin")
    a, b, c = parts.tensors
    assert (a.storage.file, b.storage.file, c.storage.file) == (0, 1, 1)  # type: ignore[union-attr]
    assert b.storage is c.storage
    assert c.array().tolist() == [1, 2, 3]
    assert [file.name for file in parts.source_files] == ["1.safetensors", "2.bin"]
    assert parts.security.pickles == 1
    assert all(call.where.startswith("2.bin: ") for call in parts.security.calls)
    close(parts)


def test_a_tensor_in_two_files_is_taken_once_with_a_note(tmp_path: Path) -> None:
    for name, value in (("1.safetensors", 1.0), ("2.safetensors", 2.0)):
        save_file({"w": torch.full((2,), value)}, tmp_path / name)
    parts = Parts(tmp_path)
    parts.add_weights("1.safetensors")
    parts.add_weights("2.safetensors")
    assert [tensor.array().tolist() for tensor in parts.tensors] == [[1, 1]]
    assert parts.notes == ["'w' is in 1.safetensors and again in 2.safetensors; the first is shown."]
    close(parts)


def test_a_part_is_known_by_its_content(tmp_path: Path) -> None:
    save_file({"w": torch.ones(1)}, tmp_path / "pytorch_model.bin")
    assert find_format(tmp_path / "pytorch_model.bin").id == "safetensors"
    (tmp_path / "x.safetensors").write_text('{"weight_map": {"a": "b"}}')
    with pytest.raises(UnknownFormatError, match="not a weight file"):
        find_format(tmp_path / "x.safetensors")


def test_facts_files_are_named_among_the_sources(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    parts = Parts(tmp_path)
    parts.add_file("config.json")
    assert parts.source_files[0].size_bytes == 2
    with pytest.raises(MissingFileError):
        parts.add_file("absent.json")
    close(parts)

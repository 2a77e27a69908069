"""Weights in several files behind an index."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from modelreport.errors import CorruptFileError, LoadError, MissingFileError
from modelreport.facts import Security
from modelreport.load.sharded import FORMAT, find_indexes, recognises
from tests.load.files import names, opened, recognising, same

INDEX = "model.safetensors.index.json"
FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(4, dtype=torch.bfloat16), "c": torch.zeros(2)}
MAP = {"a": FIRST, "b": SECOND, "c": SECOND}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two shards and their index."""
    save_file({"a": TENSORS["a"]}, tmp_path / FIRST, {"format": "pt"})
    save_file({"b": TENSORS["b"], "c": TENSORS["c"]}, tmp_path / SECOND, {"format": "pt"})
    write_index(tmp_path, MAP)
    return tmp_path


def write_index(folder: Path, places: Any, name: str = INDEX, total: int = 40) -> Path:
    path = folder / name
    path.write_text(json.dumps({"metadata": {"total_size": total}, "weight_map": places}, indent=2))
    return path


@pytest.mark.parametrize("given_as", ["index", "folder"])
def test_all_shards_are_read_from_the_index_or_its_folder(folder: Path, given_as: str) -> None:
    with opened(folder / INDEX if given_as == "index" else folder) as checkpoint:
        assert checkpoint.source.format == "sharded"
        assert sorted(names(checkpoint)) == ["a", "b", "c"]
        assert all(same(tensor, TENSORS[tensor.name]) for tensor in checkpoint.tensors)
        assert [file.name for file in checkpoint.source.files] == [FIRST, SECOND, INDEX]
        assert [tensor.storage.file for tensor in checkpoint.tensors] == [0, 1, 1]  # type: ignore[union-attr]
        assert checkpoint.source.notes == ()
        assert {i.name: i.value for i in checkpoint.source.metadata} == {"metadata.total_size": "40", "format": "pt"}


def test_pickled_shards_are_read_as_data_and_their_calls_named(tmp_path: Path) -> None:
    torch.save({"a": TENSORS["a"]}, tmp_path / "pytorch_model-1.bin")
    torch.save({"b": TENSORS["b"]}, tmp_path / "pytorch_model-2.bin", _use_new_zipfile_serialization=False)
    places = {"a": "pytorch_model-1.bin", "b": "pytorch_model-2.bin"}
    write_index(tmp_path, places, "pytorch_model.bin.index.json", 32)
    with opened(tmp_path) as checkpoint:
        assert all(same(tensor, TENSORS[tensor.name]) for tensor in checkpoint.tensors)
        assert isinstance(checkpoint.security, Security)
        assert checkpoint.security.pickles >= 2
        assert {call.where.split(":")[0] for call in checkpoint.security.calls} == set(places.values())
        assert checkpoint.source.notes == ()


def test_a_common_prefix_is_not_stripped_from_one_shard_only(tmp_path: Path) -> None:
    torch.save({"model.x": torch.ones(1), "model.y": torch.ones(1)}, tmp_path / "1.bin")
    torch.save({"model.z": torch.ones(1), "head": torch.ones(1)}, tmp_path / "2.bin")
    places = {"model.x": "1.bin", "model.y": "1.bin", "model.z": "2.bin", "head": "2.bin"}
    write_index(tmp_path, places, "pytorch_model.bin.index.json", 16)
    with opened(tmp_path) as checkpoint:
        assert set(names(checkpoint)) == set(places)


def test_a_missing_shard_is_named_and_the_rest_is_reported(folder: Path) -> None:
    (folder / SECOND).unlink()
    with opened(folder) as checkpoint:
        assert names(checkpoint) == ["a"]
        (note,) = checkpoint.source.notes
        assert note == f"'{SECOND}' is missing. Its 2 tensors are missing from this report."


def test_a_damaged_shard_is_named_and_the_rest_is_reported(folder: Path) -> None:
    (folder / FIRST).write_bytes((folder / FIRST).read_bytes()[:-4])
    with opened(folder) as checkpoint:
        assert sorted(names(checkpoint)) == ["b", "c"]
        assert FIRST in checkpoint.source.notes[0]
        assert "past the end" in checkpoint.source.notes[0]


def test_without_any_shard_the_error_says_so(folder: Path) -> None:
    (folder / FIRST).unlink()
    (folder / SECOND).unlink()
    with pytest.raises(MissingFileError, match="None of the 2 files") as caught, opened(folder):
        pass
    assert FIRST in caught.value.message


@pytest.mark.parametrize("name", ["../outside.safetensors", "/etc/passwd", "link.safetensors", "sub/../../x", "pipe"])
def test_shards_outside_the_folder_are_never_opened(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "outside.safetensors"
    save_file({"secret": torch.ones(1)}, outside)
    (folder / "link.safetensors").symlink_to(outside)
    os.mkfifo(folder / "pipe")
    write_index(folder, {"a": FIRST, "secret": name})
    with opened(folder) as checkpoint:
        assert names(checkpoint) == ["a"]
        assert any("not opened" in note for note in checkpoint.source.notes)


def test_disagreements_between_index_and_shards_are_noted(folder: Path) -> None:
    write_index(folder, {"a": SECOND, "b": SECOND, "ghost": FIRST}, total=1)
    with opened(folder) as checkpoint:
        assert set(names(checkpoint)) == {"a", "b", "c"}
        text = " ".join(checkpoint.source.notes)
    assert f"'ghost' is named in {INDEX} but in no shard" in text
    assert "'c' is in a shard but not named" in text
    assert "'a' is in another shard" in text
    assert "states a total size of 1 bytes, the shards hold 40" in text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"weight_map": {"a": 3}}', "does not give a file name"),
        ('{"metadata": {"total_size": 1}, "weight_map": []}', "does not give a file name"),
        ('{"weight_map": {"a": "b"', "not valid JSON"),
        ('{"weight_map": {"a": ' + '{"a":' * 50_000, "nests too deeply"),
        ('{"weight_map": {' + ",".join(f'"{i}":"s{i}"' for i in range(10_001)) + "}}", "names 10001 files"),
    ],
)
def test_a_damaged_index_is_one_clear_line(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / INDEX).write_text(content)
    with pytest.raises(CorruptFileError, match=reason), opened(tmp_path / INDEX):
        pass


def test_an_index_without_tensors_is_an_empty_report(tmp_path: Path) -> None:
    write_index(tmp_path, {}, total=0)
    with opened(tmp_path) as checkpoint:
        assert checkpoint.tensors == ()


def test_indexes_are_recognised_by_content(folder: Path) -> None:
    head = (folder / INDEX).read_bytes()[:4096]
    assert recognising(head) == [FORMAT.id]
    assert recognising(b"", (INDEX, FIRST, SECOND)) == [FORMAT.id]
    assert recognising(b"", (INDEX, FIRST, SECOND, "config.json")) == ["huggingface"]
    assert not recognises(b'{"epoch": 3}', ())
    assert find_indexes(("pytorch_model.bin.index.json", INDEX)) == [INDEX, "pytorch_model.bin.index.json"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 200), value=st.binary(min_size=1, max_size=3))
def test_a_mutated_index_gives_a_report_or_a_clear_line(folder: Path, place: int, value: bytes) -> None:
    data = bytearray(write_index(folder, MAP).read_bytes())
    place %= len(data)
    data[place : place + len(value)] = value
    (folder / INDEX).write_bytes(data)
    try:
        with opened(folder / INDEX) as checkpoint:
            assert all(tensor.array() is not None for tensor in checkpoint.tensors)
    except LoadError as error:
        assert error.message  # noqa: PT017


def test_with_a_configuration_beside_it_an_index_alone_names_the_tensors(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "llama"}')
    for shard in (FIRST, SECOND):
        (folder / shard).unlink()
    for path in (folder, folder / INDEX):
        with opened(path) as checkpoint:
            assert (checkpoint.tensors, checkpoint.named) == ((), ("a", "b", "c"))
            assert "None of the 2 files" in checkpoint.source.notes[0]
            assert "3 tensors, 40 bytes in all" in checkpoint.source.notes[0]
            assert checkpoint.config == {"model_type": "llama"}
    (folder / FIRST).symlink_to("/nowhere")  # a link that leads nowhere is damage, not a choice
    with pytest.raises(MissingFileError), opened(folder):
        pass

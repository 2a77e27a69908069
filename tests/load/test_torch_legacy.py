"""Files of PyTorch before 1.6."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from modelreport.errors import CorruptFileError
from modelreport.load.torch_legacy import read_stream
from tests.load.files import opened, recognising, same, saved, written
from tests.load.hostile import legacy


def test_the_magic_number_is_recognised() -> None:
    assert recognising(legacy()[:4096]) == ["torch-legacy"]
    assert recognising(b"L119547037146038801333356L\n.") == ["torch-legacy"]


@pytest.mark.parametrize("protocol", [1, 2, 4])
def test_values_are_read_where_they_lie(protocol: int, tmp_path: Path) -> None:
    state = torch.nn.GRU(4, 5).state_dict()
    path = saved(tmp_path, state, _use_new_zipfile_serialization=False, pickle_protocol=protocol)
    with opened(path) as checkpoint:
        assert checkpoint.source.format == "torch-legacy"
        assert all(same(lazy, state[lazy.name]) for lazy in checkpoint.tensors)
        storage = checkpoint.tensors[0].storage
        assert storage is not None
        assert storage.source is checkpoint.files[0]


def test_source_text_of_modules_is_kept(tmp_path: Path) -> None:
    path = saved(tmp_path, torch.nn.Linear(2, 2), _use_new_zipfile_serialization=False)
    with opened(path) as checkpoint:
        code = {item.name: item.value for item in checkpoint.source.code}
        assert "class Linear(Module)" in code["torch.nn.modules.linear.Linear"]


def test_a_cut_file_keeps_the_tensors_before_the_cut(tmp_path: Path) -> None:
    path = saved(tmp_path, {"a": torch.ones(100), "b": torch.ones(100)}, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes()[:-50])
    with opened(path) as checkpoint:
        found = {lazy.name: lazy.storage is not None for lazy in checkpoint.tensors}
        assert sorted(found.values()) == [False, True]
        assert any("file ends before storage 2 of 2" in note for note in checkpoint.source.notes)


def test_bytes_after_the_last_storage_are_noted(tmp_path: Path) -> None:
    with opened(written(tmp_path, legacy() + b"extra")) as checkpoint:
        assert "5 bytes follow the last storage." in checkpoint.source.notes


def test_lying_storage_sizes_are_caught(tmp_path: Path) -> None:
    data = legacy()
    for count in (2**62, -1):
        path = written(tmp_path, data[:-32] + count.to_bytes(8, "little", signed=True) + data[-24:])
        with opened(path) as checkpoint:
            assert "file ends before storage" in checkpoint.tensors[0].missing


def test_a_stream_cut_in_its_pickles_is_an_error(tmp_path: Path) -> None:
    data = legacy()
    for size in range(20, data.rfind(b"]("), 7):
        with pytest.raises(CorruptFileError, match="ends in the middle"), opened(written(tmp_path, data[:size])):
            pass


def test_streams_in_memory_are_read_too() -> None:
    data = b"xx" + legacy()
    found = read_stream(memoryview(data), 2, len(data), None, "")
    assert found.error == ""
    assert found.storages.locate("0").view().tobytes() == data[-24:]

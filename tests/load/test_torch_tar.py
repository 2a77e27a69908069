"""Files of PyTorch before 0.1.10, which torch itself can no longer write."""

from __future__ import annotations

import io
import struct
import tarfile
from pathlib import Path

import pytest
import torch

from modelreport.errors import CorruptFileError
from tests.load.files import opened, recognising, written
from tests.load.hostile import Ops, name, ops, stream


def old(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member, data in members.items():
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def members(*, count: int = 6, shape: tuple[int, ...] = (2, 3)) -> dict[str, bytes]:
    """Two tensors over one storage, the second by way of a view of it."""
    values = struct.pack("<q", count) + struct.pack("<6f", 1, 2, 3, 4, 5, 6)
    floats = name("torch", "FloatStorage")
    storages = stream(1, 2) + stream((10, "cpu", floats), 2) + values + stream([(11, 10, 2, 4)], 2)

    def entry(key: int, storage: int, sizes: tuple[int, ...], strides: tuple[int, ...]) -> bytes:
        sizes_and_strides = struct.pack(f"<{2 * len(sizes)}q", *sizes, *strides)
        kind = name("torch", "FloatTensor")
        return (
            stream((key, storage, kind), 2)
            + struct.pack("<ii", len(sizes), 0)
            + sizes_and_strides
            + struct.pack("<q", 0)
        )

    tensors = stream(2, 2) + entry(20, 10, shape, (3, 1)) + entry(21, 11, (4,), (1,))
    pickle = stream({"weight": Ops(b"P20\n"), "view": Ops(ops("21") + b"Q")}, 2)
    return {"sys_info": stream({}, 2), "pickle": pickle, "tensors": tensors, "storages": storages}


def test_tar_archives_are_recognised() -> None:
    assert recognising(old(members())[:4096]) == ["torch-tar"]


def test_tensors_and_views_are_read_as_torch_reads_them(tmp_path: Path) -> None:
    path = written(tmp_path, old(members()), "old.tar")
    reference = torch.load(path, weights_only=False)
    with opened(path) as checkpoint:
        weight, view = checkpoint.tensors
        assert weight.array().tolist() == reference["weight"].tolist() == [[1, 2, 3], [4, 5, 6]]
        assert view.array().tolist() == reference["view"].tolist() == [3, 4, 5, 6]
        assert weight.storage is view.storage


def test_tensors_beyond_their_storage_are_noted(tmp_path: Path) -> None:
    with opened(written(tmp_path, old(members(shape=(9, 9))))) as checkpoint:
        assert [tensor.name for tensor in checkpoint.tensors] == ["view"]
        assert any("cannot be read" in note for note in checkpoint.source.notes)


@pytest.mark.parametrize("count", [-1, 2**61, 10_000])
def test_lying_storages_are_refused(count: int, tmp_path: Path) -> None:
    with (
        pytest.raises(CorruptFileError, match="runs past its end"),
        opened(written(tmp_path, old(members(count=count)))),
    ):
        pass


def test_other_archives_say_what_they_hold(tmp_path: Path) -> None:
    path = written(tmp_path, old({"a.txt": b"x"}))
    with pytest.raises(CorruptFileError, match=r"no PyTorch checkpoint \(it holds a.txt\)"), opened(path):
        pass


def test_cut_archives_are_refused(tmp_path: Path) -> None:
    data = old(members())
    for size in range(600, len(data) - 11_000, 300):
        with pytest.raises(CorruptFileError), opened(written(tmp_path, data[:size])):
            pass

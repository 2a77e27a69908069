"""Files of torch.save in one folder."""

from __future__ import annotations

import zipfile
from pathlib import Path

import torch

from modelreport.load.torch_files import TorchFiles
from tests.load.files import same


def closed(files: TorchFiles) -> None:
    for file in files.files:
        file.close()


def test_tensors_know_the_file_they_lie_in(tmp_path: Path) -> None:
    for index in range(2):
        torch.save({"a": torch.full((3,), float(index))}, tmp_path / f"{index}.pt")
    files = TorchFiles(tmp_path)
    found = [files.read(f"{index}.pt") for index in range(2)]
    for index, file in enumerate(found):
        assert file is not None
        ((_, value),) = file.value.pairs
        parts = file.tensors.read(value)
        assert parts is not None
        assert same(parts.main, torch.full((3,), float(index)))
        assert parts.main.storage is not None
        assert parts.main.storage.file == index
    assert files.scan.pickles == 2
    assert {call.where for call in files.scan.security().calls} == {"0.pt", "1.pt"}
    closed(files)


def test_what_cannot_be_read_is_kept_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "text.pt").write_text("hello")
    (tmp_path / "out.pt").symlink_to("/etc/passwd")
    files = TorchFiles(tmp_path)
    assert all(files.read(name) is None for name in ("text.pt", "out.pt", "none.pt", "../up.pt"))
    assert "damaged" in files.failed["text.pt"]
    assert "leads out" in files.failed["out.pt"]
    assert files.failed["none.pt"] == "'none.pt' is missing"
    assert "leads out" in files.failed["../up.pt"]
    closed(files)


def test_a_storage_that_is_not_there_costs_its_tensor(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(2), "b": torch.zeros(2)}, tmp_path / "whole.pt")
    with zipfile.ZipFile(tmp_path / "whole.pt") as whole, zipfile.ZipFile(tmp_path / "part.pt", "w") as part:
        for info in whole.infolist():
            if not info.filename.endswith("data/1"):
                part.writestr(info.filename, whole.read(info))
    files = TorchFiles(tmp_path)
    found = files.read("part.pt")
    assert found is not None
    first, second = (found.tensors.read(value) for _, value in found.value.pairs)
    assert first is not None
    assert second is not None
    assert first.main.missing == ""
    assert "is not in 'part.pt'" in second.main.missing
    closed(files)


def test_compressed_storages_are_not_unpacked(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(2)}, tmp_path / "whole.pt")
    with zipfile.ZipFile(tmp_path / "whole.pt") as whole, zipfile.ZipFile(tmp_path / "small.pt", "w") as small:
        for info in whole.infolist():
            small.writestr(info.filename, whole.read(info), zipfile.ZIP_DEFLATED)
    files = TorchFiles(tmp_path)
    found = files.read("small.pt")
    assert found is not None
    ((_, value),) = found.value.pairs
    parts = found.tensors.read(value)
    assert parts is not None
    assert "is compressed" in parts.main.missing
    closed(files)

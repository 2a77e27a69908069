"""Files closed when reading fails, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelreport.checkpoint import LocalFile
from modelreport.load.opening import close_on_failure


def opened(folder: Path, name: str) -> LocalFile:
    (folder / name).write_bytes(b"abc")
    return LocalFile(folder / name)


def fail_after_opening(folder: Path, files: list[LocalFile]) -> None:
    with close_on_failure(files):
        files.append(opened(folder, "b"))
        raise KeyError


def test_files_added_before_a_failure_are_closed_as_well(tmp_path: Path) -> None:
    files = [opened(tmp_path, "a")]
    with pytest.raises(KeyError):
        fail_after_opening(tmp_path, files)
    assert len(files) == 2
    for file in files:
        with pytest.raises(ValueError, match="closed file"):
            file.pread(1, 0)


def test_files_stay_open_after_success(tmp_path: Path) -> None:
    file = opened(tmp_path, "a")
    with close_on_failure([file]):
        pass
    assert file.pread(3, 0) == b"abc"
    file.close()

"""The first look at a path."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from modelreport.errors import CorruptFileError, MissingFileError
from modelreport.load.probe import HEAD_BYTES, probe
from tests.load.files import written


def test_files_give_their_head(tmp_path: Path) -> None:
    seen = probe(written(tmp_path, b"abc" * 5000))
    assert (len(seen.head), seen.names, seen.is_folder, seen.size_bytes) == (HEAD_BYTES, (), False, 15000)


def test_zips_give_their_members(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("b/data.pkl", "1")
        archive.writestr("a", "2")
    assert probe(tmp_path / "x.zip").names == ("b/data.pkl", "a")


def test_folders_give_their_entries_sorted(tmp_path: Path) -> None:
    written(tmp_path, b"1", "b")
    written(tmp_path, b"1", "a")
    seen = probe(tmp_path)
    assert (seen.head, seen.names, seen.is_folder) == (b"", ("a", "b"), True)


def test_missing_and_odd_paths_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="does not exist"):
        probe(tmp_path / "none.pth")
    with pytest.raises(MissingFileError, match="does not exist") as caught:
        probe(tmp_path / "no" / "none.pth")
    assert "either" in caught.value.hint
    (tmp_path / "link.pth").symlink_to("gone.pth")
    with pytest.raises(MissingFileError, match="link to a file that does not exist"):
        probe(tmp_path / "link.pth")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MissingFileError, match="not a regular file"):
        probe(tmp_path / "pipe")
    with pytest.raises(MissingFileError, match="cannot be opened"):
        probe(tmp_path / "a\0b")
    with pytest.raises(MissingFileError, match="cannot be opened"):
        probe(tmp_path / ("x" * 300))


def test_empty_and_cut_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(CorruptFileError, match="0 bytes"):
        probe(written(tmp_path, b""))
    with pytest.raises(CorruptFileError, match="directory at the end"):
        probe(written(tmp_path, b"PK\3\4" + bytes(100)))

"""Zip members are found, checked and capped."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from modelreport.checkpoint import LocalFile
from modelreport.errors import CorruptFileError
from modelreport.load import archive as module
from modelreport.load.archive import Archive
from tests.load.files import written


def packed(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data, zipfile.ZIP_DEFLATED if name.startswith("deflated") else zipfile.ZIP_STORED)
    return buffer.getvalue()


@contextmanager
def archive_of(folder: Path, data: bytes) -> Iterator[Archive]:
    file = LocalFile(written(folder, data))
    try:
        yield Archive(file, "x.pth")
    finally:
        file.close()


def test_stored_members_are_ranges_of_the_file(tmp_path: Path) -> None:
    data = packed(a=b"hello", b=b"world")
    with archive_of(tmp_path, data) as archive:
        start, size = archive.span("b")
        assert data[start : start + size] == b"world"
        assert archive.read("a", check=True) == b"hello"
        assert archive.notes == []


def test_deflated_members_are_unpacked_up_to_a_limit(tmp_path: Path) -> None:
    with archive_of(tmp_path, packed(deflated=bytes(100_000))) as archive:
        assert archive.read("deflated") == bytes(100_000)
        with pytest.raises(CorruptFileError, match="unpacks to more"):
            archive.read("deflated", 1000)
        with pytest.raises(CorruptFileError, match="is compressed"):
            archive.span("deflated")


def test_damage_is_named(tmp_path: Path) -> None:
    data = packed(a=b"hello", deflated=b"x" * 500)
    headless = data.replace(b"PK\3\4", b"PK\0\0", 1)
    with archive_of(tmp_path, headless) as archive, pytest.raises(CorruptFileError, match="no header"):
        archive.span("a")
    start = data.find(b"deflated") + len(b"deflated")
    garbled = data[:start] + b"\xff" * 5 + data[start + 5 :]
    with archive_of(tmp_path, garbled) as archive, pytest.raises(CorruptFileError, match="cannot be unpacked"):
        archive.read("deflated")


def test_sizes_beyond_the_file_are_named(tmp_path: Path) -> None:
    data = bytearray(packed(a=b"hello"))
    place = data.find(b"PK\1\2") + 20
    data[place : place + 8] = struct.pack("<II", 5000, 5000)
    with archive_of(tmp_path, bytes(data)) as archive, pytest.raises(CorruptFileError, match="past the end"):
        archive.span("a")


def test_oddities_are_noted(tmp_path: Path) -> None:
    data = packed(aaaa=b"hello")
    renamed = data.replace(b"aaaa", b"bbbb", 1)
    with archive_of(tmp_path, renamed) as archive:
        assert archive.read("aaaa", check=True) == b"hello"
        assert "otherwise in its place" in archive.notes[0]
    with archive_of(tmp_path, data.replace(b"hello", b"hellO")) as archive:
        archive.read("aaaa", check=True)
        assert "checksum of aaaa is wrong" in archive.notes[0]
    flagged = bytearray(data)
    flagged[data.find(b"PK\1\2") + 8] |= 1
    with archive_of(tmp_path, bytes(flagged)) as archive:
        assert "encrypted" in archive.notes[0]


def test_the_first_of_two_members_counts(tmp_path: Path) -> None:
    buffer = io.BytesIO(packed(a=b"first"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        with zipfile.ZipFile(buffer, "a") as archive_file:
            archive_file.writestr("a", b"second")
    with archive_of(tmp_path, buffer.getvalue()) as archive:
        assert archive.read("a") == b"first"
        assert archive.read("a (again)") == b"second"
        assert "two members named a" in archive.notes[0]


def test_all_members_together_unpack_to_a_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INFLATED_LIMIT", 150)
    with archive_of(tmp_path, packed(deflated_a=b"x" * 100, deflated_b=b"y" * 100)) as archive:
        assert archive.read("deflated_a") == b"x" * 100
        with pytest.raises(CorruptFileError, match="together"):
            archive.read("deflated_b")


def test_unknown_compression_is_named(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_BZIP2) as archive_file:
        archive_file.writestr("a", b"x" * 1000)
    with archive_of(tmp_path, buffer.getvalue()) as archive, pytest.raises(CorruptFileError, match="method 12"):
        archive.read("a")

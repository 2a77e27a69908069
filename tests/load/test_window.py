"""A file inside a file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelreport.checkpoint import Storage
from modelreport.files import open_file
from modelreport.load.window import Window


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Window]:
    """The bytes 3 to 8 of ten."""
    (tmp_path / "outer").write_bytes(b"0123456789")
    file = open_file(tmp_path / "outer")
    yield Window(file, 3, 5)
    file.close()


def test_reads_stay_inside_the_window(window: Window) -> None:
    assert window.pread(100, 2) == b"567"
    assert window.pread(4, 9) == b""
    assert bytes(window.view(1, 4)) == b"4567"
    with pytest.raises(ValueError, match="bytes 1 to 6"):
        window.view(1, 5)
    with pytest.raises(ValueError, match="-1"):
        window.pread(1, -1)


def test_it_opens_like_a_path(window: Window) -> None:
    assert window.path.name == "outer"
    with window.path.open() as file:
        assert file.read() == b"34567"
        assert file.seek(-2, io.SEEK_END) == 3
        assert (file.read(9), file.tell()) == (b"67", 5)
        with pytest.raises(OSError, match="-6"):
            file.raw.seek(-11, io.SEEK_END)
    with pytest.raises(ValueError, match="only read"):
        window.path.open("wb")


def test_a_zip_inside_a_file_is_a_zip(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a", b"hello")
    (tmp_path / "outer").write_bytes(b"x" * 77 + inner.getvalue() + b"y" * 55)
    file = open_file(tmp_path / "outer")
    window = Window(file, 77, len(inner.getvalue()))
    with window.path.open() as opened, zipfile.ZipFile(opened) as archive:
        assert archive.read("a") == b"hello"
    window.prefetch(0, 10)
    assert window.near
    buffer = bytearray(2)
    window.read_into(memoryview(buffer), 1)
    assert buffer == bytes(window.view(1, 2))
    window.close()
    file.close()


def test_a_storage_found_inside_is_one_of_the_outer_file(window: Window) -> None:
    outside = window.outside(Storage(window, 1, 3), 4)
    assert bytes(outside.view()) == b"456"
    assert (outside.source, outside.offset, outside.file) == (window.file, 4, 4)
    memory = Storage(memoryview(b"ab"), 0, 2)
    assert window.outside(memory, 4) is memory


def test_a_window_beyond_the_file_is_refused(window: Window) -> None:
    for start, size in ((9, 2), (-1, 2), (0, -1)):
        with pytest.raises(ValueError, match="of a file of 10"):
            Window(window.file, start, size)

"""Open files, and what becomes of them in another process."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport import files
from modelreport.errors import ChangedError, LoadError
from modelreport.files import FileStream, LocalFile, LostFile, OpenFile, open_file, reopen
from modelreport.remote import locate


def made(tmp_path: Path, data: bytes = bytes(range(200)), name: str = "f") -> LocalFile:
    (tmp_path / name).write_bytes(data)
    return LocalFile(tmp_path / name)


def test_a_file_that_travels_is_opened_by_its_path_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f").write_bytes(b"abcdef")
    monkeypatch.chdir(tmp_path)
    file = LocalFile(Path("f"))
    sent = pickle.dumps(file)
    monkeypatch.chdir("/")
    first, second = pickle.loads(sent), pickle.loads(sent)
    assert first is second
    assert first is not file
    assert bytes(first.view(2, 3)) == b"cde"
    file.close()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path: path.write_bytes(b"longer than before"), "has 18 bytes there, 6 here"),
        (lambda path: os.utime(path, ns=(1, 1)), "was written at another time"),
        (lambda path: path.unlink(), "cannot be opened there"),
    ],
    ids=["size", "time", "gone"],
)
def test_a_worker_that_sees_another_file_says_so_when_it_reads(tmp_path: Path, change: object, reason: str) -> None:
    file = made(tmp_path, b"abcdef")
    sent = pickle.dumps(file)
    file.close()
    change(tmp_path / "f")  # type: ignore[operator]
    lost = pickle.loads(sent)
    assert isinstance(lost, LostFile)
    assert isinstance(pickle.loads(pickle.dumps(lost)), LostFile)
    for read in (lambda: lost.view(0, 1), lambda: lost.pread(1, 0)):
        with pytest.raises(LoadError, match=reason) as caught:
            read()
        assert "same file" in caught.value.hint
    lost.prefetch(0, 1)
    lost.close()


def test_files_that_no_task_uses_any_more_are_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_KEPT_OPEN", 2)
    opened = []
    for name in "abc":
        file = made(tmp_path, name=name)
        opened.append(reopen(str(file.path), file.size_bytes, file.changed_ns)._file)
        file.close()
    assert [handle.closed for handle in opened] == [True, False, False]


def test_a_file_is_hashed_whole_until_it_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_CHUNK", 1000)
    data = bytes(range(250)) * 10
    file = made(tmp_path, data)
    told: list[int] = []
    assert file.sha256(told.append) == hashlib.sha256(data).hexdigest() == OpenFile.sha256(file)
    assert told == [1000, 2000, 2500]
    assert OpenFile.sha256(file, told.append) == file.sha256()
    file.stop()
    with pytest.raises(OSError, match="stopped"):
        file.sha256()
    file.close()


@pytest.mark.parametrize("at_hand", [True, False])
def test_a_buffer_is_filled_whether_or_not_the_bytes_are_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_hand: bool
) -> None:
    if not at_hand:
        monkeypatch.delattr(os, "RWF_NOWAIT", raising=False)
    file = made(tmp_path)
    for read in (file.read_into, lambda *place: OpenFile.read_into(file, *place)):
        buffer = bytearray(50)
        read(memoryview(buffer), 120)
        assert buffer == bytes(range(120, 170))
        with pytest.raises(ValueError, match="bytes 151 to 201 of a file of 200"):
            read(memoryview(buffer), 151)
    file.close()


def test_a_file_that_became_shorter_is_an_error_and_ends_no_process(tmp_path: Path) -> None:
    file = made(tmp_path)
    os.truncate(tmp_path / "f", 100)
    buffer = memoryview(bytearray(50))
    file.read_into(buffer, 50)
    assert bytes(buffer) == bytes(range(50, 100))
    with pytest.raises(LoadError, match="changed while it was read") as caught:
        file.read_into(buffer, 80)
    assert "nobody writes" in caught.value.hint
    for read in (lambda: file.view(80, 50), lambda: file.gather(0, np.dtype(np.uint8), (20, 10), (1, 20))):
        with pytest.raises(ChangedError):
            read()
    file.close()


@pytest.mark.parametrize("change", [lambda path: path.write_bytes(b"x" * 200), lambda path: os.truncate(path, 100)])
def test_a_file_that_is_written_to_is_no_longer_the_one_that_was_opened(tmp_path: Path, change: Any) -> None:
    file = made(tmp_path)
    os.utime(tmp_path / "f", ns=(1, 1))
    file.close()
    file = LocalFile(tmp_path / "f")
    file.check_unchanged()
    change(tmp_path / "f")
    with pytest.raises(ChangedError, match="changed while it was read"):
        file.check_unchanged()
    file.close()


def test_a_file_in_whose_place_another_one_is_put_stays_what_it_was(tmp_path: Path) -> None:
    file = made(tmp_path)
    (tmp_path / "new").write_bytes(b"other")
    (tmp_path / "new").replace(tmp_path / "f")
    file.check_unchanged()
    assert bytes(file.view(0, 3)) == b"\0\1\2"
    file.close()


@given(
    shape=st.lists(st.integers(1, 9), max_size=4).map(tuple),
    data=st.data(),
    most=st.sampled_from([1, 8, 64, 1 << 15]),
)
def test_any_strided_elements_are_gathered_as_numpy_sees_them(
    shape: tuple[int, ...], data: st.DataObject, most: int
) -> None:
    steps = tuple(data.draw(st.integers(-40, 40)) for _ in shape)
    reach = [(n - 1) * s for n, s in zip(shape, steps, strict=True)]
    low, high = sum(r for r in reach if r < 0), sum(r for r in reach if r > 0)
    values = np.arange(high - low + 4, dtype=np.int16)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_AT_ONCE", most)
        file = made(Path(folder), values.tobytes())
        found = file.gather((2 - low) * 2, values.dtype, shape, steps)
        file.close()
    expected = np.lib.stride_tricks.as_strided(values[2 - low :], shape, tuple(2 * s for s in steps))
    assert np.array_equal(found, expected)


def test_a_column_of_a_large_matrix_costs_little_more_than_its_own_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = made(tmp_path, np.zeros((64, 1 << 14), np.float32).tobytes())
    asked: list[int] = []
    view = LocalFile.view
    monkeypatch.setattr(LocalFile, "view", lambda self, at, size: asked.append(size) or view(self, at, size))
    assert file.gather(4096, np.dtype(np.float32), (64, 1024), (1 << 14, 1)).shape == (64, 1024)
    file.close()
    assert asked == [4096] * 64


def test_a_place_is_opened_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    file = open_file(tmp_path / "f")
    assert isinstance(file, LocalFile)
    assert file.travels
    assert file.notes == ()
    file.expect([(0, 3)])
    file.begin_walk()
    file.check_unchanged()
    file.close()
    far = locate("memory://test-files/f")
    far.store.fs.pipe("/test-files/f", b"abc")  # type: ignore[union-attr]
    remote = open_file(far)
    assert remote.pread(9, 1) == b"bc"
    remote.close()


def test_a_stream_over_a_file_moves_and_ends_as_streams_do(tmp_path: Path) -> None:
    file = made(tmp_path, b"0123456789")
    stream = FileStream(file)
    assert (stream.seek(-3, io.SEEK_END), stream.read(2), stream.tell()) == (7, b"78", 9)
    assert (stream.read(5), stream.read(5)) == (b"9", b"")
    with pytest.raises(OSError, match="before the start"):
        stream.seek(-11, io.SEEK_CUR)
    stream.close()
    assert file.pread(2, 0) == b"01"
    file.close()

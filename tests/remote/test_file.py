"""Remote files by themselves: small reads, blocks, the hash that passes by, and memory."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelreport.errors import LoadError
from modelreport.remote import file as module
from modelreport.remote import locate
from modelreport.remote.file import RemoteFile
from tests.remote.servers import Web, web_of

SIZE = 3_000_000


@pytest.fixture
def data() -> bytes:
    return random.Random(0).randbytes(SIZE)


@pytest.fixture
def web(tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setattr(module, "BLOCK_BYTES", 100_000)
    (tmp_path / "f").write_bytes(data)
    with web_of(tmp_path) as made:
        yield made


def opened(web: Web, name: str = "f") -> RemoteFile:
    path: Any = locate(web.url(name))
    found: RemoteFile = path.store.file(path)
    return found


def test_small_reads_cost_a_page_and_known_bytes_nothing(web: Web, data: bytes) -> None:
    file = opened(web)
    assert web.served == module.PAGE_BYTES
    assert file.pread(100, 0) == data[:100]
    assert file.pread(50, 1000) == data[1000:1050]
    assert len(web.requests) == 1
    assert file.pread(10, SIZE - 4) == data[-4:]
    assert file.pread(10, SIZE) == file.pread(10, SIZE + 5) == file.pread(0, 5) == b""
    assert file.pread(20, 500_000) == bytes(file.view(500_000, 20)) == data[500_000:500_020]
    assert web.served == 2 * module.PAGE_BYTES + 4
    file.close()


def test_reading_straight_on_asks_for_more_each_time(web: Web, data: bytes) -> None:
    file = opened(web)
    at, read = 0, b""
    while len(read) < 1_000_000:
        read += file.pread(5_000, at)
        at = len(read)
    assert read == data[: len(read)]
    assert len(web.requests) < 20
    file.close()


def test_expected_reads_are_fetched_together_and_neighbours_in_one_request(web: Web, data: bytes) -> None:
    file = opened(web)
    places = [*range(50_000, 2_000_000, 100_000), 50_100, SIZE - 3, SIZE + 5, -4]
    file.expect((place, 40) for place in places)
    asked = len(web.requests)
    assert asked == 1 + 21
    for place in places[:-2]:
        assert file.pread(min(40, SIZE - place), place) == data[place : place + 40]
    assert len(web.requests) == asked
    file.close()


@settings(max_examples=20, deadline=None)
@given(ranges=st.lists(st.tuples(st.integers(0, SIZE), st.integers(0, 400_000)), max_size=6), walking=st.booleans())
def test_any_view_is_the_bytes_of_the_file(ranges: list[tuple[int, int]], walking: bool) -> None:
    path: Any = locate("memory://test-file/any")
    content = random.Random(1).randbytes(SIZE)
    path.store.fs.pipe("/test-file/any", content)
    file = path.store.file(path)
    if walking:
        file.begin_walk()
    for offset, size in ranges:
        if offset + size > SIZE:
            with pytest.raises(ValueError, match="of a file of"):
                file.view(offset, size)
        else:
            view = file.view(offset, size)
            assert view.readonly
            assert view == content[offset : offset + size]
    file.close()


def test_a_walk_fetches_each_byte_once_and_the_hash_comes_with_it(web: Web, data: bytes) -> None:
    file = opened(web)
    file.begin_walk()
    for start in range(0, 2_400_000, 60_000):
        file.prefetch(start, 60_000)
        assert file.view(start, 60_000) == data[start : start + 60_000]
    told: list[int] = []
    assert file.sha256(told.append) == hashlib.sha256(data).hexdigest()
    assert told[-1] == SIZE
    assert web.served <= SIZE + module.PAGE_BYTES
    assert file.sha256() == hashlib.sha256(data).hexdigest()
    assert web.served <= SIZE + module.PAGE_BYTES
    file.close()


def test_many_threads_that_walk_one_file_fetch_it_little_more_than_once_and_the_hash_is_right(
    web: Web, data: bytes
) -> None:
    file = opened(web)
    file.begin_walk()

    def piece(start: int) -> bool:
        return all(file.view(at, 50_000) == data[at : at + 50_000] for at in range(start, start + 300_000, 50_000))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(piece, range(0, SIZE, 300_000)))
    assert file.sha256() == hashlib.sha256(data).hexdigest()
    assert web.served < 1.3 * SIZE
    file.close()


def test_what_a_slow_reader_has_not_read_yet_is_held_for_it(
    web: Web, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HELD_BLOCKS", 14)
    file = opened(web)
    file.begin_walk()
    file.view(0, 50_000)
    for start in range(300_000, SIZE, 50_000):
        assert file.view(start, 50_000) == data[start : start + 50_000]
    for start in range(50_000, 300_000, 50_000):
        assert file.view(start, 50_000) == data[start : start + 50_000]
    assert file.sha256() == hashlib.sha256(data).hexdigest()
    assert web.served <= SIZE + module.PAGE_BYTES
    file.close()


def test_memory_stays_bounded(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD_BLOCKS", 5)
    file = opened(web)
    file.begin_walk()
    most = 0
    for start in range(0, SIZE, 100_000):
        file.view(start, 100_000)
        most = max(most, len(file._blocks))
    assert most <= 5 + module.PARALLEL
    file.close()


def test_a_large_view_lies_in_a_temporary_file_without_a_name(
    web: Web, data: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "LARGE_BYTES", 1_000_000)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    file = opened(web)
    view = file.view(100, 2_000_000)
    assert list((tmp_path / "temporary").iterdir()) == []
    file.close()
    assert view == data[100:2_000_100]
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10}))
    with pytest.raises(LoadError, match="do not fit into") as caught:
        opened(web).view(0, 2_000_000)
    assert "TMPDIR" in caught.value.hint


def test_stopping_wakes_whoever_waits_for_bytes(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelreport.remote.web.IDLE_S", 3000.0)
    file = opened(web)
    file.begin_walk()
    web.silent_after = len(web.requests)
    failed: list[Exception] = []

    def read() -> None:
        try:
            file.view(500_000, 1000)
        except LoadError as error:
            failed.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    assert web.waits.wait(120)
    file.stop()
    reader.join(120)
    assert "stopped" in str(failed[0])
    with pytest.raises(LoadError, match="stopped"):
        file.view(0, 100_000)


def test_a_closed_file_is_opened_anew(web: Web, data: bytes) -> None:
    path: Any = locate(web.url("f"))
    first = path.store.file(path)
    assert path.store.file(path) is first
    first.close()
    second = path.store.file(path)
    assert second is not first
    assert second.pread(5, 0) == data[:5]
    second.close()

"""The window over a pickle's bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.checkpoint import LocalFile
from modelreport.load import pickle_stream
from modelreport.load.pickle_stream import BLOB_BYTES, LINE_LIMIT, BrokenPickleError, Stream
from modelreport.load.pickle_values import Blob


@given(st.binary(min_size=1, max_size=500), st.lists(st.integers(0, 40), max_size=40))
def test_taking_pieces_gives_the_bytes_in_order(data: bytes, sizes: list[int]) -> None:
    stream = Stream(memoryview(b"xx" + data), 2, 2 + len(data))
    taken = b""
    for size in sizes:
        if size > stream.remaining:
            with pytest.raises(BrokenPickleError):
                stream.take(size)
            break
        taken += stream.take(size)
    assert data.startswith(taken)
    assert stream.offset == 2 + len(taken)


def test_windows_of_a_file_join_seamlessly(tmp_path: Path) -> None:
    data = bytes(range(256)) * 1000
    path = tmp_path / "data"
    path.write_bytes(data)
    file = LocalFile(path)
    stream = Stream(file, 0, len(data))
    assert b"".join(stream.take(1000) for _ in range(256)) == data
    assert stream.remaining == 0
    file.close()


def test_lines_may_cross_a_window() -> None:
    data = b"a" * 100 + b"\n" + b"b" * 70_000 + b"\nrest"
    stream = Stream(memoryview(data), 0, len(data))
    assert stream.line() == b"a" * 100
    assert stream.line() == b"b" * 70_000
    assert stream.take(4) == b"rest"


def test_endless_lines_are_refused() -> None:
    data = b"a" * (LINE_LIMIT + 1) + b"\n"
    with pytest.raises(BrokenPickleError, match="1 MiB"):
        Stream(memoryview(data), 0, len(data)).line()


def test_long_values_stay_where_they_are() -> None:
    data = b"K" + b"v" * BLOB_BYTES + b"."
    stream = Stream(memoryview(data), 0, len(data))
    stream.take(1)
    blob = stream.data(BLOB_BYTES)
    assert isinstance(blob, Blob)
    assert (blob.offset, blob.size_bytes) == (1, BLOB_BYTES)
    assert stream.take(1) == b"."
    assert stream.remaining == 0


def test_text_in_memory_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickle_stream, "TEXT_LIMIT", 150_000)
    data = bytes(400_000)
    stream = Stream(memoryview(data), 0, len(data))
    stream.take(100_000)
    with pytest.raises(BrokenPickleError, match="MiB of text"):
        stream.take(100_000)

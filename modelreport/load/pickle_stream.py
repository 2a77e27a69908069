"""The bytes of a pickle, read through a window, every length checked before anything is allocated."""

from __future__ import annotations

from modelreport.files import OpenFile
from modelreport.load.pickle_values import Blob

WINDOW_BYTES = 1 << 16
LINE_LIMIT = 1 << 20
TEXT_LIMIT = 512 << 20
"""Most bytes that one pickle may put into memory."""
BLOB_BYTES = 1 << 14
"""Bytes values from this size on stay in the file."""


class BrokenPickleError(Exception):
    """The stream cannot be read further; what was seen before stays valid."""


class Stream:
    """A range of a file or of memory, read forwards."""

    def __init__(self, source: OpenFile | memoryview, start: int, end: int) -> None:
        self._source = source
        self._base = start
        self._end = end
        self._window = b""
        self._position = 0
        self._taken = 0

    @property
    def offset(self) -> int:
        """Position of the next byte in the source."""
        return self._base + self._position

    @property
    def remaining(self) -> int:
        """Bytes left in the range."""
        return self._end - self.offset

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        end = self._position + size
        if size >= 0 and end <= len(self._window):
            data = self._window[self._position : end]
            self._position = end
            return data
        if size < 0 or size > self.remaining:
            raise BrokenPickleError("it ends in the middle" if size >= 0 else "it gives a negative length")
        self._taken += size
        if self._taken > TEXT_LIMIT:
            raise BrokenPickleError(f"it holds more than {TEXT_LIMIT >> 20} MiB of text")
        self._refill(max(size, WINDOW_BYTES))
        if len(self._window) < size:
            raise BrokenPickleError("it ends in the middle")
        self._position = size
        return self._window[:size]

    def line(self) -> bytes:
        """The bytes up to the next newline, without it."""
        end = self._window.find(b"\n", self._position)
        if end < 0:
            self._refill(LINE_LIMIT)
            end = self._window.find(b"\n")
            if end < 0:
                raise BrokenPickleError("it ends in the middle of a line, or the line is over 1 MiB long")
        data = self._window[self._position : end]
        self._position = end + 1
        return data

    def data(self, size: int) -> bytes | Blob:
        """The next ``size`` bytes as a value; long ones stay where they are."""
        if size < BLOB_BYTES:
            return self.take(size)
        if size > self.remaining:
            raise BrokenPickleError("it ends in the middle")
        blob = Blob(self._source, self.offset, size)
        self._base, self._position, self._window = self.offset + size, 0, b""
        return blob

    def _refill(self, size: int) -> None:
        start = self.offset
        size = min(size, self._end - start)
        if isinstance(self._source, OpenFile):
            self._window = self._source.pread(size, start)
        else:
            self._window = bytes(self._source[start : start + size])
        self._base, self._position = start, 0

"""A range of a file as a file of its own: what lies inside another file."""

from __future__ import annotations

import io
from typing import Literal

from modelreport.checkpoint import Storage
from modelreport.files import FileStream, OpenFile


class Window(OpenFile):
    """``size_bytes`` bytes of ``file`` from ``start`` on; ``ValueError`` when they are not all there."""

    def __init__(self, file: OpenFile, start: int, size_bytes: int) -> None:
        file.check_range(start, size_bytes)
        self.file = file
        self.start = start
        self.size_bytes = size_bytes
        self.path = _Place(self)

    def pread(self, size: int, offset: int) -> bytes:
        """At most ``size`` bytes at ``offset``; fewer at the end of the window."""
        if offset < 0:
            raise ValueError(f"bytes from {offset} on")
        return self.file.pread(max(0, min(size, self.size_bytes - offset)), self.start + offset)

    def view(self, offset: int, size: int) -> memoryview:
        """``size`` bytes at ``offset``, read-only; ``ValueError`` outside the window."""
        self.check_range(offset, size)
        return self.file.view(self.start + offset, size)

    @property
    def near(self) -> bool:
        """As for the file."""
        return self.file.near

    def read_into(self, buffer: memoryview, offset: int) -> None:
        """Fill a buffer with what lies at ``offset``; ``ValueError`` outside the window."""
        self.check_range(offset, len(buffer))
        self.file.read_into(buffer, self.start + offset)

    def prefetch(self, offset: int, size: int) -> None:
        """As for the file."""
        self.file.prefetch(self.start + offset, size)

    def close(self) -> None:
        """Nothing: whoever opened the file closes it."""

    def outside(self, storage: Storage, index: int) -> Storage:
        """A storage found in the window as one of the file, which is ``Source.files[index]``."""
        if storage.source is not self:
            return storage
        return Storage(self.file, self.start + storage.offset, storage.size_bytes, index)


class _Place:
    """What a reader of files asks a path for."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self.name: str = window.file.path.name

    def open(self, mode: Literal["rb"] = "rb") -> io.BufferedReader:
        """The window as a binary file object."""
        if mode != "rb":
            raise ValueError("a window is only read")
        return io.BufferedReader(FileStream(self._window), 1 << 12)

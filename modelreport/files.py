"""Open files as rooms 1 to 4 read them: small reads at places, copies of ranges, memory that stays flat.

Nothing of a file is mapped: a file that becomes shorter while it is read is an error, and ends no process (SIGBUS).
A file can be sent to another process, which opens it there by its path and makes sure that it is the same one.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
import weakref
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelreport.errors import ChangedError, LoadError, MissingFileError
from modelreport.remote import Location, RemotePath

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_KEPT_OPEN = 32
"""Files that a process keeps open for the tasks that it is sent."""


_CHUNK = 1 << 18
"""Bytes of this machine's files that are hashed at a time: they are read into a second-level cache, and stay in it."""

_FETCHED = 4 << 20
"""Bytes of other files that are hashed at a time."""

_AHEAD = 16 << 20
"""Bytes that the kernel is asked for beyond those that are waited for."""

_AT_ONCE = 1 << 15
"""Bytes that cost less to copy than a second request."""


class OpenFile(ABC):
    """A file opened for reading."""

    path: Any
    """Where it lies: a ``Location``, or something with a name."""
    size_bytes: int

    @abstractmethod
    def pread(self, size: int, offset: int) -> bytes:
        """At most ``size`` bytes at ``offset``; fewer at the end of the file."""

    @abstractmethod
    def view(self, offset: int, size: int) -> memoryview:
        """``size`` bytes at ``offset``, read-only, in memory of their own; ``ValueError`` outside the file."""

    @property
    def near(self) -> bool:
        """Whether it lies on this machine: any part may be read again, and is best read into one's own memory."""
        return False

    def read_into(self, buffer: memoryview, offset: int) -> None:
        """Fill a buffer with what lies at ``offset``; ``ValueError`` outside the file."""
        buffer[:] = self.view(offset, len(buffer))

    def gather(
        self, offset: int, dtype: np.dtype[Any], shape: tuple[int, ...], strides: tuple[int, ...]
    ) -> NDArray[Any]:
        """Elements that do not follow each other, as an array of their own in row-major order.

        ``offset`` is that of the first one in bytes, ``strides`` are in elements. Of what lies between them little is
        read: a range is halved along its widest dimension as long as more than half of it would be.
        """
        import numpy as np

        made = np.empty(shape, dtype)
        todo = [(made, offset, strides)] if made.size else []
        while todo:
            out, at, steps = todo.pop()
            reach = [(n - 1) * s for n, s in zip(out.shape, steps, strict=True)]
            low, high = sum(r for r in reach if r < 0), sum(r for r in reach if r > 0) + 1
            size = (high - low) * dtype.itemsize
            if size <= max(2 * out.nbytes, _AT_ONCE):
                raw = np.frombuffer(self.view(at + low * dtype.itemsize, size), dtype)[-low:]
                bytes_ = tuple(s * dtype.itemsize for s in steps)
                out[...] = np.lib.stride_tricks.as_strided(raw, out.shape, bytes_, writeable=False)
                continue
            dim = max(range(out.ndim), key=lambda i: abs(reach[i]))
            half = out.shape[dim] // 2
            first, second = np.split(out, [half], dim)
            todo += [(second, at + half * steps[dim] * dtype.itemsize, steps), (first, at, steps)]
        return made

    def prefetch(self, offset: int, size: int) -> None:  # noqa: B027 - the kernel reads ahead itself
        """Begin to read a range that is about to be walked."""

    @abstractmethod
    def close(self) -> None:
        """Close the file."""

    def stop(self) -> None:  # noqa: B027 - what lies on this machine keeps nobody waiting
        """Let nobody wait for bytes of this file any longer: reads that are under way fail."""

    notes: tuple[str, ...] = ()
    """What the report should say of the way the file was read."""

    @property
    def travels(self) -> bool:
        """Whether another process can open it."""
        return True

    def expect(self, ranges: Iterable[tuple[int, int]]) -> None:  # noqa: B027 - what lies on this machine is near
        """Small reads that come soon, of an offset and a size each: worth fetching together when they are far away."""

    def begin_walk(self, *, ahead: bool = True) -> None:  # noqa: B027 - the kernel reads ahead itself
        """From now on most of the file is read, in its order; with ``ahead`` by this process alone."""

    def sha256(self, tell: Callable[[int], None] | None = None) -> str:
        """SHA-256 of the whole file, in hex; ``tell`` is called with the bytes done so far. Raises ``OSError``."""
        digest, done = hashlib.sha256(), 0
        while data := self.pread(_FETCHED, done):
            digest.update(data)
            done += len(data)
            if tell is not None:
                tell(done)
        return digest.hexdigest()

    def check_unchanged(self) -> None:  # noqa: B027 - pieces are checked where their files are
        """``ChangedError`` when it is no longer what it was when it was opened."""

    def check_range(self, offset: int, size: int) -> None:
        """``ValueError`` for a range that does not lie in the file."""
        if offset < 0 or size < 0 or offset + size > self.size_bytes:
            raise ValueError(f"bytes {offset} to {offset + size} of a file of {self.size_bytes}")


class FileStream(io.RawIOBase):
    """A stream over an open file, for what reads streams; closing it leaves the file open."""

    def __init__(self, file: OpenFile) -> None:
        self._source = file
        self._at = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; the new position. ``OSError`` before the start, as ``zipfile`` expects it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size_bytes}[whence]
        if base + offset < 0:
            raise OSError(f"a position before the start: {base + offset}")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """The position."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; how many bytes came."""
        target = memoryview(buffer).cast("B")
        data = self._source.pread(len(target), self._at)
        target[: len(data)] = data
        self._at += len(data)
        return len(data)


class LocalFile(OpenFile):
    """A file of this machine. What is asked for is copied; what comes after it the kernel reads ahead."""

    path: Path

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb")
        self._stopped = False
        status = os.fstat(self._file.fileno())
        self.size_bytes = status.st_size
        self.changed_ns = status.st_mtime_ns
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)

    @property
    def near(self) -> bool:
        """Always."""
        return True

    def pread(self, size: int, offset: int) -> bytes:
        """At most ``size`` bytes at ``offset``; fewer at the end of the file."""
        return os.pread(self._file.fileno(), size, offset)

    def view(self, offset: int, size: int) -> memoryview:
        """``size`` bytes at ``offset``, copied; ``ValueError`` outside the file. Raises ``ChangedError``."""
        self.check_range(offset, size)
        buffer = memoryview(bytearray(size))
        self.read_into(buffer, offset)
        return buffer.toreadonly()

    def read_into(self, buffer: memoryview, offset: int) -> None:
        """Fill a buffer with what lies at ``offset``; ``ValueError`` outside the file.

        What is in memory is copied at once; else the kernel begins to read what comes after too. Raises
        ``ChangedError`` where the file has become shorter.
        """
        self.check_range(offset, len(buffer))
        done = self._at_hand(buffer, offset)
        if done < len(buffer) and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._file.fileno(), offset + done, _AHEAD, os.POSIX_FADV_WILLNEED)
        while done < len(buffer):
            size = os.preadv(self._file.fileno(), [buffer[done:]], offset + done)
            if not size:
                raise ChangedError(self.path)
            done += size

    def _at_hand(self, buffer: memoryview, offset: int) -> int:
        """How many bytes could be read without waiting for the disk; 0 where the system cannot tell."""
        try:
            return os.preadv(self._file.fileno(), [buffer], offset, os.RWF_NOWAIT)
        except (AttributeError, OSError):  # not Linux; a file system that does not offer it, or nothing in memory
            return 0

    def sha256(self, tell: Callable[[int], None] | None = None) -> str:
        """SHA-256 of the whole file, in hex, read through a stream of its own: the kernel reads ahead in that."""
        digest, done = hashlib.sha256(), 0
        buffer = memoryview(bytearray(_CHUNK))
        with self.path.open("rb", buffering=0) as stream:
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
            while size := stream.readinto(buffer):
                if self._stopped:
                    raise OSError(f"reading {self.path} was stopped")
                digest.update(buffer[:size])
                done += size
                if tell is not None:
                    tell(done)
        return digest.hexdigest()

    def stop(self) -> None:
        """End what reads the whole file."""
        self._stopped = True

    def check_unchanged(self) -> None:
        """``ChangedError`` when somebody has written to it; another file in its place leaves the open one as it was."""
        status = os.fstat(self._file.fileno())
        if (status.st_size, status.st_mtime_ns) != (self.size_bytes, self.changed_ns):
            raise ChangedError(self.path)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return reopen, (str(self.path.absolute()), self.size_bytes, self.changed_ns)


_open_here: OrderedDict[tuple[str, int, int], LocalFile] = OrderedDict()
_open_lock = threading.Lock()


def reopen(path: str, size_bytes: int, changed_ns: int) -> LocalFile | LostFile:
    """The file that another process has open, opened here: once for all tasks, closed when no task uses it any more.

    Where there is no such file, or another one, the result says so when it is read, with a ``LoadError``.
    """
    key = (path, size_bytes, changed_ns)
    with _open_lock:
        if (known := _open_here.get(key)) is not None:
            _open_here.move_to_end(key)
            return known
        try:
            file = LocalFile(Path(path))
        except OSError as error:
            return LostFile(path, f"cannot be opened there ({error.strerror or error})", key)
        weakref.finalize(file, file._file.close)  # noqa: SLF001 - whoever holds it last closes it
        if (file.size_bytes, file.changed_ns) != (size_bytes, changed_ns):
            return LostFile(path, describe_difference(file, size_bytes), key)
        _open_here[key] = file
        if len(_open_here) > _KEPT_OPEN:
            _open_here.popitem(last=False)
        return file


def describe_difference(file: LocalFile, size_bytes: int) -> str:
    """How a file differs from the one that was meant."""
    if file.size_bytes != size_bytes:
        return f"has {file.size_bytes} bytes there, {size_bytes} here"
    return "was written at another time there than here"


class LostFile(OpenFile):
    """A file that another process has open and this one cannot see: every read is a ``LoadError`` that says why."""

    def __init__(self, path: str, reason: str, key: tuple[str, int, int]) -> None:
        self.path = Path(path)
        self.reason = reason
        self._key = key
        self.size_bytes = key[1]

    def fail(self) -> LoadError:
        """The error to raise."""
        return MissingFileError(
            f"{self.path} {self.reason}.", "Every worker must see the same file under the same path, unchanged."
        )

    def pread(self, size: int, offset: int) -> bytes:
        """Raises ``LoadError``."""
        del size, offset
        raise self.fail()

    def view(self, offset: int, size: int) -> memoryview:
        """Raises ``LoadError``."""
        del offset, size
        raise self.fail()

    def close(self) -> None:
        """Nothing."""

    def __reduce__(self) -> tuple[Any, ...]:
        return reopen, self._key


def open_file(path: Location) -> OpenFile:
    """The file at a place, opened. Raises ``OSError`` for a path, ``LoadError`` for an address."""
    return path.store.file(path) if isinstance(path, RemotePath) else LocalFile(path)

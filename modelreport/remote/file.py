"""A file on another machine, read in ranges: headers exactly, values in blocks fetched ahead, memory bounded."""

from __future__ import annotations

import hashlib
import io
import mmap
import shutil
import tempfile
import threading
from bisect import bisect_right, insort
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

from modelreport.errors import ChangedError, LoadError
from modelreport.files import OpenFile
from modelreport.remote.path import RemotePath
from modelreport.remote.store import PARALLEL, Found
from modelreport.remote.web import WebStore

BLOCK_BYTES = 8 << 20
"""One request of a walk: https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-guidelines.html
advises 8 to 16 MB."""
HELD_BLOCKS = 24
"""Blocks of one file that are held, walked or fetched ahead."""
PAGE_BYTES = 1 << 14
"""Least bytes of a request for a header; the next ones ask for twice as many, as long as reading goes straight on."""
MOST_PAGE_BYTES = 1 << 20
LARGE_BYTES = 64 << 20
"""Views from this size on lie in a temporary file without a name rather than in memory."""
JOIN_BYTES = 1 << 12
"""Expected reads that are this close are one request."""


class RemoteFile(OpenFile):
    """A file of a store, with the interface of one on this machine.

    Small reads cost what they ask for, rounded up to a page. Once a walk over the values has begun, blocks are fetched
    ahead, several at a time, and those walked are dropped; the SHA-256 is taken of the same blocks as they pass.
    """

    path: RemotePath

    def __init__(self, path: RemotePath, found: Found) -> None:
        self.path = path
        self.size_bytes = found.size_bytes
        self.stamp = found.stamp
        self.closed = False
        self._store = path.store
        self._small = _Extents()
        self._blocks: OrderedDict[int, Future[bytes]] = OrderedDict()
        self._walking = self._ahead = False
        self._next, self._page = len(found.head), PAGE_BYTES
        self._lock = threading.RLock()
        self._digest = hashlib.sha256()
        self._hashed = 0
        """Blocks that the digest has seen: always the first ones."""
        self._passed: set[int] = set()
        """Blocks that this walk has read to their end."""
        self._map: mmap.mmap | None = None
        self._store.remember(path, found)
        if found.head:
            self._small.add(0, found.head)
        if not found.ranges:
            self._take_whole()

    def pread(self, size: int, offset: int) -> bytes:
        """At most ``size`` bytes at ``offset``; fewer at the end of the file. Raises ``LoadError``."""
        offset = max(offset, 0)
        size = min(size, self.size_bytes - offset)
        if size <= 0:
            return b""
        if self._map is not None:
            return self._map[offset : offset + size]
        with self._lock:
            known = self._small.find(offset, size)
            if known is not None:
                return known
            straight = offset <= self._next <= offset + size
            self._page = min(2 * self._page, MOST_PAGE_BYTES) if straight else PAGE_BYTES
            end = min(offset + max(size, self._page), self.size_bytes)
            self._next = end
        data = b"".join(self._gather(offset, end))
        with self._lock:
            self._small.add(offset, data)
        return data[:size]

    def expect(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Fetch small ranges, of an offset and a size each, that are about to be read: together, several at a time."""
        if self._map is not None:
            return
        spans: list[list[int]] = []
        for offset, size in sorted(ranges):
            end = min(offset + size, self.size_bytes)
            if offset < 0 or end <= offset or self._small.find(offset, end - offset) is not None:
                continue
            if spans and offset <= spans[-1][1] + JOIN_BYTES and end - spans[-1][0] <= MOST_PAGE_BYTES:
                spans[-1][1] = max(spans[-1][1], end)
            else:
                spans.append([offset, end])
        for first in range(0, len(spans), 4 * PARALLEL):
            asked = [(start, self._request(start, end)) for start, end in spans[first : first + 4 * PARALLEL]]
            for start, future in asked:
                data = self._store.wait(self.path, future)
                with self._lock:
                    self._small.add(start, data)

    def view(self, offset: int, size: int) -> memoryview:
        """``size`` bytes at ``offset``, fetched; ``ValueError`` outside the file. Raises ``LoadError``."""
        self.check_range(offset, size)
        if self._map is not None:
            return memoryview(self._map)[offset : offset + size].toreadonly()
        if not self._walking and size <= PAGE_BYTES:
            return memoryview(self.pread(size, offset))
        if size >= LARGE_BYTES:
            return self._large(offset, size)
        out = bytearray(size)
        at = 0
        for part in self._walked(offset, offset + size):
            out[at : at + len(part)] = part
            at += len(part)
        return memoryview(out).toreadonly()

    def begin_walk(self, *, ahead: bool = True) -> None:
        """From now on most of the file is read, in its order; with ``ahead`` by this process alone."""
        self._walking, self._ahead = True, ahead
        self._passed.clear()

    def prefetch(self, offset: int, size: int) -> None:
        """Begin to fetch a range that is about to be walked."""
        if self._map is None and size > 0:
            last = (min(offset + size, self.size_bytes) - 1) // BLOCK_BYTES
            first = max(offset, 0) // BLOCK_BYTES
            self._begin(range(first, min(last, first + HELD_BLOCKS // 2) + 1))

    def sha256(self, tell: Callable[[int], None] | None = None) -> str:
        """SHA-256 of the file in hex: of the blocks that were walked, and of the others, which are fetched now.

        ``tell`` is called with the bytes hashed so far.
        """
        if self._map is not None:
            self._digest = hashlib.sha256(self._map)
            return self._digest.hexdigest()
        self.begin_walk()
        blocks = -(-self.size_bytes // BLOCK_BYTES)
        while self._hashed < blocks:
            number = self._hashed
            for _ in self._walked(number * BLOCK_BYTES, min((number + 1) * BLOCK_BYTES, self.size_bytes)):
                if tell is not None:
                    tell(min(self._hashed * BLOCK_BYTES, self.size_bytes))
        if tell is not None:  # blocks fetched ahead may all be hashed already
            tell(self.size_bytes)
        return self._digest.copy().hexdigest()

    def check_unchanged(self) -> None:
        """``LoadError`` when the store has another file at the address by now."""
        if self._map is None and self.stamp:
            now = self._store.info(self.path, again=True)
            if (now.size_bytes, now.stamp) != (self.size_bytes, self.stamp):
                raise ChangedError(self.path)

    def stop(self) -> None:
        """Let nobody wait for bytes of this file any longer: requests under way are dropped."""
        self.closed = True
        with self._lock:
            for future in self._blocks.values():
                future.cancel()

    def close(self) -> None:
        """Drop what is held. Views that are still alive keep their memory until they are dropped."""
        self.stop()
        with self._lock:
            self._blocks.clear()
            self._small = _Extents()
            self._map = None
        self._store.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return reopen_remote, (self.path.url, self.size_bytes, self.stamp)

    def _request(self, start: int, end: int) -> Future[bytes]:
        if self.closed:
            raise LoadError(f"Reading {self.path} was stopped.")
        return self._store.ask(self._store.fetch, self.path, start, end)

    def _gather(self, start: int, end: int) -> list[bytes]:
        """A range in parts of a block at most, fetched several at a time."""
        futures = [(at, self._request(at, min(at + BLOCK_BYTES, end))) for at in range(start, end, BLOCK_BYTES)]
        return [self._checked(at, min(at + BLOCK_BYTES, end), future) for at, future in futures]

    def _checked(self, start: int, end: int, future: Future[bytes]) -> bytes:
        data = self._store.wait(self.path, future)
        if len(data) != end - start:
            raise ChangedError(self.path)
        return data

    def _begin(self, numbers: Iterable[int]) -> None:
        """Ask for blocks that are not held or asked for."""
        with self._lock:
            for number in numbers:
                if number not in self._blocks:
                    self._blocks[number] = self._ask(number)
            self._drop()

    def _ask(self, number: int) -> Future[bytes]:
        """A block that is asked for; of a small file it may be known."""
        start, end = number * BLOCK_BYTES, min((number + 1) * BLOCK_BYTES, self.size_bytes)
        known = self._small.find(start, end - start)
        if known is None:
            return self._request(start, end)
        future: Future[bytes] = Future()
        future.set_result(known)
        return future

    def _drop(self) -> None:
        """Forget blocks beyond those that may be held: first what was read to its end and hashed, and is not needed."""
        while len(self._blocks) > HELD_BLOCKS:
            done = [number for number, future in self._blocks.items() if future.done()]
            if not done:
                return
            del self._blocks[min(done, key=self._needed)]

    def _needed(self, number: int) -> tuple[bool, bool]:
        return not self._over(number), number >= self._hashed

    def _over(self, number: int) -> bool:
        return number < self._hashed and number in self._passed

    def _block(self, number: int) -> bytes:
        last = (self.size_bytes - 1) // BLOCK_BYTES
        later = range(number + 1, min(number + PARALLEL, last) + 1) if self._ahead else ()
        self._begin((number, *(block for block in later if not self._over(block))))
        with self._lock:
            future = self._blocks.get(number) or self._ask(number)
        data = self._checked(number * BLOCK_BYTES, min((number + 1) * BLOCK_BYTES, self.size_bytes), future)
        self._hash(number, data)
        return data

    def _hash(self, number: int, data: bytes) -> None:
        """Take the digest of the next blocks: of this one, and of those that are held, whoever is to read them."""
        with self._lock:
            while self._ahead:
                future = self._blocks.get(self._hashed)
                if number == self._hashed:
                    self._digest.update(data)
                elif future is None or not future.done() or future.cancelled() or future.exception() is not None:
                    return
                else:
                    self._digest.update(future.result())
                self._hashed += 1

    def _walked(self, start: int, end: int) -> Iterable[memoryview]:
        """A range in parts of blocks."""
        for number in range(start // BLOCK_BYTES, -(-end // BLOCK_BYTES)):
            base = number * BLOCK_BYTES
            data = self._block(number)
            if end >= base + len(data):
                with self._lock:
                    self._passed.add(number)
            yield memoryview(data)[max(start - base, 0) : end - base]

    def _large(self, offset: int, size: int) -> memoryview:
        """A range in a temporary file without a name, mapped; gone with its last view."""
        check_room(size, str(self.path))
        with tempfile.TemporaryFile(prefix="modelreport-") as file:
            for part in self._walked(offset, offset + size):
                file.write(part)
            file.flush()
            return memoryview(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ))

    def _take_whole(self) -> None:
        """Fetch all of a file of which no part can be asked for."""
        if not isinstance(self._store, WebStore):
            raise LoadError(f"{self.path} cannot be read in parts.", "Fetch the file, and give its path.")
        with self._store.download(self.path) as file:
            self.size_bytes = file.seek(0, io.SEEK_END)
            if self.size_bytes:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.notes = (f"The server of {self.path.name} does not serve parts of files: it was fetched whole.",)


def check_room(size: int, what: str) -> None:
    """``LoadError`` where the disk for temporary files has no room."""
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if size > free:
        raise LoadError(f"{what}: {size} bytes do not fit into {tempfile.gettempdir()}.", "Set TMPDIR to another disk.")


class _Extents:
    """Small ranges that were read, found again by any range inside one of them."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._data: dict[int, bytes] = {}

    def add(self, start: int, data: bytes) -> None:
        if len(self._data.get(start, b"")) < len(data):
            if start not in self._data:
                insort(self._starts, start)
            self._data[start] = data

    def find(self, offset: int, size: int) -> bytes | None:
        place = bisect_right(self._starts, offset)
        for start in self._starts[max(place - 2, 0) : place]:
            data = self._data[start]
            if start <= offset and offset + size <= start + len(data):
                return data[offset - start : offset - start + size]
        return None


_remote_here: OrderedDict[tuple[str, int, str], RemoteFile] = OrderedDict()
_remote_lock = threading.Lock()
_KEPT_OPEN = 8


def reopen_remote(url: str, size_bytes: int, stamp: str) -> RemoteFile:
    """The file that another process has open, for tasks on some of its ranges: opened once in this process."""
    from modelreport.remote.path import locate

    key = (url, size_bytes, stamp)
    with _remote_lock:
        known = _remote_here.get(key)
        if known is None or known.closed:
            path = locate(url)
            if not isinstance(path, RemotePath):
                raise TypeError("a local path was sent as an address")
            known = _remote_here[key] = RemoteFile(path, Found(False, size_bytes, stamp))
            known.begin_walk(ahead=False)
            if len(_remote_here) > _KEPT_OPEN:
                _remote_here.popitem(last=False)[1].close()
        _remote_here.move_to_end(key)
        return known

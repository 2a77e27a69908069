"""The digest of one tensor, and the hash of all of them: they do not depend on the file that the weights lie in.

The digest of a tensor is BLAKE3 over a line with dtype and shape, and the BLAKE3 digests of each megabyte (2**20 bytes)
of its elements in row-major, little-endian order. Megabytes are hashed apart, so that pieces of a large tensor can be
read side by side.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from modelreport.measure.walk import Walk

CHUNK = 1 << 20
"""Bytes that are hashed apart."""

_MOST_EXPANDED = 64 << 20
"""Bytes of an expanded tensor, of which only a part is stored, that are hashed: a small file can claim endless ones."""


def leaf(dtype: str, shape: tuple[int, ...], chunks: bytes) -> str:
    """The digest of a tensor from the digests of its megabytes, in hex."""
    header = f"{dtype} {','.join(map(str, shape))}\n".encode()
    return blake3(header + chunks).hexdigest()


def root(leaves: Iterable[tuple[str, str, tuple[int, ...], str]]) -> str:
    """The hash of all weights from name, dtype, shape and digest of each tensor, in hex.

    BLAKE3 over one line for each, sorted by name: ``name dtype shape digest`` with the shape as ``2,3``; in names line
    breaks and backslashes are escaped. Empty when there is a tensor without a digest, or none. ``docs/hashes.md`` tells
    how to compute it again.
    """
    found = sorted(leaves)
    if not found or not all(digest for *_, digest in found):
        return ""
    lines = (f"{_escaped(name)} {dtype} {','.join(map(str, shape))} {digest}\n" for name, dtype, shape, digest in found)
    return blake3("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("\n", "\\n")


def chunk_digests(data: Any) -> bytes:
    """Digests of each megabyte of some bytes."""
    view = memoryview(data).cast("B")
    return b"".join(blake3(view[at : at + CHUNK]).digest() for at in range(0, len(view), CHUNK))


def small_digests(plan: Walk, block: NDArray[Any]) -> bytes:
    """Digests of a tensor that is held whole: its raw elements, patterns where the dtype is tabulated."""
    if plan.codec.element_bits >= 8 and plan.codec.per_element == 1:
        return chunk_digests(block.view(np.uint8))
    return LeafReader(plan, 0, plan.rows).digests()


def expanded_digests(plan: Walk) -> bytes | None:
    """Digests of an expanded tensor's bytes as if they were all stored; ``None`` when they are too many."""
    if plan.tensor.size_bytes > _MOST_EXPANDED:
        return None
    values = plan.tensor.array()
    whole = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"), copy=False))
    return chunk_digests(whole.reshape(-1).view(np.uint8)) if whole.size else b""


class LeafReader:
    """Hashes the megabytes that begin in some rows of a tensor, while these are walked."""

    def __init__(self, plan: Walk, first: int, last: int) -> None:
        bits = plan.codec.element_bits
        begin, end = first * plan.row * bits // 8, (last * plan.row * bits + 7) // 8
        self._plan = plan
        self._packed = plan.strides is None and not plan.raw
        self._at = -(-begin // CHUNK) * CHUNK
        """Where the next megabyte begins."""
        self._end = end
        self._skipped = min(self._at, end) - begin
        """Bytes of a megabyte that began in earlier rows, still to come."""
        self._walked = first * plan.row * plan.codec.per_element
        self._open = blake3()
        self._filled = 0
        self._digests: list[bytes] = []

    def add(self, block: NDArray[Any]) -> None:
        """A block has been looked at."""
        if self._plan.weight > 1:
            return
        if self._packed:
            self._walked += block.size
            self._hash(self._walked * self._plan.codec.element_bits // self._plan.codec.per_element // 8)
            return
        view = np.ascontiguousarray(block).view(np.uint8).data
        skipped = min(self._skipped, len(view))
        self._skipped -= skipped
        view = view[skipped:]
        while len(view):
            part = view[: CHUNK - self._filled]
            self._open.update(part)
            self._filled += len(part)
            view = view[len(part) :]
            if self._filled == CHUNK:
                self._close()

    def digests(self) -> bytes:
        """Of the megabytes, in order; the last rows have been walked."""
        if self._plan.weight > 1:
            return b""
        if self._packed:
            self._hash(self._plan.size_bytes)
        elif self._filled:
            self._open.update(self._bytes(self._end, min(CHUNK - self._filled, self._plan.size_bytes - self._end)))
            self._close()
        return b"".join(self._digests)

    def _hash(self, until: int) -> None:
        """Hash the megabytes that begin in these rows and end before ``until``."""
        size = self._plan.size_bytes
        while self._at < self._end and min(self._at + CHUNK, size) <= until:
            self._digests.append(blake3(self._bytes(self._at, min(CHUNK, size - self._at))).digest())
            self._at += CHUNK

    def _bytes(self, start: int, size: int) -> memoryview:
        """Some of the tensor's bytes."""
        storage = self._plan.tensor.storage
        if storage is None or not size:  # the former is checked when a walk is made
            return memoryview(b"")
        return storage.view(start + self._plan.tensor.offset * self._plan.codec.element_bits // 8, size)

    def _close(self) -> None:
        self._digests.append(self._open.digest())
        self._open = blake3()
        self._filled = 0

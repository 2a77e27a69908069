"""The inner loops: what is computed from one block of numbers that fits the processor's cache.

Pure functions on arrays with numpy; ``compiled`` has the same for large checkpoints.
"""

from __future__ import annotations

import mmap
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 17
"""Numbers in one block: with its float64 copy it stays in a second-level cache of 1 to 2 MB."""

KEY_BITS = {"float32": 16, "float64": 20}
"""Leading bits that rounded counts keep: sign, exponent and 7 or 8 bits of mantissa."""


class Scratch(threading.local):
    """Buffers of one thread, reused for every block: fresh megabytes would cost page faults each time."""

    def __init__(self) -> None:
        self.keys = np.empty(BLOCK, np.int64)
        self.bits = np.empty(BLOCK, np.uint64)
        self._floats = np.empty((3, BLOCK))
        self._words = np.empty((4, BLOCK), np.uint64)
        self._read = np.empty(0, np.uint8)

    def floats(self, size: int) -> NDArray[np.float64]:
        """Three arrays of so many numbers, for the sums over a block or the rows in it."""
        return self._floats[:, :size] if size <= BLOCK else np.empty((3, size))

    def words(self, size: int) -> NDArray[np.uint64]:
        """Four arrays of so many words."""
        return self._words[:, :size] if size <= BLOCK else np.empty((4, size), np.uint64)

    def read(self, size: int) -> NDArray[np.uint8]:
        """So many bytes for what is read of a file, at the beginning of a page."""
        if self._read.size < size + mmap.PAGESIZE:
            self._read = np.empty(size + mmap.PAGESIZE, np.uint8)
        start = -self._read.ctypes.data % mmap.PAGESIZE
        return self._read[start : start + size]


scratch = Scratch()


def count_patterns(patterns: NDArray[Any], bits: int) -> NDArray[np.int64]:
    """How often each pattern occurs, shape ``(2**bits,)``."""
    if patterns.size <= BLOCK:
        keys = scratch.keys[: patterns.size]
        keys[:] = patterns
        return np.bincount(keys, minlength=1 << bits)
    return np.bincount(patterns, minlength=1 << bits)


def count_rounded(values: NDArray[Any]) -> NDArray[np.int64]:
    """Counts of finite float32 or float64 numbers rounded to their leading ``KEY_BITS`` bits, half away from zero.

    A representative is within 2**-8 (float32) or 2**-9 (float64) of the value, relative to it.
    """
    single = values.dtype == np.float32
    kept = KEY_BITS["float32" if single else "float64"]
    width = 32 if single else 64
    kind = np.uint32 if single else np.uint64
    bits = scratch.bits[: values.size].view(kind)[: values.size]
    keys = scratch.keys[: values.size]
    np.add(values.view(kind), kind(1 << (width - kept - 1)), out=bits)
    np.right_shift(bits, kind(width - kept), out=bits)
    keys[:] = bits
    return np.bincount(keys, minlength=1 << kept)

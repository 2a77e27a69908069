"""Which slices along the first dimension are all zero or all equal, found while the values stream by."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.measure.codec import Codec


class Channels:
    """Counts zero and constant rows of ``size`` elements; blocks may cut rows anywhere.

    NaN equals nothing, so that a row with NaN is never constant. Both zeros are equal, whatever their sign: a pruning
    mask leaves them mixed.
    """

    def __init__(self, codec: Codec, size: int) -> None:
        self.zero = 0
        self.constant = 0
        self._codec = codec
        self._magnitude = _magnitude_bits(codec)
        self._size = size
        self._filled = 0
        self._first: Any = None
        self._same = False

    def add(self, block: NDArray[Any]) -> None:
        """Walk one block: patterns of a tabulated dtype, or numbers."""
        start = 0
        if self._filled:
            start = min(self._size - self._filled, block.size)
            self._extend(block[:start])
        rows = (block.size - start) // self._size
        if rows:
            self._whole(block[start : start + rows * self._size].reshape(rows, self._size))
        rest = block[start + rows * self._size :]
        if rest.size:
            self._first, self._same = rest[0], True
            self._extend(rest)

    def merge(self, other: Channels) -> None:
        """Add the rows another piece of the same tensor has counted."""
        self.zero += other.zero
        self.constant += other.constant

    def _extend(self, part: NDArray[Any]) -> None:
        self._same = self._same and bool(self._equal(part, self._first).all())
        self._filled += part.size
        if self._filled == self._size:
            if self._same:
                self._count(np.array([self._first]))
            self._filled = 0

    def _whole(self, rows: NDArray[Any]) -> None:
        """Few rows of a trained tensor begin, go on and end with the same value: only those are read whole."""
        first = rows[:, 0]
        likely = self._equal(first, rows[:, -1])
        for column in (self._size // 2, self._size // 3):
            likely &= self._equal(first, rows[:, column])
        candidates = np.flatnonzero(likely)
        if candidates.size:
            chosen = rows if candidates.size == len(rows) else rows[candidates]
            same = self._equal(chosen, chosen[:, :1]).all(axis=1)
            self._count(chosen[same, 0])

    def _equal(self, left: NDArray[Any], right: Any) -> NDArray[np.bool_]:
        equal: NDArray[np.bool_] = left == right
        if self._magnitude is not None:
            equal |= ((left | right) & self._magnitude) == 0
        return equal

    def _count(self, firsts: NDArray[Any]) -> None:
        values = self._codec.values
        numbers = firsts if values is None else values[firsts]
        self.zero += int((numbers == 0).sum())
        self.constant += int((~np.isnan(numbers)).sum())


def _magnitude_bits(codec: Codec) -> Any:
    """Mask of the bits besides the sign where patterns of both zeros exist, else ``None``."""
    sign = 1 << (codec.bits - 1)
    if codec.values is None or codec.values[sign] != 0 or codec.bits == 1:
        return None
    return codec.stored.type(sign - 1)

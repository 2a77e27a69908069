"""The slices of a tensor along its first dimension: the largest magnitude, the energy and a hash of each.

The facts do not depend on where blocks cut a row: sums run in lanes, each in the order of the elements, and the hash is
arithmetic modulo 2**64.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.measure.codec import Codec
from modelreport.measure.kernel import scratch
from modelreport.measure.lanes import ROW_LANES, add_lanes, fold, lane_sums

MOST_ROWS = 1 << 20
"""Slices that are told apart; tensors with more of them have no ``Rows`` (25 bytes for each would be kept)."""

SEGMENT = 1024
"""Words of a row that are hashed with one set of keys."""


def _multipliers(count: int) -> NDArray[np.uint64]:
    """Odd numbers without a pattern: the first outputs of SplitMix64 (Steele, Lea, Flood 2014)."""
    mixed = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return (mixed ^ (mixed >> np.uint64(31))) | np.uint64(1)


KEYS = _multipliers(SEGMENT)
"""One for each word of a segment."""

STEP = np.uint64(0xD1342543DE82EF95)
"""From one segment to the next: the multiplier of a 64-bit generator of good spectral quality (Steele, Vigna 2021)."""


@dataclass
class Rows:
    """What is known of each slice along the first dimension, in order. Arrays of one length: the stored slices."""

    largest: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """Largest magnitude of a finite value; 0 where there is none."""
    energy: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """Σx² over finite values; infinite where that is beyond float64 (possible for float64 values only)."""
    code: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    """Hash of the slice's bytes: equal slices have equal codes, and others differ with a probability of 1 − 2⁻³⁸ or
    better for values that were not made to collide."""

    def merge(self, other: Rows) -> None:
        """Add the slices after these."""
        self.largest = np.concatenate((self.largest, other.largest))
        self.energy = np.concatenate((self.energy, other.energy))
        self.code = np.concatenate((self.code, other.code))


class RowReader:
    """Makes ``Rows`` from blocks that hold whole rows of ``size`` elements, or a part of one."""

    def __init__(self, codec: Codec, size: int) -> None:
        self._codec = codec
        self._size = size
        self._filled = 0
        self._largest = 0.0
        self._lanes = np.zeros((1, ROW_LANES))
        self._code = np.zeros(1, np.uint64)
        self._done: list[Rows] = []

    def add(self, block: NDArray[Any]) -> None:
        """Walk one block of raw elements, patterns where the dtype is tabulated; more than one where it fits memory."""
        rows = max(1, block.size // self._size)
        numbers = _finite(self._codec, block).reshape(rows, -1)
        np.abs(numbers, out=numbers)
        words = _words(block, self._size).reshape(rows, -1)
        if block.size >= self._size:
            largest, code = numbers.max(axis=1), _hashed(np.zeros(rows, np.uint64), words)
            self._done.append(Rows(largest, fold(lane_sums(np.square(numbers, out=numbers), ROW_LANES)), code))
            return
        self._largest = max(self._largest, float(numbers.max()))
        add_lanes(self._lanes, np.square(numbers, out=numbers))
        self._code = _hashed(self._code, words)
        self._filled += block.size
        if self._filled == self._size:
            self._done.append(Rows(np.array([self._largest]), fold(self._lanes), self._code))
            self._filled, self._largest = 0, 0.0
            self._lanes, self._code = np.zeros((1, ROW_LANES)), np.zeros(1, np.uint64)

    def rows(self) -> Rows:
        """The rows that were read."""
        if len(self._done) == 1:
            return self._done[0]
        return Rows(
            *(
                np.concatenate([getattr(part, name) for part in self._done] or [getattr(Rows(), name)])
                for name in ("largest", "energy", "code")
            )
        )


def _finite(codec: Codec, block: NDArray[Any]) -> NDArray[np.float64]:
    """The numbers of raw elements, zero in place of those that are not finite; a copy, valid until the next block."""
    if codec.values is not None:
        numbers: NDArray[np.float64] = codec.values[block]
    else:
        known = codec.numbers(block)
        numbers = scratch.floats(known.size)[0]
        numbers[:] = known
    good = np.isfinite(numbers)
    if not good.all():
        numbers[~good] = 0
    return numbers


def word_bytes(size: int, itemsize: int) -> int:
    """Bytes of the words by which rows of ``size`` elements are hashed."""
    return itemsize if size * itemsize % 8 else 8


def _words(block: NDArray[Any], size: int) -> NDArray[np.uint64]:
    """The bytes of a block of rows of ``size`` elements as words, their bits mixed; valid until the next block."""
    raw = np.ascontiguousarray(block).view(f"u{word_bytes(size, block.itemsize)}")
    words, mixed, one, other = scratch.words(raw.size)
    words[:] = mixed[:] = raw
    for left, right in ((13, 51), (37, 27)):
        np.left_shift(words, np.uint64(left), out=one)
        np.right_shift(words, np.uint64(right), out=other)
        np.bitwise_or(one, other, out=one)
        np.bitwise_xor(mixed, one, out=mixed)
    return np.asarray(mixed, np.uint64)


def _hashed(code: NDArray[np.uint64], words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Codes of rows whose earlier words gave ``code``: Σ key · word over a segment, segments by Horner's rule.

    Multilinear hashing (Lemire and Kaser 2014) with fixed keys.
    """
    for start in range(0, words.shape[1], SEGMENT):
        part = words[:, start : start + SEGMENT]
        product = scratch.words(words.size)[2][: part.size].reshape(part.shape)
        np.multiply(part, KEYS[: part.shape[1]], out=product)
        code = code * STEP + product.sum(axis=1, dtype=np.uint64)
    return code

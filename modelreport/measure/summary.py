"""What is kept of a tensor's values while they stream by: two mergeable summaries.

``Exact`` counts bit patterns of dtypes up to 16 bits; ``Rounded`` counts float32 and float64 numbers by their leading
bits and keeps exact sums of powers beside. Adding two summaries is associative and commutative to the last bit, so
blocks, threads and shards combine in any order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from modelreport.measure.codec import Codec, codec
from modelreport.measure.kernel import BLOCK, KEY_BITS, count_patterns, count_rounded
from modelreport.measure.moments import Moments, PowerSums, block_sums, scale_of
from modelreport.measure.parcel import pack_counts, unpack_counts


@dataclass
class Counted:
    """Numbers that are not finite, zeros and subnormals: exact counts."""

    nan: int = 0
    positive_infinity: int = 0
    negative_infinity: int = 0
    zeros: int = 0
    subnormals: int = 0

    def add(self, other: Counted) -> None:
        """Add the counts of ``other``."""
        self.nan += other.nan
        self.positive_infinity += other.positive_infinity
        self.negative_infinity += other.negative_infinity
        self.zeros += other.zeros
        self.subnormals += other.subnormals


class Summary(ABC):
    """A mergeable summary of values."""

    @abstractmethod
    def add(self, values: NDArray[Any]) -> None:
        """Add a block of at most ``kernel.BLOCK`` values."""

    @abstractmethod
    def merge(self, other: Self) -> None:
        """Add the values that ``other``, a summary of the same dtype, has seen."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: pack_counts(value) if name == "counts" else value for name, value in vars(self).items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, counts=unpack_counts(state["counts"]))


@dataclass
class Exact(Summary):
    """Counts of every bit pattern of a dtype of at most 16 bits."""

    codec: Codec
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        if not self.counts.size:
            self.counts = np.zeros(1 << self.codec.bits, np.int64)

    def add(self, values: NDArray[Any]) -> None:
        """Count a block of patterns (unsigned integers)."""
        self.counts += count_patterns(values, self.codec.bits)

    def merge(self, other: Self) -> None:
        """Add the counts of ``other``."""
        self.counts += other.counts


@dataclass
class Rounded(Summary):
    """Counts by leading bits, exact extremes and moments of float32 or float64 numbers."""

    codec: Codec
    special: Counted = field(default_factory=Counted)
    sums: PowerSums = field(default_factory=PowerSums)
    minimum: float = np.inf
    maximum: float = -np.inf
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        if not self.counts.size:
            self.counts = np.zeros(1 << KEY_BITS[self.codec.kind], np.int64)

    def add(self, values: NDArray[Any]) -> None:
        """Add a block of at most ``kernel.BLOCK`` float32 or float64 numbers."""
        if not values.size:
            return
        low, high = float(values.min()), float(values.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            values = finite(values, self.special)
            if not values.size:
                return
            low, high = float(values.min()), float(values.max())
        values = np.ascontiguousarray(values)
        counts = count_rounded(values)
        if _smallest(counts, self.codec):
            count_small(values, self.codec.smallest_normal, self.special)
        self.counts += counts
        self.minimum, self.maximum = min(self.minimum, low), max(self.maximum, high)
        self.sums.add(block_sums(values, low, high))

    @property
    def moments(self) -> Moments:
        """Count, mean and central sums of the finite numbers; computed anew each time."""
        return self.sums.moments(scale_of(self.minimum, self.maximum)) if self.sums.count else Moments()

    def merge(self, other: Self) -> None:
        """Add the values that ``other`` has seen."""
        self.special.add(other.special)
        self.sums.merge(other.sums)
        self.minimum, self.maximum = min(self.minimum, other.minimum), max(self.maximum, other.maximum)
        self.counts += other.counts


@dataclass(frozen=True)
class Buckets:
    """Finite values, ascending, with how often they occur; arrays of one length, no count is zero.

    Of an exact summary ``lower`` and ``upper`` are ``value``; else ``value`` is within them, cut to the extremes.
    """

    value: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    count: NDArray[np.int64]


def buckets(summary: Summary) -> Buckets:
    """The finite values of a summary."""
    if isinstance(summary, Exact) and summary.codec.values is not None and summary.codec.order is not None:
        ordered = summary.counts[summary.codec.order]
        seen = ordered > 0
        values = summary.codec.values[summary.codec.order[seen]]
        return Buckets(values, values, values, ordered[seen])
    if not isinstance(summary, Rounded):
        raise TypeError(f"no buckets in a {type(summary).__name__}")
    keys, value, lower, upper = rounded_buckets("float32" if summary.codec.kind == "float32" else "float64")
    counts = summary.counts[keys]
    seen = counts > 0
    value, lower, upper = (np.clip(a[seen], summary.minimum, summary.maximum) for a in (value, lower, upper))
    return Buckets(value, lower, upper, counts[seen])


def add_all(summary: Summary, values: NDArray[Any]) -> None:
    """Add any number of values."""
    for start in range(0, values.size, BLOCK):
        summary.add(values[start : start + BLOCK])


def finite(values: NDArray[Any], special: Counted) -> NDArray[Any]:
    """The finite ones of ``values``; the others are counted in ``special``."""
    good = np.isfinite(values)
    bad = values[~good]
    nan = int(np.isnan(bad).sum())
    positive = int((bad > 0).sum())
    special.nan += nan
    special.positive_infinity += positive
    special.negative_infinity += bad.size - nan - positive
    kept: NDArray[Any] = values[good]
    return kept


def count_small(values: NDArray[Any], smallest_normal: float, special: Counted) -> None:
    """Count zeros and subnormals of finite numbers into ``special``."""
    zeros = values.size - int(np.count_nonzero(values))
    special.zeros += zeros
    if smallest_normal:
        special.subnormals += int(np.count_nonzero(np.abs(values) < smallest_normal)) - zeros


def _smallest(counts: NDArray[np.int64], reader: Codec) -> bool:
    """Whether any number fell in the buckets that may hold zeros or subnormals (exponent 0, or rounded up to 1)."""
    half = counts.size // 2
    last = 1 << (7 if reader.kind == "float32" else 8)
    return bool(counts[: last + 1].any() or counts[half : half + last + 1].any())


@cache
def rounded_buckets(
    kind: Literal["float32", "float64"],
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Keys of ``Rounded.counts`` ascending by value, and of each bucket its representative, lower and upper border."""
    bits = KEY_BITS[kind]
    half = 1 << (bits - 1)
    infinite = 0x7F80 if kind == "float32" else 0x7FF00
    pattern = np.arange(infinite, dtype=np.uint64)
    if kind == "float32":  # the bucket "infinity" holds the largest finite numbers; float64 can name its value
        finite_values = (pattern << np.uint64(16)).astype(np.uint32).view(np.float32).astype(np.float64)
        top = 2.0**128
    else:
        finite_values = (pattern << np.uint64(44)).view(np.float64)
        top = float(np.finfo(np.float64).max)
    value = np.concatenate((finite_values, [top, top]))
    middle = value[:-1] / 2 + value[1:] / 2
    value = value[: infinite + 1]
    lower, upper = np.concatenate(([0.0], middle[:-1])), middle.copy()
    upper[0] = 0.0  # zero is a point: numbers below the first border are subnormals of no visible width
    keys = np.concatenate((half + np.arange(infinite, -1, -1), np.arange(infinite + 1)))
    return (
        keys,
        np.concatenate((-value[::-1], value)),
        np.concatenate((-upper[::-1], lower)),
        np.concatenate((-lower[::-1], upper)),
    )


def new_summary(dtype: str) -> Summary:
    """An empty summary for values of a dtype."""
    reader = codec(dtype)
    return Exact(reader) if reader.kind == "table" else Rounded(reader)

"""How often each magnitude occurs in a tensor: the table of its values, folded at zero."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from modelreport.measure.kernel import KEY_BITS
from modelreport.measure.summary import Exact, Rounded, Summary, rounded_buckets


@dataclass(frozen=True, eq=False)
class Magnitudes:
    """Finite values that are not zero, by magnitude, ascending.

    Each bucket holds ``count`` values from ``lower`` to ``upper``; in an exact table both are ``value``. Buckets of a
    rounded table are within 2**-8 (float32) or 2**-9 (float64) of ``value``, relative to it.
    """

    value: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    count: NDArray[np.int64]
    zeros: int
    largest: float
    """Exact; 0 when there is nothing but zeros."""
    exact: bool
    key: NDArray[np.intp]
    """Leading bits of each bucket without the sign, as ``places`` gives them."""
    points: NDArray[np.float64]
    """Magnitudes that are known exactly and are not among ``count``."""

    @property
    def total(self) -> int:
        """Finite values, zeros included."""
        return int(self.count.sum()) + self.points.size + self.zeros

    @cached_property
    def energy(self) -> float:
        """Σx² in units of ``largest``²."""
        if not self.largest:
            return 0.0
        low, high, point = (side / self.largest for side in (self.lower, self.upper, self.points))
        inside = (self.count * (low * low + low * high + high * high)).sum() / 3
        return float(inside + np.square(point).sum())

    def above(self, border: float) -> tuple[int, bool]:
        """Values of at least this magnitude, and whether that is exact.

        It is not where the border cuts a bucket; there the bucket is shared in proportion. The extreme is known
        exactly, so that the answer is 0 only when there is none.
        """
        if self.largest < border:
            return 0, True
        certain = int(self.count[self.lower >= border].sum()) + int(np.count_nonzero(self.points >= border))
        cut = np.flatnonzero((self.lower < border) & (self.upper >= border))
        if not cut.size:
            return certain, True
        place = int(cut[0])
        share = (self.upper[place] - border) / (self.upper[place] - self.lower[place])
        return max(certain + int(np.rint(share * self.count[place])), 1), False

    def below(self, border: float) -> int:
        """Values of at most this magnitude, zeros left out; a bucket that the border cuts is shared in proportion."""
        whole = self.upper <= border
        found = int(self.count[whole].sum()) + int(np.count_nonzero(self.points <= border))
        cut = np.flatnonzero((self.lower < border) & ~whole)
        if not cut.size:
            return found
        place = int(cut[0])
        share = (border - self.lower[place]) / (self.upper[place] - self.lower[place])
        return found + int(np.rint(share * self.count[place]))


MOST_POINTS = 1 << 12
"""Exact magnitudes that are taken out of their buckets, the largest: in heavy tails a few values make up the noise."""


def magnitudes(summary: Summary, known: NDArray[np.float64] | None = None) -> Magnitudes:
    """The folded table of a summary of floating-point values, of some of which the magnitude is ``known`` exactly."""
    if isinstance(summary, Exact):
        return _of_exact(summary)
    if isinstance(summary, Rounded):
        return _of_rounded(summary, np.empty(0) if known is None else known)
    raise TypeError(f"no magnitudes from a {type(summary).__name__}")


def places(values: NDArray[Any]) -> NDArray[np.intp]:
    """The key of the bucket that each float32 or float64 number falls in, flat."""
    single = values.dtype == np.float32
    kind, bits, kept = (np.uint32, 32, KEY_BITS["float32"]) if single else (np.uint64, 64, KEY_BITS["float64"])
    pattern: Any = np.ascontiguousarray(values).reshape(-1).view(kind) & kind((1 << (bits - 1)) - 1)  # type: ignore[operator]
    return np.asarray((pattern + kind(1 << (bits - kept - 1))) >> kind(bits - kept), np.intp)


def _of_exact(summary: Exact) -> Magnitudes:
    values = summary.codec.values
    if values is None:
        raise TypeError(f"{summary.codec.dtype} has no table of values")
    half = values.size // 2
    counts = summary.counts[:half] + summary.counts[half:]  # floats keep the sign in the first bit
    seen = np.flatnonzero(counts)
    value = values[seen]
    seen = seen[np.isfinite(value) & (value != 0)]
    value = values[seen]
    zeros = int(counts[0])
    largest = float(value[-1]) if value.size else 0.0
    return Magnitudes(value, value, value, counts[seen], zeros, largest, exact=True, key=seen, points=np.empty(0))


def _of_rounded(summary: Rounded, known: NDArray[np.float64]) -> Magnitudes:
    kind: Literal["float32", "float64"] = "float32" if summary.codec.kind == "float32" else "float64"
    half = summary.counts.size // 2
    counts = summary.counts[:half] + summary.counts[half:]
    zeros = summary.special.zeros
    counts[0] -= zeros
    points = _points(known, kind, counts)
    seen = np.flatnonzero(counts)
    seen = seen[seen <= _last(kind)]
    largest = max(abs(summary.minimum), abs(summary.maximum)) if seen.size or points.size else 0.0
    value, lower, upper = (side[seen] for side in _sides(kind))
    upper = np.minimum(upper, largest)
    lower = np.minimum(lower, upper)
    value = np.clip(value, lower, upper)
    return Magnitudes(value, lower, upper, counts[seen], zeros, largest, exact=False, key=seen, points=points)


def _points(known: NDArray[np.float64], kind: str, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """The largest of the known magnitudes, taken out of ``counts``."""
    points = np.sort(known[known > 0])[::-1][:MOST_POINTS]
    keys = places(points.astype(np.float32) if kind == "float32" else points)
    np.subtract.at(counts, keys, 1)
    return points


def _last(kind: Literal["float32", "float64"]) -> int:
    return 0x7F80 if kind == "float32" else 0x7FF00


def _sides(kind: Literal["float32", "float64"]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Value, lower and upper border of the buckets of positive numbers, by key."""
    keys, value, lower, upper = rounded_buckets(kind)
    positive = slice(keys.size // 2, None)  # first all negative ones, then as many positive ones
    return value[positive], lower[positive], upper[positive]

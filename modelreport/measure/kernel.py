"""The inner loops: what is computed from one block of numbers that fits the processor's cache.

Pure functions on arrays with numpy; a compiled kernel can take their place without a change elsewhere.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 17
"""Numbers in one block: with its float64 copy it stays in a second-level cache of 1 to 2 MB."""

KEY_BITS = {"float32": 16, "float64": 20}
"""Leading bits that rounded counts keep: sign, exponent and 7 or 8 bits of mantissa."""


class _Scratch(threading.local):
    """Buffers of one thread, reused for every block: fresh megabytes would cost page faults each time."""

    def __init__(self) -> None:
        self.keys = np.empty(BLOCK, np.int64)
        self.bits = np.empty(BLOCK, np.uint64)
        self.wide = np.empty(BLOCK, np.float64)
        self.other = np.empty(BLOCK, np.float64)


_scratch = _Scratch()


@dataclass(frozen=True)
class Moments:
    """Count, mean, sum of squared deviations and sum of magnitudes of values × 2**-scale; merging is associative."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    """Sum of squared deviations from the mean."""
    magnitudes: float = 0.0
    scale: int = 0

    def at(self, scale: int) -> Moments:
        """The same moments for another scale, which must not be smaller by much (values would overflow)."""
        if scale == self.scale:
            return self
        by = self.scale - scale
        return Moments(
            self.count,
            math.ldexp(self.mean, by),
            math.ldexp(self.squares, 2 * by),
            math.ldexp(self.magnitudes, by),
            scale,
        )

    def __add__(self, other: Moments) -> Moments:
        """Moments of both sets of values together (Chan, Golub, LeVeque 1979, pairwise update)."""
        if not self.count or not other.count:
            return self if self.count else other
        scale = max((m.scale for m in (self, other) if m.magnitudes), default=0)  # zeros are the same at every scale
        left, right = self.at(scale), other.at(scale)
        count = left.count + right.count
        delta = right.mean - left.mean
        return Moments(
            count,
            left.mean + delta * (right.count / count),
            left.squares + right.squares + delta * delta * (left.count / count * right.count),
            left.magnitudes + right.magnitudes,
            scale,
        )


def moments(values: NDArray[Any], low: float, high: float) -> Moments:
    """Moments of one block of finite numbers between ``low`` and ``high``, in float64.

    Values whose squares would leave float64's range are scaled by a power of two first.
    """
    count = values.size
    wide, other = (
        (_scratch.wide[:count], _scratch.other[:count]) if count <= BLOCK else (np.empty(count), np.empty(count))
    )
    wide[:] = values
    largest = max(abs(low), abs(high))
    scale = 0 if largest == 0 or 1e-100 < largest < 1e100 else math.frexp(largest)[1]
    if scale:
        np.ldexp(wide, -scale, out=wide)
    mean = float(wide.sum()) / count
    magnitudes = float(np.abs(wide, out=other).sum())
    np.subtract(wide, mean, out=other)
    return Moments(count, mean, float(np.einsum("i,i->", other, other)), magnitudes, scale)


def count_patterns(patterns: NDArray[Any], bits: int) -> NDArray[np.int64]:
    """How often each pattern occurs, shape ``(2**bits,)``."""
    if patterns.size <= BLOCK:
        keys = _scratch.keys[: patterns.size]
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
    bits = _scratch.bits[: values.size].view(kind)[: values.size]
    keys = _scratch.keys[: values.size]
    np.add(values.view(kind), kind(1 << (width - kept - 1)), out=bits)
    np.right_shift(bits, kind(width - kept), out=bits)
    keys[:] = bits
    return np.bincount(keys, minlength=1 << kept)

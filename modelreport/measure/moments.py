"""Sums of powers that merge without rounding, and the moments that follow from them.

Each block of numbers is summed in float64 in a fixed order, about a value in its middle; blocks are added as integers.
So the moments are the same to the last bit whichever threads or machines read the blocks, and in whatever order they
come together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.measure.kernel import scratch
from modelreport.measure.lanes import block_sum

_POINT = 5440
"""Binary places of the integers: more than the fourth power of the smallest float64 has."""

_MANTISSA = 53
"""Binary digits of a float64."""

PLACES = np.arange(9) * 2654435761 >> 5
"""Where nine numbers of a block are looked at, modulo its size: far from each other, and in no pattern."""


@dataclass(frozen=True)
class Moments:
    """Count, mean and central sums of values × 2**-scale."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    """Sum of squared deviations from the mean."""
    cubes: float = 0.0
    fourths: float = 0.0
    magnitudes: float = 0.0
    """Sum of magnitudes."""
    scale: int = 0


@dataclass(frozen=True)
class BlockSums:
    """Float64 sums over ``count`` numbers x, with d = x × 2**-scale − shift."""

    count: int
    shift: float
    scale: int
    powers: tuple[float, float, float, float]
    """Σd, Σd², Σd³, Σd⁴."""
    magnitudes: float
    """Σ|x| × 2**-scale."""


@dataclass
class PowerSums:
    """Σx, Σx², Σx³, Σx⁴ and Σ|x| of blocks, added exactly: as integers × 2**-``_POINT``."""

    count: int = 0
    powers: tuple[int, int, int, int] = (0, 0, 0, 0)
    magnitudes: int = 0

    def add(self, block: BlockSums) -> None:
        """Add one block: its sums about its shift become sums about zero, exactly."""
        n, s = block.count, _exact(block.shift)
        d1, d2, d3, d4 = (_exact(power) for power in block.powers)
        if not (block.shift or block.scale):  # as most blocks
            self._plus(n, (d1, d2, d3, d4), _exact(block.magnitudes))
            return
        s2 = _times(s, s)
        s3 = _times(s2, s)
        scale = block.scale
        about_zero = (
            d1 + n * s,
            d2 + 2 * _times(s, d1) + n * s2,
            d3 + 3 * _times(s, d2) + 3 * _times(s2, d1) + n * s3,
            d4 + 4 * _times(s, d3) + 6 * _times(s2, d2) + 4 * _times(s3, d1) + n * _times(s3, s),
        )
        a, b, c, d = (_shifted(x, scale * (i + 1)) for i, x in enumerate(about_zero))
        self._plus(n, (a, b, c, d), _shifted(_exact(block.magnitudes), scale))

    def add_plain(self, counts: NDArray[np.int64], sums: NDArray[np.float64]) -> None:
        """Add blocks that have neither shift nor scale: their counts, and Σx, Σx², Σx³, Σx⁴ and Σ|x| in columns."""
        a, b, c, d, magnitudes = (_exact_total(column) for column in sums.T)
        self._plus(int(counts.sum()), (a, b, c, d), magnitudes)

    def merge(self, other: PowerSums) -> None:
        """Add the blocks that ``other`` has seen."""
        self._plus(other.count, other.powers, other.magnitudes)

    def _plus(self, count: int, powers: tuple[int, int, int, int], magnitudes: int) -> None:
        a, b, c, d = (have + more for have, more in zip(self.powers, powers, strict=True))
        self.count, self.powers, self.magnitudes = self.count + count, (a, b, c, d), self.magnitudes + magnitudes

    def moments(self, scale: int = 0) -> Moments:
        """Mean and central sums of the values × 2**-scale, each rounded once from its exact value."""
        n = self.count
        if not n:
            return Moments()
        a, b, c, d = self.powers
        aa = a * a
        squares = (n * b << _POINT) - aa
        cubes = (n * n * c << 2 * _POINT) - (3 * n * a * b << _POINT) + 2 * aa * a
        fourths = (
            (n**3 * d << 3 * _POINT) - (4 * n * n * a * c << 2 * _POINT) + (6 * n * aa * b << _POINT) - 3 * aa * aa
        )
        return Moments(
            count=n,
            mean=_ratio(a, n << _POINT, scale),
            squares=_ratio(squares, n << 2 * _POINT, 2 * scale),
            cubes=_ratio(cubes, n * n << 3 * _POINT, 3 * scale),
            fourths=_ratio(fourths, n**3 << 4 * _POINT, 4 * scale),
            magnitudes=_ratio(self.magnitudes, 1 << _POINT, scale),
            scale=scale,
        )


def _exact(value: float) -> int:
    """A float64 as an integer × 2**-_POINT."""
    top, bottom = value.as_integer_ratio()
    return top << (_POINT + 1 - bottom.bit_length())


def _exact_total(values: NDArray[np.float64]) -> int:
    """The sum of float64 numbers as an integer × 2**-_POINT."""
    if not values.size:
        return 0
    fractions, exponents = np.frexp(values)
    least = int(exponents.min())
    whole = np.ldexp(fractions, _MANTISSA).astype(np.int64).tolist()
    total: int = sum(one << places for one, places in zip(whole, (exponents - least).tolist(), strict=True))
    return total << (_POINT + least - _MANTISSA)


def _times(left: int, right: int) -> int:
    """The product of two exact numbers; nothing is lost but below 2**-_POINT, which no float64 of a block reaches."""
    return (left * right) >> _POINT


def _shifted(value: int, places: int) -> int:
    return value << places if places >= 0 else value >> -places


def _ratio(top: int, bottom: int, scale: int) -> float:
    """``top / bottom × 2**-scale`` as a float64; 0 when it is too small for one."""
    return top / (bottom << scale) if scale >= 0 else (top << -scale) / bottom


def scale_of(low: float, high: float) -> int:
    """Power of two by which values between these are divided so that their fourth powers stay within float64."""
    largest = max(abs(low), abs(high))
    return 0 if largest == 0 or 1e-50 < largest < 1e50 else math.frexp(largest)[1]


def block_sums(values: NDArray[Any], low: float, high: float) -> BlockSums:
    """Sums over a block of finite numbers between ``low`` and ``high``."""
    wide, square, other = scratch.floats(values.size)
    scale = scale_of(low, high)
    wide[:] = values
    if scale:
        np.ldexp(wide, -scale, out=wide)
    shift = _middle(wide)
    magnitudes = block_sum(np.abs(wide, out=other))
    if shift:
        wide -= shift
    np.multiply(wide, wide, out=square)
    cubes = block_sum(np.multiply(square, wide, out=other))
    fourths = block_sum(np.multiply(square, square, out=other))
    return BlockSums(values.size, shift, scale, (block_sum(wide), block_sum(square), cubes, fourths), magnitudes)


def moments_of(values: NDArray[np.float64], counts: NDArray[Any] | None = None) -> Moments:
    """Moments of a few finite numbers, or of ``counts`` of each of them."""
    total = values.size if counts is None else int(counts.sum())
    scale = scale_of(float(values.min()), float(values.max()))
    wide = np.ldexp(values, -scale) if scale else values

    def weighted(x: NDArray[np.float64]) -> float:
        return float(x.sum() if counts is None else (x * counts).sum())

    mean = weighted(wide) / total
    centred = wide - mean
    square = centred * centred
    return Moments(
        total,
        mean,
        squares=weighted(square),
        cubes=weighted(square * centred),
        fourths=weighted(square * square),
        magnitudes=weighted(np.abs(wide)),
        scale=scale,
    )


def _middle(wide: NDArray[np.float64]) -> float:
    """About what value a block is summed, so that squares do not cancel.

    The median of nine of its numbers where they lie close together and far from zero; else zero.
    """
    nine = sorted(wide[PLACES % wide.size].tolist())
    return float(nine[4]) if abs(nine[4]) > 4 * (nine[6] - nine[2]) else 0.0

"""Number formats: which magnitudes they hold, how a number is rounded to them, and what that costs on average.

Every format here is symmetric and piecewise even: between two powers of two its numbers have equal distances, and below
the smallest normal number they stay as far apart as just above it. Integers are the case in which everything lies
below that number. So one description serves all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Format:
    """A symmetric number format, rounded to nearest, ties to even, cut to the largest number beyond it."""

    mantissa: int
    """Stored bits of the significand."""
    lowest: int
    """Exponent of the smallest normal number."""
    largest: float
    """Largest finite magnitude."""
    overflow: float
    """Smallest magnitude that rounds beyond ``largest``."""

    @property
    def underflow(self) -> float:
        """Largest magnitude that rounds to zero: half of the smallest number, a tie whose even neighbour is zero."""
        return math.ldexp(0.5, self.lowest - self.mantissa)

    @cached_property
    def _cells(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """The magnitudes, ascending; the border above each but the last; sums of squared errors.

        Those are for each magnitude the integral of the squared error from 0 to the magnitude itself.
        """
        patterns = np.arange(int(self._pattern(self.largest)) + 1)
        exponent, fraction = patterns >> self.mantissa, patterns & ((1 << self.mantissa) - 1)
        whole = fraction + np.where(exponent > 0, 1 << self.mantissa, 0)
        values = np.ldexp(whole.astype(np.float64), np.maximum(exponent, 1) - 1 + self.lowest - self.mantissa)
        borders = values[:-1] + np.diff(values) / 2
        before = np.concatenate(([0.0], borders))
        below, above = _cube(values - before) / 3, _cube(borders - values[:-1]) / 3
        return values, borders, np.cumsum(below) + np.concatenate(([0.0], np.cumsum(above)))

    def _pattern(self, magnitude: float) -> float:
        """The place of one of its magnitudes among them, from 0."""
        exponent = max(math.frexp(magnitude)[1] - 1, self.lowest)
        return math.ldexp(magnitude, self.mantissa - exponent) + (exponent - self.lowest) * 2.0**self.mantissa

    def round(self, values: NDArray[Any]) -> NDArray[Any]:
        """The nearest numbers of the format; float32 or float64 in, the same out. Finite values only."""
        step = self._step(values)
        nearest = values / step
        np.rint(nearest, out=nearest)
        with np.errstate(over="ignore"):  # bfloat16's next number is beyond float32
            nearest *= step
        limit = values.dtype.type(self.largest)
        return np.asarray(np.clip(nearest, -limit, limit, out=nearest))

    def _step(self, values: NDArray[Any]) -> NDArray[Any]:
        """Distance of the format's numbers around each value."""
        single = values.dtype == np.float32
        kind, mask = (np.uint32, 0x7F800000) if single else (np.uint64, 0x7FF0000000000000)
        step = np.bitwise_and(values.view(kind), kind(mask)).view(values.dtype)
        np.maximum(step, values.dtype.type(2.0**self.lowest), out=step)
        step *= values.dtype.type(2.0**-self.mantissa)
        return np.asarray(step)

    def mean_square(self, lower: NDArray[np.float64], upper: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean squared error of values spread evenly between two magnitudes, ``0 ≤ lower < upper``."""
        return (self._integral(upper) - self._integral(lower)) / (upper - lower)

    def _integral(self, magnitudes: NDArray[np.float64]) -> NDArray[np.float64]:
        """The integral of the squared error from 0 to each magnitude."""
        values, borders, sums = self._cells
        cell = np.searchsorted(borders, magnitudes)
        return np.asarray(sums[cell] + _cube(magnitudes - values[cell]) / 3)


def _cube(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values * values * values  # a power would cost fifty times as much


FLOAT16 = Format(10, -14, 65504.0, 65520.0)
"""IEEE 754 binary16."""
BFLOAT16 = Format(7, -126, math.ldexp(255.0, 120), math.ldexp(511.0, 119))
"""float32 without its last 16 bits."""
E4M3 = Format(3, -6, 448.0, math.nextafter(464.0, math.inf))
"""FP8 E4M3 of Micikevicius et al. 2022 (``float8_e4m3fn``): no infinity; 464 is a tie and rounds to 448."""
E5M2 = Format(2, -14, 57344.0, 61440.0)
"""FP8 E5M2 of the same paper, with infinity."""
E2M1 = Format(1, 0, 6.0, 7.0)
"""FP4 of the OCP Microscaling specification 1.0: 0, ½, 1, 1½, 2, 3, 4, 6."""
INT8 = Format(7, 7, 127.0, 127.5)
"""−127 … 127: symmetric, restricted range (Wu et al. 2020, "Integer quantization for deep learning inference")."""
INT4 = Format(3, 3, 7.0, 7.5)
"""−7 … 7, as ``INT8``."""

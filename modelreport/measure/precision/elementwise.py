"""Schemes that round each value by itself, perhaps after one scale for the tensor: from the table of its magnitudes.

Where every value of a tensor is at hand, or its dtype has at most 16 bits, nothing is estimated. Of longer float32 and
float64 tensors the table knows each value to 2**-8 of itself. Values are taken to be evenly spread within a bucket;
where the sampled rows contradict that (values that were once rounded to a narrower format and stored wide again), the
error that was found there replaces it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.measure.precision.formats import Format
from modelreport.measure.precision.magnitudes import Magnitudes

_CONTRADICTS = 4.0
"""Standard deviations between the error of the sample and the expected one, from which the sample is believed."""

_SPREAD = 0.8
"""Variance of the squared error of an evenly spread value, in units of its squared mean: E[e⁴]/E[e²]² − 1 = 9/5 − 1."""


PLAIN = 1e-10
"""Between this and its inverse the squares of values, and of their errors, can be summed in float32."""

FLAT = 1e-30
"""Scales between this and its inverse are held by float32 with all their digits."""


@dataclass(frozen=True)
class Effect:
    """What a scheme does to the values of one tensor."""

    noise: float
    """Σ(x − x̂)² / Σx²; 0 when nothing changes."""
    overflow: int = 0
    underflow: int = 0
    sampled: int = 0
    """Values it was measured on; 0 for all."""
    unsure: bool = False
    """Whether ``overflow`` rests on a bucket that the border cuts."""


@dataclass(frozen=True, eq=False)
class Values:
    """All values of a tensor, float32 or float64 and finite."""

    values: NDArray[Any]
    largest: float
    """Largest magnitude."""

    @cached_property
    def energy(self) -> float:
        """Σx² in units of ``largest``²."""
        return in_unit(self.values, self.largest) if self.largest else 0.0

    @cached_property
    def nonzero(self) -> int:
        """Values other than zero."""
        return count(self.values)


def of_values(given: Values, form: Format, *, scaled: bool) -> Effect:
    """The effect on these very values."""
    if not given.largest:
        return Effect(0.0)
    scale = given.largest / form.largest if scaled else 1.0
    nearest, inner = _rounded(given.values, form, scale)
    lost = given.nonzero - count(nearest)
    np.subtract(inner, nearest, out=nearest)
    over = 0
    if not scaled and given.largest >= form.overflow:
        over = int(np.count_nonzero(np.abs(given.values) >= np.float64(form.overflow)))
    return Effect(in_unit(nearest, given.largest / scale) / given.energy, over, lost)


def _rounded(values: NDArray[Any], form: Format, scale: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Values in units of the scale, rounded; and before."""
    if not FLAT < scale < 1 / FLAT:
        values = values.astype(np.float64)
    inner = values if scale == 1.0 else values / values.dtype.type(scale)
    return form.round(inner), inner


def count(values: NDArray[Any]) -> int:
    """Values other than zero (counting truths is five times faster than counting numbers)."""
    return int(np.count_nonzero(values != 0))


def in_unit(values: NDArray[Any], unit: float) -> float:
    """The sum of squares in units of ``unit``², where neither need be representable in the values' dtype."""
    if PLAIN < unit < 1 / PLAIN:
        return squares(values) / unit / unit
    return squares(values.astype(np.float64) / unit)


def squares(values: NDArray[Any]) -> float:
    """The sum of squares, added in the same order on any number of threads (BLAS does not promise that)."""
    return float(np.square(values).sum())


def of_table(table: Magnitudes, form: Format, *, scaled: bool, sample: Sampled | None = None) -> Effect:
    """The effect on all values of a table; ``sample`` corrects it where values are not evenly spread in the buckets."""
    if not table.largest:
        return Effect(0.0)
    scale = table.largest / form.largest if scaled else 1.0
    error = _errors(table, form, scale)
    at_points = _rounding(table.points, form, scale) / table.largest
    noise = (float((table.count * error).sum()) + squares(at_points)) / table.energy
    over, exact = (0, True) if scaled else table.above(form.overflow)
    lost = table.below(form.underflow * scale)
    if sample is None or table.exact:
        return Effect(noise, over, lost, unsure=not exact)
    factor = sample.factor(error, form, scaled=scaled)
    return Effect(noise * factor, over, lost, sampled=sample.values.size if factor != 1.0 else 0, unsure=not exact)


def _errors(table: Magnitudes, form: Format, scale: float) -> NDArray[np.float64]:
    """Mean squared error of the values in each bucket, in units of the largest magnitude squared."""
    lower, upper, value = table.lower / scale, table.upper / scale, table.value / scale
    if table.exact:
        error = np.square(value - form.round(value))
    else:
        wide = upper > lower
        error = np.zeros_like(value)  # a bucket without width holds numbers that are next to zero
        error[wide] = form.mean_square(lower[wide], upper[wide])
    return np.asarray(error * (scale / table.largest) ** 2)


def _rounding(values: NDArray[np.float64], form: Format, scale: float) -> NDArray[np.float64]:
    inner = values / scale
    return np.asarray((inner - form.round(inner)) * scale)


@dataclass(frozen=True, eq=False)
class Sampled:
    """Some values of a tensor with their places in its table."""

    values: NDArray[Any]
    """Finite, float32 or float64."""
    largest: float
    """Of the whole tensor."""
    counts: NDArray[np.int64]
    """How many of them lie in each bucket of the table."""

    def factor(self, error: NDArray[np.float64], form: Format, *, scaled: bool) -> float:
        """By what the expected noise is multiplied to become that of the sample; 1 where the two do not differ.

        ``error`` is the expected squared error in each bucket, in units of the largest magnitude squared.
        """
        expected = float((self.counts * error).sum())
        if expected <= 0:
            return 1.0
        scale = self.largest / form.largest if scaled else 1.0
        nearest, inner = _rounded(self.values, form, scale)
        found = squares((inner - nearest) / inner.dtype.type(self.largest / scale))
        deviation = float(np.sqrt(_SPREAD * (self.counts * error * error).sum()))
        return 1.0 if abs(found - expected) <= _CONTRADICTS * deviation else found / expected

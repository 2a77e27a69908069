"""From a summary to the numbers of the report: quantiles, histogram, mean, deviation and norm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.facts import QUANTILES, Histogram
from modelreport.measure.codec import Codec
from modelreport.measure.moments import Moments, moments_of
from modelreport.measure.summary import Counted, Exact, Rounded, Summary, count_small, finite, rounded_buckets

BINS = 64


_FINE = 64
"""Parts of a bin that a second pass counts, for quantiles between them."""


class Evenly:
    """Counts in equal steps between two bounds, for numbers so close together that their leading bits do not differ."""

    def __init__(self, low: float, high: float) -> None:
        self._low = low
        self._step = (high - low) / (BINS * _FINE)
        self.counts = np.zeros(BINS * _FINE, np.int64)

    def add(self, values: NDArray[Any]) -> None:
        """Count a block of numbers; those that are not finite are left out."""
        wide = values.astype(np.float64)
        place = (wide[np.isfinite(wide)] - self._low) / self._step
        steps = np.minimum(place.astype(np.int64), self.counts.size - 1)
        self.counts += np.bincount(steps, minlength=self.counts.size)

    def values(self) -> NDArray[np.float64]:
        """The middle of each step."""
        steps = np.arange(self.counts.size, dtype=np.float64) + 0.5
        return np.asarray(self._low + steps * self._step, np.float64)


def crowded(summary: Summary) -> Evenly | None:
    """Steps to count by in a second pass, where all values lie on one side of zero, nearer to each other than to it.

    There the rounding of leading bits is too coarse for a histogram.
    """
    if not isinstance(summary, Rounded) or not summary.sums.count:
        return None
    low, high = summary.minimum, summary.maximum
    if low == high or high - low >= max(abs(low), abs(high)) or (high - low) / (BINS * _FINE) == 0:
        return None
    return Evenly(low, high)


@dataclass(frozen=True)
class Figures:
    """Everything ``facts.TensorStatistics`` says about values; counts include the weight of expanded elements."""

    special: Counted
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    std: float | None = None
    absolute_mean: float | None = None
    norm: float | None = None
    quantiles: tuple[float, ...] = ()
    histogram: Histogram | None = None
    skewness: float | None = None
    kurtosis: float | None = None


def figures(summary: Summary, weight: int = 1, evenly: Evenly | None = None) -> Figures:
    """The numbers of a summary whose every value stands for ``weight`` elements.

    ``evenly`` replaces the rounded counts of a summary that is ``crowded``.
    """
    if isinstance(summary, Exact):
        return _of_exact(summary, weight)
    if isinstance(summary, Rounded):
        return _of_rounded(summary, weight, evenly)
    raise TypeError(f"no figures from a {type(summary).__name__}")


def small_figures(numbers: NDArray[Any], codec: Codec, weight: int = 1) -> Figures:
    """The numbers of a tensor small enough to sort: everything is exact. ``numbers`` are float64."""
    special = Counted()
    values = numbers if np.isfinite(numbers).all() else finite(numbers, special)
    count_small(values, codec.smallest_normal, special)
    if not values.size:
        return Figures(_weighted(special, weight))
    values = np.sort(values)
    reached = np.arange(1, values.size + 1)
    low, high = float(values[0]), float(values[-1])
    histogram = _exact_histogram(values, reached, weight)
    return _figures(special, moments_of(values), low, high, _quantiles(values, reached, weight), histogram, weight)


def _of_exact(summary: Exact, weight: int) -> Figures:
    codec, counts = summary.codec, summary.counts
    if codec.values is None or codec.order is None:
        raise TypeError(f"{codec.dtype} has no table of values")
    special = Counted(
        nan=int(counts[np.isnan(codec.values)].sum()),
        positive_infinity=int(counts[codec.values == np.inf].sum()),
        negative_infinity=int(counts[codec.values == -np.inf].sum()),
    )
    ordered = counts[codec.order]
    seen = ordered > 0
    values, counts = codec.values[codec.order[seen]], ordered[seen]
    if not values.size:
        return Figures(_weighted(special, weight))
    special.zeros = int(counts[values == 0].sum())
    special.subnormals = int(counts[(np.abs(values) < codec.smallest_normal) & (values != 0)].sum())
    reached = np.cumsum(counts)
    return _figures(
        special,
        moments_of(values, counts),
        float(values[0]),
        float(values[-1]),
        _quantiles(values, reached, weight),
        _exact_histogram(values, reached, weight),
        weight,
    )


def _of_rounded(summary: Rounded, weight: int, evenly: Evenly | None) -> Figures:
    gathered = summary.moments
    if not gathered.count:
        return Figures(_weighted(summary.special, weight))
    low, high = summary.minimum, summary.maximum
    if evenly is not None:
        reached = np.cumsum(evenly.counts)
        histogram = _histogram(low, high, reached[_FINE - 1 : -1 : _FINE], int(reached[-1]), weight)
        quantiles = _quantiles(evenly.values(), reached, weight)
        return _figures(summary.special, gathered, low, high, quantiles, histogram, weight)
    kind = "float32" if summary.codec.kind == "float32" else "float64"
    keys, value, lower, upper = rounded_buckets(kind)
    counts = summary.counts[keys]
    seen = counts > 0
    reached = np.cumsum(counts[seen])
    values, lower, upper = (np.clip(a[seen], low, high) for a in (value, lower, upper))
    return _figures(
        summary.special,
        gathered,
        low,
        high,
        _quantiles(values, reached, weight),
        _rounded_histogram(lower, upper, reached, low, high, weight),
        weight,
    )


def _shape(gathered: Moments) -> tuple[float | None, float | None]:
    """Skewness and excess kurtosis, by the definitions of ``scipy.stats`` (biased estimators)."""
    variance = gathered.squares / gathered.count
    if variance <= 0 or variance * variance == 0:
        return None, None
    skewness = gathered.cubes / gathered.count / variance / math.sqrt(variance)
    kurtosis = gathered.fourths / gathered.count / variance / variance - 3
    finite = math.isfinite(skewness) and math.isfinite(kurtosis)
    return (skewness + 0.0, kurtosis + 0.0) if finite else (None, None)


def _figures(
    special: Counted,
    gathered: Moments,
    low: float,
    high: float,
    quantiles: tuple[float, ...],
    histogram: Histogram,
    weight: int,
) -> Figures:
    count, scale = gathered.count, gathered.scale
    variance = max(gathered.squares, 0.0) / count if low != high else 0.0
    skewness, kurtosis = _shape(gathered) if low != high else (None, None)
    mean = gathered.mean if low != high else math.ldexp(low, -scale)
    norm = math.sqrt(variance * count * weight + mean * mean * count * weight)
    return Figures(
        special=_weighted(special, weight),
        minimum=low + 0.0,  # no negative zero
        maximum=high + 0.0,
        mean=_scaled(mean, scale),
        std=_scaled(math.sqrt(variance), scale),
        absolute_mean=_scaled(gathered.magnitudes / count, scale),
        norm=_scaled(norm, scale),
        quantiles=quantiles,
        histogram=histogram,
        skewness=skewness,
        kurtosis=kurtosis,
    )


def _scaled(value: float, scale: int) -> float | None:
    """``value`` × 2**scale, ``None`` when that is beyond float64."""
    try:
        result = math.ldexp(value, scale)
    except OverflowError:
        return None
    return result + 0.0 if math.isfinite(result) else None


def _weighted(special: Counted, weight: int) -> Counted:
    return Counted(
        special.nan * weight,
        special.positive_infinity * weight,
        special.negative_infinity * weight,
        special.zeros * weight,
        special.subnormals * weight,
    )


def _quantiles(values: NDArray[np.float64], reached: NDArray[np.int64], weight: int) -> tuple[float, ...]:
    """Linear interpolation between order statistics, as ``numpy.quantile`` does by default.

    ``values`` ascend; ``reached`` is the cumulative count up to and with each of them.
    """
    last = int(reached[-1]) * weight - 1
    positions = [q * last for q in QUANTILES]
    below = [min(int(p), last) for p in positions]
    ranks = [b // weight for b in below] + [min(b + 1, last) // weight for b in below]
    found = values[np.searchsorted(reached, np.array(ranks, np.int64), side="right")].tolist()
    half = len(QUANTILES)
    return tuple(_between(found[i], found[i + half], positions[i] - below[i]) + 0.0 for i in range(half))


def _between(low: float, high: float, share: float) -> float:
    return low if low == high else low * (1 - share) + high * share


def _edges(low: float, high: float) -> NDArray[np.float64]:
    """The inner borders of ``BINS`` equal bins; convex, so that the full range of float64 does not overflow."""
    share = np.arange(1, BINS) / BINS
    return low * (1 - share) + high * share


def _exact_histogram(values: NDArray[np.float64], reached: NDArray[np.int64], weight: int) -> Histogram:
    low, high, total = float(values[0]), float(values[-1]), int(reached[-1])
    if low == high:
        return Histogram(low=low + 0.0, high=high + 0.0, counts=(total * weight,))
    before = np.searchsorted(values, _edges(low, high), side="left")
    padded = np.concatenate(([0], reached))
    return _histogram(low, high, padded[before], total, weight)


def _rounded_histogram(
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    reached: NDArray[np.int64],
    low: float,
    high: float,
    weight: int,
) -> Histogram:
    """Bins from buckets: the count of a bucket that a border cuts is shared in proportion (the sum stays exact)."""
    total = int(reached[-1])
    if low == high:
        return Histogram(low=low + 0.0, high=high + 0.0, counts=(total * weight,))
    edges = _edges(low, high)
    at = np.minimum(np.searchsorted(upper, edges, side="left"), upper.size - 1)
    before = np.concatenate(([0], reached[:-1]))[at]
    width = upper[at] / 2 - lower[at] / 2
    inside = np.clip(edges / 2 - lower[at] / 2, 0, width)
    share = np.divide(inside, width, out=np.zeros_like(width), where=width > 0)
    cumulative = before + np.rint(share * (reached[at] - before)).astype(np.int64)
    return _histogram(low, high, cumulative, total, weight)


def _histogram(low: float, high: float, cumulative: NDArray[Any], total: int, weight: int) -> Histogram:
    steps = [0, *cumulative.tolist(), total]
    counts = tuple((after - before) * weight for before, after in pairwise(steps))
    return Histogram(low=low + 0.0, high=high + 0.0, counts=counts)

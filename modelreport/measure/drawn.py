"""Whether values are like independent random numbers, as an initialisation leaves them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from statistics import NormalDist
from typing import Literal, NamedTuple

from modelreport.facts import QUANTILES, TensorStatistics
from modelreport.measure.related import LEAST, MOST

_ENOUGH_VALUES = 4096
_ENOUGH_ROWS = 32
"""Fewer do not tell independent values from trained ones."""

_CERTAIN_VALUES = 1 << 15
"""Trained weights are often near normal, never near uniform: with fewer values only the latter is sure by itself."""

_FEWEST_VALUES = 1024
"""Fewer are never said to be distributed as an initialisation leaves them."""

_SURELY = 1.1
"""Distance of the quantiles up to which they may be said to be so: a little more than where that is said."""

_ROWS_ERROR = 1.17
"""Standard error of the distance of the quartiles of n normal values, as a share of itself, times √n."""

CLEARLY = 2.0
STANDARD_ERRORS = 4.5
"""Ten quantiles, moments and the rows of a thousand tensors: a value beyond 4.5 occurs once in 150,000."""

_ROUNDING = 2.0**-7
"""Quantiles are rounded to this share of themselves."""

_NORMAL = NormalDist()
_EDGE = math.sqrt(3)
"""Largest value of a uniform distribution of deviation 1."""

_CUT = 2.0
_INSIDE = _NORMAL.cdf(_CUT) - _NORMAL.cdf(-_CUT)
_CUT_STD = math.sqrt(1 - 2 * _CUT * _NORMAL.pdf(_CUT) / _INSIDE)

Kind = Literal["normal", "uniform", "truncated normal"]
_KURTOSIS: dict[Kind, float] = {
    "normal": 0.0,
    "uniform": -1.2,
    "truncated normal": (3 - 2 * (_CUT**3 + 3 * _CUT) * _NORMAL.pdf(_CUT) / _INSIDE) / _CUT_STD**4 - 3,
}
"""Excess kurtosis. The truncated normal distribution is cut at two deviations, as TensorFlow and JAX cut it."""


KINDS: tuple[Kind, ...] = tuple(_KURTOSIS)


class Likeness(NamedTuple):
    """What the values are like."""

    distribution: Kind | Literal[""]
    """Whose independent numbers they could be."""
    misfits: dict[Kind, float]
    """Distance to each, in units of what chance allows; empty where there are too few values to tell."""
    rows: dict[Kind, float] = {}  # noqa: RUF012 - never changed
    """How far the logarithm of the rows' spread lies above that of each, in its standard errors."""
    edge: float | None = None
    """How far the largest singular value is from that of independent numbers; ``None`` where nobody looked."""

    @property
    def related(self) -> bool:
        """Whether rows have to do with each other, so that the numbers are not independent."""
        return self.edge is not None and not LEAST <= self.edge <= MOST

    @property
    def likely(self) -> Kind | Literal[""]:
        """Whose independent numbers they could be; of few values it takes their peers to tell that they are."""
        if self.distribution or self.related or self.edge is None:
            return self.distribution
        best = nearest(self)
        return best if best and self.misfits[best] <= 1 else ""

    def clearly_not(self, kind: Kind) -> bool:
        """Whether they are far from that distribution, or from independence: twice what chance allows."""
        return self.misfits.get(kind, 0.0) > CLEARLY or (self.edge or 0.0) > CLEARLY * MOST


def nearest(like: Likeness) -> Kind | Literal[""]:
    """The distribution that the values are least far from; empty where there are too few to tell."""
    ordered = sorted(like.misfits, key=like.misfits.__getitem__)
    return ordered[0] if ordered else ""


def with_edge(like: Likeness, edge: float | None) -> Likeness:
    """The same with what the largest singular value says."""
    seen = like._replace(edge=edge)
    return seen._replace(distribution="") if seen.related else seen


def may_be_fresh(s: TensorStatistics) -> bool:
    """Whether the quantiles are those of fresh numbers: else nobody calls them fresh."""
    if s.count < _FEWEST_VALUES or not s.std or not s.quantiles:
        return False
    return any(max(_off_quantiles(s, kind)) <= _SURELY for kind in KINDS)


def drawn(s: TensorStatistics, rows: float | None) -> Likeness:
    """Compare quantiles, mean, kurtosis and rows with those of independent random numbers.

    ``rows`` is the spread of the rows' norms over that of independent normal values. Training moves it first: rows
    that matter grow, so that it is 2 to 20 in trained layers, and 1 ± 1.17/√rows after an initialisation.
    """
    if s.count < _ENOUGH_VALUES or (s.channels or 0) < _ENOUGH_ROWS or not s.std or not rows or not s.quantiles:
        return Likeness("", {})
    misfits = {kind: _misfit(s, rows, kind) for kind in _KURTOSIS}
    best = min(_KURTOSIS, key=lambda kind: misfits[kind])
    certain = best == "uniform" or s.count >= _CERTAIN_VALUES
    away = {kind: math.log(rows / _rows_of(kind)) * math.sqrt(s.channels or 1) / _ROWS_ERROR for kind in _KURTOSIS}
    return Likeness(best if certain and misfits[best] <= 1 else "", misfits, away)


def _rows_of(kind: Kind) -> float:
    """The spread of the rows' norms: their variance goes with kurtosis + 2, as that of the deviation does."""
    return math.sqrt((_KURTOSIS[kind] + 2) / 2)


def _misfit(s: TensorStatistics, rows: float, kind: Kind) -> float:
    """Largest distance in units of what chance and rounding allow; the first that is clearly too large."""
    worst = 0.0
    for distance in _distances(s, rows, kind):
        worst = max(worst, distance)
        if worst > CLEARLY:
            break
    return worst


def _distances(s: TensorStatistics, rows: float, kind: Kind) -> Iterator[float]:
    """Rows, mean, kurtosis, edges and quantiles, each in units of what chance and rounding allow."""
    count, std, kurtosis = s.count, s.std or 1.0, _KURTOSIS[kind]
    yield abs(rows / _rows_of(kind) - 1) / (STANDARD_ERRORS * _ROWS_ERROR / math.sqrt(s.channels or 1))
    yield abs(s.mean or 0.0) / std * math.sqrt(count) / STANDARD_ERRORS
    if s.kurtosis is not None:
        error = math.sqrt((24 if kind == "normal" else 4.8) / count)
        yield abs(s.kurtosis - kurtosis) / (STANDARD_ERRORS * error + 0.02)
    scale_error = math.sqrt((kurtosis + 2) / (4 * count))
    if kind == "uniform" and s.minimum is not None and s.maximum is not None:
        # The largest of n uniform numbers is within a few n-ths of the edge; training smears the edge first.
        reach = max(-s.minimum, s.maximum) / std
        yield abs(reach - _EDGE) / (STANDARD_ERRORS * _EDGE * scale_error + 12 / count + _ROUNDING)
    yield from _off_quantiles(s, kind)


def _off_quantiles(s: TensorStatistics, kind: Kind) -> Iterator[float]:
    """How far each quantile is from that of the distribution, in units of what chance and rounding allow."""
    count, std = s.count, s.std or 1.0
    scale_error = math.sqrt((_KURTOSIS[kind] + 2) / (4 * count))
    for q, have in zip(QUANTILES, s.quantiles, strict=True):
        want, density = _quantile(q, kind)
        error = math.sqrt(q * (1 - q) / count) / density + abs(want) * scale_error
        yield abs(have / std - want) / (STANDARD_ERRORS * error + _ROUNDING * abs(want))


@cache
def _quantile(q: float, kind: Kind) -> tuple[float, float]:
    """Quantile and density there of the distribution with mean 0 and deviation 1."""
    if kind == "uniform":
        return (2 * q - 1) * _EDGE, 1 / (2 * _EDGE)
    if kind == "truncated normal":
        want = _NORMAL.inv_cdf(_NORMAL.cdf(-_CUT) + q * _INSIDE)
        return want / _CUT_STD, _NORMAL.pdf(want) / _INSIDE * _CUT_STD
    want = _NORMAL.inv_cdf(q)
    return want, _NORMAL.pdf(want)

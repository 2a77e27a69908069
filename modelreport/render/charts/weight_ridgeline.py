"""The distribution of each layer's weights, one ridge below the other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from statistics import NormalDist

from modelreport.facts import QUANTILES, Histogram, Skipped, Structure, TensorStatistics, Trace, Weights
from modelreport.render import format as text
from modelreport.render.charts.partition import bounded
from modelreport.render.charts.spec import Axis, Chart, Ridge
from modelreport.render.charts.weight_rows import Row, none_drawn, percentile, weight_rows
from modelreport.render.language import mark

ROWS = 24
_STEPS = 96
_COARSE = 1.5
"""Steps of the picture that one bin of a histogram may be wide."""

_NORMAL = NormalDist()


def weight_ridgeline(structure: Structure, weights: Weights | Skipped, trace: Trace | Skipped) -> Chart | Skipped:
    """Distributions of up to 24 weights over depth on one common axis; skipped when no values could be read."""
    if isinstance(weights, Skipped):
        return weights
    rows, chosen = weight_rows(structure, weights, trace, ROWS)
    if not rows:
        return Skipped(stage="measure", reason=none_drawn(weights))
    reach = percentile([max(abs(r.statistics.quantiles[0]), abs(r.statistics.quantiles[-1])) for r in rows], 0.8) * 1.1
    reach = bounded(reach or max((abs(r.statistics.maximum or 0.0) for r in rows), default=0.0) or 1.0)
    return Chart(
        id="weight-ridgeline",
        title=_title(weight_rows(structure, weights, trace, len(structure.tensors))[0]),
        caption="Distribution of each tensor's values, each to its own height; the spread in the title is the "
        f"standard deviation. {chosen} Values beyond ±{text.number(reach)} are cut.",
        x=Axis(title=mark("value"), low=-reach, high=reach),
        y=Axis(categories=tuple(row.label for row in rows)),
        layers=tuple(
            Ridge(
                row=i,
                low=-reach,
                high=reach,
                colour=row.colour,
                heights=_outline(row.statistics, reach),
                hover=f"{row.label}: mean {text.number(row.statistics.mean)}, std {text.number(row.statistics.std)}, "
                f"{text.number(row.statistics.minimum)} to {text.number(row.statistics.maximum)}",
            )
            for i, row in enumerate(rows)
        ),
        header=(mark("Tensor"), mark("Mean"), mark("Std"), mark("Minimum"), mark("Maximum"), mark("Zeros")),
        rows=tuple(_table_row(row) for row in rows),
    )


def _title(rows: list[Row]) -> str:
    """From the least to the largest deviation of all weights, those that are not drawn among them."""
    widest, narrowest = (choose(rows, key=_std) for choose in (max, min))
    if _std(widest) == _std(narrowest):
        same = f"a standard deviation of {text.number(_std(widest))}"
        return f"{widest.label} has {same}" if len(rows) == 1 else f"Every weight has {same}"
    return (
        f"Weights spread from {text.number(_std(narrowest))} ({narrowest.label}) to {text.number(_std(widest))} "
        f"({widest.label})"
    )


def _outline(s: TensorStatistics, reach: float) -> tuple[float, ...]:
    """The histogram; the quantiles where a few values far out make its bins wider than the picture can bear."""
    if s.histogram is None:
        return ()
    width = (s.histogram.high - s.histogram.low) / max(len(s.histogram.counts), 1)
    smooth = width > _COARSE * 2 * reach / _STEPS and _strictly(s.quantiles)
    return _scaled(_by_quantiles(s.quantiles, reach)) if smooth else heights(s.histogram, reach)


def heights(histogram: Histogram, reach: float) -> tuple[float, ...]:
    """The histogram on ``_STEPS`` equal bins from ``-reach`` to ``reach``, its highest bin at 1.

    Counts are spread evenly within their old bins, so that the area stays; a constant tensor is one peak.
    """
    below = [_below(histogram, edge) for edge in _edges(reach)]
    density = [high - low for low, high in pairwise(below)]
    if histogram.high <= histogram.low and abs(histogram.low) <= reach:
        density = [0.0] * _STEPS
        density[min(int((histogram.low + reach) / (2 * reach) * _STEPS), _STEPS - 1)] = 1.0
    return _scaled(density)


def _edges(reach: float) -> list[float]:
    return [-reach + 2 * reach * i / _STEPS for i in range(_STEPS + 1)]


def _scaled(density: list[float]) -> tuple[float, ...]:
    top = max(density) or 1.0
    return tuple(round(value / top, 4) for value in density)


def _below(histogram: Histogram, value: float) -> float:
    """How many values of the histogram lie below ``value``."""
    width = (histogram.high - histogram.low) / max(len(histogram.counts), 1)
    if value <= histogram.low or width <= 0:
        return 0.0
    place = min((value - histogram.low) / width, float(len(histogram.counts)))
    whole = int(place)
    rest = (place - whole) * histogram.counts[whole] if whole < len(histogram.counts) else 0.0
    return sum(histogram.counts[:whole]) + rest


def _strictly(quantiles: tuple[float, ...]) -> bool:
    return len(quantiles) == len(QUANTILES) and all(low < high for low, high in pairwise(quantiles))


def _by_quantiles(quantiles: tuple[float, ...], reach: float) -> list[float]:
    """Shares of the values in each step, from a smooth curve through the quantiles.

    The curve goes from a value to the normal score of its share and is a straight line for normal values: a monotone
    cubic (Fritsch and Carlson 1980), straight beyond its ends.
    """
    scores = [_NORMAL.inv_cdf(q) for q in QUANTILES]
    slopes = _slopes(quantiles, scores)
    below = [_NORMAL.cdf(_curve(edge, quantiles, scores, slopes)) for edge in _edges(reach)]
    return [high - low for low, high in pairwise(below)]


def _slopes(x: Sequence[float], y: Sequence[float]) -> list[float]:
    """Slopes at the points that keep the cubics between them monotone: the harmonic means of the neighbours."""
    between = [(y[i + 1] - y[i]) / (x[i + 1] - x[i]) for i in range(len(x) - 1)]
    inner = [2 * a * b / (a + b) for a, b in pairwise(between)]
    return [between[0], *inner, between[-1]]


def _curve(at: float, x: Sequence[float], y: Sequence[float], slopes: Sequence[float]) -> float:
    if at <= x[0]:
        return y[0] + slopes[0] * (at - x[0])
    if at >= x[-1]:
        return y[-1] + slopes[-1] * (at - x[-1])
    i = bisect_right(x, at) - 1
    width = x[i + 1] - x[i]
    t = (at - x[i]) / width
    start, end = y[i], y[i + 1]
    return (
        start * (1 + 2 * t) * (1 - t) ** 2
        + end * t**2 * (3 - 2 * t)
        + width * (slopes[i] * t * (1 - t) ** 2 + slopes[i + 1] * t**2 * (t - 1))
    )


def _std(row: Row) -> float:
    return row.statistics.std or 0.0


def _table_row(row: Row) -> tuple[str, ...]:
    s = row.statistics
    numbers = (text.number(value) for value in (s.mean, s.std, s.minimum, s.maximum))
    return (row.label, *numbers, text.share(s.zeros / s.count if s.count else 0.0))

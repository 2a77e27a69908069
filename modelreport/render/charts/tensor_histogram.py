"""The values of one tensor."""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from modelreport.facts import Skipped, TensorStatistics
from modelreport.render import format as text
from modelreport.render.charts.partition import bounded
from modelreport.render.charts.spec import Axis, Chart
from modelreport.render.charts.spec import Histogram as Bins
from modelreport.render.language import mark

_SPIKE = 500
"""A bin that many times the median one hides the others on a linear axis."""


def tensor_histogram(statistics: TensorStatistics, number: int = 0) -> Chart | Skipped:
    """The histogram of one tensor; ``number`` makes the chart's id. Skipped when it has no finite values."""
    label = text.name(statistics.name, 80)
    histogram = statistics.histogram
    if histogram is None or not histogram.counts:
        return Skipped(stage="measure", reason=f"{label} has no finite values.")
    low, high = bounded(histogram.low), bounded(histogram.high)
    step = (high - low) / len(histogram.counts)
    edges = [text.number(low + step * i) for i in range(len(histogram.counts) + 1)]
    spans = [f"{low} to {high}" for low, high in pairwise(edges)]
    filled = [count for count in histogram.counts if count]
    log = bool(filled) and max(filled) > _SPIKE * median(filled)
    flaws = statistics.nan + statistics.positive_infinity + statistics.negative_infinity
    return Chart(
        id=f"tensor-histogram-{number}",
        title=f"{label}: mean {text.number(statistics.mean)}, std {text.number(statistics.std)}",
        caption=f"{text.exact(statistics.count)} values from {text.number(statistics.minimum)} to "
        f"{text.number(statistics.maximum)}; {text.exact(statistics.zeros)} zeros, {text.exact(flaws)} not finite.",
        x=Axis(title=mark("value")),
        y=Axis(title=mark("values in each bin, log scale") if log else mark("values in each bin"),
               unit="count", log=log,
               low=0.5 if log else None),
        layers=(
            Bins(
                low=low,
                high=high if high > low else low + (abs(low) or 1.0),
                counts=histogram.counts,
                colour="accent",
                hover=tuple(f"{s}: {text.exact(c)}" for s, c in zip(spans, histogram.counts, strict=True)),
            ),
        ),
        header=(mark("Values"), mark("Count")),
        rows=tuple((s, text.exact(c)) for s, c in zip(spans, histogram.counts, strict=True)),
    )  # fmt: skip

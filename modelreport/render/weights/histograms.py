"""The histogram of every tensor as the page's script draws it: a sign for each bin, so that thousands stay small."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from modelreport.facts import QUANTILES, TensorStatistics, Weights

MOST: Final = 4000
"""Histograms in the page: those of the largest tensors, so that a page stays small."""
SIGNS: Final = "".join(chr(code) for code in range(35, 127) if chr(code) != "\\")
"""A sign for each height, none of which JSON must escape; ``templates/js/histograms.js`` has the same."""
TOP: Final = len(SIGNS) - 1


def histograms(weights: Weights) -> dict[str, Any]:
    """For each row of the table ``[low, high, highest count, heights, quantiles]``, or nothing."""
    largest = sorted(range(len(weights.tensors)), key=lambda i: -weights.tensors[i].count)[:MOST]
    kept = set(largest)
    rows = [_histogram(each) if i in kept else None for i, each in enumerate(weights.tensors)]
    return {"levels": list(QUANTILES), "rows": rows}


def _histogram(each: TensorStatistics) -> list[Any] | None:
    if each.histogram is None:
        return None
    counts = each.histogram.counts
    quantiles = [_short(value) for value in each.quantiles]
    return [_short(each.histogram.low), _short(each.histogram.high), max(counts), heights(counts), quantiles]


def heights(counts: Sequence[int]) -> str:
    """A sign for each count: the count itself while all are small, else the root of its share of the highest.

    The root keeps low bins apart where linear steps would lose them; a bin with a value never reads as empty. The
    error is at most 1.1 % of the highest bin. Exact counts are in ``report.json``.
    """
    most = max(counts, default=0)
    if most <= TOP:
        return "".join(SIGNS[count] for count in counts)
    return "".join(SIGNS[max(1, round(TOP * math.sqrt(count / most)))] if count else SIGNS[0] for count in counts)


def _short(value: float) -> float:
    """Four significant digits are what a panel shows."""
    return float(f"{value:.4g}")

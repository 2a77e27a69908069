"""The values: distributions over depth, statistics of every tensor, a histogram of each."""

from __future__ import annotations

from typing import Any

from modelreport.facts import QUANTILES, Report, TensorFact, TensorStatistics, Weights
from modelreport.render import format as text
from modelreport.render.section import Section
from modelreport.render.table import Cell, Column, Row, Table, share_cell
from modelreport.render.weights import shown_parts

HISTOGRAMS = 4000
"""Histograms in the page: those of the largest tensors, so that a page stays small."""

COLUMNS = (
    Column("name", "Tensor", "name"),
    Column("shape", "Shape", "code"),
    Column("histogram", "Distribution", "spark"),
    Column("mean", "Mean", "number"),
    Column("std", "Std", "number", "Population standard deviation"),
    Column("minimum", "Min", "number"),
    Column("maximum", "Max", "number"),
    Column("zeros", "Zeros", "share", "Share of values that are exactly zero"),
    Column("norm", "Norm", "number", "Euclidean norm"),
    Column("count", "Values", "number"),
    Column("dtype", "Dtype", shown=False),
    Column("absolute", "Mean |x|", "number", "Mean of the absolute values", shown=False),
    Column("nan", "NaN", "number", shown=False),
    Column("infinite", "Inf", "number", "Positive and negative infinities", shown=False),
    Column("median", "Median", "number", shown=False),
    Column("dead", "Zero channels", "number", "Slices along the first dimension that are entirely zero", shown=False),
    Column("constant", "Constant channels", "number", "Slices of equal values, zero ones included", shown=False),
    Column("digest", "Digest", "code", "Equal for tensors of equal dtype, shape and values", shown=False),
)


def table(report: Report, weights: Weights) -> Table:
    """One row for each measured tensor, numbered by its index in ``Weights.tensors``."""
    known = {tensor.name: tensor for tensor in report.structure.tensors}
    rows = tuple(_row(index, each, known.get(each.name)) for index, each in enumerate(weights.tensors))
    return Table("weights", "Tensors", COLUMNS, rows, noun=("tensor", "tensors"), histograms="histograms")


def _row(index: int, each: TensorStatistics, fact: TensorFact | None) -> Row:
    infinite = each.positive_infinity + each.negative_infinity
    median = each.quantiles[QUANTILES.index(0.5)] if len(each.quantiles) == len(QUANTILES) else None
    cells = (
        Cell.name(each.name),
        Cell(text.shape(fact.shape) if fact else text.UNKNOWN),
        Cell(""),
        _value(each.mean),
        _value(each.std),
        _value(each.minimum),
        _value(each.maximum),
        share_cell(each.zeros, each.count),
        _value(each.norm),
        Cell(text.exact(each.count)),
        Cell(text.dtype(fact.dtype) if fact else text.UNKNOWN),
        _value(each.absolute_mean),
        Cell(text.exact(each.nan)),
        Cell(text.exact(infinite)),
        _value(median),
        Cell(text.exact(each.zero_channels)),
        Cell(text.exact(each.constant_channels)),
        Cell(text.digest(each.digest) if each.digest else text.UNKNOWN, text.name(each.digest)),
    )
    return Row(f"weight-{index}", cells, note=_note(each, infinite, fact))


def _note(each: TensorStatistics, infinite: int, fact: TensorFact | None) -> str:
    words = []
    if each.nan:
        words.append(f"{text.count(each.nan)} NaN")
    if infinite:
        words.append(f"{text.count(infinite)} Inf")
    if fact and fact.tied_to:
        words.append(f"tied to {text.name(fact.tied_to, 60)}")
    if fact and fact.role == "buffer":
        words.append("buffer")
    return ", ".join(words)


def _value(value: float | None) -> Cell:
    return Cell(text.number(value), "" if value is None else f"{value:.8g}")


def histograms(weights: Weights) -> dict[str, Any]:
    """What the page's script draws: for each row its bins and quantiles, or nothing."""
    largest = sorted(range(len(weights.tensors)), key=lambda i: -weights.tensors[i].count)[:HISTOGRAMS]
    kept = set(largest)
    rows = [_histogram(each) if i in kept else None for i, each in enumerate(weights.tensors)]
    return {"levels": list(QUANTILES), "rows": rows}


def _histogram(each: TensorStatistics) -> dict[str, Any] | None:
    if each.histogram is None:
        return None
    ends = [_short(each.histogram.low), _short(each.histogram.high)]
    return {"ends": ends, "counts": list(each.histogram.counts), "quantiles": [_short(q) for q in each.quantiles]}


def _short(value: float) -> float:
    """Six significant digits: more than a pixel shows."""
    return float(f"{value:.6g}")


def context(report: Report) -> dict[str, Any]:
    """Variables of the template."""
    weights = report.weights
    if not isinstance(weights, Weights):
        return {"skipped": weights}
    made = table(report, weights)
    parts = shown_parts(report, weights)
    payloads = made.payloads | {"histograms": histograms(weights)}
    for part in parts:
        for each in part.told.tables if part.told else ():
            payloads |= each.payloads
    return {
        "skipped": None,
        "weights": weights,
        "table": made,
        "parts": parts,
        "chart_groups": {part.anchor: part.charts for part in parts if part.charts},
        "payloads": payloads,
    }


def badge(report: Report) -> str | None:
    """Number of tensors measured."""
    return text.exact(len(report.weights.tensors)) if isinstance(report.weights, Weights) else None


SECTION = Section(id="weights", title="Weights", context=context, badge=badge)

"""How the values are distributed over depth: spread, tails, outlier channels, zeros."""

from __future__ import annotations

from modelreport.facts import Message, Report, Skipped, Weights
from modelreport.render.charts.weight_depth import STATISTICS
from modelreport.render.charts.weight_rows import Row, none_drawn, weight_rows
from modelreport.render.weights.part import Part, Told

_HEAVY = 10.0
"""Excess kurtosis from which on single weights decide the range: a Laplace distribution has 3."""

_NORMAL = 3.0
"""Kurtosis of normal values, which the excess leaves out; the chart over depth shows it whole."""

_OUTLIER = 6.0
"""Largest over median channel from which on one scale for the whole tensor wastes more than two bits and a half."""

_DEPTH = (
    "Depth is the order of execution where the model could be traced. Channels are slices along the first dimension: "
    "outputs of linear layers and convolutions, inputs of Conv1D."
)
_CHANNELS = (
    "A few channels with far larger values are usual in trained transformers, most of all in output projections "
    "(Kovaleva et al. 2021, BERT Busters; Puccetti et al. 2022); the activations that come with them are what 8-bit "
    "inference has to treat apart (Bondarenko et al. 2021; Dettmers et al. 2022, LLM.int8()). They are no fault."
)

_COMPLEX = "Of complex numbers the magnitude is measured: here, in the tensor table and in all parts."


def context(report: Report, weights: Weights) -> Told | Skipped:
    """The charts over depth; the outcome is the range of spreads."""
    rows, _ = weight_rows(report.structure, weights, report.trace, len(report.structure.tensors))
    if not rows:
        return Skipped(stage="measure", reason=none_drawn(weights, report.structure))
    spreads = [row.statistics.std or 0.0 for row in rows]
    words = "The standard deviation of {tensor_count} weights goes from {low_value} to {high_value}."
    if min(spreads) == max(spreads):
        words = "The standard deviation of every weight is {low_value}."
    line = Message(
        text=words,
        values={"tensor_count": len(rows), "low_value": min(spreads), "high_value": max(spreads)},
    )
    sentences = tuple(each for each in (_tails(rows), _outliers(rows)) if each is not None)
    charts = ("weight-ridgeline", "weight-heatmap", *(each.id for each in STATISTICS))
    complex_ = any(fact.dtype.startswith("complex") for fact in report.structure.tensors)
    notes = (_DEPTH, _CHANNELS, *((_COMPLEX,) if complex_ else ()))
    return Told(line=line, sentences=sentences, charts=charts, notes=notes)


def _tails(rows: list[Row]) -> Message | None:
    known = [(row.statistics.kurtosis, row.statistics.name) for row in rows if row.statistics.kurtosis is not None]
    if not known:
        return None
    heavy = sum(value > _HEAVY for value, _ in known)
    top, name = max(known)
    if not heavy:
        text = "No weight has heavy tails: the kurtosis is at most {top_value}, in {name}; normal values have 3."
    elif heavy == 1:
        text = "One weight has heavy tails, {name}: its kurtosis is {top_value}, where normal values have 3."
    else:
        text = (
            "{heavy_count} of {all_count} weights have heavy tails, a kurtosis above {limit_value} where normal values "
            "have 3; {name} has the most, {top_value}."
        )
    values: dict[str, str | int | float | None] = {
        "heavy_count": heavy,
        "all_count": len(known),
        "limit_value": _HEAVY + _NORMAL,
        "top_value": top + _NORMAL,
        "name": name,
    }
    return Message(text=text, values=values)


def _outliers(rows: list[Row]) -> Message | None:
    known = [
        (row.statistics.rows.outlier_ratio, row.statistics.name)
        for row in rows
        if row.statistics.rows is not None and row.statistics.rows.outlier_ratio is not None
    ]
    far = [each for each in known if each[0] > _OUTLIER]
    if not far:
        return None
    top, name = max(far)
    text = (
        "{far_count} of {all_count} weights have a channel that reaches more than {limit_value} times as far as the "
        "median one; in {name} it is {top_value} times."
    )
    if len(far) == 1:
        text = "One weight, {name}, has a channel that reaches {top_value} times as far as the median one."
    values: dict[str, str | int | float | None] = {
        "far_count": len(far),
        "all_count": len(known),
        "limit_value": _OUTLIER,
        "top_value": top,
        "name": name,
    }
    return Message(text=text, values=values)


PART = Part(id="distributions", title="Distributions over depth", context=context, rules=r"W00[17]")

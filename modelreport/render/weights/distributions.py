"""How the values are distributed over depth."""

from __future__ import annotations

from modelreport.facts import Message, Report, Skipped, Weights
from modelreport.render.charts.weight_rows import none_drawn, weight_rows
from modelreport.render.weights.part import Part, Told


def context(report: Report, weights: Weights) -> Told | Skipped:
    """The ridgeline and the heat map; the outcome is the range of spreads."""
    rows, _ = weight_rows(report.structure, weights, report.trace, len(report.structure.tensors))
    if not rows:
        return Skipped(stage="measure", reason=none_drawn(weights))
    spreads = [row.statistics.std or 0.0 for row in rows]
    line = Message(
        text="The standard deviation of {tensor_count} weights goes from {low_value} to {high_value}.",
        values={"tensor_count": len(rows), "low_value": min(spreads), "high_value": max(spreads)},
    )
    return Told(line=line, charts=("weight-ridgeline", "weight-heatmap"))


PART = Part(id="distributions", title="Distributions over depth", context=context, opened=True)

"""How the quantiles of the weights change over depth."""

from __future__ import annotations

import math

from modelreport.facts import QUANTILES, Skipped, Structure, TensorStatistics, Trace, Weights
from modelreport.render import format as text
from modelreport.render.charts.spec import Axis, Chart, Heat
from modelreport.render.charts.weight_rows import none_drawn, percentile, weight_rows
from modelreport.render.language import mark

ROWS = 48
_COLUMNS = ("min", *(f"{quantile * 100:g} %" for quantile in QUANTILES), "max")


def weight_heatmap(structure: Structure, weights: Weights | Skipped, trace: Trace | Skipped) -> Chart | Skipped:
    """Quantiles of up to 48 weights, coloured by sign and size; skipped when no values could be read."""
    if isinstance(weights, Skipped):
        return weights
    rows, chosen = weight_rows(structure, weights, trace, ROWS)
    if not rows:
        return Skipped(stage="measure", reason=none_drawn(weights))
    cells = [_cells(row.statistics) for row in rows]
    scale = percentile([max(abs(q) for q in row.statistics.quantiles) for row in rows], 0.9) or 1.0
    largest = max(rows, key=lambda row: _reach(row.statistics))
    return Chart(
        id="weight-heatmap",
        title=f"The largest weight is {text.number(_reach(largest.statistics))}, in {largest.label}",
        caption=f"Minimum, quantiles and maximum of each tensor's values; colour by signed square root, full at "
        f"±{text.number(scale)}. {chosen}",
        x=Axis(title=mark("quantile"), categories=_COLUMNS),
        y=Axis(categories=tuple(row.label for row in rows)),
        layers=(
            Heat(
                levels=tuple(tuple(_level(value, scale) for value in line) for line in cells),
                hover=tuple(
                    tuple(
                        f"{row.label}\n{column}: {text.number(value)}"
                        for column, value in zip(_COLUMNS, line, strict=True)
                    )
                    for row, line in zip(rows, cells, strict=True)
                ),
                marks=tuple((_place(part), text.number(part * scale)) for part in (-1.0, -0.25, 0.0, 0.25, 1.0)),
            ),
        ),
        header=(mark("Tensor"), *_COLUMNS),
        rows=tuple((row.label, *(text.number(value) for value in line)) for row, line in zip(rows, cells, strict=True)),
    )


def _cells(s: TensorStatistics) -> tuple[float | None, ...]:
    return (s.minimum, *s.quantiles, s.maximum)


def _reach(s: TensorStatistics) -> float:
    return max(abs(s.minimum or 0.0), abs(s.maximum or 0.0))


def _level(value: float | None, scale: float) -> float | None:
    return None if value is None else round(_place(max(-1.0, min(1.0, value / scale))), 4)


def _place(part: float) -> float:
    """From −1…1 to a level of the ramp, 0–1, by signed square root."""
    return 0.5 + 0.5 * math.copysign(math.sqrt(abs(part)), part)

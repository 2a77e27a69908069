"""One statistic of the weights over depth, a line for each role, so that layers that do the same can be compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

from modelreport.facts import PeerRole, Peers, Report, Skipped, TensorStatistics, Weights
from modelreport.render import format as text
from modelreport.render.charts.depth import DEPTHS, POINTS, ROLES, coloured, short_names
from modelreport.render.charts.spec import Axis, Chart, Unit
from modelreport.render.charts.weight_rows import none_drawn, weight_rows
from modelreport.render.language import mark


@dataclass(frozen=True)
class Statistic:
    """What is drawn over depth."""

    id: str
    axis: str
    """Title of the y axis."""
    title: Callable[[float, str], str]
    """From the largest value and the tensor that has it."""
    caption: str
    value: Callable[[TensorStatistics], float | None]
    log: bool = True
    unit: Unit = "number"
    flat: str = ""
    """Why nothing is drawn where no value is above ``least``."""
    least: float = 0.0


class Point(NamedTuple):
    """The tensors of one role at one depth: the middle one, and the range where there are several."""

    depth: int
    value: float
    low: float
    high: float
    name: str
    """Of the tensor with the largest value."""
    tensors: int


class Series(NamedTuple):
    """A role over depth."""

    role: str
    points: tuple[Point, ...]


def _outlier_ratio(s: TensorStatistics) -> float | None:
    return s.rows.outlier_ratio if s.rows is not None else None


STATISTICS: Final = (
    Statistic(
        id="weight-scale",
        axis=mark("standard deviation"),
        title=lambda high, name: f"{name} has the largest deviation, {text.number(high)}",
        caption="Standard deviation of the values.",
        value=lambda s: s.std or None,
    ),
    Statistic(
        id="weight-kurtosis",
        axis=mark("kurtosis"),
        title=lambda high, name: (
            f"The heaviest tails are in {name}: kurtosis {text.number(high)}, where normal values have 3"
        ),
        caption="Fourth standardised moment: 1.8 for uniform, 3 for normal values, more where few weights are far "
        "larger than the rest.",
        value=lambda s: None if s.kurtosis is None else s.kurtosis + 3,
    ),
    Statistic(
        id="weight-outliers",
        axis=mark("largest over median channel"),
        title=lambda high, name: (
            f"The channel that stands out most, in {name}, reaches {text.number(high)} times as far as the median one"
        ),
        caption="Largest magnitude in any slice along the first dimension over the median of the slices' largest.",
        value=_outlier_ratio,
    ),
    Statistic(
        id="weight-sparsity",
        axis=mark("zeros"),
        title=lambda high, name: f"{text.share(high)} of {name} are zeros, the most of all weights",
        caption="Share of values that are exactly zero.",
        value=lambda s: s.zeros / s.count if s.count else None,
        log=False,
        unit="share",
        flat="Hardly a weight is exactly zero, at most {most} of a tensor.",
        least=1e-3,
    ),
)
BY_ID: Final = {each.id: each for each in STATISTICS}


def weight_depth(report: Report, statistic: Statistic) -> Chart | Skipped:
    """The largest roles over depth; the weights one after the other where no layer is repeated."""
    weights = report.weights
    if isinstance(weights, Skipped):
        return weights
    found, left_out = all_series(report, weights, statistic)
    points = [point for series in found for point in series.points]
    if not points:
        return Skipped(stage="measure", reason=none_drawn(weights) if not weights.tensors else "No weight has values.")
    top = max(points, key=lambda p: p.high)
    if statistic.flat and top.high < statistic.least:
        none = "No weight has a value of exactly zero."
        return Skipped(stage="measure", reason=statistic.flat.format(most=text.share(top.high)) if top.high else none)
    widest = max(found, key=lambda series: _ratio(series.points))
    low, high = min(p.low for p in widest.points), max(p.high for p in widest.points)
    repeated = len(found) > 1 or found[0].role != _ALL
    return Chart(
        id=statistic.id,
        title=_title(statistic, widest, (low, high), top),
        caption=f"{statistic.caption} {left_out}",
        x=Axis(title=mark("depth") if repeated else mark("place in the model"), unit="count"),
        y=Axis(title=statistic.axis, unit=statistic.unit, log=statistic.log, low=None if statistic.log else 0.0),
        layers=coloured((s.role, [(p.depth, p.value, _hover(p, statistic)) for p in s.points]) for s in found),
        header=(mark("Role"), mark("Depths"), mark("Smallest"), mark("Median"), mark("Largest"), mark("In")),
        rows=tuple(_table_row(series, statistic) for series in found),
    )


def _title(statistic: Statistic, widest: Series, span: tuple[float, float], top: Point) -> str:
    if statistic.id == "weight-scale":
        low, high = map(text.number, span)
        alone = widest.role == _ALL
        return f"Deviations of {low} to {high}" if alone else f"{widest.role} changes most in scale: {low} to {high}"
    return statistic.title(top.high, text.name(top.name.removesuffix(".weight"), 60))


_ALL = "all weights"


def all_series(report: Report, weights: Weights, statistic: Statistic) -> tuple[list[Series], str]:
    """What is drawn, and a sentence on what is left out."""
    known = {s.name: s for s in weights.tensors}
    roles = matrix_roles(report, weights)
    made = [Series(label, points) for label, role in roles if (points := _points(role, known, statistic))]
    if made:
        shown = f"the {ROLES} largest of {len(made)} repeated weights" if len(made) > ROLES else "each repeated weight"
        several = any(point.tensors > 1 for series in made for point in series.points)
        middle = " Where several lie at one depth, their median." if several else ""
        return made[:ROLES], f"A line for {shown}, named without its index.{middle}"
    rows, chosen = weight_rows(report.structure, weights, report.trace, POINTS)
    points = tuple(
        Point(i, value, value, value, row.statistics.name, 1)
        for i, row in enumerate(rows)
        if (value := statistic.value(row.statistics)) is not None and (value > 0 or not statistic.log)
    )
    return ([Series(_ALL, points)] if points else []), chosen


def matrix_roles(report: Report, weights: Weights) -> list[tuple[str, PeerRole]]:
    """Roles of matrices at three depths or more, the largest first, each with a short name."""
    if not isinstance(weights.peers, Peers):
        return []
    wide = {t.name for t in report.structure.tensors if len(t.shape) > 1}
    found = [r for r in weights.peers.roles if r.members[0].name in wide and r.members[-1].depth >= 2]
    found.sort(key=lambda role: -role.count)
    labels = short_names([role.role for role in found])
    return list(zip(labels, found, strict=True))


def _points(role: PeerRole, known: dict[str, TensorStatistics], statistic: Statistic) -> tuple[Point, ...]:
    points = []
    for depth, members in groupby(role.members, key=lambda m: m.depth):
        values = [(statistic.value(known[m.name]), m.name) for m in members if m.name in known]
        numbers = sorted((v, name) for v, name in values if v is not None and (v > 0 or not statistic.log))
        if numbers:
            (low, _), (high, name) = numbers[0], numbers[-1]
            points.append(Point(depth, numbers[len(numbers) // 2][0], low, high, name, len(numbers)))
    return tuple(points) if len(points) >= DEPTHS else ()


def _ratio(points: Sequence[Point]) -> float:
    low, high = min(p.value for p in points), max(p.value for p in points)
    return high / low if low > 0 else high


def _hover(point: Point, statistic: Statistic) -> str:
    write = text.share if statistic.unit == "share" else text.number
    span = f", {write(point.low)} to {write(point.high)} of {point.tensors}" if point.tensors > 1 else ""
    return f"{text.name(point.name, 60)}\n{statistic.axis}: {write(point.value)}{span}"


def _table_row(series: Series, statistic: Statistic) -> tuple[str, ...]:
    write = text.share if statistic.unit == "share" else text.number
    ordered = sorted(series.points, key=lambda p: p.value)
    top = max(series.points, key=lambda p: p.high)
    numbers = (ordered[0].low, ordered[len(ordered) // 2].value, top.high)
    return (series.role, text.exact(len(ordered)), *map(write, numbers), text.name(top.name, 60))

"""How many units of each layer are dead, repeated, weak or shut: one line for each layer that has any."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from modelreport.facts import ColumnFigures, Report, RowCopy, ScaleFigures, TensorFact, TensorStatistics, Units, Weights
from modelreport.render.language import mark

_TABLES = ("Embedding", "Gather")
_COLUMNS = ("Conv1D", "MatMul", "ConvTranspose")
"""Module types whose rows are no output units."""


@dataclass(frozen=True)
class UnitCounts:
    """One layer: a weight with output units, or the scales of a normalisation."""

    name: str
    kind: str
    """*output units*, *columns* or *channels*."""
    units: int
    dead: int = 0
    repeated: int = 0
    weak: int = 0
    """Next to no scale, zero ones not counted."""
    shut: int = 0
    examples: tuple[int, ...] = ()
    """Some of them: the first kind that there is, in this order."""
    runs: tuple[RowCopy, ...] = ()
    """Runs of units that repeat an earlier run, the longest first."""

    @property
    def any(self) -> bool:
        """Whether there is something to tell."""
        return bool(self.dead or self.repeated or self.weak or self.shut)


def unit_counts(report: Report, weights: Weights) -> tuple[UnitCounts, ...]:
    """Every layer whose units were looked at, in the order of the file."""
    units = weights.units if isinstance(weights.units, Units) else Units()
    columns = {each.name: each for each in units.columns}
    scales = {each.name: each for each in units.scales}
    statistics = {each.name: each for each in weights.tensors}
    types = {module.path: module.type for module in report.structure.modules}
    found = []
    for fact in report.structure.tensors:
        if fact.name in columns:
            found.append(_of_columns(columns[fact.name]))
        elif fact.name in scales:
            found += _of_scales(scales[fact.name])
        elif fact.name in statistics and _has_units(fact, types.get(fact.module, "")):
            found += _of_rows(statistics[fact.name])
    return tuple(found)


def is_packed(fact: TensorFact) -> bool:
    """Whether its elements are words that hold several weights each, as those of GPTQ: their values mean nothing."""
    return bool(fact.scheme) and re.fullmatch(r"uint8|u?int(16|32|64)", fact.dtype) is not None


def _has_units(fact: TensorFact, kind: str) -> bool:
    """Whether the first dimension of a weight is output units."""
    table = kind.startswith((*_TABLES, *_COLUMNS)) or "embed" in fact.name.lower()
    if is_packed(fact):
        return False
    return fact.role == "parameter" and not fact.tied_to and len(fact.shape) > 1 and fact.shape[0] > 1 and not table


def _of_rows(each: TensorStatistics) -> Iterator[UnitCounts]:
    rows = each.rows
    if rows is None or not each.channels:
        return
    dead = each.zero_channels or 0
    if dead == each.channels:  # the tensor as a whole is told elsewhere
        return
    twins = tuple(place for group in rows.groups for place in group[1:])
    yield UnitCounts(each.name, mark("output units"), each.channels, dead=dead, repeated=rows.identical,
                     examples=(rows.zeros if dead else twins)[:8], runs=rows.copies)  # fmt: skip


def _of_columns(each: ColumnFigures) -> UnitCounts:
    twins = tuple(place for group in each.groups for place in group[1:])
    return UnitCounts(each.name, mark("columns"), each.units, dead=each.zero, repeated=each.identical,
                      examples=(each.zeros if each.zero else twins)[:8], runs=each.copies)  # fmt: skip


def _of_scales(each: ScaleFigures) -> Iterator[UnitCounts]:
    if each.zero == each.channels:
        return
    weak = each.weak - each.zero if each.weak >= each.zero else each.weak
    dead = each.zero - each.shut if each.zero else 0
    yield UnitCounts(each.name, mark("channels"), each.channels, dead=dead, weak=weak,
                     shut=each.shut, examples=(each.shut_units or each.weak_units)[:8])  # fmt: skip

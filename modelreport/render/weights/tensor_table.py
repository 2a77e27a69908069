"""The table of all tensors: a row for each that was measured, a column for each of its figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from modelreport.facts import Weights
from modelreport.render import format as text
from modelreport.render.anchors import Anchors
from modelreport.render.language import _
from modelreport.render.table import Cell, Column, Row, Table, share_cell, wanted
from modelreport.render.weights.tensors import Figure, Tensor, figures

SHOWN: Final = frozenset({"mean", "std", "minimum", "maximum", "zero_share", "norm", "count"})
"""Figures that are visible before the reader chooses."""
WHOLE: Final = 5000
"""Tensors up to which the page holds every column; beyond, those that are shown at first."""

_FIXED = (
    Column("name", "Tensor", "name"),
    Column("shape", "Shape", "code"),
    Column("histogram", "Distribution", "spark"),
)
_LAST = (
    Column("dtype", "Dtype", shown=False),
    Column("module", "Module", "code", "The module that owns it", shown=False),
    Column("role", "Role", "code", "Its name with # for the index: tensors of equal role are compared", shown=False),
    Column("digest", "Digest", "code", "Equal for tensors of equal dtype, shape and values", shown=False),
)


def table(weights: Weights, tensors: Sequence[Tensor], places: Anchors) -> Table:
    """One row for each tensor, numbered by its index in ``Weights.tensors``; figures that none has are left out."""
    numbers = [figure for figure in figures(weights) if any(figure.value(t) is not None for t in tensors)]
    last = [column for column in _LAST if column.id != "role" or any(t.role for t in tensors)]
    if len(tensors) > WHOLE:
        numbers, last = [figure for figure in numbers if figure.id in SHOWN], []
    columns = (*_FIXED, *(_column(figure) for figure in numbers), *last)
    chosen = {column.id for column in last}
    first = tensors[: wanted(len(tensors))]
    rows = tuple(_row(index, each, numbers, chosen, places) for index, each in enumerate(first))
    return Table(
        "weights", "Tensors", columns, rows, noun=("tensor", "tensors"), histograms="histograms", details="tensors",
        unmade=len(tensors) - len(first),
    )  # fmt: skip


def left_out(tensors: Sequence[Tensor]) -> str:
    """What the page does not hold of so many tensors, as a sentence; empty when it holds all."""
    if len(tensors) <= WHOLE:
        return ""
    return _(
        "Of {tensors} the page holds the usual columns, and histograms of the largest; "
        "everything is in the JSON report and, one row a tensor, in the CSV file (--csv).",
        tensors=text.plural(len(tensors), "tensor"),
    )


def _column(figure: Figure) -> Column:
    return Column(
        figure.id, figure.title, figure.kind, figure.help, shown=figure.id in SHOWN, group=figure.group
    )  # fmt: skip


def _row(index: int, each: Tensor, numbers: Sequence[Figure], last: set[str], places: Anchors) -> Row:
    fact = each.fact
    module = fact.module if fact else None
    digest = each.statistics.digest
    named = {
        "dtype": Cell(text.dtype(fact.dtype) if fact else text.UNKNOWN),
        "module": Cell(text.UNKNOWN)
        if module is None
        else Cell(text.name(module) or _("(root)"), href=places.module(module)),
        "role": Cell(text.name(each.role)),
        "digest": Cell(text.digest(digest) if digest else text.UNKNOWN, text.name(digest)),
    }
    cells = (
        Cell.name(each.statistics.name),
        Cell(text.shape(fact.shape) if fact else text.UNKNOWN),
        Cell(""),
        *(_cell(figure, each) for figure in numbers),
        *(named[column.id] for column in _LAST if column.id in last),
    )
    return Row(f"weight-{index}", cells, note=_note(each))


def _cell(figure: Figure, each: Tensor) -> Cell:
    if figure.id == "zero_share":
        return share_cell(each.statistics.zeros, each.statistics.count)
    value = figure.value(each)
    if value is None or isinstance(value, str):
        return Cell(text.UNKNOWN if value is None else text.name(value))
    if figure.kind == "share":
        return Cell(text.share(value), f"{value:.6f}")
    return Cell(text.exact(value)) if isinstance(value, int) else Cell.figure(value)


def _note(each: Tensor) -> str:
    statistics, fact = each.statistics, each.fact
    infinite = statistics.positive_infinity + statistics.negative_infinity
    words = []
    if statistics.nan:
        words.append(f"{text.count(statistics.nan)} NaN")
    if infinite:
        words.append(f"{text.count(infinite)} Inf")
    if fact and fact.tied_to:
        words.append(_("tied to {name}", name=text.name(fact.tied_to, 60)))
    if fact and fact.role == "buffer":
        words.append(_("buffer"))
    return _(", ").join(words)

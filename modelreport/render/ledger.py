"""How a pass was counted: the operators and their formulas, and what was in memory at the peak, as tables."""

from __future__ import annotations

from modelreport.facts import FormulaKind, Trace
from modelreport.render import format as text
from modelreport.render.anchors import Anchors
from modelreport.render.language import _, mark
from modelreport.render.table import Cell, Column, Row, Table, amount, share_cell

CONVENTION = mark(
    "Matrix FLOPs: convolutions, matrix products, attention over the full S² square and recurrent layers, a "
    "multiply-add as two. All FLOPs: with arithmetic, one for each addition, multiplication, division or comparison "
    "and for each value of an elementary function (exp, tanh, a root …); compound functions by their steps."
)
"""The convention that stands beside the figures."""
HOW: dict[FormulaKind, str] = {
    "matrix": mark("multiply-adds, and biases or softmax by their steps"),
    "arithmetic": mark("by the steps of its definition"),
    "free": mark("moves data or works on whole numbers"),
    "none": mark("not counted: no formula"),
}
COLUMNS = (
    Column("kernel", "Operator", "name", "As torch or ONNX call it"),
    Column("calls", "Calls", "number"),
    Column("flops", "FLOPs", "number", "Over all calls"),
    Column("share", "Share", "share", "Share of all counted FLOPs"),
    Column("how", "Counted", "text"),
)
ALIVE_COLUMNS = (
    Column("operation", "Operation", "name", "What made it"),
    Column("number", "#", "number", "Order of execution"),
    Column("module", "Module", "code", "Innermost module it ran in"),
    Column("size", "Size", "number"),
    Column("share", "Share", "share", "Share of the peak"),
)


def ledger_table(trace: Trace) -> Table:
    """Every operator that ran, the costliest first."""
    rows = tuple(
        Row(
            f"kernel-{i}",
            (
                Cell.name(line.kernel),
                Cell.count(line.calls),
                amount(line.flops),
                share_cell(line.flops, trace.flops),
                Cell(_(HOW[line.formula])),
            ),
        )
        for i, line in enumerate(trace.ledger)
    )
    return Table("ledger", "Operators and how they were counted", COLUMNS, rows, noun=("operator", "operators"))


def coverage(trace: Trace) -> str:
    """The share of operator calls that are counted, as a sentence; empty without a ledger."""
    calls = sum(line.calls for line in trace.ledger)
    if not calls:
        return ""
    unknown = sum(line.calls for line in trace.ledger if line.formula == "none")
    if not unknown and calls == 1:
        return _("The one operator call has a formula or does no arithmetic.")
    below = len(trace.operations)
    if not unknown and calls != below:
        return _(
            "All {calls} beneath the {operations} have a formula or do no arithmetic.",
            calls=text.plural(calls, "operator call"), operations=text.plural(below, "operation"),
        )  # fmt: skip
    if not unknown:
        return _("All {calls} have a formula or do no arithmetic.", calls=text.plural(calls, "operator call"))
    return _(
        "{counted} of {calls} ({share}) have a formula or do no arithmetic.",
        counted=text.exact(calls - unknown), calls=text.plural(calls, "operator call"),
        share=text.share((calls - unknown) / calls),
    )  # fmt: skip


def alive_table(trace: Trace, places: Anchors) -> Table:
    """What is in memory at the peak, the largest first, by the operation that made it."""
    memory = trace.memory
    rows = []
    for i, each in enumerate(memory.alive if memory is not None else ()):
        if memory is None or not 0 <= each.operation < len(trace.operations):
            continue
        operation = trace.operations[each.operation]
        path = trace.calls[operation.call].path if 0 <= operation.call < len(trace.calls) else ""
        cells = (
            Cell.name(operation.name),
            Cell.count(operation.id),
            Cell(text.name(path) or _("(root)"), href=places.module(path)),
            Cell.bytes(each.size_bytes),
            share_cell(each.size_bytes, memory.peak_bytes),
        )
        rows.append(Row(f"alive-{i}", cells))
    return Table("alive", "In memory at the peak", ALIVE_COLUMNS, tuple(rows), noun=("operation", "operations"))

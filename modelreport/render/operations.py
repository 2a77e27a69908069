"""The operations of a pass as a table, equal ones of repeated blocks under one row."""

from __future__ import annotations

from collections.abc import Sequence

from modelreport.facts import Family, Operation, TensorSpec, Trace
from modelreport.render import format as text
from modelreport.render.anchors import Anchors
from modelreport.render.charts.palette import FAMILY_WORDS
from modelreport.render.language import _
from modelreport.render.setting import setting
from modelreport.render.table import Cell, Column, Row, Table, amount, share_cell, wanted

IN_MARKUP = 60
"""Rows in the page itself, the heaviest first; the others travel packed."""

COLUMNS = (
    Column("operation", "Operation", "name", "As the model's code wrote it; ×N: the same in N repeated blocks"),
    Column("number", "#", "number", "Order of execution; the first of several"),
    Column("family", "Family", "family"),
    Column("each", "FLOPs of one", "number", "Floating-point operations of one; a multiply-add is two"),
    Column("flops", "FLOPs", "number", "Floating-point operations of all in the row", total=True),
    Column("share", "Share", "share", "Share of all counted FLOPs"),
    Column("module", "Module", "code", "Innermost module it ran in; the first of several"),
    Column("label", "Settings", "code"),
    Column("output", "Output", "code", "Shape of the first output"),
    Column(
        "macs",
        "MACs",
        "number",
        "Multiply-adds of convolutions, matrix products, attention, recurrent",
        shown=False,
        total=True,
    ),
    Column("read", "Read", "number", "Bytes read", shown=False, total=True),
    Column("written", "Written", "number", "Bytes written", shown=False, total=True),
    Column("intensity", "FLOP/B", "number", "FLOPs for each byte read or written", shown=False),
    Column("kernels", "Kernels", "code", "The operators it consisted of", shown=False),
)


def operation_table(trace: Trace, places: Anchors) -> Table:
    """Every operation, the most expensive first, numbered by its place in the order of execution.

    Operations that do the same in repeated blocks stand under one row with their sum.
    """
    groups = equal_operations(trace)
    operations = trace.operations
    totals = {first: sum(operations[i].flops or 0 for i in members) for first, members in groups.items()}
    dearest = sorted(groups, key=lambda index: (-totals[index], index))
    rows: list[Row] = []
    for first in dearest[: wanted(len(dearest))]:
        members = groups[first]
        if len(members) > 1:
            rows.append(_row([operations[i] for i in members], trace, places))
        if len(members) == 1 or setting().packed:  # a closed table shows on paper what is below no other row
            rows += [_row([operations[i]], trace, places, depth=int(len(members) > 1)) for i in members]
    made = sum(not row.group for row in rows)
    noun = ("operation", "operations")
    return Table(
        "operations", "Operations", COLUMNS, tuple(rows), tree=True, noun=noun, details="operations", limit=IN_MARKUP,
        closed=True, unmade=len(operations) - made,
    )  # fmt: skip


def equal_operations(trace: Trace) -> dict[int, list[int]]:
    """Operations by the first of those that do the same in the repetitions of a block, ascending. Linear in time."""
    first = list(range(len(trace.operations)))
    siblings: dict[int, list[int]] = {}
    place: dict[int, int] = {}
    for index, call in enumerate(trace.calls):
        if call.last > call.first:
            row = siblings.setdefault(call.parent, [])
            place[index] = len(row)
            row.append(index)
    for repeat in trace.repeats:
        starts = [index for index in repeat.calls if index in place]
        if len(starts) != len(repeat.calls):
            continue
        row = siblings[trace.calls[starts[0]].parent]
        units = [row[place[start] : place[start] + repeat.period] for start in starts]
        for unit in units[1:]:
            for model, copy in zip(units[0], unit, strict=False):
                one, two = trace.calls[model], trace.calls[copy]
                if one.last - one.first == two.last - two.first <= len(first) - two.first:
                    first[two.first : two.last] = range(one.first, one.last)
    groups: dict[int, list[int]] = {}
    for index in range(len(first)):
        earliest = first[index]
        while first[earliest] != earliest:  # a block inside a repeated block
            earliest = first[earliest]
        first[index] = earliest
        groups.setdefault(earliest, []).append(index)
    return groups


def _row(same: Sequence[Operation], trace: Trace, places: Anchors, depth: int = 0) -> Row:
    one, count = same[0], len(same)
    path = trace.calls[one.call].path if 0 <= one.call < len(trace.calls) else ""
    known = one.flops is not None
    flops = sum(operation.flops or 0 for operation in same) if known else None
    macs = sum(operation.macs or 0 for operation in same) if one.macs is not None else None
    read, written = sum(o.read_bytes for o in same), sum(o.written_bytes for o in same)
    intensity = Cell(text.UNKNOWN)
    if read + written and flops is not None:
        intensity = Cell(text.number(flops / (read + written)), f"{flops / (read + written):.6g}")
    cells = (
        Cell(text.name(one.name, 60) or _("(no name)")),
        Cell.count(one.id),
        _family(one.family),
        amount(one.flops),
        amount(flops),
        share_cell(flops, trace.flops),
        Cell(text.name(path) or _("(root)"), href=places.module(path)),
        Cell(text.name(one.label, 80)),
        _shape(one.outputs),
        amount(macs),
        Cell.bytes(read),
        Cell.bytes(written),
        intensity,
        Cell(text.name(", ".join(one.kernels), 120)),
    )
    notes = [f"×{text.exact(count)}"] if count > 1 else []
    notes += [_("estimate")] if not all(operation.exact for operation in same) else []
    row_id = f"operation-{one.id}" if count == 1 else f"operations-{one.id}"
    return Row(row_id, cells, depth, folded=count > 1, group=count > 1, note=_(", ").join(notes))


def _family(family: Family) -> Cell:
    """A family by its short name, or by what another language calls it; the short name has the colour."""
    word = FAMILY_WORDS[family]
    return Cell(family) if _(word) == word else Cell(_(word), family)


def _shape(specs: tuple[TensorSpec, ...]) -> Cell:
    if not specs:
        return Cell(text.UNKNOWN)
    more = f" +{len(specs) - 1}" if len(specs) > 1 else ""
    return Cell(text.shape(specs[0].shape) + more)

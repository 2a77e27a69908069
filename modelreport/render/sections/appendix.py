"""Everything else: all tensors, how it was measured, what was not, versions, how to make the report again."""

from __future__ import annotations

import shlex
from typing import Any

from modelreport.facts import Report, Skipped, TensorFact
from modelreport.render import format as text
from modelreport.render.anchors import Anchors, anchors
from modelreport.render.language import _, mark, tell
from modelreport.render.method import methods
from modelreport.render.packed import remark
from modelreport.render.section import Section
from modelreport.render.table import ROWS_IN_MARKUP, Cell, Column, Row, Table, share_cell

COLUMNS = (
    Column("name", "Tensor", "name"),
    Column("shape", "Shape", "code"),
    Column("dtype", "Dtype"),
    Column("role", "Role"),
    Column("count", "Elements", "number", total=True),
    Column("bytes", "Bytes", "number", total=True),
    Column("stored", "Stored", "number", "Bytes it adds to the file: none for a tied tensor", shown=False, total=True),
    Column("module", "Module", "code", shown=False),
    Column("trainable", "Trainable", shown=False),
    Column("remarks", "Remarks"),
)
DTYPE_COLUMNS = (
    Column("dtype", "Dtype", "name"),
    Column("tensors", "Tensors", "number"),
    Column("count", "Elements", "number"),
    Column("bytes", "Bytes", "number"),
    Column("share", "Share of bytes", "share"),
)
ROWS_BESIDE_STATISTICS = 40
"""Rows in the page itself where the table of statistics shows every tensor already; the others travel packed."""
ROLES = {
    "parameter": mark("parameter"),
    "buffer": mark("buffer"),
    "optimizer": mark("optimizer"),
    "constant": mark("constant"),
    "other": mark("other"),
}
STAGES = {
    "load": mark("Reading"),
    "identify": mark("Architecture"),
    "trace": mark("Forward pass"),
    "measure": mark("Weights"),
    "judge": mark("Findings"),
    "security": mark("Security"),
}


def tensors(report: Report, places: Anchors) -> Table:
    """One row for each parameter and buffer, numbered by its index in ``Structure.tensors``."""
    rows = tuple(_row(index, each, places) for index, each in enumerate(report.structure.tensors))
    measured = all(each.name in places.statistics for each in report.structure.tensors)
    limit = ROWS_BESIDE_STATISTICS if measured else ROWS_IN_MARKUP
    return Table("tensors", "All tensors", COLUMNS, rows, noun=("tensor", "tensors"), limit=limit)


def _row(index: int, each: TensorFact, places: Anchors) -> Row:
    trainable = {True: _("yes"), False: _("no"), None: text.UNKNOWN}[each.trainable]
    cells = (
        Cell.name(each.name),
        Cell(text.shape(each.shape)),
        Cell(text.dtype(each.dtype)),
        Cell(_(ROLES[each.role])),
        Cell.count(each.count),
        Cell.bytes(each.size_bytes),
        Cell.bytes(each.stored_bytes),
        Cell(text.name(each.module) or _("(root)"), href=places.module(each.module)),
        Cell(trainable),
        Cell("; ".join(_remarks(each))),
    )
    return Row(f"tensor-{index}", cells)


def _remarks(each: TensorFact) -> list[str]:
    words = []
    if each.tied_to:
        words.append(_("tied to {name}", name=text.name(each.tied_to, 60)))
    if each.overlaps:
        words.append(_("overlaps {name}", name=text.name(each.overlaps, 60)))
    if each.expanded:
        words.append(_("expanded"))
    elif not each.contiguous:
        words.append(_("not contiguous"))
    if each.layout != "dense":
        words.append(each.layout)
    if each.scheme:
        words.append(remark(each))
    if each.note:
        words.append(tell(text.name(each.note, 120)))
    return words


def dtypes(report: Report) -> Table:
    """Totals of each dtype, the largest first."""
    totals = sorted(report.structure.dtypes, key=lambda total: (-total.size_bytes, total.dtype))
    whole = sum(total.size_bytes for total in totals)
    rows = tuple(
        Row(
            f"dtype-{index}",
            (
                Cell(text.dtype(total.dtype)),
                Cell.count(total.tensors),
                Cell.count(total.count),
                Cell.bytes(total.size_bytes),
                share_cell(total.size_bytes, whole),
            ),
        )
        for index, total in enumerate(totals)
    )
    return Table("dtypes", "Totals by dtype", DTYPE_COLUMNS, rows, noun=("dtype", "dtypes"))


def not_checked(report: Report) -> list[tuple[str, str]]:
    """Every part and check that could not be made, with its reason."""
    parts = (report.security, report.identification, report.trace, report.weights)
    missing = [(_(STAGES[part.stage]), tell(part.reason)) for part in parts if isinstance(part, Skipped)]
    rules = [finding for finding in report.findings if finding.state == "not_checked"]
    return missing + [(f"{tell(finding.title)} ({finding.id})", text.message(finding.message)) for finding in rules]


def command(report: Report) -> str:
    """The command that makes this report again, as a shell reads it; empty for a model given as an object."""
    if report.source.kind == "object":
        return ""
    words = ["modelreport", "build", shlex.quote(text.name(report.source.name, 400))]
    for item in report.generator.options:
        words.append(f"--{item.name.removeprefix('--')}")
        if item.value:
            words.append(shlex.quote(text.name(item.value, 400)))
    return " ".join([*words, "-o report.html"])


def context(report: Report) -> dict[str, Any]:
    """Variables of the template."""
    listed, totals = tensors(report, anchors(report)), dtypes(report)
    return {
        "tensors": listed,
        "dtypes": totals,
        "method": methods(report),
        "missing": not_checked(report),
        "generator": report.generator,
        "command": command(report),
        "payloads": listed.payloads | totals.payloads,
    }


def badge(report: Report) -> str | None:
    """Number of tensors."""
    return text.exact(len(report.structure.tensors)) if report.structure.tensors else None


SECTION = Section(id="appendix", title=mark("Appendix"), context=context, badge=badge)

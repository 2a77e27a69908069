"""What one forward pass costs: by family, by module, over time, by operation; and what was not counted."""

from __future__ import annotations

from typing import Any

from modelreport.facts import Operation, Report, TensorSpec, Trace
from modelreport.render import format as text
from modelreport.render.anchors import Anchors, anchors
from modelreport.render.section import Section, drawn
from modelreport.render.sections.layers import amount, share_cell
from modelreport.render.table import Cell, Column, Row, Table

METHODS = {
    "meta": "A dummy forward pass on tensors without values: every operation ran, nothing was computed.",
    "cpu": "A real forward pass on the CPU.",
    "graph": "Read off the graph in the file by shape inference; nothing ran.",
}
IN_MARKUP = 100
"""Operations in the page itself, the heaviest first; the others travel packed."""

COLUMNS = (
    Column("operation", "Operation", "name", "As the model's code wrote it"),
    Column("number", "#", "number", "Order of execution"),
    Column("family", "Family", "family"),
    Column("module", "Module", "code", "Innermost module it ran in"),
    Column("label", "Settings", "code"),
    Column("output", "Output", "code", "Shape of the first output"),
    Column("flops", "FLOPs", "number", "Floating-point operations; a multiply-add is two"),
    Column("share", "Share", "share", "Share of all counted FLOPs"),
    Column(
        "macs", "MACs", "number", "Multiply-adds of convolutions, matrix products, attention, recurrent", shown=False
    ),
    Column("read", "Read", "number", "Bytes read", shown=False),
    Column("written", "Written", "number", "Bytes written", shown=False),
    Column("intensity", "FLOP/B", "number", "FLOPs for each byte read or written", shown=False),
    Column("kernels", "Kernels", "code", "The operators it consisted of", shown=False),
)


def table(trace: Trace, places: Anchors) -> Table:
    """Every operation, the most expensive first, numbered by its place in the order of execution."""
    heaviest = sorted(trace.operations, key=lambda operation: (-(operation.flops or 0), operation.id))
    rows = tuple(_row(operation, trace, places) for operation in heaviest)
    return Table("operations", "Operations", COLUMNS, rows, noun=("operation", "operations"), limit=IN_MARKUP)


def _row(operation: Operation, trace: Trace, places: Anchors) -> Row:
    path = trace.calls[operation.call].path if 0 <= operation.call < len(trace.calls) else ""
    moved = operation.read_bytes + operation.written_bytes
    intensity = Cell(text.UNKNOWN)
    if moved and operation.flops is not None:
        intensity = Cell(text.number(operation.flops / moved), f"{operation.flops / moved:.6g}")
    cells = (
        Cell(text.name(operation.name, 60) or "(no name)"),
        Cell(text.exact(operation.id)),
        Cell(operation.family),
        Cell(text.name(path) or "(root)", href=places.module(path)),
        Cell(text.name(operation.label, 80)),
        _shape(operation.outputs),
        amount(operation.flops),
        share_cell(operation.flops, trace.flops),
        amount(operation.macs),
        Cell(text.bytes_binary(operation.read_bytes), text.exact(operation.read_bytes)),
        Cell(text.bytes_binary(operation.written_bytes), text.exact(operation.written_bytes)),
        intensity,
        Cell(text.name(", ".join(operation.kernels), 120)),
    )
    return Row(f"operation-{operation.id}", cells, note="" if operation.exact else "estimate")


def _shape(specs: tuple[TensorSpec, ...]) -> Cell:
    if not specs:
        return Cell(text.UNKNOWN)
    more = f" +{len(specs) - 1}" if len(specs) > 1 else ""
    return Cell(text.shape(specs[0].shape) + more)


def context(report: Report) -> dict[str, Any]:
    """Variables of the template."""
    trace = report.trace
    if not isinstance(trace, Trace):
        return {"skipped": trace}
    places = anchors(report)
    made = table(trace, places)
    return drawn(report, "flops-by-family", "memory-timeline", "flops-by-depth") | {
        "skipped": None,
        "trace": trace,
        "method": METHODS[trace.method],
        "peak": _peak(trace, places),
        "untouched": [(name, places.tensor(name)) for name in trace.untouched[:200]],
        "table": made,
        "payloads": made.payloads,
    }


def _peak(trace: Trace, places: Anchors) -> tuple[str, str] | None:
    """Module in which activation memory peaks, and its row."""
    if trace.memory is None or not 0 <= trace.memory.peak_operation < len(trace.operations):
        return None
    operation = trace.operations[trace.memory.peak_operation]
    path = trace.calls[operation.call].path if 0 <= operation.call < len(trace.calls) else ""
    name = f"{text.name(operation.name, 60)} in {text.name(path) or 'the root module'}"
    return name, places.module(path)


def badge(report: Report) -> str | None:
    """All multiply-adds."""
    return text.macs(report.trace.macs) if isinstance(report.trace, Trace) and report.trace.macs else None


SECTION = Section(id="compute", title="Compute", context=context, badge=badge)

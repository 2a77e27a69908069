"""The module tree as a table: type, output shape, parameters, compute, bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from modelreport.facts import ModuleCall, ModuleFact, Report, Structure, TensorSpec, Trace
from modelreport.render import format as text
from modelreport.render.language import _, mark
from modelreport.render.modules import Line, folded, ordered
from modelreport.render.section import Section, drawn
from modelreport.render.table import Cell, Column, Row, Table, amount, share_cell

ORIGINS = {
    "live": mark("The tree is that of the module given."),
    "pickle": mark("The tree is the one pickled in the file."),
    "identified": mark("The tree is that of the identified architecture."),
    "names": mark("The tree is read off the names of the tensors; types are guesses from their shapes."),
    "graph": mark("The tree is read off the names of the graph's nodes."),
}

_FIXED = (
    Column("name", "Name", "name"),
    Column("type", "Type"),
)
_TRACED = (
    Column("input", "Input", "code", "Shape of the first input of the first call", shown=False),
    Column("output", "Output", "code", "Shape of the first output of the first call"),
)
_SIZES = (
    Column(
        "parameters",
        "Parameters",
        "number",
        "Elements of parameters in this module and below, shared ones once",
        total=True,
    ),
    Column("share", "Share", "share", "Share of all parameters"),
    Column(
        "own",
        "Own parameters",
        "number",
        "Elements of parameters registered on this module itself",
        shown=False,
        total=True,
    ),
    Column("buffers", "Buffers", "number", "Elements of buffers in this module and below", shown=False, total=True),
)
_COSTS = (
    Column(
        "macs",
        "MACs",
        "number",
        "Multiply-adds of all calls: convolutions, matrix products, attention, recurrent",
        total=True,
    ),
    Column(
        "flops",
        "FLOPs",
        "number",
        "Floating-point operations of all calls; a multiply-add is two",
        shown=False,
        total=True,
    ),
    Column("macs-share", "MAC share", "share", "Share of all multiply-adds", shown=False),
    Column("calls", "Calls", "number", "How often the module ran in one pass", shown=False),
)
_LAST = (
    Column(
        "bytes", "Bytes", "number", "Parameters and buffers in this module and below, shared storages once", total=True
    ),
    Column("settings", "Settings", "code", "Hyper-parameters of the module", shown=False),
    Column("path", "Path", "code", "Dotted path of the module", shown=False),
)


@dataclass
class _Cost:
    """What the calls of a module cost; of a module that is never called itself, what those inside it do."""

    macs: int = 0
    flops: int = 0
    runs: list[ModuleCall] = field(default_factory=list)
    known: bool = False

    def add(self, other: _Cost) -> None:
        """Count another module's calls with these."""
        self.macs += other.macs
        self.flops += other.flops
        self.known |= other.known


def _costs(structure: Structure, trace: Trace) -> list[_Cost]:
    """The cost of each module, by its index; containers that are never called (``ModuleList``) sum what is inside."""
    runs: dict[str, list[ModuleCall]] = {}
    for call in trace.calls:
        runs.setdefault(call.path, []).append(call)
    costs = []
    for module in structure.modules:
        own = runs.get(module.path, [])
        costs.append(_Cost(sum(call.macs for call in own), sum(call.flops for call in own), own, bool(own)))
    for index in range(len(costs) - 1, 0, -1):
        parent = structure.modules[index].parent
        if 0 <= parent < index and not costs[parent].runs:
            costs[parent].add(costs[index])
    return costs


def table(report: Report) -> Table:
    """One row for each module, numbered by its index in ``Structure.modules``, and one for each run of repeats."""
    structure = report.structure
    trace = report.trace if isinstance(report.trace, Trace) else None
    costs = _costs(structure, trace) if trace else []
    lines = ordered(structure)
    rows = [_row(line, closed, structure, trace, costs) for line, closed in zip(lines, folded(lines), strict=True)]
    columns = (*_FIXED, *(_TRACED if trace else ()), *_SIZES, *(_COSTS if trace else ()), *_LAST)
    return Table(
        "layers", "Modules", columns, tuple(rows), tree=True, noun=("module", "modules"), details="modules"
    )  # fmt: skip


def _row(line: Line, closed: bool, structure: Structure, trace: Trace | None, costs: Sequence[_Cost]) -> Row:
    members = [structure.modules[index] for index in line.members]
    first, last = members[0], members[-1]
    single = len(members) == 1
    cost = _Cost()
    for index in line.members if trace else ():
        cost.add(costs[index])
        cost.runs.extend(costs[index].runs)
    name = (
        (text.name(first.name) or _("(no name)"))
        if single
        else f"{text.name(first.name, 60)}…{text.name(last.name, 60)}"
    )
    path = text.name(first.path) if single and first.path != first.name else ""
    size = sum(module.size_bytes for module in members)
    cells = (
        Cell(name, path),
        Cell(_types(members, line.period)),
        *(_shapes(cost) if trace else ()),
        *_sizes(members, structure),
        *(_amounts(cost, trace) if trace else ()),
        Cell.bytes(size),
        _settings(first),
        Cell(text.name(first.path)),
    )
    row_id = f"layer-{line.members[0]}" if single else f"layers-{line.members[0]}-{line.members[-1]}"
    return Row(row_id, cells, line.depth, closed, not single, _note(line, first, cost, trace), line.period)


def _types(members: Sequence[ModuleFact], period: int) -> str:
    """The class, or the classes that take turns."""
    return ", ".join(dict.fromkeys(text.name(module.type, 80) for module in members[:period]))


def _shapes(cost: _Cost) -> tuple[Cell, Cell]:
    return _spec(cost.runs[0].inputs if cost.runs else ()), _spec(cost.runs[-1].outputs if cost.runs else ())


def _sizes(members: Sequence[ModuleFact], structure: Structure) -> tuple[Cell, ...]:
    parameters = sum(module.parameters for module in members)
    return (
        Cell.count(parameters),
        share_cell(parameters, structure.parameters),
        Cell.count(sum(module.own_parameters for module in members)),
        Cell.count(sum(module.buffers for module in members)),
    )


def _amounts(cost: _Cost, trace: Trace) -> tuple[Cell, ...]:
    return (
        amount(cost.macs if cost.known else None),
        amount(cost.flops if cost.known else None),
        share_cell(cost.macs if cost.known else None, trace.macs),
        Cell.count(len(cost.runs)),
    )


def _note(line: Line, module: ModuleFact, cost: _Cost, trace: Trace | None) -> str:
    """What a reader must know about the row, in a word or two."""
    if line.module is None:
        times = f"×{len(line.members) // line.period}"
        return times if line.period == 1 else _("{times}, {count} in turn", times=times, count=line.period)
    if module.shared_with:
        return _("the same module as {path}", path=text.name(module.shared_with, 60))
    if len(cost.runs) > 1:
        return text.plural(len(cost.runs), "call")
    if trace and trace.complete and not cost.known and (module.own_parameters or not line.children):
        return _("not called")
    return ""


def _spec(specs: tuple[TensorSpec, ...]) -> Cell:
    if not specs:
        return Cell(text.UNKNOWN)
    more = f" +{len(specs) - 1}" if len(specs) > 1 else ""
    return Cell(text.shape(specs[0].shape) + more, f"{text.shape(specs[0].shape)} {text.dtype(specs[0].dtype)}{more}")


def _settings(module: ModuleFact) -> Cell:
    words = [f"{text.name(item.name, 40)}={text.name(item.value, 60)}" for item in module.attributes[:12]]
    return Cell(_(", ").join(words)[:240])


def context(report: Report) -> dict[str, Any]:
    """Variables of the template."""
    made = table(report)
    return drawn(report, "parameters-by-module") | {
        "table": made,
        "origin": _(ORIGINS[report.structure.origin]),
        "skipped": None if isinstance(report.trace, Trace) else report.trace,
        "payloads": made.payloads,
    }


def badge(report: Report) -> str | None:
    """Number of modules."""
    return text.exact(len(report.structure.modules)) if report.structure.modules else None


SECTION = Section(id="layers", title=mark("Layers"), context=context, badge=badge)

"""What one forward pass costs: by family, by module, over time, by operation; and what was not counted."""

from __future__ import annotations

from typing import Any

from modelreport.facts import Guess, Report, Trace
from modelreport.render import format as text
from modelreport.render.anchors import Anchors, anchors
from modelreport.render.language import _, mark
from modelreport.render.ledger import CONVENTION, alive_table, coverage, ledger_table
from modelreport.render.operations import operation_table
from modelreport.render.section import Section, drawn

METHODS = {
    "meta": mark("A dummy forward pass on tensors without values: every operation ran, nothing was computed."),
    "cpu": mark("A real forward pass on the CPU."),
    "graph": mark("Read off the graph in the file by shape inference; nothing ran."),
}


def context(report: Report) -> dict[str, Any]:
    """Variables of the template."""
    trace = report.trace
    if not isinstance(trace, Trace):
        return {"skipped": trace}
    places = anchors(report)
    made, ledger, alive = operation_table(trace, places), ledger_table(trace), alive_table(trace, places)
    return drawn(report, "flops-by-family", "memory-timeline", "flops-by-depth") | {
        "skipped": None,
        "trace": trace,
        "method": _(METHODS[trace.method]),
        "convention": _(CONVENTION),
        "matrix_flops": 2 * trace.macs,
        "arithmetic": max(trace.flops - 2 * trace.macs, 0),
        "coverage": coverage(trace),
        "ledger": ledger,
        "alive": alive,
        "kept": _kept(trace),
        "guesses": [(g.what, g.calls, _steered(g)) for g in trace.guesses[:100]],
        "peak": _peak(trace, places),
        "untouched": [(name, places.tensor(name)) for name in trace.untouched[:200]],
        "table": made,
        "payloads": {**made.payloads, **ledger.payloads, **alive.payloads},
    }


def _kept(trace: Trace) -> list[str]:
    """What is in memory at the peak: operation, module and bytes, each line short enough to be shown whole."""
    lines = []
    for each in trace.memory.alive if trace.memory is not None else ():
        if 0 <= each.operation < len(trace.operations):
            operation = trace.operations[each.operation]
            path = trace.calls[operation.call].path if 0 <= operation.call < len(trace.calls) else ""
            lines.append(
                _(
                    "{operation} in {module}, {size}",
                    operation=text.brief(operation.name, 24), module=text.brief(path, 40) or _("(root)"),
                    size=text.bytes_binary(each.size_bytes),
                )
            )  # fmt: skip
    return lines


def _steered(guess: Guess) -> str:
    """How often a guess decided what the code did next, in words; empty for never."""
    if not guess.steered:
        return ""
    if guess.steered == guess.calls:
        return _("decided what the code did next")
    if guess.steered == 1:
        return _("decided what the code did next once")
    return _("decided what the code did next {count} times", count=text.exact(guess.steered))


def _peak(trace: Trace, places: Anchors) -> tuple[str, str] | None:
    """Module in which activation memory peaks, and its row."""
    if trace.memory is None or not 0 <= trace.memory.peak_operation < len(trace.operations):
        return None
    operation = trace.operations[trace.memory.peak_operation]
    path = trace.calls[operation.call].path if 0 <= operation.call < len(trace.calls) else ""
    module = text.name(path) or _("the root module")
    name = _("{operation} in {module}", operation=text.name(operation.name, 60), module=module)
    return name, places.module(path)


def badge(report: Report) -> str | None:
    """All multiply-adds."""
    return text.macs(report.trace.macs) if isinstance(report.trace, Trace) and report.trace.macs else None


SECTION = Section(id="compute", title=mark("Compute"), context=context, badge=badge)

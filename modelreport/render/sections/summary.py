"""The top of the page: what the model is, whether it is healthy, six key figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelreport.facts import Identification, Report, Security, Skipped, Trace, Verdict, Weights
from modelreport.render import format as text
from modelreport.render.packed import packing
from modelreport.render.section import Section, no_badge
from modelreport.render.sections.provenance import own_code
from modelreport.render.weights.overview import cards


@dataclass(frozen=True)
class Figure:
    """A key figure: what, how much, a line beside it, and the exact value for the tooltip."""

    title: str
    value: str
    beside: str
    exact: str = ""


def key_figures(report: Report) -> tuple[Figure, ...]:
    """The six figures under the verdict, in their order."""
    return (
        _parameters(report),
        _compute(report.trace),
        _weights(report),
        _activations(report.trace),
        _layers(report),
        _format(report),
    )


def _parameters(report: Report) -> Figure:
    structure = report.structure
    beside = text.plural(structure.parameter_tensors, "tensor")
    if structure.trainable is not None and structure.parameters:
        beside = f"{text.share(structure.trainable / structure.parameters)} trainable, {beside}"
    beside = packing(structure) or beside
    return Figure("Parameters", text.count(structure.parameters), beside, text.exact(structure.parameters))


def _compute(trace: Trace | Skipped) -> Figure:
    if isinstance(trace, Skipped):
        return Figure("Compute", text.UNKNOWN, "no forward pass, see Compute")
    shape = _inputs(trace) or "one pass"
    partial = "" if trace.complete else ", pass incomplete"
    exact = f"{text.exact(trace.macs)} multiply-adds, {text.exact(trace.flops)} floating-point operations"
    return Figure("Compute", text.macs(trace.macs), f"{text.flops(trace.flops)} for {shape}{partial}", exact)


def _inputs(trace: Trace) -> str:
    """Shapes of the first two inputs."""
    shapes = [text.shape(spec.shape) for spec in trace.inputs]
    return " and ".join(shapes[:2]) + (" …" if len(shapes) > 2 else "")


def _weights(report: Report) -> Figure:
    dtypes = sorted(report.structure.dtypes, key=lambda total: -total.size_bytes)
    words = [text.dtype(total.dtype) for total in dtypes[:3]] + (["…"] if len(dtypes) > 3 else [])
    size = report.structure.size_bytes
    return Figure("Weights", text.bytes_binary(size), ", ".join(words), f"{text.exact(size)} bytes")


def _activations(trace: Trace | Skipped) -> Figure:
    title = "Peak activations"
    if isinstance(trace, Skipped) or trace.memory is None:
        return Figure(title, text.UNKNOWN, "no forward pass" if isinstance(trace, Skipped) else "not known")
    first = trace.inputs[0] if trace.inputs else None
    batch = f"batch {first.shape[0]}, " if first and len(first.shape) > 1 and first.shape[0] > 0 else ""
    dtype = text.dtype(trace.outputs[0].dtype) if trace.outputs else ""
    peak = trace.memory.peak_bytes
    return Figure(title, text.bytes_binary(peak), f"{batch}{dtype}".strip(", "), f"{text.exact(peak)} bytes")


def _layers(report: Report) -> Figure:
    modules = len(report.structure.modules)
    if isinstance(report.trace, Trace):
        operations = len(report.trace.operations)
        return Figure(
            "Operations", text.count(operations), f"in {text.plural(modules, 'module')}", text.exact(operations)
        )
    return Figure("Modules", text.count(modules), "from the tensor names" if report.structure.origin == "names" else "")


def _format(report: Report) -> Figure:
    return Figure(
        "Format",
        text.name(report.source.content),
        f"{text.name(report.source.format_title)}; {_safety(report.security)}",
    )


def _safety(security: Security | Skipped) -> str:
    if isinstance(security, Skipped):
        return "code not checked"
    if security.executes:
        return "loading it would run code"
    return "no foreign code" if security.pickles else "holds no code"


def what_it_is(report: Report) -> str:
    """The model in one line: its task, or its class and library, or what is known instead."""
    known = report.identification
    if isinstance(known, Skipped):
        words = ["unknown architecture"]
    elif known.task:
        words = [text.name(known.task)]
    else:
        words = [text.name(_class_of(known))]
        if words[0] == text.name(report.title):
            words = [text.name(report.source.format_title)]
    if isinstance(known, Identification) and known.library:
        words.append(f"{text.name(known.library)} {text.name(known.library_version)}".strip())
        if known.how == "keys and shapes" and known.equal:
            words.append(f"one of {text.exact(len(known.equal) + 1)} that fit its names and shapes equally")
    if isinstance(report.trace, Trace) and report.trace.inputs and report.trace.outputs:
        words.append(f"{_inputs(report.trace)} → {text.shape(report.trace.outputs[0].shape)}")
    return " · ".join(words)


def _class_of(known: Identification) -> str:
    """The class: its name alone where the library that is told beside it is its package, else its path."""
    path = known.class_path or known.name
    inside = known.library and path.startswith(f"{known.library}.")
    return path.rpartition(".")[2] if inside else path


def tally(verdict: Verdict) -> str:
    """``1 error, 2 warnings, 0 notes; 12 checks passed, 3 not made``."""
    counts = {"error": verdict.errors, "warning": verdict.warnings, "note": verdict.notes}
    found = ", ".join(text.plural(number, word) for word, number in counts.items())
    return f"{found}; {text.plural(verdict.clean, 'check')} passed, {text.exact(verdict.not_checked)} not made"


def context(report: Report) -> dict[str, Any]:
    """Variables of the template."""
    files = report.source.files
    return {
        "what": what_it_is(report),
        "description": report.outline.description,
        "own_code": own_code(report),
        "figures": key_figures(report),
        "health": cards(report, report.weights) if isinstance(report.weights, Weights) else (),
        "sha256": files[0].sha256 if len(files) == 1 else None,
        "verdict": report.verdict,
        "icon": text.VERDICT_ICONS[report.verdict.level] if report.verdict else "",
        "word": text.VERDICT_WORDS[report.verdict.level] if report.verdict else "",
        "tally": tally(report.verdict) if report.verdict else "",
    }


SECTION = Section(id="summary", title="Summary", context=context, badge=no_badge)

"""The top of the page: what the model is, whether it is healthy, six key figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelreport.facts import AdapterEffect, Identification, Report, Security, Skipped, Trace, Verdict, Weights
from modelreport.render import format as text
from modelreport.render.language import _, gap, mark, tell
from modelreport.render.packed import packing
from modelreport.render.section import Section, no_badge
from modelreport.render.sections.provenance import own_code
from modelreport.render.weights.overview import cards


@dataclass(frozen=True)
class Figure:
    """A key figure: what, how much, a line beside it, the exact value for the tooltip, and where it comes from."""

    title: str
    value: str
    beside: str
    exact: str = ""
    href: str = ""
    """Anchor of what it is the sum, the peak or the number of."""
    origin: str = ""
    """What that is, in a few words."""


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
    buffers = sum(tensor.role == "buffer" for tensor in structure.tensors)
    if buffers:
        beside = _("{tensors}, and {buffers}", tensors=beside, buffers=text.plural(buffers, "buffer"))
    if structure.trainable is not None and structure.parameters:
        share = text.share(structure.trainable / structure.parameters)
        beside = _("{share} trainable, {tensors}", share=share, tensors=beside)
    beside = packing(structure) or beside
    return Figure(
        _("Parameters"), text.count(structure.parameters), beside, text.exact(structure.parameters),
        "#layers" if structure.modules else "#appendix", _("summed over the table of layers, tied ones once"),
    )  # fmt: skip


def _compute(trace: Trace | Skipped) -> Figure:
    if isinstance(trace, Skipped):
        return Figure(_("Compute"), text.UNKNOWN, _("no forward pass, see Compute"), href="#compute")
    flops, shape = text.flops(trace.flops), _inputs(trace) or _("one pass")
    beside = _("{flops} for {input}", flops=flops, input=shape)
    if not trace.complete:
        beside = _("{flops} for {input}, pass incomplete", flops=flops, input=shape)
    exact = _(
        "{macs} multiply-adds, {flops} floating-point operations",
        macs=text.exact(trace.macs), flops=text.exact(trace.flops),
    )  # fmt: skip
    href = "#table-operations" if trace.operations else "#compute"
    return Figure(
        _("Compute"), text.macs(trace.macs), beside, exact, href, _("summed over the operations of one forward pass")
    )


def _inputs(trace: Trace) -> str:
    """Shapes of the first two inputs."""
    shapes = [text.shape(spec.shape) for spec in trace.inputs]
    return _(" and ").join(shapes[:2]) + (" …" if len(shapes) > 2 else "")


def _weights(report: Report) -> Figure:
    dtypes = sorted(report.structure.dtypes, key=lambda total: -total.size_bytes)
    words = [text.dtype(total.dtype) for total in dtypes[:3]] + (["…"] if len(dtypes) > 3 else [])
    size, held = report.structure.size_bytes, report.source.size_bytes
    beside = _(", ").join(words)
    if size > held * 1.05 and report.source.kind != "object":
        beside = _("{dtypes}; the file holds {size}", dtypes=beside, size=text.bytes_decimal(held))
    href = "#table-dtypes" if dtypes else "#appendix"
    exact = _("{count} bytes", count=text.exact(size))
    return Figure(
        _("Weights"), text.bytes_binary(size), beside, exact, href,
        _("summed by dtype over all tensors, shared storage once"),
    )  # fmt: skip


def _activations(trace: Trace | Skipped) -> Figure:
    title = _("Peak activations")
    if isinstance(trace, Skipped) or trace.memory is None:
        why = _("no forward pass") if isinstance(trace, Skipped) else _("not known")
        return Figure(title, text.UNKNOWN, why, href="#compute")
    first = trace.inputs[0] if trace.inputs else None
    words = [_("batch {size}", size=first.shape[0])] if first and len(first.shape) > 1 and first.shape[0] > 0 else []
    words += [text.dtype(trace.outputs[0].dtype)] if trace.outputs else []
    peak = trace.memory.peak_bytes
    exact = _("{count} bytes", count=text.exact(peak))
    href = "#chart-memory-timeline" if trace.memory.points else "#compute"
    return Figure(
        title,
        text.bytes_binary(peak),
        f"{_(',')}{gap()}".join(words),
        exact,
        href,
        _("the peak of memory along the forward pass"),
    )


def _layers(report: Report) -> Figure:
    modules = len(report.structure.modules)
    if isinstance(report.trace, Trace):
        operations = len(report.trace.operations)
        beside = _("in {modules}", modules=text.plural(modules, "module"))
        href = "#table-operations" if operations else "#compute"
        return Figure(
            _("Operations"), text.count(operations), beside, text.exact(operations), href,
            _("as the model’s code wrote them, in the table of operations"),
        )  # fmt: skip
    beside = _("from the tensor names") if report.structure.origin == "names" else ""
    return Figure(_("Modules"), text.count(modules), beside, href="#layers", origin=_("rows of the table of layers"))


def _format(report: Report) -> Figure:
    content, title = tell(text.name(report.source.content)), tell(text.name(report.source.format_title))
    safety, said = _safety(report.security), content.casefold() in title.casefold()
    return Figure(
        _("Format"), title if said else content,
        safety if said else _("{format}; {safety}", format=title, safety=safety),
        href="#security", origin=_("what opening the file would do"),
    )  # fmt: skip


def _safety(security: Security | Skipped) -> str:
    if isinstance(security, Skipped):
        return _("code not checked")
    if security.executes:
        return _("loading it would run code")
    return _("no foreign code") if security.pickles else _("holds no code")


def what_it_is(report: Report) -> str:
    """The model in one line: its task, or its class and library, or what is known instead."""
    known = report.identification
    if isinstance(known, Skipped):
        words = [_unidentified(report)]
    elif known.task:
        words = [tell(text.name(known.task))]
    else:
        words = [text.name(_class_of(known))]
        if words[0] == text.name(report.title):
            words = [tell(text.name(report.source.format_title))]
    if isinstance(known, Identification) and known.library and not known.user_code:
        words.append(f"{text.name(known.library)} {text.name(known.library_version)}".strip())
        if known.how == "keys and shapes" and known.equal:
            words.append(
                text.plural(len(known.equal), "other architecture fits equally", "other architectures fit equally")
            )
    if isinstance(report.trace, Trace) and report.trace.inputs and report.trace.outputs:
        words.append(f"{_inputs(report.trace)} → {text.shape(report.trace.outputs[0].shape)}")
    return " · ".join(words)


def _unidentified(report: Report) -> str:
    """What is known of a model that could not be built: that it is an adapter or a program, or nothing."""
    adapter = report.weights.adapter if isinstance(report.weights, Weights) else None
    if isinstance(adapter, AdapterEffect):
        return _("{kind} adapter without its base model", kind=text.name(adapter.kind))
    if report.source.content == "script":
        return tell(text.name(report.source.format_title))
    return _("unknown architecture")


def _class_of(known: Identification) -> str:
    """The class: its name alone where the library that is told beside it is its package, else its path."""
    path = known.class_path or known.name
    inside = known.library and path.startswith(f"{known.library}.")
    return path.rpartition(".")[2] if inside else path


def tally(verdict: Verdict) -> str:
    """``1 error, 2 warnings, 0 notes; 12 checks passed, 9 not applicable, 3 not made``; without the last if it is 0."""
    counts = {
        "errors": text.plural(verdict.errors, "error"), "warnings": text.plural(verdict.warnings, "warning"),
        "notes": text.plural(verdict.notes, "note"), "checks": text.plural(verdict.clean, "check"),
        "absent": text.exact(verdict.not_applicable),
    }  # fmt: skip
    if not verdict.not_checked:
        return _("{errors}, {warnings}, {notes}; {checks} passed, {absent} not applicable", **counts)
    missing = text.exact(verdict.not_checked)
    return _(
        "{errors}, {warnings}, {notes}; {checks} passed, {absent} not applicable, {missing} not made",
        **counts, missing=missing,
    )  # fmt: skip


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
        "word": _(text.VERDICT_WORDS[report.verdict.level]) if report.verdict else "",
        "tally": tally(report.verdict) if report.verdict else "",
    }


SECTION = Section(id="summary", title=mark("Summary"), context=context, badge=no_badge)

"""S: how the tensors are kept: copies, ties, views, dtypes, wasted bytes."""

from __future__ import annotations

from collections import defaultdict

from modelreport.facts import Evidence, Report, TensorFact
from modelreport.judge.initialisation import is_ladder
from modelreport.judge.rule import (
    FLOATS,
    AbsentError,
    Clean,
    Found,
    Measured,
    Rule,
    UncheckedError,
    file_of,
    measured,
    point,
    say,
)

_ENOUGH_VALUES = 256
_NOTICED_SHARE = 0.01
"""Share of the model from which copied buffers count; index tables and masks are copied by design."""

_SLACK_SHARE = 0.05
_SLACK_BYTES = 1 << 18


def duplicates(report: Report) -> Found | Clean:
    """Tensors with equal values in separate storages."""
    groups: defaultdict[str, list[TensorFact]] = defaultdict(list)
    looked = 0
    for fact, values in measured(report):
        if fact.tied_to or values.count < _ENOUGH_VALUES or values.minimum == values.maximum or not values.digest:
            continue
        if is_ladder(Measured(fact, values)):  # equal at all depths before training
            continue
        if fact.role != "parameter" and "int" in fact.dtype:  # index tables, such as the g_idx of GPTQ
            continue
        looked += 1
        groups[values.digest].append(fact)
    if not looked:
        raise AbsentError("No tensor has {enough_count} values or more.", enough_count=_ENOUGH_VALUES)
    copies = [(group[0], copy) for group in groups.values() for copy in group[1:]]
    if sum(copy.stored_bytes for _, copy in copies) < _NOTICED_SHARE * report.structure.size_bytes:
        copies = [(first, copy) for first, copy in copies if copy.role == "parameter"]
    if not copies:
        return Clean(say("None of {tensor_count} tensors is a copy of another.", tensor_count=looked))
    wasted = sum(copy.stored_bytes for _, copy in copies)
    learned = sum(copy.stored_bytes for _, copy in copies if copy.role == "parameter")
    evidence = [point("tensor", copy.name, say("equal to {first}", first=first.name)) for first, copy in copies]
    return Found(
        say(
            "{tensor_count} {tensor_count:tensor is a copy|tensors are copies} of another in the file, "
            "{wasted_bytes} in all.",
            tensor_count=len(copies),
            wasted_bytes=wasted,
        ),
        evidence,
        "warning" if learned > 0.05 * report.structure.size_bytes else None,
    )


def tied(report: Report) -> Found | Clean:
    """Tensors that are the same storage under several names."""
    facts = report.structure.tensors
    same = [t for t in facts if t.tied_to]
    if not facts:
        raise AbsentError("The model has no tensors.")
    if not same:
        return Clean(say("None of {tensor_count} tensors shares its storage.", tensor_count=len(facts)))
    evidence = [point("tensor", t.name, say("the same tensor as {first}", first=t.tied_to)) for t in same]
    return Found(
        say(
            "{tensor_count} {tensor_count:tensor is|tensors are} tied to another: one storage under several "
            "names, counted once.",
            tensor_count=len(same),
        ),
        evidence,
    )


def odd_views(report: Report) -> Found | Clean:
    """Tensors that are not plain contiguous runs of their own storage."""
    if not report.structure.tensors:
        raise AbsentError("The model has no tensors.")
    evidence: list[Evidence] = []
    for t in report.structure.tensors:
        if t.expanded:
            evidence.append(
                point("tensor", t.name, say("expanded: {stored_bytes} stored for {shown_bytes}",
                      stored_bytes=t.stored_bytes, shown_bytes=t.size_bytes))
            )  # fmt: skip
        elif t.overlaps:
            evidence.append(point("tensor", t.name, say("overlaps the storage of {other}", other=t.overlaps)))
        elif not t.contiguous and not t.tied_to:
            evidence.append(point("tensor", t.name, say("not contiguous")))
    if not evidence:
        count = len(report.structure.tensors)
        return Clean(say("All {tensor_count} tensors are plain contiguous runs of values.", tensor_count=count))
    return Found(
        say(
            "{tensor_count} {tensor_count:tensor is a view|tensors are views} with gaps, repeats or "
            "another order than its shape.",
            tensor_count=len(evidence),
        ),
        evidence,
    )


def slack(report: Report) -> Found | Clean:
    """Bytes of the file that no tensor of the model uses."""
    source = file_of(report)
    if source.content not in ("state_dict", "weights", "module"):
        raise UncheckedError("Other things than the model's weights are in it, so that their share is not known.")
    if len(source.choices) > 1 or (source.training and source.training.optimizer_tensors):
        raise UncheckedError("Other tensors than the model's are in the file.")
    used = sum(t.stored_bytes for t in report.structure.tensors)
    unused = source.size_bytes - used
    if unused < max(_SLACK_BYTES, _SLACK_SHARE * source.size_bytes):
        return Clean(say("Only {unused_file_bytes} belong to no tensor.", unused_file_bytes=max(0, unused)))
    return Found(
        say(
            "{unused_file_bytes} of {all_file_bytes} belong to no tensor of the model ({unused_share}).",
            unused_file_bytes=unused,
            all_file_bytes=source.size_bytes,
            unused_share=unused / source.size_bytes,
        ),
        [Evidence(kind="file", name=file.name) for file in source.files],
    )


def _floating(report: Report) -> list[TensorFact]:
    facts = [t for t in report.structure.tensors if t.role == "parameter" and t.dtype in FLOATS and not t.tied_to]
    if not facts:
        raise AbsentError("The model has no floating-point parameters.")
    return facts


def double_precision(report: Report) -> Found | Clean:
    """Parameters in float64."""
    facts = _floating(report)
    found = [t for t in facts if t.dtype == "float64"]
    if not found:
        return Clean(say("None of {tensor_count} parameters is float64.", tensor_count=len(facts)))
    evidence = [point("tensor", t.name, say("{size_bytes}", size_bytes=t.size_bytes)) for t in found]
    return Found(
        say(
            "{tensor_count} of {all_count} parameters {tensor_count:is|are} float64, twice the size and a "
            "fraction of the speed of float32.",
            tensor_count=len(found),
            all_count=len(facts),
        ),
        evidence,
    )


def mixed_precision(report: Report) -> Found | Clean:
    """Parameters of several floating-point dtypes."""
    facts = [t for t in _floating(report) if not t.scheme]  # the scales of quantised weights are meant to differ
    if not facts:
        raise AbsentError("The model has no floating-point parameters but the scales of quantised ones.")
    counts: defaultdict[str, int] = defaultdict(int)
    for t in facts:
        counts[t.dtype] += t.count
    if len(counts) < 2:
        return Clean(say("All {tensor_count} parameters are {dtype}.", tensor_count=len(facts), dtype=facts[0].dtype))
    main = max(sorted(counts), key=lambda d: counts[d])
    others = [t for t in facts if t.dtype != main]
    evidence = [point("tensor", t.name, say("{dtype}", dtype=t.dtype)) for t in others]
    return Found(
        say(
            "{tensor_count} {tensor_count:parameter is|parameters are} {others} while the others are "
            "{main} ({main_share} of the values).",
            tensor_count=len(others),
            others=" or ".join(sorted(set(counts) - {main})),
            main=main,
            main_share=counts[main] / max(1, sum(counts.values())),
        ),
        evidence,
    )


RULES = (
    Rule(
        "S001",
        "note",
        "Duplicated tensors",
        "If the copies are meant to be one, tie them before saving; if not, look at why they never diverged.",
        "weights",
        duplicates,
    ),
    Rule(
        "S002",
        "note",
        "Tied weights",
        "Keep the tie when converting: formats without sharing store copies, and a training run may let them diverge.",
        "layers",
        tied,
    ),
    Rule(
        "S003",
        "note",
        "Views with gaps or repeats",
        "Call .contiguous() or .clone() before saving, so that every reader gets plain tensors.",
        "layers",
        odd_views,
    ),
    Rule(
        "S004",
        "note",
        "Bytes that no tensor uses",
        "A slice saves its whole storage: clone the tensors before saving, or look at what else is in the file.",
        "provenance",
        slack,
    ),
    Rule(
        "S005",
        "warning",
        "Parameters left in float64",
        "Convert with model.float() before saving, unless the model is meant for double precision.",
        "layers",
        double_precision,
    ),
    Rule(
        "S006",
        "note",
        "Mixed floating-point dtypes",
        "Check that the mixture is meant (norms in float32, say), and not left over from a partial conversion.",
        "layers",
        mixed_precision,
    ),
)

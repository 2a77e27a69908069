"""S: how the model is built: keys, unused and dominating layers, needless biases."""

from __future__ import annotations

import re

from modelreport.facts import Evidence, Operation, Report, Trace
from modelreport.judge.rule import AbsentError, Clean, Found, Rule, UncheckedError, Value, known, point, say

_HALF = 0.5
_ENOUGH_LAYERS = 4
_DERIVED = (
    "num_batches_tracked", "position_ids", "token_type_ids", "relative_position_index", "attn_mask", "masked_bias",
    "inv_freq", "attn.bias", "relative_coords_table",
)  # fmt: skip
"""Ends of keys of buffers that constructors make and files come with or without."""


def keys(report: Report) -> Found | Clean:
    """Keys that the architecture has and the file lacks, or the other way round."""
    identified = known(report.identification)
    if not identified.total or identified.how in ("graph", "live"):
        raise AbsentError("The architecture is the file's own; there are no other keys to compare.")
    missing = [k for k in identified.missing if not k.endswith(_DERIVED)]
    unexpected = [k for k in identified.unexpected if not k.endswith(_DERIVED)]
    evidence = [
        *(point("key", k, say("missing in the file")) for k in missing),
        *(point("key", k, say("not part of the architecture")) for k in unexpected),
        *(point("key", k, say("another shape than the architecture's")) for k in identified.changed),
    ]
    if not evidence:
        return Clean(
            say("{matched_count} of {all_count} tensors fit {name}.",
                matched_count=identified.matched, all_count=identified.total, name=identified.name)
        )  # fmt: skip
    return Found(
        say(
            "Against {name}, {missing_count} keys are missing, {unexpected_count} unexpected and {changed_count} of "
            "another shape.",
            name=identified.name,
            missing_count=len(missing),
            unexpected_count=len(unexpected),
            changed_count=len(identified.changed),
        ),
        evidence,
        None if missing or unexpected else "note",
    )


_TRAINING_ONLY = re.compile(r"(^|[._])(aux|auxiliary|mask_token|teacher|projector|experts?\.)")
"""Parts that serve only training by their usual names: auxiliary heads, mask tokens."""


def unused(report: Report) -> Found | Clean:
    """Parameters that no operation of the forward pass reads."""
    trace = known(report.trace)
    if not trace.complete:
        raise UncheckedError(f"The forward pass ended early: {trace.error}")
    count = sum(t.role == "parameter" for t in report.structure.tensors)
    if not count:
        raise AbsentError("The model has no parameters.")
    sizes = {t.name: t.count if t.stands_for is None else t.stands_for for t in report.structure.tensors}
    if not trace.untouched:
        return Clean(say("The forward pass reads all {tensor_count} parameters.", tensor_count=count))
    share = sum(sizes.get(name, 0) for name in trace.untouched) / max(1, report.structure.parameters)
    others = sum(sizes.get(name, 0) for name in trace.untouched if not _TRAINING_ONLY.search(name.lower()))
    evidence = [point("tensor", n, say("{value_count} values", value_count=sizes.get(n))) for n in trace.untouched]
    return Found(
        say(
            "{tensor_count} {tensor_count:parameter is|parameters are} not read by the forward pass "
            "({value_share} of the values).",
            tensor_count=len(evidence),
            value_share=share,
        ),
        evidence,
        "warning" if others > 0.01 * report.structure.parameters else None,
    )


def dominant(report: Report) -> Found | Clean:
    """One module that holds more than half of the parameters."""
    owners = [m for m in report.structure.modules if m.own_parameters and not m.shared_with]
    if len(owners) < _ENOUGH_LAYERS:
        raise AbsentError("Fewer than {enough_count} modules have parameters.", enough_count=_ENOUGH_LAYERS)
    largest = max(owners, key=lambda m: m.own_parameters)
    share = min(1.0, largest.own_parameters / max(1, report.structure.parameters))
    values: dict[str, Value] = {"module": largest.path, "own_count": largest.own_parameters, "own_share": share}
    if share <= _HALF:
        return Clean(say("The largest module, {module}, holds {own_share} of the parameters.", **values))
    text = "{module} ({kind}) holds {own_count} parameters, {own_share} of the model's."
    return Found(
        say(text, **values, kind=largest.type),
        [Evidence(kind="module", name=largest.path)],
    )


def needless_bias(report: Report) -> Found | Clean:
    """Biases of convolutions and linear layers that a batch normalisation right behind subtracts again."""
    trace = known(report.trace)
    readers: dict[int, int] = {}
    for operation in trace.operations:
        for source in operation.sources:
            readers[source] = readers.get(source, 0) + 1
    norms = [o for o in trace.operations if _is_batch_norm(o)]
    if not norms:
        raise AbsentError("The forward pass has no batch normalisation.")
    evidence = []
    for norm in norms:
        before = trace.operations[norm.sources[0]] if len(norm.sources) == 1 else None
        if before is None or before.family not in ("conv", "linear") or readers[before.id] > 1:
            continue
        bias = _bias(before, report)
        if bias:
            evidence.append(point("tensor", bias, say("read by {module}, normalised by {norm}",
                            module=_path(trace, before), norm=_path(trace, norm))))  # fmt: skip
    if not evidence:
        return Clean(say("None of {norm_count} batch normalisations follows a bias.", norm_count=len(norms)))
    return Found(
        say(
            "{bias_count} {bias_count:bias feeds|biases feed} a batch normalisation, which subtracts it again.",
            bias_count=len(evidence),
        ),
        evidence,
    )


def _is_batch_norm(operation: Operation) -> bool:
    return operation.name.lower().replace("_", "").startswith("batchnorm")


def _bias(operation: Operation, report: Report) -> str:
    """The one-dimensional parameter beside the weight, or empty."""
    if len(operation.parameters) < 2:
        return ""
    shapes = {t.name: t.shape for t in report.structure.tensors}
    return next((p for p in operation.parameters if len(shapes.get(p, (0, 0))) == 1 and "bias" in p.lower()), "")


def _path(trace: Trace, operation: Operation) -> str:
    return trace.calls[operation.call].path or operation.name


RULES = (
    Rule(
        "S007",
        "warning",
        "Keys unlike the architecture's",
        "Load with strict=True to see them: missing keys keep their initial values, unexpected ones are ignored.",
        "architecture",
        keys,
    ),
    Rule(
        "S008",
        "note",
        "Parameters unused in the forward",
        "Heads used only in training are expected here, and experts that the dummy input was not sent to; others are "
        "dead weight and stop distributed training.",
        "layers",
        unused,
    ),
    Rule(
        "S009",
        "note",
        "One layer holds most parameters",
        "The place where pruning, factorising or quantising saves most.",
        "layers",
        dominant,
    ),
    Rule(
        "S010",
        "note",
        "Bias before batch normalisation",
        "Build the layer with bias=False; for inference, fold the normalisation into the layer.",
        "architecture",
        needless_bias,
    ),
)

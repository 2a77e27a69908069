"""W: values that no healthy checkpoint holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from modelreport.facts import ColumnFigures, Evidence, Message, Report, Skipped, TensorStatistics
from modelreport.judge.precision import overflows
from modelreport.judge.rule import (
    FLOATS,
    AbsentError,
    Clean,
    Found,
    Measured,
    Rule,
    Value,
    has_output_rows,
    known,
    measured,
    measured_parameters,
    module_types,
    point,
    say,
)

FLOAT16_MAX = 65504.0
_LESS_OFTEN_SUBNORMAL = {"float16": 0.1}
"""float16 has few exponents: a share of subnormals is normal there."""


def _bad(values: TensorStatistics) -> int:
    return values.nan + values.positive_infinity + values.negative_infinity


_FROM_ZERO = re.compile(r"relative_position_bias_table$|rel_pos(_[hw])?$|pos_emb(ed)?$|attention_biases$|bias$")
"""Tables of positions and biases of several dimensions, which some libraries begin at zero (BEiT, SAM, LeViT in timm;
RecurrentGemma): zeros there are a start."""

_LOOKED_UP = ("Embedding", "Gather")
"""Module types and operators of a graph that take rows of their weight and multiply nothing by it."""


def _is_meant(tensor: Measured, kind: str) -> bool:
    """Whether infinities have a purpose: a mask of zeros and -inf where not to look, or where a maximum begins.

    In a table of attention biases a row of -inf is such a mask, as that of the padding in Graphormer.
    """
    s, name = tensor.values, tensor.fact.name
    if s.nan or s.positive_infinity == s.negative_infinity == 0:
        return False
    mask = s.zeros > 0 and s.zeros + s.negative_infinity == s.count
    begin = s.count in (s.positive_infinity, s.negative_infinity)
    if (tensor.fact.role != "parameter" and mask) or (tensor.fact.role == "constant" and begin):
        return True
    table = kind.startswith(_LOOKED_UP) or "embed" in name.lower() or bool(_FROM_ZERO.search(name))
    return table and not s.positive_infinity and _in_whole_rows(s)


def _in_whole_rows(s: TensorStatistics) -> bool:
    """Whether negative infinities fill some rows, not all, and are nowhere else."""
    row = s.count // s.channels if s.channels else 0
    rows, rest = divmod(s.negative_infinity, row) if row > 1 else (0, 1)
    return not rest and 0 < rows < (s.channels or 0) and (s.constant_channels or 0) - (s.zero_channels or 0) >= rows


def non_finite(report: Report) -> Found | Clean:
    """NaN or infinite values, apart from those that are meant."""
    tensors = measured(report)
    types = module_types(report)
    bad = [m for m in tensors if _bad(m.values) and not _is_meant(m, types.get(m.fact.module, ""))]
    if not bad:
        return Clean(say("All values of {tensor_count} tensors are finite.", tensor_count=len(tensors)))
    evidence = [
        point(
            "tensor",
            m.fact.name,
            say(
                "{nan_count} NaN and {infinite_count} infinite of {value_count}",
                nan_count=m.values.nan,
                infinite_count=m.values.positive_infinity + m.values.negative_infinity,
                value_count=m.values.count,
            ),
        )
        for m in sorted(bad, key=lambda m: -_bad(m.values))
    ]
    text = "{tensor_count} of {all_count} tensors hold NaN or infinite values, {worst} the most."
    values: dict[str, Value] = {"tensor_count": len(bad), "all_count": len(tensors), "worst": evidence[0].name}
    if len(bad) == 1:
        text = "{worst} holds NaN or infinite values, {bad_count} of its {value_count}."
        values |= {"bad_count": _bad(bad[0].values), "value_count": bad[0].values.count}
    return Found(say(text, **values), evidence)


_NOTHING = 1e-12
"""Magnitude below which no product with an activation counts in float32. Weight decay brings layers there that nothing
uses: ten of LocalMapper's end at 6e-39. No layer in use that was looked at stays below 1e-5."""


def constant(report: Report) -> Found | Clean:
    """Weight matrices whose values are all equal, or so small that they are nothing."""
    matrices = [
        m
        for m in measured_parameters(report)
        if sum(n > 1 for n in m.fact.shape) > 1 and not _FROM_ZERO.search(m.fact.name)
    ]
    if not matrices:
        raise AbsentError("No parameter has two dimensions or more.")
    found = [m for m in matrices if m.values.minimum is not None and m.values.minimum == m.values.maximum]
    gone = [m for m in matrices if m.fact.dtype in FLOATS and _has_vanished(m.values)]
    if not found and not gone:
        return Clean(say("None of {tensor_count} weight matrices is constant.", tensor_count=len(matrices)))
    evidence = [point("tensor", m.fact.name, say("every value is {value}", value=m.values.minimum)) for m in found]
    evidence += [
        point("tensor", m.fact.name, say("the largest magnitude is {largest}", largest=_largest(m.values)))
        for m in gone
    ]
    return Found(_told(found, gone, len(matrices)), evidence)


def _told(found: list[Measured], gone: list[Measured], count: int) -> Message:
    """The sentence on matrices of one value and on those that have vanished."""
    texts = []
    if found:
        texts.append("{tensor_count} of {all_count} weight matrices have one value throughout")
        if len(found) == 1:
            texts = ["{first} has one value throughout, one of {all_count} weight matrices"]
        if count == 1:
            texts = ["{first}, the only weight matrix, has one value throughout"]
    if gone:
        texts.append(
            "{gone_count} of {all_count} weight matrices {gone_count:has|have} vanished: no value reaches {limit}"
        )
    first = (found or gone)[0].fact.name
    values: dict[str, Value] = {"tensor_count": len(found), "all_count": count, "first": first}
    return say("; ".join(texts) + ".", **values, gone_count=len(gone), limit=_NOTHING)


def _has_vanished(s: TensorStatistics) -> bool:
    return s.minimum != s.maximum and _largest(s) < _NOTHING


def _largest(s: TensorStatistics) -> float:
    return max(abs(s.minimum or 0.0), abs(s.maximum or 0.0))


_GATES = ("LSTM", "GRU", "RNN")
"""Module types whose output rows are gates: one of zeros is no dead channel."""

_GRAPH_OUTPUTS = ("Conv", "Gemm")
"""Operators of a graph whose weight has output channels first, whatever its name."""

_FIXED = re.compile(r"stft|fourier|forward_basis|inverse_basis")
"""Names of filters that are computed, not trained: the sines of the lowest and highest frequency are zero."""

_MANY_DEAD = 0.05
"""Share of a layer's channels up to which dead ones are only noted: networks trained with weight decay lose some."""


def _channels(m: Measured, kind: str, columns: dict[str, ColumnFigures]) -> tuple[int, int, str] | None:
    """Dead output channels of a weight, all of them, and how to say it; ``None`` where it has none."""
    s, name = m.values, m.fact.name
    if name in columns:
        across = columns[name]
        return across.zero, across.units, "{dead_count} of {all_count} output channels (columns) are zero"
    weight = name.endswith("weight") or kind in _GRAPH_OUTPUTS
    if kind.startswith(_GATES) or not has_output_rows(kind, name) or not weight or _FIXED.search(name.lower()):
        return None
    if len(m.fact.shape) > 1 and s.channels and s.channels > 1:
        return s.zero_channels or 0, s.channels, "{dead_count} of {all_count} output channels are zero"
    return None


@dataclass
class _Dead:
    """Dead channels of one kind."""

    looked: int = 0
    dead: int = 0
    severe: bool = False
    evidence: list[Evidence] = field(default_factory=list)

    def add(self, name: str, count: int, all_of: int, text: str) -> None:
        """Count one tensor; one that is zero throughout is no matter of its channels."""
        self.looked += all_of
        if 0 < count < all_of:
            self.dead += count
            self.severe = self.severe or count > _MANY_DEAD * all_of
            self.evidence.append(point("tensor", name, say(text, dead_count=count, all_count=all_of)))


def dead_channels(report: Report) -> Found | Clean:
    """Output channels of layers whose weights are all zero, and scales of normalisations that are exactly zero."""
    types = module_types(report)
    units = known(report.weights).units
    columns = {} if isinstance(units, Skipped) else {each.name: each for each in units.columns}
    outputs, scales = _Dead(), _Dead()
    for m in measured_parameters(report):
        found = _channels(m, types.get(m.fact.module, ""), columns)
        if found is not None:
            outputs.add(m.fact.name, *found)
    for each in () if isinstance(units, Skipped) else units.scales:
        scales.add(each.name, each.zero, each.channels, "{dead_count} of {all_count} scales are zero")
    if not outputs.looked and not scales.looked:
        raise AbsentError("The model has no layer with output channels and no normalisation with scales.")
    if not outputs.evidence and not scales.evidence:
        return Clean(_no_dead(outputs, scales))
    texts = []
    if outputs.evidence:
        texts.append(
            "{dead_count} of {channel_count} output channels ({dead_share}) {dead_count:is|are} entirely zero, in "
            "{tensor_count} {tensor_count:tensor|tensors}"
        )
    if scales.evidence:
        texts.append(
            "{zero_count} of {scale_count} scales of normalisations ({zero_share}) {zero_count:is|are} zero, in "
            "{norm_count} {norm_count:layer|layers}"
        )
    return Found(
        say(
            "; ".join(texts) + ".",
            dead_count=outputs.dead,
            channel_count=outputs.looked,
            dead_share=outputs.dead / max(1, outputs.looked),
            tensor_count=len(outputs.evidence),
            zero_count=scales.dead,
            scale_count=scales.looked,
            zero_share=scales.dead / max(1, scales.looked),
            norm_count=len(scales.evidence),
        ),
        [*outputs.evidence, *scales.evidence],
        None if outputs.severe or scales.severe else "note",
    )


def _no_dead(outputs: _Dead, scales: _Dead) -> Message:
    values = {"channel_count": outputs.looked, "scale_count": scales.looked}
    if not scales.looked:
        return say("None of {channel_count} output channels is entirely zero.", **values)
    if not outputs.looked:
        return say("None of {scale_count} scales of normalisations is zero.", **values)
    text = (
        "None of {channel_count} output channels is entirely zero, and none of {scale_count} scales of normalisations."
    )
    return say(text, **values)


def out_of_half_range(report: Report) -> Found | Clean:
    """Values that float16 cannot hold, or that leave it no room."""
    tensors = [m for m in measured(report) if m.fact.dtype in FLOATS and m.values.minimum is not None]
    if not tensors:
        raise AbsentError("The model has no floating-point values of 16 bits or more.")
    evidence = []
    over = overflows(report)
    for m in tensors:
        count = over.get(m.fact.name, 0)
        largest = _largest(m.values)
        if m.fact.dtype == "float16" and largest > FLOAT16_MAX / 2:
            text = "largest magnitude {largest}; float16 ends at {limit}"
        elif m.fact.dtype != "float16" and FLOAT16_MAX < largest < 1e30:  # larger ones are masks
            text = "largest magnitude {largest} would become infinite; float16 ends at {limit}"
            if count > 1:
                text = "{over_count} values would become infinite, the largest {largest}; float16 ends at {limit}"
        else:
            continue
        evidence.append(point("tensor", m.fact.name, say(text, largest=largest, limit=FLOAT16_MAX, over_count=count)))
    if not evidence:
        return Clean(say("All values of {tensor_count} tensors fit into float16.", tensor_count=len(tensors)))
    return Found(
        say(
            "{tensor_count} {tensor_count:tensor holds|tensors hold} values at or beyond the range of float16.",
            tensor_count=len(evidence),
        ),
        evidence,
    )


def subnormal(report: Report) -> Found | Clean:
    """Many values below the smallest normal number of their dtype."""
    tensors = [m for m in measured_parameters(report) if m.fact.dtype in FLOATS and m.values.count]
    if not tensors:
        raise AbsentError("The model has no floating-point parameters of 16 bits or more.")
    found = [
        m
        for m in tensors
        if m.values.subnormals >= 16
        and m.values.subnormals / m.values.count > _LESS_OFTEN_SUBNORMAL.get(m.fact.dtype, 0.01)
    ]
    if not found:
        return Clean(say("Subnormal numbers are rare in all {tensor_count} parameters.", tensor_count=len(tensors)))
    evidence = [
        point(
            "tensor",
            m.fact.name,
            say(
                "{subnormal_share} subnormal in {dtype}",
                subnormal_share=m.values.subnormals / m.values.count,
                dtype=m.fact.dtype,
            ),
        )
        for m in found
    ]
    return Found(
        say(
            "{tensor_count} of {all_count} parameters {tensor_count:holds|hold} many subnormal numbers.",
            tensor_count=len(found),
            all_count=len(tensors),
        ),
        evidence,
    )


_ELSEWHERE = "it is of the base model"
"""Tensors of the model that an adapter belongs to are not in the adapter's file, and are not missed there."""


_BESIDE = "To check values too, put the files with the weights beside it and run this again."


def unread(report: Report) -> Found | Clean:
    """Tensors without readable values."""
    if not report.structure.tensors:
        raise AbsentError("The model has no tensors.")
    weights = known(report.weights)
    lost = [item for item in weights.unread if not item.value.startswith(_ELSEWHERE)]
    if not lost:
        return Clean(say("The values of all {tensor_count} tensors were read.", tensor_count=len(weights.tensors)))
    evidence = [point("tensor", item.name, say("{reason}", reason=item.value)) for item in lost]
    on_purpose = not weights.tensors and not report.source.unreadable  # headers or a configuration was given
    return Found(
        say(
            "The values of {tensor_count} of {all_count} tensors could not be read.",
            tensor_count=len(evidence),
            all_count=len(evidence) + len(weights.tensors),
        ),
        evidence,
        "note" if on_purpose else None,
        _BESIDE if on_purpose else None,
    )


RULES = (
    Rule(
        "W001",
        "error",
        "NaN or infinite weights",
        "Go back to a checkpoint before the divergence; look at learning rate, loss scaling and gradient clipping.",
        "weights",
        non_finite,
    ),
    Rule(
        "W002",
        "warning",
        "Constant or all-zero weights",
        "Such a layer was never trained or was overwritten; check that it is loaded, connected and receives gradients.",
        "weights",
        constant,
    ),
    Rule(
        "W003",
        "warning",
        "Dead output channels",
        "They cost compute and pass nothing on: remove them, or look for units that died early in training.",
        "weights",
        dead_channels,
    ),
    Rule(
        "W006",
        "note",
        "Values beyond float16's range",
        "Run in bfloat16 or float32, or rescale these tensors before a conversion to float16.",
        "weights",
        out_of_half_range,
    ),
    Rule(
        "W007",
        "note",
        "Many subnormal values",
        "They slow many processors down and are lost when flushed to zero: zero them, or lower the weight decay.",
        "weights",
        subnormal,
    ),
    Rule(
        "W009",
        "warning",
        "Tensors that could not be read",
        "Save the checkpoint again with all of its values in the file.",
        "weights",
        unread,
    ),
)

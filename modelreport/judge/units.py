"""W: units that repeat each other, that nothing passes, that were never trained or never written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modelreport.facts import (
    EmbeddingRows,
    Evidence,
    Operation,
    Report,
    RowCopy,
    ScaleFigures,
    Skipped,
    Trace,
    Units,
)
from modelreport.judge.rule import (
    FLOATS,
    Clean,
    Found,
    Measured,
    Rule,
    UncheckedError,
    known,
    measured_parameters,
    module_types,
    point,
    say,
)

_MANY = 0.05
"""Share of a layer's units from which repeats are a warning: a wide layer may hold a pair by accident of its start."""

_NOT_UNITS = ("Embedding", "ConvTranspose", "Conv1D", "MatMul", "Gather")
"""Module types whose first dimension is no row of output units: vocabulary, inputs."""

_SLIM_SHARE = 0.01
"""Share of all normalised channels from which weak ones are worth a note, where no single layer has many."""

_FEW_ROWS = 0.001
"""Share of a vocabulary from which rows that were never trained are worth a note: a few special tokens are normal."""


def _units(report: Report) -> Units:
    units = known(report.weights).units
    if isinstance(units, Skipped):
        raise UncheckedError(units.reason)
    return units


# --- repeated units -------------------------------------------------------------------------------------------------


def _repeating(report: Report) -> Iterator[tuple[Measured, int, tuple[RowCopy, ...], tuple[int, ...]]]:
    """Each weight with output units that could repeat: how many do, runs of them, and its largest group.

    Left out are tables of embeddings, which have their own rule, and fixed filters that are the same for every channel.
    """
    units = known(report.weights).units
    columns = {} if isinstance(units, Skipped) else {each.name: each for each in units.columns}
    types = module_types(report)
    for m in measured_parameters(report):
        across, rows = columns.get(m.fact.name), m.values.rows
        if m.fact.dtype not in FLOATS or len(m.fact.shape) < 2:
            continue
        if across is not None:
            yield m, across.identical, across.copies, across.groups[0] if across.groups else ()
            continue
        kind = types.get(m.fact.module, "")
        if rows is None or kind.startswith(_NOT_UNITS) or "embed" in m.fact.name.lower():
            continue
        same_filter = m.fact.shape[1] == 1 and rows.identical == m.fact.shape[0] - 1
        yield m, 0 if same_filter else rows.identical, rows.copies, rows.groups[0] if rows.groups else ()


def _count_of(m: Measured, report: Report) -> int:
    """Output units of a weight."""
    units = known(report.weights).units
    columns = () if isinstance(units, Skipped) else units.columns
    return next((each.units for each in columns if each.name == m.fact.name), m.fact.shape[0])


def _heads(report: Report) -> list[tuple[re.Pattern[str], int, int]]:
    """Pattern of the names of an attention's tensors, its heads and the width of one, as far as proved."""
    found = []
    for pattern in report.outline.patterns:
        values = {item.name: item.value for item in pattern.values}
        heads, width = values.get("heads", ""), values.get("head width", "")
        if pattern.kind == "attention" and heads.isdecimal() and width.isdecimal() and int(width) > 0:
            path = re.sub(r"\d+", r"\\d+", re.escape(pattern.path))
            found.append((re.compile(path), int(heads), int(width)))
    return found


def _whole(m: Measured, copy: RowCopy, report: Report) -> tuple[int, int] | None:
    """The heads that a run repeats and is, when it covers a whole one; ``None`` otherwise."""
    for name, heads, width in _heads(report):
        if not name.match(m.fact.name) or (copy.copy - copy.first) % width:
            continue
        start = -(-copy.copy // width)  # the first head that begins in the run
        if (start + 1) * width <= copy.copy + copy.rows:
            return (start - (copy.copy - copy.first) // width) % heads, start % heads
    return None


def repeated_heads(report: Report) -> Found | Clean:
    """Attention heads, or experts stacked in one tensor, that equal another to the bit."""
    evidence: list[Evidence] = []
    looked = 0
    for m, identical, copies, group in _repeating(report):
        expert = "expert" in m.fact.name.lower() and len(m.fact.shape) > 2
        looked += expert or any(name.match(m.fact.name) for name, _, _ in _heads(report))
        if expert and identical:
            evidence.append(point("tensor", m.fact.name, say("expert {second} equals expert {first}",
                                                             second=group[1], first=group[0])))  # fmt: skip
            continue
        for copy in copies:
            pair = _whole(m, copy, report)
            if pair is not None:
                text = "head {second} equals head {first} (rows {low} to {high})"
                evidence.append(
                    point("tensor", m.fact.name, say(text, second=pair[1], first=pair[0],
                          low=copy.copy, high=copy.copy + copy.rows - 1))
                )  # fmt: skip
    if not evidence:
        if not looked and any(pattern.kind == "attention" for pattern in report.outline.patterns):
            raise UncheckedError("Where the heads of its attention lie is not known.")
        if not looked:
            return Clean(say("The model has no attention heads and no stacked experts that are known."))
        return Clean(say("No head or expert equals another in {tensor_count} weights.", tensor_count=looked))
    return Found(
        say(
            "{repeat_count} {repeat_count:head or expert|heads or experts} {repeat_count:equals|equal} another of the "
            "same weight to the bit, such as in {first}.",
            repeat_count=len(evidence),
            first=evidence[0].name,
        ),
        evidence,
    )


def identical_units(report: Report) -> Found | Clean:
    """Output units of one layer with equal weights, apart from whole heads and experts."""
    evidence: list[Evidence] = []
    looked = total = 0
    severe = False
    for m, identical, copies, group in _repeating(report):
        count = _count_of(m, report)
        looked += count
        explained = sum(copy.rows for copy in copies if _whole(m, copy, report) is not None)
        expert = "expert" in m.fact.name.lower() and len(m.fact.shape) > 2
        left = 0 if expert else identical - explained
        if left <= 0:
            continue
        total += left
        severe = severe or left > _MANY * count
        text = "{unit_count} of {all_count} repeat another, such as {second} and {first}"
        first, second = (group[0], group[1]) if len(group) > 1 else (0, 0)
        evidence.append(point("tensor", m.fact.name, say(text, unit_count=left, all_count=count,
                                                         second=second, first=first)))  # fmt: skip
    if not looked:
        return Clean(say("No layer with output units was found."))
    if not evidence:
        return Clean(say("No two of {unit_count} output units of a layer are equal.", unit_count=looked))
    return Found(
        say(
            "{unit_count} output {unit_count:unit|units} {unit_count:equals|equal} another of the same layer to the "
            "bit, in {tensor_count} of the model's tensors.",
            unit_count=total,
            tensor_count=len(evidence),
        ),
        evidence,
        None if severe else "note",
    )


# --- normalisations -------------------------------------------------------------------------------------------------


def prunable(report: Report) -> Found | Clean:
    """Channels whose scale after a normalisation is next to nothing."""
    scales = [each for each in _units(report).scales if each.kind == "batch"]
    if not scales:
        return Clean(say("No normalisation with running statistics has a scale for each channel."))
    total = sum(each.channels for each in scales)
    weak = [each for each in scales if each.weak - each.zero > 0]
    count = sum(each.weak - each.zero for each in weak)
    many = any(each.weak - each.zero > _MANY * each.channels for each in weak)
    if not many and count < max(1, _SLIM_SHARE * total):
        text = "{weak_count} of {channel_count} normalised channels {weak_count:has|have} next to no scale."
        return Clean(say(text, weak_count=count, channel_count=total))
    evidence = [
        point("tensor", each.name, say("{weak_count} of {all_count} channels", weak_count=each.weak - each.zero,
              all_count=each.channels))
        for each in sorted(weak, key=lambda each: (each.zero - each.weak) / each.channels)
    ]  # fmt: skip
    return Found(
        say(
            "{weak_count} of {channel_count} normalised channels ({weak_share}) vary less than a hundredth as much as "
            "the median channel of their layer.",
            weak_count=count,
            channel_count=total,
            weak_share=count / total,
        ),
        evidence,
    )


_RELU = ("relu", "relu_", "relu6", "Relu")


def _rectified(trace: Trace) -> frozenset[str]:
    """Parameters of normalisations whose output only ReLUs read."""
    readers: dict[int, list[Operation]] = {}
    for operation in trace.operations:
        for source in operation.sources:
            readers.setdefault(source, []).append(operation)
    kept: set[str] = set()
    other: set[str] = set()
    for operation in trace.operations:
        if operation.family == "norm":
            behind = readers.get(operation.id, [])
            (kept if behind and all(each.name in _RELU for each in behind) else other).update(operation.parameters)
    return frozenset(kept - other)


def shut_channels(report: Report) -> Found | Clean:
    """Channels that are zero behind a ReLU whatever the input: scale zero, shift not above zero."""
    scales = [each for each in _units(report).scales if each.kind == "batch"]
    if not scales:
        return Clean(say("No normalisation with running statistics has a scale for each channel."))
    if not any(each.shut for each in scales):
        total = sum(each.channels for each in scales)
        return Clean(say("No scale of {channel_count} normalised channels is zero without a shift above it.",
                         channel_count=total))  # fmt: skip
    if not isinstance(report.trace, Trace):
        raise UncheckedError("What follows a normalisation is not known without the forward pass.")
    rectified = _rectified(report.trace)
    before = [each for each in scales if each.name in rectified]
    if not before:
        return Clean(say("No normalisation with running statistics is followed by a ReLU alone."))
    shut = [each for each in before if each.shut]
    total = sum(each.channels for each in before)
    if not shut:
        return Clean(say("None of {channel_count} channels before a ReLU is shut for good.", channel_count=total))
    return Found(
        say(
            "{shut_count} of {channel_count} channels before a ReLU {shut_count:is|are} zero behind it whatever the "
            "input ({shut_share}).",
            shut_count=sum(each.shut for each in shut),
            channel_count=total,
            shut_share=sum(each.shut for each in shut) / total,
        ),
        [_shut(each) for each in shut],
        None if any(each.shut > _MANY * each.channels for each in shut) else "note",
    )


def _shut(each: ScaleFigures) -> Evidence:
    text = "{shut_count} of {all_count} channels, such as {first}"
    first = each.shut_units[0] if each.shut_units else 0
    return point("tensor", each.name, say(text, shut_count=each.shut, all_count=each.channels, first=first))


# --- embeddings and files -------------------------------------------------------------------------------------------


def untrained_rows(report: Report) -> Found | Clean:
    """Rows of a vocabulary that nothing in training moved by itself."""
    tables = _units(report).embeddings
    if not tables:
        return Clean(say("No table of a vocabulary was found."))
    found = [each for each in tables if each.untrained + each.identical >= max(1, _FEW_ROWS * each.rows)]
    if not found:
        text = "Hardly any of {row_count} rows of the vocabulary {row_count:looks|look} untrained."
        return Clean(say(text, row_count=sum(each.rows for each in tables)))
    worst = found[0]
    count = worst.untrained or worst.identical
    text = {
        "initialised": "{row_count} of {all_count} rows of {name} ({row_share}) are as they were initialised: of one "
        "norm, and unrelated to each other",
        "together": "{row_count} of {all_count} rows of {name} ({row_share}) look never trained: they share one small "
        "norm and point the same way",
        "": "{row_count} of {all_count} rows of {name} ({row_share}) equal another row to the bit",
    }[worst.how]
    if worst.reserved:
        text += "; the vocabulary reserves {reserved_count} of them"
    return Found(
        say(text + ".", row_count=count, all_count=worst.rows, name=worst.name, row_share=count / worst.rows,
            reserved_count=worst.reserved),
        [_rows(each) for each in found],
    )  # fmt: skip


_NAMED = 12
"""Tokens that a finding names; the section lists more."""


def _rows(each: EmbeddingRows) -> Evidence:
    """The table, and some of the tokens that its vocabulary names."""
    if not each.untrained:
        return point("tensor", each.name, say("{row_count} equal another row", row_count=each.identical))
    text = "{row_count} rows of norm {low_value} to {high_value}; the median of all is {median_value}"
    named = [token for token in each.tokens if token][:_NAMED]
    names = {f"token_{number}": token for number, token in enumerate(named)}
    if names:
        text += "; such as " + ", ".join(f"{{{key}}}" for key in names)
    return point("tensor", each.name, say(text, row_count=each.untrained, low_value=each.low, high_value=each.high,
                                          median_value=each.median, **names))  # fmt: skip


def unwritten(report: Report) -> Found | Clean:
    """Long runs of zeros across the rows of a tensor that has hardly any elsewhere."""
    runs = _units(report).runs
    if not runs:
        tensors = known(report.weights).tensors
        return Clean(say("No long run of zeros cuts across {tensor_count} tensors.", tensor_count=len(tensors)))
    evidence = []
    for each in runs:
        text = "{zero_count} of {total_count} values are zero, from {start_share} of the tensor on"
        if each.following_bytes:
            text += ", as are the {following_file_bytes} behind them"
        evidence.append(
            point("tensor", each.name, say(text, zero_count=each.count, total_count=each.total,
                  start_share=each.first / each.total, following_file_bytes=each.following_bytes))
        )  # fmt: skip
    return Found(
        say(
            "{tensor_count} {tensor_count:tensor holds|tensors hold} a long run of zeros that begins or ends in the "
            "middle of a row, as a part of a file that was never written does.",
            tensor_count=len(runs),
        ),
        evidence,
    )


RULES = (
    Rule(
        "W020",
        "warning",
        "Identical output units",
        "Units with equal weights stay equal in training: look at how the layer was initialised, or remove the copies.",
        "weights",
        identical_units,
    ),
    Rule(
        "W021",
        "warning",
        "Repeated heads or experts",
        "Look at how the weights were converted, grown or merged: equal heads or experts add nothing to each other.",
        "weights",
        repeated_heads,
    ),
    Rule(
        "W022",
        "note",
        "Prunable normalised channels",
        "Such channels can usually be removed with little loss (network slimming, Liu et al. 2017): measure before.",
        "weights",
        prunable,
    ),
    Rule(
        "W023",
        "warning",
        "Channels shut by a ReLU",
        "They can be removed without any change of the output.",
        "weights",
        shut_channels,
    ),
    Rule(
        "W024",
        "note",
        "Untrained vocabulary rows",
        "Keep such tokens out of prompts and data: the model has learnt nothing about them (Land and Bartolo 2024).",
        "weights",
        untrained_rows,
    ),
    Rule(
        "W025",
        "warning",
        "Zeros where values belong",
        "Compare the file's hash with the published one, and download or save it again.",
        "weights",
        unwritten,
    ),
)

"""W: units that nothing passes, rows that were never trained, values that were never written."""

from __future__ import annotations

from modelreport.facts import (
    EmbeddingRows,
    Evidence,
    Operation,
    Report,
    ScaleFigures,
    Skipped,
    Trace,
    Units,
)
from modelreport.judge.rule import (
    AbsentError,
    Clean,
    Found,
    Rule,
    UncheckedError,
    known,
    point,
    say,
)

_MANY = 0.05
"""Share of a layer's channels from which shut ones are a warning and weak ones a note."""

_SLIM_SHARE = 0.01
"""Share of all normalised channels from which weak ones are worth a note, where no single layer has many."""

_PADDING = 1024
"""Most rows of zeros at the end of a vocabulary that count as padding to a multiple of a power of two."""

_FEW_ROWS = 0.001
"""Share of a vocabulary from which rows that were never trained are worth a note: a few special tokens are normal."""


def _units(report: Report) -> Units:
    units = known(report.weights).units
    if isinstance(units, Skipped):
        raise UncheckedError(units.reason)
    return units


# --- normalisations -------------------------------------------------------------------------------------------------


def prunable(report: Report) -> Found | Clean:
    """Channels whose scale after a normalisation is next to nothing."""
    scales = [each for each in _units(report).scales if each.kind == "batch"]
    if not scales:
        raise AbsentError("No normalisation with running statistics has a scale for each channel.")
    total = sum(each.channels for each in scales)
    weak = [each for each in scales if each.weak - each.zero > 0]
    count = sum(each.weak - each.zero for each in weak)
    many = any(each.weak - each.zero > max(1, _MANY * each.channels) for each in weak)
    if not many and count < max(1, _SLIM_SHARE * total):
        text = "None of {channel_count} normalised channels has next to no scale."
        if count:
            text = "Only {weak_count} of {channel_count} normalised channels {weak_count:has|have} next to no scale."
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
        raise AbsentError("No normalisation with running statistics has a scale for each channel.")
    if not any(each.shut for each in scales):
        total = sum(each.channels for each in scales)
        return Clean(say("No scale of {channel_count} normalised channels is zero without a shift above it.",
                         channel_count=total))  # fmt: skip
    if not isinstance(report.trace, Trace):
        raise UncheckedError("What follows a normalisation is not known without the forward pass.")
    rectified = _rectified(report.trace)
    before = [each for each in scales if each.name in rectified]
    if not before:
        raise AbsentError("No normalisation with running statistics is followed by a ReLU alone.")
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
        raise AbsentError("The model has no table of a vocabulary.")
    found = [each for each in tables if each.untrained + each.identical + _blank(each) >= max(1, _FEW_ROWS * each.rows)]
    if not found:
        text = "Hardly any of {row_count} rows of the vocabulary {row_count:looks|look} untrained."
        return Clean(say(text, row_count=sum(each.rows for each in tables)))
    worst = found[0]
    count = worst.untrained or max(worst.identical, _blank(worst))
    text = {
        "initialised": "{row_count} of {all_count} rows of {name} ({row_share}) are as they were initialised: of one "
        "norm, and unrelated to each other",
        "together": "{row_count} of {all_count} rows of {name} ({row_share}) look never trained: they share one small "
        "norm and point the same way",
        "": "{row_count} of {all_count} rows of {name} ({row_share}) equal another row to the bit",
    }[worst.how]
    if not worst.how and _blank(worst) > worst.identical:
        text = "{row_count} of {all_count} rows of {name} ({row_share}) are all zero"
    if worst.reserved:
        text += "; the vocabulary reserves {reserved_count} of them"
    return Found(
        say(text + ".", row_count=count, all_count=worst.rows, name=worst.name, row_share=count / worst.rows,
            reserved_count=worst.reserved),
        [_rows(each) for each in found],
    )  # fmt: skip


_NAMED = 12
"""Tokens that a finding names; the section lists more."""


def _blank(each: EmbeddingRows) -> int:
    """Rows of zeros that are not padding: vocabularies are filled up to a round number at their end."""
    padding = each.zero_tail if each.zero_tail <= _PADDING else 0
    return max(each.zero - padding - 1, 0)  # one more may be the row of the padding token


def _rows(each: EmbeddingRows) -> Evidence:
    """The table, and some of the tokens that its vocabulary names."""
    if not each.untrained and _blank(each) > each.identical:
        text = "{row_count} rows are all zero" + (", the first is {first}" if each.zero_rows else "")
        first = each.zero_rows[0] if each.zero_rows else None
        return point("tensor", each.name, say(text, row_count=_blank(each), first=first))
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

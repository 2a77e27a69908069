"""W: output units, heads and experts that equal another of their layer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modelreport.facts import Evidence, Report, RowCopy, Skipped
from modelreport.judge.initialisation import is_ladder
from modelreport.judge.rule import (
    FLOATS,
    AbsentError,
    Clean,
    Found,
    Measured,
    Rule,
    UncheckedError,
    has_output_rows,
    known,
    measured_parameters,
    module_types,
    point,
    say,
)

_MANY = 0.05
"""Share of a layer's units from which repeats are a warning: a wide layer may hold a pair by accident of its start."""


def _repeating(report: Report) -> Iterator[tuple[Measured, int, tuple[RowCopy, ...], tuple[int, ...]]]:
    """Each weight with output units that could repeat: how many do, runs of them, and its largest group.

    Left out are tables of embeddings, which have their own rule, fixed filters that are the same for every channel, and
    state matrices that begin with equal rows.
    """
    units = known(report.weights).units
    columns = {} if isinstance(units, Skipped) else {each.name: each for each in units.columns}
    types = module_types(report)
    for m in measured_parameters(report):
        across, rows = columns.get(m.fact.name), m.values.rows
        if m.fact.dtype not in FLOATS or len(m.fact.shape) < 2 or is_ladder(m):
            continue
        if across is not None:
            yield m, across.identical, across.copies, across.groups[0] if across.groups else ()
            continue
        kind = types.get(m.fact.module, "")
        if rows is None or not has_output_rows(kind, m.fact.name):
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
    """Attention heads, or experts stacked in one tensor, that equal another to the bit; heads that nearly do."""
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
    equal = len(evidence)
    evidence += _nearly(report)
    if not evidence:
        if not looked and any(pattern.kind == "attention" for pattern in report.outline.patterns):
            raise UncheckedError("Where the heads of its attention lie is not known.")
        if not looked:
            raise AbsentError("The model has no attention heads and no stacked experts that are known.")
        return Clean(say("No head or expert equals another in {tensor_count} weights.", tensor_count=looked))
    if not equal:
        text = "{repeat_count} {repeat_count:head is|heads are} nearly another of the same weight, such as in {first}."
        return Found(say(text, repeat_count=len(evidence), first=evidence[0].name), evidence, "note")
    return Found(
        say(
            "{repeat_count} {repeat_count:head or expert|heads or experts} {repeat_count:equals|equal} another of the "
            "same weight to the bit, such as in {first}.",
            repeat_count=equal,
            first=evidence[0].name,
        ),
        evidence,
    )


def _nearly(report: Report) -> list[Evidence]:
    """Runs of rows of a projection that are nearly an earlier run."""
    units = known(report.weights).units
    text = "rows {copy} to {last} are nearly rows {first} to {end}: their cosine is {cosine_value}"
    return [
        point("tensor", each.name, say(text, copy=each.copy, last=each.copy + each.rows - 1, first=each.first,
              end=each.first + each.rows - 1, cosine_value=each.cosine))
        for each in (() if isinstance(units, Skipped) else units.near)
    ]  # fmt: skip


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
        raise AbsentError("No layer with output units was found.")
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
)

"""What a rule is, what it can answer, and the facts it may ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeVar

from modelreport.facts import (
    FAILED,
    Evidence,
    Message,
    Report,
    Severity,
    Skipped,
    Source,
    TensorFact,
    TensorStatistics,
)

Section = Literal["architecture", "layers", "compute", "weights", "provenance", "appendix"]
Value = str | int | float | None
T = TypeVar("T")


@dataclass(frozen=True)
class Found:
    """The rule found something."""

    message: Message
    evidence: Sequence[Evidence]
    severity: Severity | None = None
    """Another severity than the rule's, where the facts make it worse or milder."""
    advice: str | None = None
    """Other advice than the rule's, where that does not fit."""


@dataclass(frozen=True)
class Clean:
    """The rule looked and found nothing; the message says at what it looked, which is never nothing."""

    message: Message


class UncheckedError(Exception):
    """The report lacks the facts that a rule needs; the text says which and why."""


class AbsentError(Exception):
    """The model holds nothing of the kind that a rule is about, so that it does not apply; the sentence says what."""

    def __init__(self, text: str, **values: Value) -> None:
        super().__init__(text)
        self.message = say(text, **values)


@dataclass(frozen=True)
class Rule:
    """One thing that is checked in every report."""

    id: str
    """Stable; letter of the theme (W weights, S structure, C cost, X security, R release) and a number."""
    severity: Severity
    title: str
    """What it looks for, three to six words."""
    advice: str
    """What to do when it is found."""
    section: Section
    """Section of the report where the evidence is."""
    check: Callable[[Report], Found | Clean] = field(repr=False)
    """Answers, or raises ``UncheckedError`` or ``AbsentError``."""


_NUMBER = re.compile(r"\{(\w+):([^|}]*)\|([^}]*)\}")


def say(text: str, **values: Value) -> Message:
    """A sentence with named values. ``{name:is|are}`` becomes the first word when the value is 1, else the second."""
    return Message(text=_NUMBER.sub(lambda m: m[2] if values[m[1]] == 1 else m[3], text), values=values)


def point(
    kind: Literal["tensor", "module", "operation", "call", "file", "key"], name: str, detail: Message
) -> Evidence:
    """One thing a finding points at."""
    return Evidence(kind=kind, name=name, detail=detail)


class Measured(NamedTuple):
    """A tensor of the model with the statistics of its values."""

    fact: TensorFact
    values: TensorStatistics


def measured(report: Report) -> list[Measured]:
    """All tensors whose values were read."""
    if not report.structure.tensors:
        raise AbsentError("The model has no tensors.")
    weights = known(report.weights)
    statistics = {t.name: t for t in weights.tensors}
    pairs = [Measured(t, statistics[t.name]) for t in report.structure.tensors if t.name in statistics]
    if not pairs:
        unread = weights.unread
        raise UncheckedError(f"No values could be read: {unread[0].value}" if unread else "No values could be read.")
    return pairs


def measured_parameters(report: Report) -> list[Measured]:
    """Parameters whose values were read; a tied one once."""
    pairs = [m for m in measured(report) if m.fact.role == "parameter" and not m.fact.tied_to]
    if not any(t.role == "parameter" for t in report.structure.tensors):
        raise AbsentError("The model has no parameters.")
    if not pairs:
        raise UncheckedError("No parameter's values could be read.")
    return pairs


def known(part: T | Skipped) -> T:
    """A part of the report, or ``UncheckedError`` with the reason why there is none."""
    if isinstance(part, Skipped):
        raise UncheckedError(part.reason)
    return part


def held(part: T | Skipped) -> T:
    """A part that is there only in some models; ``AbsentError`` where there is nothing of the kind.

    ``UncheckedError`` where there is and the part failed.
    """
    if isinstance(part, Skipped) and not part.reason.startswith(FAILED):
        raise AbsentError("{reason}", reason=part.reason)
    return known(part)


def file_of(report: Report) -> Source:
    """What is known of the file; ``AbsentError`` where the model was given as an object."""
    if report.source.kind == "object":
        raise AbsentError("The model was given as an object: there is no file.")
    return report.source


FLOATS = frozenset({"float64", "float32", "float16", "bfloat16"})
"""Floating-point dtypes of 16 bits or more."""


_NOT_UNITS = ("Embedding", "Gather", "ConvTranspose", "Conv1D", "MatMul")
"""Module types whose first dimension is no output units: vocabularies, and inputs (their columns are told apart, see
``Units.columns``)."""


def has_output_rows(kind: str, name: str) -> bool:
    """Whether slices along the first dimension of a weight can be output units, by the module's type and the name."""
    return not kind.startswith(_NOT_UNITS) and "embed" not in name.lower()


def module_types(report: Report) -> dict[str, str]:
    """Type of each module by path."""
    return {m.path: m.type for m in report.structure.modules}

"""All rules, run so that none can cost the others, and the one verdict that follows from them."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from modelreport.facts import Finding, FindingState, Message, Report, Verdict
from modelreport.judge import (
    adapters,
    cost,
    optimizer,
    outliers,
    peers,
    precision,
    release,
    repeats,
    security,
    spectra,
    storage,
    structure,
    training,
    units,
    values,
)
from modelreport.judge.rule import AbsentError, Found, Rule, UncheckedError, say

RULES: tuple[Rule, ...] = tuple(
    sorted(
        (
            *values.RULES,
            *repeats.RULES,
            *units.RULES,
            *training.RULES,
            *peers.RULES,
            *precision.RULES,
            *optimizer.RULES,
            *spectra.RULES,
            *adapters.RULES,
            *outliers.RULES,
            *storage.RULES,
            *structure.RULES,
            *cost.RULES,
            *security.RULES,
            *release.RULES,
        ),
        key=lambda rule: ("WSCXR".index(rule.id[0]), rule.id),
    )
)
"""Every rule, by id."""

MOST_EVIDENCE = 100

VERDICT_RULE = (
    "The verdict is Problem if a check of severity error found something, else Check if one of severity warning did, "
    "else Good. Notes do not count, nor do checks that do not apply because the model has nothing of the kind; checks "
    "that could not be made are named."
)

_STATES = ("found", "clean", "not_applicable", "not_checked")
_SEVERITIES = ("error", "warning", "note")


def judge(report: Report, rules: tuple[Rule, ...] = RULES) -> tuple[Finding, ...]:
    """One finding for each rule: what was found, the worst on top; what is clean, does not apply, was not checked."""
    findings = [_apply(rule, report) for rule in rules]
    return tuple(sorted(findings, key=lambda f: (_STATES.index(f.state), _SEVERITIES.index(f.severity))))


def _apply(rule: Rule, report: Report) -> Finding:
    """The outcome of one rule; whatever it raises becomes the reason why it was not checked."""
    try:
        outcome = rule.check(report)
    except AbsentError as nothing:
        return _finding(rule, "not_applicable", nothing.message)
    except UncheckedError as reason:
        return _finding(rule, "not_checked", say("{reason}", reason=str(reason)))
    except Exception as error:
        return _finding(
            rule, "not_checked", say("The check itself failed: {error}", error=f"{type(error).__name__}: {error}"[:300])
        )
    if not isinstance(outcome, Found):
        return _finding(rule, "clean", outcome.message)
    return Finding(
        id=rule.id,
        severity=outcome.severity or rule.severity,
        state="found",
        title=rule.title,
        message=outcome.message,
        advice=rule.advice if outcome.advice is None else outcome.advice,
        evidence=tuple(outcome.evidence[:MOST_EVIDENCE]),
        evidence_count=len(outcome.evidence),
        section=rule.section,
    )


def _finding(rule: Rule, state: FindingState, message: Message) -> Finding:
    return Finding(
        id=rule.id,
        severity=rule.severity,
        state=state,
        title=rule.title,
        message=message,
        section=rule.section,
    )


def give_verdict(findings: tuple[Finding, ...]) -> Verdict:
    """The level by ``VERDICT_RULE``, and a sentence that names the worst finding and counts what was not checked."""
    found = [f for f in findings if f.state == "found"]
    count: Counter[str] = Counter(f.severity for f in found)
    states = Counter(f.state for f in findings)
    worst = next((f for level in ("error", "warning") for f in found if f.severity == level), None)
    if worst is None:
        level: Literal["ok", "warning", "error"] = "ok"
        named = say(
            "No error and no warning in {made_count} {made_count:check|checks}", made_count=len(found) + states["clean"]
        )
    else:
        level = "error" if worst.severity == "error" else "warning"
        named = Message(text=worst.message.text.removesuffix("."), values=worst.message.values)
    tail = _tail(
        count["error"] - (level == "error"), count["warning"] - (level == "warning"), states["not_checked"], level
    )
    return Verdict(
        level=level,
        sentence=Message(text=f"{named.text}{tail.text}.", values={**named.values, **tail.values}),
        rule=VERDICT_RULE,
        errors=count["error"],
        warnings=count["warning"],
        notes=count["note"],
        clean=states["clean"],
        not_applicable=states["not_applicable"],
        not_checked=states["not_checked"],
    )


def _tail(errors: int, warnings: int, unchecked: int, level: str) -> Message:
    """What the sentence says after the worst finding: how many more there are, and what could not be checked."""
    more = "further " if level == "warning" else ""
    parts = [
        "; {more_error_count} further {more_error_count:error|errors}" if errors else "",
        f"; {{more_warning_count}} {more}{{more_warning_count:warning|warnings}}" if warnings else "",
        "; {unchecked_count} {unchecked_count:check|checks} could not be made" if unchecked else "",
    ]
    return say("".join(parts), more_error_count=errors, more_warning_count=warnings, unchecked_count=unchecked)

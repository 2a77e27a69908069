from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec.structs import replace

from modelreport.facts import Finding, Report, Weights
from modelreport.judge import RULES, give_verdict, judge
from modelreport.judge.judgement import MOST_EVIDENCE, VERDICT_RULE
from modelreport.judge.rule import AbsentError, Clean, Found, Rule, UncheckedError, point, say
from tests.factories import hostile_report, make_report, skipped_report
from tests.judge.cases import finding, plain_report

PLACEHOLDER = re.compile(r"\{(\w+)\}")


def rule(check: Any, severity: Any = "warning", number: int = 1) -> Rule:
    return Rule(f"W90{number}", severity, "A made rule", "Do this.", "weights", check)


def made(severity: Any, state: Any, text: str = "Something.") -> Finding:
    return Finding(id="W900", severity=severity, state=state, title="Made", message=say(text, odd_count=2))


def test_ids_are_unique_ordered_and_of_a_known_theme() -> None:
    ids = [r.id for r in RULES]
    assert len(ids) == len(set(ids)) >= 20
    assert all(re.fullmatch(r"[WSCXR]\d{3}", i) for i in ids)
    assert ids == sorted(ids, key=lambda i: ("WSCXR".index(i[0]), i))


@pytest.mark.parametrize("one", RULES, ids=lambda r: r.id)
def test_every_rule_has_a_short_title_and_advice(one: Rule) -> None:
    assert 2 <= len(one.title.split()) <= 6
    assert one.advice.endswith(".")


@pytest.mark.parametrize(
    "report", [make_report(), skipped_report(), hostile_report()], ids=["whole", "bare", "hostile"]
)
def test_every_rule_answers_on_every_report_and_all_values_are_there(report: Report) -> None:
    findings = judge(report)
    assert sorted(f.id for f in findings) == sorted(r.id for r in RULES)
    for f in findings:
        messages = [f.message, *(e.detail for e in f.evidence if e.detail)]
        for message in messages:
            assert set(PLACEHOLDER.findall(message.text)) <= set(message.values)
        assert (f.state == "found") == bool(f.advice)
        assert f.evidence_count >= len(f.evidence)
        assert "check itself failed" not in f.message.text


def test_on_a_plain_model_nothing_is_wrong() -> None:
    findings = judge(plain_report())
    assert [f.id for f in findings if f.state == "found"] == ["X002"]  # its own class
    assert not [f.id for f in findings if f.state == "not_checked"]
    absent = {f.id for f in findings if f.state == "not_applicable"}
    assert {"W024", "W045", "W050", "W056"} <= absent
    assert not {"W001", "W003", "S001", "X001", "R001", "R005"} & absent
    assert give_verdict(findings).level == "ok"


def test_of_a_model_in_memory_no_rule_speaks_of_a_file() -> None:
    report = plain_report()
    findings = judge(replace(report, source=replace(report.source, kind="object")))
    assert {f.id for f in findings if "there is no file" in f.message.text} == {
        "R001", "R003", "R005", "S004", "X001", "X002", "X003",
    }  # fmt: skip


def test_a_broken_rule_is_not_checked_and_costs_no_other() -> None:
    def broken(report: Report) -> Clean:
        raise KeyError("the missing thing")

    findings = judge(make_report(), (rule(broken), *RULES))
    assert len(findings) == len(RULES) + 1
    failed = next(f for f in findings if f.id == "W901")
    assert failed.state == "not_checked"
    assert "the missing thing" in str(failed.message.values)


def test_a_rule_without_anything_to_look_at_does_not_apply() -> None:
    def absent(report: Report) -> Clean:
        raise AbsentError("No layer has {side_count} inputs or more.", side_count=32)

    (answer,) = judge(make_report(), (rule(absent),))
    assert (answer.state, answer.message) == (
        "not_applicable",
        say("No layer has {side_count} inputs or more.", side_count=32),
    )
    verdict = give_verdict((answer, made("note", "clean")))
    assert (verdict.clean, verdict.not_applicable, verdict.not_checked) == (1, 1, 0)
    assert verdict.sentence.values["made_count"] == 1


def test_evidence_is_cut_and_counted() -> None:
    evidence = [point("tensor", str(i), say("bad")) for i in range(MOST_EVIDENCE + 50)]
    (found,) = judge(make_report(), (rule(lambda _: Found(say("Bad."), evidence)),))
    assert (len(found.evidence), found.evidence_count) == (MOST_EVIDENCE, MOST_EVIDENCE + 50)


def test_findings_come_first_and_the_worst_on_top() -> None:
    def unread(report: Report) -> Clean:
        raise UncheckedError("Not read.")

    def absent(report: Report) -> Clean:
        raise AbsentError("No such layer.")

    rules = (
        rule(lambda _: Clean(say("Fine.")), "error", 1),
        rule(lambda _: Found(say("Note."), ()), "note", 2),
        rule(lambda _: Found(say("Bad."), (), "error"), "note", 3),
        rule(unread, "error", 4),
        rule(absent, "error", 5),
    )
    assert [f.id for f in judge(make_report(), rules)] == ["W903", "W902", "W901", "W905", "W904"]


def test_a_rule_without_facts_carries_their_reason() -> None:
    report = skipped_report()
    assert isinstance(report.weights, object)
    for identifier, reason in (
        ("W001", "meta device"),
        ("C003", "no architecture to run"),
        ("S007", "keys and shapes"),
    ):
        found = finding(report, identifier)
        assert found.state == "not_checked"
        assert reason in str(found.message.values["reason"])


def test_weights_that_are_all_unread_are_a_reason() -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    empty = replace(report.weights, tensors=())
    assert finding(replace(report, weights=empty), "W001").state == "not_checked"


@pytest.mark.parametrize(
    ("findings", "level", "text"),
    [
        ((), "ok", "No error and no warning in {made_count} checks."),
        ((made("note", "found"), made("error", "clean")), "ok", "No error and no warning in {made_count} checks."),
        (
            (made("error", "not_checked"),),
            "ok",
            "No error and no warning in {made_count} checks; {unchecked_count} check could not be made.",
        ),
        ((made("warning", "found"), made("error", "clean")), "warning", "Something."),
        (
            (made("warning", "found"), made("error", "found", "Worse {odd_count}."), made("error", "found")),
            "error",
            "Worse {odd_count}; {more_error_count} further error; {more_warning_count} warning.",
        ),
        ((made("warning", "found"),) * 3, "warning", "Something; {more_warning_count} further warnings."),
    ],
)
def test_the_verdict_follows_from_the_findings(findings: tuple[Finding, ...], level: str, text: str) -> None:
    verdict = give_verdict(findings)
    assert (verdict.level, verdict.sentence.text, verdict.rule) == (level, text, VERDICT_RULE)
    assert set(PLACEHOLDER.findall(text)) <= set(verdict.sentence.values)
    states = [f.state for f in findings]
    assert verdict.clean == states.count("clean")
    assert verdict.not_applicable == states.count("not_applicable")
    assert verdict.not_checked == states.count("not_checked")
    assert verdict.errors + verdict.warnings + verdict.notes == states.count("found")

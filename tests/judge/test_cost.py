from __future__ import annotations

import pytest
from msgspec.structs import replace

from modelreport.facts import Guess, Item, Skipped, Uncounted
from tests.factories import skipped_report
from tests.judge.cases import finding, plain_report, trace_of, with_trace


@pytest.mark.parametrize("rule", ["C001", "C002", "C003"])
def test_a_plain_pass_is_clean_and_a_missing_one_is_not_checked(rule: str) -> None:
    assert finding(plain_report(), rule).state == "clean"
    skipped = finding(skipped_report(), rule)
    assert (skipped.state, skipped.message.values["reason"]) == ("not_checked", "There is no architecture to run.")


def test_a_module_that_does_most_of_the_work_is_noted() -> None:
    report = plain_report()
    trace = trace_of(report)
    operations = (replace(trace.operations[0], flops=trace.flops * 3), *trace.operations[1:])
    found = finding(with_trace(report, operations=operations), "C001")
    assert (found.state, found.evidence[0].name) == ("found", "conv1")


def test_few_costly_modules_always_have_a_largest() -> None:
    trace = trace_of(plain_report())
    operations = tuple(replace(o, flops=0 if o.id else 10) for o in trace.operations)
    assert finding(with_trace(plain_report(), operations=operations), "C001").state == "not_applicable"


def test_matrix_operations_without_a_formula_and_guessed_values_are_listed() -> None:
    report = plain_report()
    operations = tuple(replace(o, flops=None if o.id == 0 else o.flops) for o in trace_of(report).operations)
    found = finding(with_trace(report, operations=operations, guesses=(Guess(what="item", calls=1),)), "C002")
    assert (found.state, [e.name for e in found.evidence]) == ("found", ["conv2d", "item"])
    assert found.message.text == "{unknown_count} operation has no FLOP formula: the totals are estimates."


def test_what_has_a_formula_is_counted_and_a_pass_without_matrices_has_nothing_to_count() -> None:
    trace = trace_of(plain_report())
    costly = sum(o.family in ("conv", "linear", "recurrent", "attention", "other") for o in trace.operations)
    assert finding(plain_report(), "C002").message.values["costly_count"] == costly > 0
    shapes = tuple(o for o in trace.operations if o.family == "norm")
    assert finding(with_trace(plain_report(), operations=shapes), "C002").state == "not_applicable"


def test_element_wise_operations_are_left_out_by_convention() -> None:
    report = plain_report()
    operations = tuple(replace(o, flops=None if o.name == "relu" else o.flops) for o in trace_of(report).operations)
    report = with_trace(report, operations=operations, uncounted=(Uncounted(kernel="aten.relu", calls=9),))
    assert finding(report, "C002").state == "clean"


def test_guesses_alone_are_estimates_too() -> None:
    report = plain_report()
    operations = tuple(replace(o, exact=o.id > 1) for o in trace_of(report).operations)
    found = finding(with_trace(report, operations=operations, guesses=(Guess(what="item", calls=2),)), "C002")
    assert found.message.text == "{inexact_count} operations rest on guessed values: the totals are estimates."
    assert found.message.values["inexact_count"] == 2


def test_guesses_that_no_operation_rests_on_are_counted_themselves() -> None:
    found = finding(with_trace(plain_report(), guesses=(Guess(what="condition of If", calls=1),)), "C002")
    assert found.message.text == "{guess_count} value had to be guessed: the totals are estimates."
    assert found.message.values["guess_count"] == 1


def test_a_part_of_a_pass_has_no_costliest_module() -> None:
    found = finding(with_trace(plain_report(), complete=False, error="a shape did not fit"), "C001")
    assert found.state == "not_checked"
    assert "a shape did not fit" in str(found.message.values["reason"])


def test_a_pass_that_ended_early_is_a_warning_with_the_reason() -> None:
    report = plain_report()
    trace = trace_of(report)
    found = finding(with_trace(report, complete=False, error="a shape did not fit"), "C003")
    assert (found.state, found.severity, found.evidence[0].name) == ("found", "warning", trace.operations[-1].name)
    assert found.message.values["error"] == "a shape did not fit"


def test_a_pass_that_saw_nothing_has_no_evidence() -> None:
    found = finding(with_trace(plain_report(), complete=False, error="no input fits", operations=()), "C003")
    assert (found.state, found.evidence) == ("found", ())


def test_a_given_input_with_which_nothing_runs_is_a_warning() -> None:
    skipped = Skipped(stage="trace", reason="The forward pass could not be run: wrong size.")
    report = replace(plain_report(), trace=skipped)
    assert finding(report, "C003").state == "not_checked"
    options = (Item(name="--input", value="float32[1,3]"),)
    given = replace(report, generator=replace(report.generator, options=options))
    found = finding(given, "C003")
    assert (found.state, found.severity) == ("found", "warning")
    assert found.message.values["reason"] == skipped.reason
    off = replace(given, generator=replace(given.generator, options=(*options, Item(name="--no-trace", value=""))))
    assert finding(off, "C003").state == "not_checked"

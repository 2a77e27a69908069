"""How a pass was counted, as tables."""

from __future__ import annotations

from typing import get_args

from msgspec.structs import replace

from modelreport.facts import FormulaKind, KernelTotal, Trace
from modelreport.render.anchors import anchors
from modelreport.render.ledger import CONVENTION, HOW, alive_table, coverage, ledger_table
from tests.factories import make_report


def pass_of() -> Trace:
    trace = make_report().trace
    assert isinstance(trace, Trace)
    return trace


def test_every_operator_has_a_line_that_says_how_it_was_counted() -> None:
    trace = pass_of()
    made = ledger_table(trace)
    assert [row.cells[0].text for row in made.rows] == [line.kernel for line in trace.ledger]
    assert made.rows[-1].cells[4].text == "not counted: no formula"
    assert made.rows[-1].cells[2].text == made.rows[-1].cells[3].text == "–"
    assert set(HOW) == set(get_args(FormulaKind))


def test_the_share_of_counted_calls_is_told() -> None:
    trace = pass_of()
    calls = sum(line.calls for line in trace.ledger)
    assert coverage(trace).startswith(f"{calls - 1} of {calls} operator calls (")
    counted = tuple(line for line in trace.ledger if line.formula != "none")
    assert coverage(replace(trace, ledger=counted)) == (
        f"All {calls - 1} operator calls have a formula or do no arithmetic."
    )
    assert coverage(replace(trace, ledger=())) == ""


def test_one_call_is_told_in_the_singular() -> None:
    line = KernelTotal(kernel="aten::embedding", calls=1, flops=0, formula="free")
    assert coverage(replace(pass_of(), ledger=(line,))) == "The one operator call has a formula or does no arithmetic."


def test_hardly_any_call_missing_is_not_rounded_to_none() -> None:
    lines = (
        KernelTotal(kernel="aten.mm", calls=999_999, flops=1, formula="matrix"),
        KernelTotal(kernel="my.op", calls=1, flops=None, formula="none"),
    )
    assert "(>99.9 %)" in coverage(replace(pass_of(), ledger=lines))


def test_what_is_in_memory_at_the_peak_names_its_operation_and_module() -> None:
    report, trace = make_report(), pass_of()
    assert trace.memory is not None
    made = alive_table(trace, anchors(report))
    assert len(made.rows) == len(trace.memory.alive) > 0
    assert made.rows[0].cells[2].href.startswith("#layer-")
    assert sum(int(row.cells[3].exact.replace(",", "")) for row in made.rows) == trace.memory.peak_bytes
    assert alive_table(replace(trace, memory=None), anchors(report)).rows == ()


def test_the_convention_says_what_is_two_and_what_is_one() -> None:
    assert "multiply-add as two" in CONVENTION
    assert "full S² square" in CONVENTION
    assert "one for each addition" in CONVENTION


def test_calls_of_operators_are_told_apart_from_the_operations_that_make_them() -> None:
    trace = pass_of()
    line = KernelTotal(kernel="aten.mm", calls=len(trace.operations) + 7, flops=1, formula="matrix")
    told = coverage(replace(trace, ledger=(line,)))
    assert told == (
        f"All {line.calls} operator calls beneath the {len(trace.operations)} operations "
        "have a formula or do no arithmetic."
    )

"""The cost of a pass, and what is not in it."""

from __future__ import annotations

from msgspec.structs import replace

from modelreport.facts import Operation, Trace
from modelreport.render.anchors import anchors
from modelreport.render.sections.compute import METHODS, badge, context, table
from tests.factories import make_report, skipped_report


def test_operations_come_the_most_expensive_first_with_their_shares() -> None:
    report = make_report()
    assert isinstance(report.trace, Trace)
    made = table(report.trace, anchors(report))
    flops = [report.trace.operations[int(row.id.removeprefix("operation-"))].flops or 0 for row in made.rows]
    assert flops == sorted(flops, reverse=True)
    assert len(made.rows) == len(report.trace.operations)
    place = [column.id for column in made.columns].index("share")
    assert abs(sum(float(row.cells[place].exact) for row in made.rows) - 1) < 1e-4


def test_an_operation_without_a_formula_has_no_invented_cost() -> None:
    report = make_report()
    assert isinstance(report.trace, Trace)
    first: Operation = replace(report.trace.operations[0], flops=None, macs=None, exact=False)
    trace = replace(report.trace, operations=(first, *report.trace.operations[1:]))
    made = table(trace, anchors(report))
    row = next(row for row in made.rows if row.id == "operation-0")
    cells = dict(zip((column.id for column in made.columns), row.cells, strict=True))
    assert cells["flops"].text == cells["macs"].text == cells["share"].text == cells["intensity"].text == "–"
    assert row.note == "estimate"


def test_a_missing_pass_is_handed_on_with_its_reason() -> None:
    assert context(skipped_report())["skipped"] == skipped_report().trace
    assert badge(skipped_report()) is None


def test_the_peak_names_its_operation_and_module() -> None:
    assert context(make_report())["peak"] == ("batch_norm in layers.0.bn1", "#layer-7")


def test_every_way_of_tracing_is_described() -> None:
    assert set(METHODS) == {"meta", "cpu", "graph"}
    assert badge(make_report()) == "17.22 MMAC"

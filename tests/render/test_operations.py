"""The table of operations agrees with the pass, and equal ones of repeated blocks stand together."""

from __future__ import annotations

import time

from msgspec.structs import replace

from modelreport.facts import Operation, Report, Trace
from modelreport.options import RenderOptions
from modelreport.render.anchors import anchors
from modelreport.render.environment import environment
from modelreport.render.excerpt import excerpt
from modelreport.render.operations import equal_operations
from modelreport.render.operations import operation_table as table
from modelreport.render.setting import under
from modelreport.render.table import Row, Table
from modelreport.trace.repeats import fold_calls
from tests.factories import make_report
from tests.render.map.scenes import Network, bert


def folded(network: Network) -> tuple[Report, Trace]:
    """A hand-made report whose trace has its repeats."""
    report = network.report()
    assert isinstance(report.trace, Trace)
    calls, repeats = fold_calls(report.trace.calls, report.trace.operations)
    trace = replace(report.trace, calls=calls, repeats=repeats)
    return replace(report, trace=trace), trace


def cell(made: Table, row: Row, column: str) -> str:
    found = row.cells[[c.id for c in made.columns].index(column)]
    return found.exact or found.text


def test_repeated_blocks_give_one_row_for_each_of_their_operations() -> None:
    report, trace = folded(bert())
    made = table(trace, anchors(report))
    top = [row for row in made.rows if not row.depth]
    groups = [row for row in top if row.group]
    assert groups
    assert {row.note for row in groups} == {"×12"}
    assert len(top) < len(trace.operations) / 7
    assert made.size == len(trace.operations)
    assert sorted(int(row.id.removeprefix("operation-")) for row in made.rows if not row.group) == list(
        range(len(trace.operations))
    )


def test_a_row_of_several_says_the_cost_of_one_and_of_all() -> None:
    report, trace = folded(bert())
    operations = tuple(replace(o, flops=10 * (o.id % 7)) for o in trace.operations)
    groups = equal_operations(trace)
    first = next(index for index, members in groups.items() if len(members) == 12)
    operations = tuple(replace(o, flops=7) if o.id in groups[first] else o for o in operations)
    trace = replace(trace, operations=operations, flops=sum(o.flops or 0 for o in operations))
    made = table(trace, anchors(report))
    row = next(row for row in made.rows if row.id == f"operations-{first}")
    assert (cell(made, row, "each"), cell(made, row, "flops"), row.note) == ("7", "84", "×12")
    totals = [int(cell(made, row, "flops").replace(",", "")) for row in made.rows if not row.depth]
    assert totals == sorted(totals, reverse=True)
    assert sum(totals) == trace.flops


def test_the_page_itself_shows_the_rows_of_several_and_not_what_is_below() -> None:
    report, trace = folded(bert())
    made = table(trace, anchors(report))
    page = environment().from_string('{% from "macros/table.html" import table %}{{ table(t) }}').render(t=made)
    assert page.count("<tr id=") == len(made.head)
    assert "equal ones in one row" in page
    paper = excerpt(made, 5)
    assert len(paper.rows) == 5
    assert not any(row.depth for row in paper.rows)
    assert paper.left_out.startswith(f"5 rows of {len(trace.operations):,} operations")


def test_blocks_inside_repeated_blocks_are_counted_through() -> None:
    net = Network("nested repeats")
    x = net.input("x", 1, 4)
    with net.module("", "Net"):
        for outer in range(3):
            with net.module(f"o{outer}", "Outer"):
                for inner in range(2):
                    with net.module(f"o{outer}.i{inner}", "Inner"):
                        x = net.run("relu", "activation", (1, 4), x)
                        x = net.run("tanh", "activation", (1, 4), x)
    net.output(x)
    _, trace = folded(net)
    assert equal_operations(trace) == {0: [0, 2, 4, 6, 8, 10], 1: [1, 3, 5, 7, 9, 11]}


def test_a_pass_without_repeats_has_a_row_for_each_operation() -> None:
    report = make_report()
    assert isinstance(report.trace, Trace)
    made = table(report.trace, anchors(report))
    assert not any(row.group or row.depth for row in made.rows)


def test_repeats_that_do_not_fit_the_calls_fold_nothing() -> None:
    _, trace = folded(bert())
    broken = replace(trace, repeats=tuple(replace(r, calls=(*r.calls, 10**6)) for r in trace.repeats))
    assert all(len(members) == 1 for members in equal_operations(broken).values())


def test_fifty_thousand_operations_fold_in_linear_time() -> None:
    net = Network("long")
    x = net.input("x", 1, 4)
    with net.module("", "Net"):
        for block in range(5000):
            with net.module(f"b{block}", "Block"):
                for _ in range(10):
                    x = net.run("relu", "activation", (1, 4), x)
    net.output(x)
    _, trace = folded(net)
    start = time.process_time()
    assert len(equal_operations(trace)) == 10
    assert time.process_time() - start < 20


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


def test_paper_makes_only_the_rows_that_it_can_show_and_tells_the_same() -> None:
    report, trace = folded(bert())
    whole = table(trace, anchors(report))
    with under(RenderOptions(), packed=False):
        first = table(trace, anchors(report))
    assert len(first.rows) < len(whole.rows)
    assert first.size == whole.size == len(trace.operations)
    assert excerpt(first, 15) == excerpt(whole, 15)
    assert excerpt(first, 60) == excerpt(whole, 60)

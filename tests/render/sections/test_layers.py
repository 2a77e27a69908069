"""The layer table agrees with the facts."""

from __future__ import annotations

from modelreport.render.sections.layers import badge, context, table
from modelreport.render.table import Row, Table, amount, share_cell
from tests.factories import make_report, skipped_report


def cell(made: Table, row: Row, column: str) -> str:
    return row.cells[[c.id for c in made.columns].index(column)].text


def test_there_is_a_row_for_every_module_and_every_cell_has_a_column() -> None:
    report = make_report()
    made = table(report)
    single = [row for row in made.rows if not row.group]
    assert sorted(int(row.id.removeprefix("layer-")) for row in single) == list(range(len(report.structure.modules)))
    assert {len(row.cells) for row in made.rows} == {len(made.columns)}


def test_the_root_row_has_the_totals_of_the_report() -> None:
    report = make_report()
    made = table(report)
    root = made.rows[0]
    assert cell(made, root, "parameters") == f"{report.structure.parameters:,}"
    assert cell(made, root, "share") == "100 %"
    assert cell(made, root, "macs") == "17.22 M"
    assert cell(made, root, "output") == "1×10"


def test_a_module_called_twice_says_so_and_adds_both() -> None:
    report = make_report()
    made = table(report)
    index = next(i for i, m in enumerate(report.structure.modules) if m.path == "layers.0.relu")
    row = next(row for row in made.rows if row.id == f"layer-{index}")
    assert row.note == "2 calls"
    assert cell(made, row, "calls") == "2"


def test_without_a_pass_the_columns_it_would_fill_are_gone() -> None:
    made = table(skipped_report())
    assert not {"output", "macs", "flops", "calls"} & {column.id for column in made.columns}
    assert {len(row.cells) for row in made.rows} == {len(made.columns)}
    assert context(skipped_report())["skipped"] == skipped_report().trace


def test_repeated_blocks_share_a_row_with_their_sums() -> None:
    from msgspec.structs import replace

    report = make_report()
    modules = tuple(
        replace(m, signature="same") if m.path in {"layers.0", "layers.1", "layers.2"} else m
        for m in report.structure.modules
    )
    made = table(replace(report, structure=replace(report.structure, modules=modules)))
    group = next(row for row in made.rows if row.group)
    assert group.note == "×3"
    assert cell(made, group, "name") == "0…2"
    parts = [m.parameters for m in modules if m.path in {"layers.0", "layers.1", "layers.2"}]
    assert cell(made, group, "parameters") == f"{sum(parts):,}"
    assert group.folded


def test_amounts_show_every_digit_until_they_are_many() -> None:
    assert amount(9_408).text == "9,408"
    assert (amount(118_013_952).text, amount(118_013_952).exact) == ("118.0 M", "118,013,952")
    assert amount(None).text == "–"


def test_a_share_of_nothing_is_no_share() -> None:
    assert share_cell(0, 0).text == "–"
    assert share_cell(1, 4).exact == "0.250000"


def test_the_badge_counts_modules() -> None:
    assert badge(make_report()) == "37"


def test_a_container_that_is_never_called_sums_what_is_inside() -> None:
    from msgspec.structs import replace

    from modelreport.facts import Trace

    report = make_report()
    assert isinstance(report.trace, Trace)
    index = next(i for i, m in enumerate(report.structure.modules) if m.path == "layers")
    before = table(report)
    silent = replace(report.trace, calls=tuple(c for c in report.trace.calls if c.path != "layers"))
    after = table(replace(report, trace=silent))
    row = next(row for row in after.rows if row.id == f"layer-{index}")
    assert cell(after, row, "macs") == cell(before, before.rows[after.rows.index(row)], "macs")
    assert cell(after, row, "output") == "–"
    assert row.note == ""

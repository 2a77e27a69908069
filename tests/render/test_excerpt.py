from dataclasses import replace

from modelreport.render.excerpt import excerpt, leading
from modelreport.render.table import Cell, Column, Row, Table

COLUMNS = (Column("name", "Name", "name"), Column("hidden", "Hidden", shown=False), Column("drawn", "", "spark"))


def row(name, depth=0, *, group=False):
    return Row(name, (Cell(name), Cell("h"), Cell("")), depth, group=group)


def table(*rows, tree=False):
    return Table("t", "Things", COLUMNS, rows, tree=tree, noun=("thing", "things"))


def names(found):
    return [each.cells[0].text for each in found.rows]


def test_a_list_keeps_its_first_rows_and_says_so():
    found = excerpt(table(*(row(str(i)) for i in range(5))), 2)
    assert names(found) == ["0", "1"]
    assert found.left_out == "2 of 5 things, the first of them; all are in the HTML and JSON reports."


def test_a_whole_table_leaves_nothing_to_say():
    assert excerpt(table(row("a")), 2).left_out == ""


def test_columns_are_those_shown_or_those_asked_for():
    assert [c.id for c in excerpt(table(row("a")), 2).columns] == ["name"]
    found = excerpt(table(row("a")), 2, ("hidden", "name", "unknown"))
    assert [c.id for c in found.columns] == ["hidden", "name"]
    assert [cell.text for cell in found.rows[0].cells] == ["h", "a"]


def test_a_tree_keeps_the_levels_that_fit():
    rows = (row("root"), row("a", 1), row("a1", 2), row("b", 1), row("b1", 2))
    assert names(excerpt(table(*rows, tree=True), 5)) == ["root", "a", "a1", "b", "b1"]
    assert names(excerpt(table(*rows, tree=True), 4)) == ["root", "a", "b"]
    assert names(excerpt(table(*rows, tree=True), 1)) == ["root"]


def test_of_repeats_the_first_block_is_shown():
    rows = (
        row("root"),
        row("0…2", 1, group=True),
        row("0", 2),
        row("0.x", 3),
        row("1", 2),
        row("1.x", 3),
        row("end", 1),
    )
    found = excerpt(table(*rows, tree=True), 10)
    assert names(found) == ["root", "0…2", "0", "0.x", "end"]
    assert found.left_out.startswith("4 of 6 things, repeats are shown once and deeper levels folded")


def test_repeats_within_repeats_are_shown_once():
    inner = (row("a", 3, group=True), row("a0", 4), row("a1", 4), row("b", 3))
    rows = (
        row("x", 0, group=True),
        row("0", 1),
        row("y", 2, group=True),
        row("y0", 3),
        row("y1", 3),
        row("1", 1),
        *inner,
    )
    assert names(excerpt(table(*rows, tree=True), 50)) == ["x", "0", "y", "y0"]


def test_of_repeats_that_take_turns_one_of_each_is_shown():
    rows = (replace(row("0…5", group=True), period=2), *(row(str(i), 1) for i in range(6)), row("end"))
    assert names(excerpt(table(*rows, tree=True), 10)) == ["0…5", "0", "1", "end"]


def test_a_closed_table_shows_no_row_below_another():
    rows = (row("a", group=True), row("a0", 1), row("a1", 1), row("b"), row("c"))
    made = replace(table(*rows, tree=True), closed=True)
    assert names(excerpt(made, 3)) == ["a", "b", "c"]
    assert excerpt(made, 3).left_out == ""
    found = excerpt(made, 2)
    assert names(found) == ["a", "b"]
    assert found.left_out == "2 rows of 4 things, equal ones together; all are in the HTML and JSON reports."


def test_paper_gets_as_many_columns_as_fit_side_by_side():
    columns = (Column("name", "Name", "name"), Column("picture", "P", "spark"), Column("hidden", "H", shown=False))
    columns += tuple(Column(f"c{i}", "C", "number") for i in range(12))
    table = Table("t", "T", columns, ())
    assert leading(table) == ["name", *(f"c{i}" for i in range(7))]
    assert leading(table, 2) == ["name", "c0"]

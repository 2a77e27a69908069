"""Tables as data for two painters."""

from __future__ import annotations

import re

from modelreport.options import RenderOptions
from modelreport.render.environment import environment
from modelreport.render.payload import pack, unpack
from modelreport.render.setting import under
from modelreport.render.table import Cell, Column, Row, Table, caption_of

COLUMNS = (
    Column("name", "Name", "name"),
    Column("picture", "Picture", "spark"),
    Column("size", "Size", "number", "How large"),
    Column("extra", "Extra", shown=False),
)


def make(rows: int, **settings: object) -> Table:
    cells = [(Cell(f"row {i}"), Cell(""), Cell("1.2 k", "1,234", "#x"), Cell("more")) for i in range(rows)]
    return Table("t", "Things", COLUMNS, tuple(Row(f"t-{i}", c) for i, c in enumerate(cells)), **settings)  # type: ignore[arg-type]


def paint(table: Table) -> str:
    return environment().from_string('{% from "macros/table.html" import table %}{{ table(t) }}').render(t=table)


def test_the_markup_has_the_first_rows_and_the_usual_columns() -> None:
    html = paint(make(5, limit=3))
    assert re.findall(r"<tr id=(\S+)>", html) == ["t-0", "t-1", "t-2"]
    assert "Extra" not in html
    assert "Picture" not in html
    assert "The first 3 of 5 rows" in html


def test_what_is_printed_has_no_data_for_scripts() -> None:
    with under(RenderOptions(), packed=False):
        assert make(5).payloads == {}


def test_the_data_has_all_rows_and_all_columns() -> None:
    data = unpack(pack(make(5, limit=3).payloads))["table-t"]
    assert data["rows"]["ids"] == [f"t-{i}" for i in range(5)]
    assert [column[0] for column in data["columns"]] == ["name", "picture", "size", "extra"]
    assert data["cells"][0] == ["words", [f"row {i}" for i in range(5)], [0, 1, 2, 3, 4]]
    assert data["cells"][2] == ["words", [["1.2 k", "1,234", "#x"]], [0, 0, 0, 0, 0]]


def test_cells_are_escaped_and_links_kept() -> None:
    rows = (Row("t-0", (Cell("<b>"), Cell(""), Cell("1", "1", "#layer-3"), Cell(""))),)
    html = paint(Table("t", "Things", COLUMNS, rows))
    assert "<b>" not in html
    assert '<a href="#layer-3">1</a>' in html


def test_only_text_that_can_turn_is_isolated() -> None:
    assert Cell("64×3 – 1.2e-4").plain
    assert not Cell("אבג").plain
    rows = (Row("t-0", (Cell("אבג"), Cell(""), Cell("64×3"), Cell(""))),)
    html = paint(Table("t", "Things", COLUMNS, rows))
    assert "<bdi>אבג</bdi>" in html
    assert "<bdi>64" not in html


def test_a_group_is_told_from_a_folded_row() -> None:
    rows = (
        Row("a", (Cell("a"),), folded=True),
        Row("b", (Cell("b"),), folded=True, group=True),
        Row("c", (Cell("c"),), depth=1),
    )
    data = Table("t", "Things", (COLUMNS[0],), rows, tree=True).payloads["table-t"]
    assert data["rows"]["depths"] == [0, 0, 1]
    assert data["rows"]["states"] == [1, 2, 0]


def test_of_repeats_the_markup_shows_one_where_all_would_be_too_many() -> None:
    blocks = [Row("g", (Cell("0…3"),), group=True, note="×4")]
    for i in range(4):
        blocks += [Row(f"b-{i}", (Cell(f"{i}"),), depth=1), Row(f"c-{i}", (Cell("conv"),), depth=2)]
    whole = Table("t", "Things", (COLUMNS[0],), tuple(blocks), tree=True, limit=9)
    short = Table("t", "Things", (COLUMNS[0],), tuple(blocks), tree=True, limit=8)
    assert len(whole.head) == 9
    assert [row.id for row in short.head] == ["g", "b-0", "c-0"]
    assert "The first 3 of 9 rows" in paint(short)


def test_depth_is_a_class_and_stops_at_twelve() -> None:
    rows = tuple(Row(f"r-{i}", (Cell("x"),), depth=i) for i in range(15))
    html = paint(Table("t", "Things", (COLUMNS[0],), rows, tree=True))
    assert "class=d12" in html
    assert "class=d13" not in html


def test_an_empty_name_says_so() -> None:
    assert Cell.name("").text == "(no name)"
    assert Cell.name("a\u202eb").text == "a\\u202eb"


def test_a_table_that_is_cut_says_so_in_its_caption() -> None:
    assert caption_of("Layers", 500, 500) == "Layers"
    assert caption_of("Layers", 500, 5000) == "Layers (the first 500 of 5,000; all are in the JSON report)"

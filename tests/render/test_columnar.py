"""A table column by column: numbers as numbers, words once, full names from those above."""

from __future__ import annotations

from modelreport.render.columnar import column_of, rows_of
from modelreport.render.table import Cell, Row, amount, share_cell


def rows(*cells: Cell) -> list[Row]:
    return [Row(f"r-{i}", (cell,)) for i, cell in enumerate(cells)]


def test_a_column_of_counts_is_numbers_and_what_is_not_known_is_null() -> None:
    assert column_of(rows(Cell.count(5), Cell("–"), Cell.count(1234)), 0) == ["exact", [5, None, 1234]]
    assert column_of(rows(amount(5), amount(25_557_032)), 0) == ["count", [5, 25_557_032]]
    assert column_of(rows(Cell.bytes(2048)), 0) == ["bytes", [2048]]
    assert column_of(rows(Cell.figure(0.5)), 0) == ["number", [0.5]]


def test_shares_travel_as_parts_of_their_whole() -> None:
    assert column_of(rows(share_cell(1, 8), share_cell(3, 8)), 0) == ["share", [1, 3], 8]
    assert column_of(rows(share_cell(1, 8), share_cell(3, 9)), 0)[0] == "words"


def test_what_is_not_one_kind_of_number_stays_text() -> None:
    assert column_of(rows(Cell.count(5), Cell("lossless")), 0)[0] == "words"
    assert column_of(rows(Cell.count(5), Cell.bytes(5)), 0)[0] == "words"
    assert column_of(rows(Cell("–"), Cell("–")), 0) == ["words", ["–"], [0, 0]]


def test_a_number_too_large_for_a_script_stays_text() -> None:
    assert column_of(rows(Cell.count(2**53)), 0) == ["words", ["9,007,199,254,740,992"], [0]]


def test_a_word_travels_once() -> None:
    made = column_of(rows(Cell("Conv2d"), Cell("ReLU"), Cell("Conv2d"), Cell("x", "", "#a")), 0)
    assert made == ["words", ["Conv2d", "ReLU", ["x", "", "#a"]], [0, 1, 0, 2]]


def test_a_full_name_that_follows_from_those_above_is_not_repeated() -> None:
    tree = [
        Row("a", (Cell("net"),)),
        Row("b", (Cell("layer1"),), depth=1),
        Row("c", (Cell("0…1"),), depth=2, group=True, note="×2"),
        Row("d", (Cell("0", "layer1.0"),), depth=3, folded=True),
        Row("e", (Cell("conv", "layer1.0.conv"),), depth=4),
        Row("f", (Cell("odd", "elsewhere.odd"),), depth=4),
    ]
    made = column_of(tree, 0)
    assert made[1] == ["net", "layer1", "0…1", ["0", ".", ""], ["conv", ".", ""], ["odd", "elsewhere.odd", ""]]
    assert rows_of(tree) == {
        "ids": ["a", "b", "c", "d", "e", "f"],
        "depths": [0, 1, 2, 3, 4, 4],
        "states": [0, 0, 2, 1, 0, 0],
        "notes": {"2": "×2"},
    }


def test_rows_of_a_plain_list_carry_nothing_but_their_ids() -> None:
    assert rows_of(rows(Cell("a"), Cell("b"))) == {"ids": ["r-0", "r-1"]}

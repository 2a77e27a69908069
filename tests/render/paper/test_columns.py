"""Columns of tables on paper."""

from __future__ import annotations

import pytest

from modelreport.options import RenderOptions
from modelreport.render.excerpt import Excerpt
from modelreport.render.paper.columns import WIDTHS, advance, widths
from modelreport.render.setting import under
from modelreport.render.table import Cell, Column, Row

COLUMNS = (Column("name", "Name", "name"), Column("kind", "Type"), Column("size", "Size of all", "number"))


def table(*rows: tuple[str, str, str], columns: tuple[Column, ...] = COLUMNS) -> Excerpt:
    made = tuple(Row(str(i), tuple(Cell(words) for words in row), 0) for i, row in enumerate(rows))
    return Excerpt(columns, made, "", "", tree=False)


def points(found: list[float]) -> list[float]:
    return [each * WIDTHS["a4"] / 100 for each in found]


def test_widths_of_letters_are_those_of_the_fonts() -> None:
    """Noto Sans has 1000 units to an em: H is 741 wide, i is 258; DejaVu Sans Mono 1233 of 2048 each."""
    assert advance("Hi", "text", 10) == pytest.approx(9.99, abs=0.01)
    assert advance("Hi", "mono", 10) == pytest.approx(2 * 10 * 1233 / 2048, abs=0.05)
    assert advance("卷积", "text", 10) == 20


def test_short_rows_have_their_lines_and_share_what_is_left() -> None:
    found = widths(table(("conv1", "Conv2d", "9,408")))
    assert sum(found) == pytest.approx(100, abs=0.01)
    assert min(found) > 25


def test_a_path_gives_way_before_a_number_or_a_class_does() -> None:
    path = "encoder.layer.0.attention.output.dense." * 4
    name, kind, size = points(widths(table((path, "BertSelfAttention", "1,234,567,890"))))
    assert kind >= advance("BertSelfAttention", "text", 7.8)
    assert size >= advance("1,234,567,890", "text", 7.8)
    assert name == pytest.approx(WIDTHS["a4"] - kind - size, abs=0.1)


def test_a_title_of_many_words_may_take_lines_but_no_word_is_cut() -> None:
    many = tuple(Column(f"c{i}", "Peak of activations", "number") for i in range(10))
    found = points(widths(table(("1",) * 10, columns=many)))  # type: ignore[arg-type]
    assert min(found) >= advance("activations", "bold", 7.8)
    assert max(found) < advance("Peak of activations", "bold", 7.8)


def test_more_than_there_is_room_for_is_shared_by_need() -> None:
    wide = tuple(Column(f"c{i}", "t", "number") for i in range(12))
    found = widths(table(("9" * 30,) * 12, columns=wide))  # type: ignore[arg-type]
    assert found == pytest.approx([100 / 12] * 12, abs=0.01)


def test_the_paper_counts() -> None:
    path = ("a" * 300, "Conv2d", "1")
    with under(RenderOptions(paper="letter")):
        letter = widths(table(path))
    assert letter[0] > widths(table(path))[0]

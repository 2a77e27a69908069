from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from modelreport.facts import Outline
from modelreport.render import render
from modelreport.render.format import message
from modelreport.render.outline import outline_context
from tests.factories import hostile_report, make_report


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += data


def text_of(page: str) -> str:
    reader = _Text()
    reader.feed(page)
    return re.sub(r"\s+", " ", reader.text)


def test_rows_say_how_often_and_where_with_numbers_in_groups_of_three() -> None:
    found = outline_context(make_report())
    residual, mlp = found["patterns"]
    assert (residual.title, residual.count, residual.figures) == (
        "Residual connection",
        "×4",
        "norm last in each branch",
    )
    assert mlp.figures == "widths 768 → 3,072 → 768 · gated"
    assert re.fullmatch(r"#layer-\d+", residual.href)
    (block,) = found["blocks"]
    assert (block.path, block.count, block.parameters, block.whole) == ("layers.#", "×3", "4,704", "14.11 k")
    assert found["nearest"] == ("resnet18 of BasicBlock: 83 % of the tensors of both (83 of 100)",)


@pytest.mark.parametrize("suffix", [".html", ".md"])
def test_every_sentence_pattern_and_block_is_on_the_page(suffix: str) -> None:
    report = make_report()
    page = render(report, suffix).decode()
    shown = text_of(page) if suffix == ".html" else page.replace("`", "")
    for sentence in report.outline.description:
        assert message(sentence) in shown
    for words in ("Residual connection", "norm last in each branch", "a sum at 1×16×32×32.", "layers.#", "resnet18"):
        assert words in shown


@pytest.mark.parametrize("suffix", [".html", ".md"])
def test_an_empty_outline_leaves_no_heading_behind(suffix: str) -> None:
    page = render(make_report(outline=Outline()), suffix).decode()
    assert "What shapes and operations prove" not in page
    assert "Repeated blocks" not in page
    assert 'in-words"' not in page


def test_names_from_the_file_are_made_visible() -> None:
    rows = outline_context(hostile_report())
    for row in (*rows["patterns"], *rows["blocks"]):
        assert len(row.path) < 300
        assert "\u202e" not in row.path

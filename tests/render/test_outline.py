from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from modelreport.facts import BlockRun, Item, Outline, Trace
from modelreport.options import RenderOptions
from modelreport.render import render
from modelreport.render.format import message
from modelreport.render.outline import outline_context
from modelreport.render.setting import under
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


def test_repeated_blocks_say_where_they_are_and_what_they_cost_together() -> None:
    report = make_report()
    module = report.structure.modules[0]
    assert isinstance(report.trace, Trace)
    call = report.trace.calls[0]
    modules = tuple(replace(module, path=f"net.{i}", type="Block", parameters=1_000) for i in (1, 2, 3))
    other = replace(module, path="net.4", type="Other", parameters=1_000)
    calls = tuple(replace(call, path=f"net.{i}", macs=report.trace.macs // 10) for i in (1, 2, 3))
    made = replace(
        report,
        structure=replace(report.structure, modules=(*modules, other), parameters=10_000),
        trace=replace(report.trace, calls=calls),
        outline=Outline(blocks=(BlockRun(path="net.#", count=3, type="Block", parameters=1_000),)),
    )
    (block,) = outline_context(made)["blocks"]
    assert (block.path, block.href, block.whole, block.share) == ("net.1…3", "#layer-0", "3,000", "30 %")
    assert block.macs_share == "30 %"


def test_blocks_whose_numbers_leave_gaps_keep_the_sign_for_a_number() -> None:
    report = make_report()
    module = report.structure.modules[0]
    modules = tuple(replace(module, path=f"net.{i}.x", type="Block", parameters=5) for i in (0, 2))
    run = BlockRun(path="net.#.x", count=2, type="Block", parameters=5)
    made = replace(
        report, structure=replace(report.structure, modules=modules), outline=Outline(blocks=(run,)),
    )  # fmt: skip
    assert outline_context(made)["blocks"][0].path == "net.#.x"


def test_a_block_of_several_parts_is_said_in_the_language() -> None:
    report = make_report()
    assert isinstance(report.outline, Outline)
    values = (Item(name="block", value="convolution + batch norm + ReLU"),)
    pattern = replace(report.outline.patterns[0], values=values)
    with under(RenderOptions(lang="zh")):
        (found,) = outline_context(replace(report, outline=replace(report.outline, patterns=(pattern,))))["patterns"]
    assert found.figures == "卷积 + 批归一化 + ReLU"

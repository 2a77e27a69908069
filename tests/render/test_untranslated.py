"""Nothing that a report says in another language is English: names, code and the terms of `words.py` aside."""

from __future__ import annotations

import io
import re
from pathlib import Path

import msgspec
import pdfplumber
import pikepdf
import pytest

from modelreport.facts import Report
from modelreport.options import RenderOptions
from modelreport.render import render
from modelreport.render.charts import CHARTS
from modelreport.render.charts.spec import Chart
from modelreport.render.charts.told import told
from modelreport.render.paper.values import page_values
from modelreport.render.pdf import _page
from modelreport.render.setting import under
from tests.factories import make_report, skipped_report
from tests.factories_weights import rich_report
from tests.words import english, names, said

GOLDEN = Path(__file__).parent.parent / "golden"
ZH = RenderOptions(lang="zh")


def golden(name: str) -> Report:
    return msgspec.json.decode((GOLDEN / f"{name}.json").read_bytes(), type=Report)


MADE_UP = {"rich", "small", "skipped"}
REPORTS = {
    "rich": rich_report,
    "small": make_report,
    "skipped": skipped_report,
    "training": lambda: golden("digits_cnn_training"),
    "module": lambda: golden("digits_mlp_module"),
}


@pytest.mark.parametrize("name", REPORTS)
def test_the_page_says_nothing_in_english(name: str) -> None:
    report = REPORTS[name]()
    known = names(report, made_up=name in MADE_UP)
    page = render(report, ".html", ZH).decode("utf-8", "backslashreplace")
    assert '<html lang="zh-CN">' in page
    found = {text: words for text in said(page) if (words := english(text, known))}
    assert not found


@pytest.mark.parametrize("name", REPORTS)
def test_markdown_says_nothing_in_english(name: str) -> None:
    report = REPORTS[name]()
    known = names(report, made_up=name in MADE_UP)
    page = render(report, ".md", ZH).decode("utf-8", "backslashreplace")
    bare = re.sub(r"<!--.*?-->|<[^>]*>|&nbsp;|```.*?```|`[^`\n]*`|\]\([^)]*\)|\\", "", page, flags=re.DOTALL)
    found = {line: words for line in bare.split("\n") if (words := english(line, known))}
    assert not found


@pytest.mark.parametrize("name", REPORTS)
def test_the_markup_of_the_pdf_says_nothing_in_english(name: str) -> None:
    report = REPORTS[name]()
    known = names(report, made_up=name in MADE_UP)
    with under(ZH):
        page, headings = _page(page_values(report), "")
    titles = headings.titles().values()
    found = {text: words for text in (*said(page), *titles) if (words := english(text, known))}
    assert not found


def test_the_pages_of_the_pdf_say_nothing_in_english() -> None:
    """With what only the style sheet adds: numbers of pages, running heads, references; and the outline."""
    report = REPORTS["small"]()
    known = names(report, made_up=True)
    data = render(report, ".pdf", ZH)
    with pdfplumber.open(io.BytesIO(data)) as opened:
        lines = [line for page in opened.pages for line in page.extract_text(x_tolerance_ratio=0.12).splitlines()]
    with pikepdf.open(io.BytesIO(data)) as document, document.open_outline() as outline:
        assert str(document.Root.Lang) == "zh-CN"
        lines += [str(each.title) for root in outline.root for each in (root, *root.children)]
    assert any("概览" in line or "发现" in line for line in lines), "the fonts for it are there"
    found = {line: words for line in lines if (words := english(line, known))}
    assert not found


@pytest.mark.parametrize("name", ["rich", "small", "training"])
def test_charts_say_nothing_in_english(name: str) -> None:
    report = REPORTS[name]()
    known = names(report, made_up=name in MADE_UP)
    with under(ZH):
        drawn = [chart for make in CHARTS.values() if isinstance(chart := make(report), Chart)]
        texts = {text for chart in drawn for text in _texts(told(chart))}
    found = {text: words for text in texts if (words := english(text, known))}
    assert not found


def _texts(chart: Chart) -> list[str]:
    """Everything that people read of a chart."""
    found = [chart.title, chart.caption, chart.x.title, chart.y.title, *chart.header]
    found += [*chart.x.categories, *chart.y.categories, *(cell for row in chart.rows for cell in row)]
    for layer in chart.layers:
        fields = [getattr(layer, field, ()) for field in ("name", "hover", "labels")]
        found += [text for field in fields for text in _flat(field)]
        found += [word for _level, word in getattr(layer, "marks", ())]
    return found


def _flat(field: object) -> list[str]:
    if isinstance(field, str):
        return [field]
    return [text for each in field for text in _flat(each)] if isinstance(field, tuple) else []

"""The page printed by a browser: whole, without controls, its drawings where they belong."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pdfplumber
import pytest

from modelreport.options import RenderOptions
from modelreport.render.html import write_html
from modelreport.render.setting import under
from tests.browser.pages import TABLES, wait_for
from tests.factories import make_report
from tests.factories_deep import deep_report

pytestmark = pytest.mark.browser

OVERLAPS = """() => {
  const boxes = [...document.querySelectorAll('.chart-area, .chart figcaption, .table, h2, h3')]
    .filter((each) => each.checkVisibility())  // what a closed fold holds is laid out and not drawn
    .map((each) => each.getBoundingClientRect()).filter((box) => box.height > 0);
  return boxes.filter((a, i) => boxes.some((b, j) => i < j && a.top < b.bottom - 1 && b.top < a.bottom - 1
    && a.left < b.right - 1 && b.left < a.right - 1)).length;
}"""


SHEETS = """[...document.querySelectorAll('.map-sheet')]
  .map((each) => [each.textContent, each.querySelectorAll('path').length])"""


@pytest.fixture
def page(chromium: Any, tmp_path: Path):
    path = tmp_path / "report.html"
    path.write_bytes(write_html(make_report()))
    context = chromium.new_context(viewport={"width": 700, "height": 900}, color_scheme="dark")
    opened = context.new_page()
    opened.goto(path.as_uri())
    wait_for(opened, TABLES)
    yield opened
    context.close()


def test_the_printed_page_is_whole_light_and_without_controls(page):
    with pdfplumber.open(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True))) as document:
        words = "\n".join(each.extract_text() for each in document.pages)
        first = document.pages[0]
        dark = [each for each in first.rects if each["non_stroking_color"] == (0.059, 0.075, 0.094)]
        assert len(document.pages) < 20
        assert dark == []
    for expected in ("DigitsResNet", "17.22 MMAC", "Convolution does 98.2 %", "layers.3.downsample.1.weight"):
        assert expected in words, expected
    for control in ("Filter", "Columns", "Copy", "CSV", "System"):
        assert control not in words.split(), control


def test_the_map_goes_on_below_itself_while_it_is_printed_and_then_no_more(page):
    wait_for(page, "document.getElementById('map').dataset.state === 'live'")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    drawn = page.evaluate(SHEETS)
    page.emulate_media(media="print")
    assert page.locator(".map-legend .map-class").first.is_visible(), "what colours mean"
    assert page.locator(".on-paper a").count() == page.locator(".rail a").count() - 1, "the contents, less the summary"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(drawn) >= 1
    assert all(words and paths > 2 for words, paths in drawn)
    assert page.locator(".map-sheet").count() == 0
    assert page.evaluate("document.documentElement.dataset.theme ?? ''") == "", "the reader's theme is as it was"


def test_checks_that_passed_are_listed_on_paper_though_their_list_is_shut(page):
    shut = page.locator("#findings .fold:not([open]) > .findings")
    assert shut.count() >= 2
    assert not any(each.is_visible() for each in shut.all())
    page.emulate_media(media="print")
    assert all(each.is_visible() for each in shut.all())


def test_no_drawing_lies_over_other_things(page):
    page.emulate_media(media="print")
    assert page.evaluate(OVERLAPS) == 0
    heights = page.evaluate("[...document.querySelectorAll('.chart-area')].map((each) => each.clientHeight)")
    assert len(heights) >= 5
    assert page.locator("#chart-weight-ridgeline").is_visible(), "a closed fold is printed too"
    assert min(heights) > 40


def test_nothing_is_wider_than_the_paper_so_that_the_print_is_not_shrunk(page):
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 971})  # A4 less its margins, in CSS pixels
    assert page.evaluate("document.documentElement.scrollWidth") <= 688


def test_long_tables_are_cut_on_paper_and_say_so_in_the_language_of_the_page(chromium, tmp_path):
    path = tmp_path / "long.html"
    with under(RenderOptions(lang="zh")):
        path.write_bytes(write_html(deep_report()))
    opened = chromium.new_page()
    opened.goto(path.as_uri())
    opened.emulate_media(media="print")
    said = opened.evaluate("getComputedStyle(document.querySelector('.page')).getPropertyValue('--cut')")
    assert said.strip("'\" ")
    assert not said.isascii()

"""Sections out of sight are passed over, and still found, printed, and led to: the map comes first."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

import pdfplumber
import pytest

from modelreport.render.html import write_html
from tests.browser.maps import scenes
from tests.browser.pages import HOLD, at_rest, wait_for

pytestmark = pytest.mark.browser
SKIPPED = """[...document.querySelectorAll('#architecture ~ .part')].every(
  (part) => getComputedStyle(part).contentVisibility === 'auto')"""
SETTLED = "[...document.querySelectorAll('.part')].every((part) => part.matches('.settled:not(.awake)'))"


@cache
def data() -> bytes:
    return write_html(scenes.resnet().report())


def opened(chromium: Any, tmp_path: Path, address: str = "", *, script: str = "") -> Any:
    path = tmp_path / "report.html"
    path.write_bytes(data())
    page = chromium.new_page(viewport={"width": 1300, "height": 900})
    page.add_init_script(script)
    page.goto(path.as_uri() + address)
    return page


def test_the_browsers_own_search_reaches_what_is_passed_over(chromium: Any, tmp_path: Path) -> None:
    page = opened(chromium, tmp_path, script=HOLD)
    assert page.evaluate(SKIPPED), "nothing below the map is laid out before the map answers"
    words = "document.querySelector('#appendix-title').textContent"
    assert page.evaluate(f"find({words}, true)")
    assert page.evaluate("getSelection().anchorNode.parentElement.closest('#appendix, .rail') !== null")
    page.evaluate("goOn()")
    wait_for(page, SETTLED)
    heights = page.evaluate("[...document.querySelectorAll('.part')].map((part) => part.offsetHeight)")
    assert 1200 not in heights, "each has a height of its own"
    page.evaluate("getSelection().removeAllRanges()")
    assert page.evaluate(f"find({words}, true)")


def test_the_map_answers_before_the_browser_reads_what_stands_below_it(chromium: Any, tmp_path: Path) -> None:
    watch = """new MutationObserver(() => {
      if (window.read === undefined && document.querySelector('#map[data-state="live"]')) {
        window.read = [...document.querySelectorAll('.part')].map((part) => part.id);
      }
    }).observe(document, {subtree: true, childList: true, attributes: true});"""
    page = opened(chromium, tmp_path, script=watch)
    wait_for(page, "window.read !== undefined")
    assert page.evaluate("window.read") == ["summary", "findings", "architecture"]
    wait_for(page, "document.querySelector('#architecture .map-live').dataset.painter === 'plotly'")


def test_what_a_script_scrolls_to_keeps_its_place(chromium: Any, tmp_path: Path) -> None:
    page = opened(chromium, tmp_path)
    page.evaluate("document.getElementById('provenance').scrollIntoView({behavior: 'instant'})")
    wait_for(page, SETTLED)
    assert abs(at_rest(page, "document.getElementById('provenance').getBoundingClientRect().top")) < 120


def test_an_address_of_a_box_leads_to_the_map(chromium: Any, tmp_path: Path) -> None:
    page = opened(chromium, tmp_path, "#map=layer3")
    wait_for(page, SETTLED)
    assert abs(at_rest(page, "document.getElementById('map').getBoundingClientRect().top")) < 120


def test_without_scripts_a_telephone_shows_the_drawing_at_a_size_that_can_be_read(
    chromium: Any, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(data())
    page = chromium.new_page(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page.goto(path.as_uri())
    assert page.locator(".map-static").bounding_box()["width"] >= 880
    assert page.locator(".map-pane").bounding_box()["width"] < 390


def test_an_address_leads_to_its_section_and_stays_there(chromium: Any, tmp_path: Path) -> None:
    page = opened(chromium, tmp_path, "#provenance")
    assert not page.evaluate("document.documentElement.classList.contains('early')")
    wait_for(page, SETTLED)
    assert abs(at_rest(page, "document.getElementById('provenance').getBoundingClientRect().top")) < 120


def test_a_link_that_is_followed_at_once_leads_to_its_section(chromium: Any, tmp_path: Path) -> None:
    page = opened(chromium, tmp_path)
    page.click(".rail a[href='#compute']")
    wait_for(page, "Math.abs(document.getElementById('compute').getBoundingClientRect().top) < 120")


def test_what_is_passed_over_is_printed(chromium: Any, tmp_path: Path) -> None:
    page = opened(chromium, tmp_path, script=HOLD)
    assert page.evaluate(SKIPPED)
    with pdfplumber.open(io.BytesIO(page.pdf())) as printed:
        text = "\n".join(each.extract_text() for each in printed.pages)
    for title in page.evaluate("[...document.querySelectorAll('.part > h2')].map((title) => title.textContent)"):
        assert title in text

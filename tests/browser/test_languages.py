"""A page in another language says nothing in English once its scripts run: tables, panels, the map, their tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from modelreport.facts import Report
from modelreport.options import RenderOptions
from modelreport.render import render
from tests.browser.pages import TABLES, Opened, opened
from tests.words import english, names

pytestmark = pytest.mark.browser
GOLDEN = Path(__file__).parent.parent / "golden" / "digits_mlp_module.json"
SAID = """() => {
  const silent = (node) => (node.nodeType === 1 ? node : node.parentElement)
    ?.closest('code, bdi, pre, script, style, kbd, samp, [translate="no"]');
  const said = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    if (silent(node)) continue;
    if (node.nodeType === 3) said.add(node.data.trim());
    else for (const name of ['title', 'aria-label', 'aria-description', 'placeholder', 'alt']) {
      said.add(node.getAttribute(name) ?? '');
    }
  }
  return [...said];
}"""
READY = "document.querySelectorAll('.table-scroll.live').length > 2"


@pytest.fixture
def report() -> Report:
    return msgspec.json.decode(GOLDEN.read_bytes(), type=Report)


def english_on(page: Opened, report: Report) -> dict[str, list[str]]:
    """The texts of the page with English words, and these."""
    known = names(report)
    return {text: words for text in page.page.evaluate(SAID) if (words := english(text, known))}


def test_a_living_page_says_nothing_in_english(chromium: Any, report: Report, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_bytes(render(report, ".html", RenderOptions(lang="zh")))
    with opened(chromium, file.as_uri()) as page:
        page.until(f"{READY} && {TABLES}")
        assert page.page.evaluate("document.documentElement.lang") == "zh-CN"
        assert english_on(page, report) == {}
        page.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        page.until(TABLES)
        for table in ("layers", "weights", "operations"):
            page.page.click(f"#table-{table} tbody tr >> nth=1")
            page.until("document.querySelector('.panel:not([hidden]) .facts') !== null")
            assert english_on(page, report) == {}
            page.page.keyboard.press("Escape")
            page.until("document.querySelector('.panel:not([hidden])') === null")
        page.until("document.querySelector('#map[data-state=live] .map-panel h3') !== null")
        page.page.click(".map-pane")
        page.page.keyboard.press("?")
        page.until("document.querySelector('.map-help[open]') !== null")
        assert english_on(page, report) == {}


def test_an_english_page_carries_no_catalogue(report: Report) -> None:
    assert b'id="messages"' not in render(report, ".html", RenderOptions())
    assert b'id="messages"' in render(report, ".html", RenderOptions(lang="zh"))

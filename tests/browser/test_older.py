"""Browsers that lack what the one of the tests has: the report works without it, or stays what its markup is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.maps import resnet_page
from tests.browser.pages import TABLES, wait_for

pytestmark = pytest.mark.browser
LIVE = "document.getElementById('map').dataset.state === 'live'"
PARSED = "document.readyState === 'complete'"


def opened(chromium: Any, tmp_path: Path, script: str, data: bytes = b"", **settings: Any) -> Any:
    path = tmp_path / "report.html"
    path.write_bytes(data or resnet_page())
    page = chromium.new_page(viewport={"width": 1300, "height": 900}, **settings)
    page.add_init_script(script)
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize(
    "lacks",
    ["delete globalThis.requestIdleCallback", "delete Intl.Segmenter", "delete Element.prototype.requestFullscreen"],
    ids=["idle moments, in Safari", "signs as readers count them, in Firefox 124", "full screen, on an iPhone"],
)
def test_the_page_comes_to_life_without(chromium: Any, tmp_path: Path, lacks: str) -> None:
    page = opened(chromium, tmp_path, lacks)
    wait_for(page, LIVE)
    wait_for(page, TABLES)
    page.evaluate("document.querySelector('figure[data-chart]').scrollIntoView()")
    wait_for(page, "document.querySelector('figure[data-chart][data-state=live]') !== null")
    page.click(".map-zoom [title='Full screen (m)']")
    wait_for(page, "document.querySelector('.map.full') !== null")


def test_a_browser_that_cannot_unpack_shows_the_page_as_it_is(chromium: Any, tmp_path: Path) -> None:
    page = opened(chromium, tmp_path, "delete globalThis.DecompressionStream")
    wait_for(page, "document.documentElement.dataset.scripts !== undefined")
    assert page.evaluate("document.querySelector('.map-static').checkVisibility()")
    assert page.evaluate("document.querySelectorAll('#layers tbody tr').length > 10")


def test_a_browser_without_two_colours_for_one_shows_the_light_page(chromium: Any, tmp_path: Path) -> None:
    lacks = """{
      const known = CSS.supports;
      CSS.supports = (...what) => !what.join().includes('light-dark') && known.call(CSS, ...what);
    }"""
    data = resnet_page().replace(b"light-dark(", b"no-such-thing(")
    page = opened(chromium, tmp_path, lacks, data, color_scheme="dark")
    wait_for(page, LIVE)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 35, 45)"
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    fills = page.evaluate(
        "[...new Set([...document.querySelectorAll('.map-box')].map((e) => getComputedStyle(e).fill))]"
    )
    assert "rgb(0, 0, 0)" not in fills
    assert page.query_selector(".choice") is None, "there is nothing to choose from"

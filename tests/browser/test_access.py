"""The page for those who cannot see it well, point at it or tell its colours apart: axe-core, keyboard, large print."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelreport.facts import Report
from modelreport.render.html import write_html
from tests.browser.pages import STILL, wait_for, walk
from tests.factories import hostile_report, make_report
from tests.factories_weights import rich_report

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """(options) => axe.run(document, options).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
  nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`)))"""
FOCUS = """() => {
  const it = document.activeElement;
  const box = it.getBoundingClientRect();
  const seen = it.matches('input[type=radio]') ? it.nextElementSibling : it;
  const style = getComputedStyle(seen);
  return { name: `${it.localName}.${it.className} ${it.textContent.slice(0, 30)}`, skip: it.matches('.skip'),
    inside: it.closest('aside, section')?.id ?? '', kind: it.localName,
    visible: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1.5 && box.width > 0 };
}"""


COLOURED = """() => {
  const probe = document.createElement('i');
  probe.style.color = 'var(--muted)';
  document.body.append(probe);
  const muted = getComputedStyle(probe).color;
  probe.remove();
  const ticks = [...document.querySelectorAll('figure .live .xtick text')].filter((each) => each.checkVisibility());
  return muted === 'rgb(154, 167, 182)' && ticks.every((each) => getComputedStyle(each).fill === muted);
}"""
"""Whether the page and the letters of its charts have the colours of the dark theme."""


def opened(chromium: Any, folder: Path, report: Report, **settings: Any) -> Any:
    """The page of a report from its file, alive."""
    path = folder / "report.html"
    path.write_bytes(write_html(report))
    page = chromium.new_page(**({"viewport": {"width": 1280, "height": 900}} | settings))
    page.goto(path.as_uri())
    wait_for(page, "document.documentElement.classList.contains('js') && Boolean(document.querySelector('.tools'))")
    return page


def waken(page: Any) -> None:
    """Open every fold, and let everything that draws itself when it is seen do so."""
    page.evaluate("document.querySelectorAll('details:not(.menu, .popup)').forEach((fold) => { fold.open = true; })")
    walk(page)
    wait_for(page, STILL)
    page.evaluate("document.querySelector('.open-row')?.click()")
    wait_for(page, "document.querySelector('.panel:not([hidden]) .facts') !== null")
    wait_for(page, STILL)


def violations(page: Any, *, contrast: bool | None = None) -> str:
    """What axe finds, a line for each element: by all rules, by that of contrast alone, or by all but that."""
    page.evaluate("scrollTo(0, 0)")  # else whatever lies under the fixed bar just then counts as hidden by it
    only = {"type": "rule", "values": ["color-contrast"]} if contrast else {"type": "tag", "values": RULES}
    options = {"runOnly": only, "resultTypes": ["violations"]}
    if contrast is False:
        options["rules"] = {"color-contrast": {"enabled": False}}
    return "\n".join(page.evaluate(RUN, options))


@pytest.mark.parametrize("make", [make_report, hostile_report, rich_report])
def test_axe_finds_nothing_on_the_whole_page(chromium: Any, tmp_path: Path, make: Callable[[], Report]) -> None:
    """Light and dark, wide and narrow: contrast is a matter of the theme, all other rules of the width."""
    assert AXE.is_file(), "axe-core is installed by: make node_modules/.done"
    page = opened(chromium, tmp_path, make(), color_scheme="light")
    waken(page)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert violations(page) == ""
    page.emulate_media(color_scheme="dark")
    wait_for(page, f"({COLOURED})() && {STILL}")
    assert violations(page, contrast=True) == ""
    page.set_viewport_size({"width": 390, "height": 844})
    wait_for(page, f"innerWidth === 390 && {STILL}")
    assert violations(page, contrast=False) == ""


def test_the_keyboard_reaches_everything_in_the_order_of_the_page(chromium: Any, tmp_path: Path) -> None:
    page = opened(chromium, tmp_path, make_report())
    found = []
    for _ in range(400):
        page.keyboard.press("Tab")
        found.append(page.evaluate(FOCUS))
        if found[-1]["kind"] == "body":
            break
    assert found[0]["skip"], "the first stop leads past the rail"
    assert found[-1]["kind"] == "body", "nothing keeps the focus to itself"
    stops = found[:-1]
    assert [stop["name"] for stop in stops if not stop["visible"]] == []
    order = list(dict.fromkeys(stop["inside"] for stop in stops if stop["inside"]))
    assert order == page.evaluate("[...document.querySelectorAll('main > section')].map((each) => each.id)")
    kinds = {stop["kind"] for stop in stops}
    assert {"a", "button", "input", "summary"} <= kinds


def test_the_skip_link_leads_into_the_report(chromium: Any, tmp_path: Path) -> None:
    page = opened(chromium, tmp_path, make_report())
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_for(page, "location.hash !== ''")
    page.keyboard.press("Tab")
    assert page.evaluate("Boolean(document.activeElement.closest('main'))")


def test_a_fold_and_a_series_of_a_chart_answer_to_the_keyboard(chromium: Any, tmp_path: Path) -> None:
    page = opened(chromium, tmp_path, make_report())
    chart = page.locator("#chart-flops-by-depth")
    chart.scroll_into_view_if_needed()
    key = chart.locator(".keys button").first
    key.focus()
    page.keyboard.press("Enter")
    assert key.get_attribute("aria-pressed") == "false"
    wait_for(page, "document.querySelector('#chart-flops-by-depth .live')?.data?.[0].visible === false")
    numbers = chart.locator("summary")
    numbers.focus()
    page.keyboard.press("Space")
    assert chart.locator("details").get_attribute("open") is not None


@pytest.mark.parametrize("width", [320, 640, 768, 1920])
def test_nothing_is_cut_off_at_any_width(chromium: Any, tmp_path: Path, width: int) -> None:
    """320 is a page of 1,280 at 400 % (WCAG 2.2, 1.4.10), 640 one at 200 %; only tables and the map may scroll."""
    page = opened(chromium, tmp_path, hostile_report(), viewport={"width": width, "height": 800})
    waken(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    beyond = page.evaluate(
        """[...document.querySelectorAll('main *')].filter((each) => {
          const box = each.getBoundingClientRect();
          return box.width > 0 && box.right > innerWidth + 1 && each.checkVisibility()
            && !each.closest('.table-scroll, .map-pane, pre, .hidden-text, svg, .chart-area, .popup');
        }).map((each) => each.outerHTML.slice(0, 120))"""
    )
    assert beyond == []
    content = page.evaluate("document.querySelector('main').getBoundingClientRect().width")
    assert content <= 1400


def test_nothing_moves_for_those_who_asked_for_that(chromium: Any, tmp_path: Path) -> None:
    page = opened(chromium, tmp_path, make_report(), reduced_motion="reduce")
    moving = """[...document.querySelectorAll('*')].filter((each) => {
      const style = getComputedStyle(each);
      return style.scrollBehavior === 'smooth' || style.animationName !== 'none'
        || parseFloat(style.transitionDuration) > 0;
    }).length"""
    assert page.evaluate(moving) == 0


def test_forced_colours_and_more_contrast_keep_what_tells_things_apart(chromium: Any, tmp_path: Path) -> None:
    page = opened(chromium, tmp_path, make_report(), forced_colors="active", contrast="more")
    waken(page)
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--line').trim()") != "#d5dbe3"
    page.locator(".rail a").first.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert page.evaluate("document.querySelector('.finding .pill').textContent.trim().length") > 1


def test_drawings_keep_their_colours_where_the_system_sets_those_of_the_page(chromium: Any, tmp_path: Path) -> None:
    page = opened(chromium, tmp_path, make_report(), forced_colors="active")
    page.locator("#chart-flops-by-family").scroll_into_view_if_needed()
    wait_for(page, "document.querySelector('#chart-flops-by-family .live .bars path') !== null")
    fills = page.evaluate(
        "[...document.querySelectorAll('#chart-flops-by-family .live .bars path')].map((bar) => bar.style.fill)"
    )
    assert len(set(fills)) > 1
    page.close()

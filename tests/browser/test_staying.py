"""Readers stay where they are, and get what they asked for, while the page goes on coming to life around them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelreport.facts import Report
from modelreport.render.html import write_html
from tests.browser.maps import Shown, resnet_page, shown
from tests.browser.pages import HOLD, STILL, TABLES, at_rest, wait_for
from tests.factories import make_report
from tests.factories_weights import rich_report

pytestmark = pytest.mark.browser
__all__ = ["shown"]

Open = Callable[..., Any]
WHERE = """() => {
  const it = document.activeElement;
  return [it.localName, it.getAttribute('href') ?? '', it.closest('[data-table]')?.id ?? ''];
}"""
WITH = """(css) => [...document.querySelectorAll('[data-table]')]
  .filter((each) => each.querySelector(css) && !each.closest('details:not([open])')).map((each) => each.id)"""


@pytest.fixture
def opened(chromium: Any, tmp_path: Path) -> Open:
    """Opens a report from a file; with `script`, that runs before any of the page's own."""

    def open_report(report: Report | bytes, *, address: str = "", script: str = "", **settings: Any) -> Any:
        path = tmp_path / "report.html"
        path.write_bytes(report if isinstance(report, bytes) else write_html(report))
        page = chromium.new_page(**({"viewport": {"width": 1400, "height": 900}} | settings))
        page.add_init_script(script)
        page.goto(path.as_uri() + address)
        wait_for(page, "document.documentElement.classList.contains('js')")
        return page

    return open_report


# --- tables ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("table", "within"), [("table-layers", ".table-scroll"), ("", "tbody a")])
def test_whoever_is_in_a_table_while_it_comes_alive_stays_there(opened: Open, table: str, within: str) -> None:
    page = opened(make_report(), script=HOLD)
    tables: list[str] = page.evaluate(WITH, within)
    table = table or tables[-1]
    assert table in tables
    live = f"Boolean(document.querySelector('#{table} .live'))"
    page.locator(f"#{table} {within}").first.focus()
    before = page.evaluate(WHERE)
    assert not page.evaluate(live)
    page.evaluate("goOn()")
    wait_for(page, live)
    assert page.evaluate(WHERE) == before


SCROLLED = "document.querySelector('#table-layers .table-scroll').scrollTop"


def test_a_table_that_was_scrolled_stays_so_when_it_comes_alive_and_when_it_is_printed(opened: Open) -> None:
    page = opened(make_report(), script=HOLD, viewport={"width": 1400, "height": 500})
    page.locator("#table-layers").scroll_into_view_if_needed()
    wait_for(page, f"({SCROLLED} = 230) && {SCROLLED} === 230")
    page.evaluate("goOn()")
    wait_for(page, "Boolean(document.querySelector('#table-layers .live'))")
    assert page.evaluate(SCROLLED) == 230
    page.pdf()
    assert page.evaluate(SCROLLED) == 230


def test_of_two_rows_chosen_at_once_the_panel_tells_of_the_second_alone(opened: Open) -> None:
    page = opened(make_report())
    wait_for(page, TABLES)
    names = page.evaluate(
        """() => {
        const rows = () => [...document.querySelectorAll('#table-weights .open-row')];
        return [-2, -1].map((place) => {
          const row = rows().at(place);
          row.click();
          return row.textContent;
        });
        }"""
    )
    wait_for(page, "Boolean(document.querySelector('#weights .panel .map-more'))")
    panel = page.locator("#weights .panel")
    assert panel.locator("h3").all_text_contents() == names[1:]
    headings = panel.locator("h4").all_text_contents()
    assert len(headings) == len(set(headings))
    assert panel.locator(".map-more").count() == 1


def test_a_row_asked_for_later_is_not_left_for_one_that_took_longer(opened: Open) -> None:
    """The table of the first is in a fold: it has to come alive first."""
    page = opened(rich_report())
    wait_for(page, TABLES)
    folded = page.evaluate("document.querySelector('details:not([open]) [data-table] tbody tr[id]').id")
    fold = f"document.getElementById({folded!r}).closest('details')"
    page.evaluate(
        """(folded) => {
        for (const id of [folded, 'layer-1']) {
          history.replaceState(null, '', `#${id}`);
          dispatchEvent(new HashChangeEvent('hashchange'));
        }
        }""",
        folded,
    )
    wait_for(page, f"{fold}.querySelector('.table-scroll.live') !== null")
    assert page.evaluate("[...document.querySelectorAll('tr.marked')].map((row) => row.id)") == ["layer-1"]


LIVE = "document.querySelector('#table-layers tr.marked') !== null"


def test_whoever_went_on_from_where_the_address_led_is_not_brought_back(opened: Open) -> None:
    page = opened(make_report(), address="#layer-9", script=HOLD)
    wait_for(page, "scrollY > 500")
    page.keyboard.press("Home")
    wait_for(page, "scrollY === 0")
    page.evaluate("goOn()")
    wait_for(page, LIVE)
    assert at_rest(page) == 0


@pytest.mark.parametrize("address", ["#layer-9", "#layer=layers.2.downsample.0"])
def test_a_page_that_is_loaded_again_stays_where_it_was_read(opened: Open, address: str) -> None:
    page = opened(make_report(), address=address)
    wait_for(page, LIVE)
    wait_for(page, STILL)  # until then the page may lead to its address once more
    page.evaluate("scrollTo({top: 100, behavior: 'instant'})")
    assert at_rest(page) == 100
    page.reload()
    wait_for(page, LIVE)
    wait_for(page, STILL)
    assert at_rest(page) == 100


def test_a_link_followed_while_the_page_comes_to_life_leads_to_its_place_in_the_end(opened: Open) -> None:
    page = opened(make_report(), script=HOLD, reduced_motion="reduce")
    top = "document.getElementById('provenance').getBoundingClientRect().top"
    page.click(".rail a[href='#provenance']")
    wait_for(page, f"Math.abs({top}) < 120")
    page.evaluate("scrollBy({top: -500, behavior: 'instant'})")  # as if something had grown above it
    assert page.evaluate(top) > 400
    page.evaluate("goOn()")
    wait_for(page, STILL)
    assert abs(at_rest(page, top)) < 120


def test_the_focus_stays_on_a_button_that_copies_where_the_page_may_not_ask_for_the_clipboard(opened: Open) -> None:
    page = opened(make_report(), script="navigator.clipboard.writeText = () => Promise.reject(new Error('no'));")
    wait_for(page, TABLES)
    page.locator("#table-weights .open-row").first.click()
    copy = page.locator("#weights .panel .copy").first
    copy.focus()
    page.evaluate(
        """() => {
        const button = document.activeElement;
        window.signs = [];
        new MutationObserver(() => signs.push(button.textContent)).observe(button, {childList: true});
        }"""
    )
    page.keyboard.press("Enter")
    wait_for(page, "signs.length > 0")
    assert page.evaluate("document.activeElement.matches('#weights .panel .copy')")


# --- charts, hints ---------------------------------------------------------------------------------------------------

TICK = "getComputedStyle(document.querySelector('#{0} .live .xtick text')).fill"


def test_a_chart_drawn_while_the_theme_changes_is_in_the_colours_of_the_new_one(opened: Open) -> None:
    page = opened(make_report(), color_scheme="light")
    show = """(id) => {
    const chart = document.getElementById(id);
    chart.closest('details')?.setAttribute('open', '');
    chart.scrollIntoView({behavior: 'instant'});
    }"""
    first, late = "chart-flops-by-family", "chart-weight-scale"
    state = "document.getElementById({0!r}).dataset.state"
    page.evaluate(show, first)
    wait_for(page, f"{state.format(first)} === 'live'")
    before = page.evaluate(TICK.format(first))
    assert page.evaluate(state.format(late)) is None
    page.evaluate(
        """() => {
        const { react } = Plotly;
        Plotly.react = (...given) => {
          Plotly.react = react;
          document.querySelector('input[name=theme][value=dark]').click();
          return react(...given);
        };
        }"""
    )
    page.evaluate(show, late)
    wait_for(page, f"{state.format(late)} === 'live' && {TICK.format(first)} !== {before!r}")
    wait_for(page, f"{TICK.format(late)} === {TICK.format(first)}", 10)


def test_a_hint_goes_with_what_it_is_of_when_the_page_moves(opened: Open) -> None:
    page = opened(make_report())
    wait_for(page, TABLES)
    page.locator(".key-figures a").first.focus()
    page.keyboard.press("Tab")
    page.locator(".hint").wait_for()
    gap = """() => document.querySelector('.hint').getBoundingClientRect().top
      - document.activeElement.getBoundingClientRect().bottom"""
    before = page.evaluate(gap)
    page.evaluate("scrollBy({top: 40, behavior: 'instant'})")
    wait_for(page, "scrollY === 40")
    wait_for(page, f"Math.abs(({gap})() - {before}) < 1")
    page.evaluate("scrollTo({top: 5000, behavior: 'instant'})")
    wait_for(page, "document.querySelector('.hint') === null")


# --- the map ---------------------------------------------------------------------------------------------------------

NARROW = {"width": 390, "height": 500}


def test_a_slash_before_the_map_is_there_leads_into_its_search(opened: Open) -> None:
    page = opened(make_report(), viewport=NARROW)
    wait_for(page, "document.getElementById('map').dataset.state !== 'live'")
    page.keyboard.press("/")
    wait_for(page, "document.activeElement.matches('.map-search input')")


def test_the_last_box_asked_for_before_the_map_is_there_is_shown(opened: Open) -> None:
    report = make_report()
    page = opened(report, viewport=NARROW)
    wait_for(page, "document.getElementById('map').dataset.state !== 'live'")
    places = {module.path: k for k, module in enumerate(report.structure.modules)}
    page.evaluate(
        """(modules) => {
        for (const module of modules) document.dispatchEvent(new CustomEvent('showonmap', {detail: {module}}));
        }""",
        [places["fc"], places["conv1"]],
    )
    wait_for(page, "document.querySelector('.map-panel h3')?.textContent.startsWith('conv1')")


def test_the_focus_stays_in_the_panel_and_on_the_way_when_their_links_are_followed(shown: Shown) -> None:
    made = shown(resnet_page())
    made.search("layer1.0.conv1")
    made.page.locator(".map-panel .map-cards button", has_text="maxpool").focus()
    made.page.keyboard.press("Enter")
    made.until("document.querySelector('.map-panel h3').textContent === 'maxpool MaxPool2d'")
    assert made.page.evaluate("document.activeElement.textContent") == "maxpool MaxPool2d"
    made.page.locator(".map-crumbs button").first.focus()
    made.page.keyboard.press("Enter")
    made.until("document.querySelector('.map-panel h3').textContent === 'resnet50 ResNet'")
    assert made.page.evaluate("document.activeElement.closest('.map-crumbs') !== null")


def test_the_focus_stays_in_the_tree_when_a_box_is_chosen_there(shown: Shown) -> None:
    made = shown(resnet_page())
    made.page.click(".map-list summary")
    made.page.focus(".map-tree [tabindex='0']")
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        made.page.keyboard.press(key)
    made.until("document.querySelector('.map-panel h3').textContent === 'conv1 Conv2d'")
    assert made.page.evaluate("document.activeElement.textContent").startswith("conv1 Conv2d")
    made.page.keyboard.press("ArrowDown")
    assert made.page.evaluate("document.activeElement.textContent").startswith("bn1 BatchNorm2d")


def test_full_screen_that_is_left_before_the_browser_gave_it_is_left(shown: Shown) -> None:
    made = shown(resnet_page())
    made.page.evaluate(
        """() => {
        const place = document.getElementById('map');
        place.matches = (css) => (css === ':fullscreen' ? window.filled : Element.prototype.matches.call(place, css));
        place.requestFullscreen = () => new Promise((resolve) => {
          window.give = () => { window.filled = true; resolve(); };
        });
        document.exitFullscreen = async () => { window.filled = false; };
        }"""
    )  # the browser's own may refuse it
    made.page.focus(".map-pane")
    made.page.keyboard.press("m")
    assert made.page.evaluate("document.getElementById('map').classList.contains('full')")
    made.page.keyboard.press("m")
    made.page.evaluate("give()")
    made.until("window.filled === false")
    assert not made.page.evaluate("document.getElementById('map').classList.contains('full')")

"""The page in a real browser, from a file: quiet, whole without scripts, and alive with them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from modelreport.facts import Report, Weights
from modelreport.render.html import write_html
from tests.browser.pages import TABLES, wait_for, walk
from tests.factories import hostile_report, make_report, skipped_report
from tests.factories_weights import rich_report

pytestmark = pytest.mark.browser


@dataclass
class Opened:
    """A page and everything it said or asked for."""

    page: Any
    said: list[str] = field(default_factory=list)


Open = Callable[..., Opened]


@pytest.fixture
def opened(chromium: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens a report from a file and checks at the end that the page was quiet."""
    contexts: list[Any] = []
    pages: list[Opened] = []

    def open_report(report: Report, hash_: str = "", *, wait: bool = True, **settings: Any) -> Opened:
        path = tmp_path / f"report{len(pages)}.html"
        path.write_bytes(write_html(report))
        options = {"viewport": {"width": 1400, "height": 900}, "accept_downloads": True} | settings
        context = chromium.new_context(**options)
        contexts.append(context)
        made = Opened(context.new_page())
        pages.append(made)
        made.page.on("console", lambda message: made.said.append(f"console: {message.text}"))
        made.page.on("pageerror", lambda error: made.said.append(f"error: {error}"))
        made.page.on("dialog", lambda dialog: (made.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        made.page.on("request", lambda request: made.said.append(f"request: {request.url[:200]}"))
        made.page.goto(path.as_uri() + hash_)
        if wait:
            until(made, TABLES)
        return made

    yield open_report
    for made in pages:
        asked = [s for s in made.said if not re.match(r"request: (file:///|data:|blob:)", s)]
        assert asked == []
    for context in contexts:
        context.close()


def until(made: Opened, condition: str) -> None:
    """Wait for a condition."""
    wait_for(made.page, f"Boolean({condition})")


def rows(made: Opened, table: str) -> list[str]:
    """Texts of the first cells of the rows on the page."""
    script = f"[...document.querySelectorAll('#table-{table} tbody tr:not(.filler) th bdi')].map((e) => e.textContent)"
    found: list[str] = made.page.evaluate(script)
    return found


def table_of(made: Opened, table: str) -> Any:
    return made.page.locator(f"#table-{table}")


def open_folds(made: Opened) -> None:
    """Open every part of the weights section."""
    made.page.evaluate("document.querySelectorAll('details.told').forEach((fold) => { fold.open = true; })")


def many(number: int) -> Report:
    """The small report with that many measured tensors."""
    report = make_report()
    assert isinstance(report.weights, Weights)
    change = msgspec.structs.replace
    names = [f"blocks.{i}.weight" for i in range(number)]
    tensors = tuple(change(report.structure.tensors[0], name=n, module="") for n in names)
    measured = tuple(
        change(report.weights.tensors[0], name=n, norm=float((i * 7919) % number)) for i, n in enumerate(names)
    )
    return change(
        report,
        structure=change(report.structure, tensors=tensors),
        weights=change(report.weights, tensors=measured),
    )


@pytest.mark.parametrize("make", [make_report, skipped_report, hostile_report])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_quiet_and_every_chart_comes_alive(opened: Open, make: Callable[[], Report], scheme: str) -> None:
    made = opened(make(), color_scheme=scheme)
    open_folds(made)
    walk(made.page)
    until(made, "[...document.querySelectorAll('figure[data-chart]')].every((f) => f.dataset.state === 'live')")
    assert made.page.evaluate("document.documentElement.dataset.scripts ?? ''") == ""
    assert not [s for s in made.said if not s.startswith("request: file:///")]


def test_the_first_chart_comes_alive_without_scrolling(opened: Open) -> None:
    made = opened(make_report(), "#compute", wait=False)
    until(made, "document.querySelector('#compute figure[data-state=live]')")


def test_without_scripts_everything_is_there(opened: Open) -> None:
    made = opened(make_report(), java_script_enabled=False, wait=False)
    page = made.page
    for words in ("Runs, but 1 error needs a look.", "17.22 MMAC", "conv1.weight", "Matrix FLOPs", "Cost of use"):
        assert page.get_by_text(words).first.is_visible(), words
    report = make_report()
    assert page.locator("#table-layers tbody tr").count() == len(report.structure.modules)
    assert page.locator("#table-weights tbody tr").count() == len(report.structure.tensors)
    for fold in page.locator("details.told:not([open]) > summary").all():
        fold.click()
    drawings = page.locator("figure.chart .static > svg")
    assert drawings.count() >= 5
    assert all(drawings.nth(i).bounding_box()["height"] > 40 for i in range(drawings.count()))
    page.locator("#findings summary", has_text="2 checks passed").click()
    assert page.get_by_text("finite.").first.is_visible()
    page.locator("#findings summary", has_text="2 checks do not apply").click()
    assert page.get_by_text("The file holds no optimizer state.").first.is_visible()


def test_a_chosen_tensor_shows_its_histogram_and_numbers(opened: Open) -> None:
    made = opened(make_report())
    made.page.get_by_role("button", name="layers.2.conv1.weight").click()
    panel = made.page.locator("#weights .panel")
    until(made, "document.querySelector('#weights .panel .bars path')")
    assert panel.get_by_text("Quantiles").is_visible()
    assert "Zero channels" in (panel.text_content() or "")
    panel.get_by_label("logarithmic counts").check()
    panel.get_by_role("button", name="Close").click()
    assert not panel.is_visible()
    assert made.page.evaluate("document.activeElement.querySelector('bdi').textContent") == "layers.2.conv1.weight"
    row = made.page.locator("#weights tr", has=made.page.get_by_role("button", name="layers.2.conv1.weight"))
    row.locator("td").nth(3).click()
    assert panel.is_visible()


def test_a_chosen_tensor_tells_what_every_part_knows_of_it(opened: Open) -> None:
    made = opened(rich_report(), "#weights")
    made.page.get_by_role("button", name="encoder.layer.0.mlp.up.weight").click()
    panel = made.page.locator("#weights .panel")
    until(made, "document.querySelector('#weights .panel .curve path')")
    text = panel.text_content() or ""
    for words in (
        "Unlike its peers", "SQNR int8, one scale per channel", "Update ratio", "Outlier channels", "Against its peers",
        "Quantiles", "Effective rank",
    ):  # fmt: skip
        assert words in text, words
    panel.get_by_role("link", name="Row in the layer table").click()
    until(made, "document.querySelector('#table-layers tr.marked')")
    marked = made.page.locator("#table-layers tr.marked bdi")
    assert marked.first.text_content() == "up"


def test_a_chosen_layer_shows_its_weights_and_leads_to_them_and_to_the_map(opened: Open) -> None:
    made = opened(rich_report())
    layers = table_of(made, "layers")
    layers.get_by_label("Flat list").check()
    layers.get_by_role("button", name="encoder.layer.2.mlp.up").click()
    panel = made.page.locator("#layers .panel")
    until(made, "document.querySelector('#layers .panel .tensor svg')")
    assert panel.get_by_role("link", name="weight").count() == 1
    assert "std 0." in (panel.text_content() or "")
    panel.get_by_role("button", name="Show on the map").click()
    until(made, "document.querySelector('.map-panel h3')?.textContent.startsWith('up')")
    until(made, "document.querySelector('.map-panel .tensor svg')")
    made.page.locator(".map-panel .tensor a").first.click()
    until(made, "document.querySelector('#weight-13.marked')")


def test_a_block_shows_the_weights_of_all_that_is_in_it(opened: Open) -> None:
    made = opened(rich_report())
    layers = table_of(made, "layers")
    layers.get_by_label("Fold the rows").select_option(label="nothing: unfold all")
    layers.get_by_role("button", name="encoder", exact=True).click()
    until(made, "document.querySelectorAll('#layers .panel .tensor').length === 24")
    assert "and 56 more" in (made.page.locator("#layers .panel").text_content() or "")


def test_a_name_in_a_part_leads_to_the_tensor_and_its_panel(opened: Open) -> None:
    made = opened(rich_report())
    made.page.locator("#weights-pruning > summary").click()
    until(made, "document.querySelector('#table-weights-pruning .count')")
    made.page.locator("#table-weights-pruning tbody a").nth(2).click()
    until(made, "document.querySelector('#weight-2.marked')")
    until(
        made, "document.querySelector('#weights > .with-panel.open .panel h3')?.textContent.endsWith('output.weight')"
    )


def test_a_link_into_a_closed_fold_opens_it(opened: Open) -> None:
    made = opened(rich_report())
    made.page.evaluate("location.hash = '#chart-weight-heatmap'")
    until(made, "document.querySelector('#weights-distributions').open")


def test_the_answers_at_the_top_lead_to_the_cards(opened: Open) -> None:
    made = opened(rich_report())
    made.page.locator("#summary").get_by_role("link", name="1 tensor to look at").click()
    until(made, "Math.abs(document.getElementById('weights-is-odd').getBoundingClientRect().top) < 300")


def test_the_theme_follows_the_choice_and_the_charts_follow_the_theme(opened: Open) -> None:
    made = opened(make_report(), "#compute", color_scheme="light")
    until(made, "document.querySelector('#compute figure[data-state=live]')")
    background = "getComputedStyle(document.body).backgroundColor"
    tick = "getComputedStyle(document.querySelector('#compute figure .xtick text')).fill"
    assert made.page.evaluate(background) == "rgb(255, 255, 255)"
    before = made.page.evaluate(tick)
    made.page.get_by_text("Dark", exact=True).click()
    assert made.page.evaluate(background) == "rgb(15, 19, 24)"
    until(made, f"{tick} !== {json.dumps(before)}")
    made.page.reload()
    assert made.page.evaluate(background) == "rgb(255, 255, 255)" or made.page.evaluate(
        "document.documentElement.dataset.theme"
    ) == "dark"  # fmt: skip


@pytest.mark.parametrize(("scheme", "colour"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(15, 19, 24)")])
def test_the_system_decides_while_nothing_is_chosen(opened: Open, scheme: str, colour: str) -> None:
    made = opened(make_report(), color_scheme=scheme)
    assert made.page.evaluate("getComputedStyle(document.body).backgroundColor") == colour


@pytest.mark.parametrize("make", [make_report, skipped_report, hostile_report])
def test_a_narrow_screen_never_scrolls_sideways(opened: Open, make: Callable[[], Report]) -> None:
    made = opened(make(), viewport={"width": 390, "height": 844})
    walk(made.page)
    assert made.page.evaluate("document.documentElement.scrollWidth") <= 390
    menu = made.page.locator(".menu")
    assert menu.get_attribute("open") is None
    menu.locator("summary").click()
    menu.get_by_role("link", name="Weights").click()
    until(made, "document.querySelector('.menu').open === false")
    until(made, "Math.abs(document.getElementById('weights').getBoundingClientRect().top) < 200")


def test_the_rail_marks_the_section_being_read(opened: Open) -> None:
    made = opened(make_report())
    current = "document.querySelector('.rail [aria-current]').getAttribute('href')"
    assert made.page.evaluate(current) == "#summary"
    made.page.locator(".rail").get_by_role("link", name="Compute").click()
    until(made, f"{current} === '#compute'")


def test_fifty_thousand_rows_scroll_sort_and_filter(opened: Open) -> None:
    made = opened(many(50_000))
    made.page.evaluate("document.querySelector('#table-weights').scrollIntoView({behavior: 'instant'})")
    until(made, "document.querySelector('#table-weights .live')")
    assert made.page.locator("#table-weights tbody tr").count() < 200
    scroller = "document.querySelector('#table-weights .table-scroll')"
    made.page.evaluate(f"{scroller}.scrollTop = 27 * 30000")
    until(made, "document.getElementById('weight-30000')")
    table_of(made, "weights").get_by_role("button", name="Norm").click()
    until(
        made,
        "document.querySelector('#table-weights tbody tr[data-row] td:nth-last-child(2)').textContent === '49,999'",
    )
    table_of(made, "weights").get_by_role("searchbox").fill("blocks.49999.")
    until(made, "document.querySelector('#table-weights .count').textContent === '1 of 50,000 tensors'")
    made.page.evaluate("location.hash = '#weight-41234'")
    until(made, "document.querySelector('#weight-41234.marked')")


def test_hostile_names_are_read_and_do_nothing(opened: Open) -> None:
    made = opened(hostile_report())
    walk(made.page)
    table_of(made, "layers").get_by_label("Fold the rows").select_option(label="nothing: unfold all")
    text = made.page.evaluate("document.body.innerText")
    assert "</script><script>alert(1)</script>" in text
    assert "\\u202e" in text
    assert "(1,000,000 characters)" in text
    assert made.page.evaluate("document.querySelectorAll('img, iframe, object, embed').length") == 0
    assert made.page.evaluate("({}).polluted === undefined && typeof alert === 'function'")
    made.page.locator("#table-weights .open-row").first.click()
    until(made, "!document.querySelector('#weights .panel').hidden")
    assert not [s for s in made.said if s.startswith(("dialog", "error", "console"))]


def test_print_shows_the_whole_static_tables(opened: Open) -> None:
    made = opened(make_report())
    table_of(made, "weights").get_by_role("searchbox").fill("fc")
    until(made, "document.querySelectorAll('#table-weights tbody tr').length < 5")
    made.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert made.page.locator("#table-weights tbody tr").count() == len(make_report().structure.tensors)
    made.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert made.page.locator("#table-weights tbody tr").count() < 5

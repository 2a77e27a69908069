"""Tables in a real browser: order, filter, folds, keys, columns, copies, links; and fifty thousand rows of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from modelreport.facts import Item, ModuleFact, Report, Skipped, Weights
from modelreport.render.html import write_html
from tests.browser.pages import TABLES, at_rest, wait_for
from tests.factories import make_report
from tests.factories_weights import rich_report

pytestmark = pytest.mark.browser

SIZE = 50_011


class Opened:
    """A page with live tables."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def until(self, condition: str) -> None:
        """Wait for a condition."""
        wait_for(self.page, f"Boolean({condition})")

    def rows(self, table: str) -> list[str]:
        """Texts of the first cells of the rows on the page."""
        script = f"[...document.querySelectorAll('#table-{table} tbody tr[data-row] th bdi')].map((e) => e.textContent)"
        found: list[str] = self.page.evaluate(script)
        return found

    def table(self, name: str) -> Any:
        return self.page.locator(f"#table-{name}")

    def count(self, table: str) -> str:
        return str(self.page.locator(f"#table-{table} .count").text_content())

    def filter(self, table: str, query: str, count: str) -> None:
        """Type a filter and wait for what it says."""
        self.table(table).get_by_role("searchbox").fill(query)
        self.until(f"document.querySelector('#table-{table} .count').textContent.startsWith({count!r})")

    def fold(self, table: str, choice: str) -> None:
        self.table(table).get_by_label("Fold the rows").select_option(label=choice)

    def focused(self) -> str:
        """Id of the row that has the focus."""
        return str(self.page.evaluate("document.activeElement.id"))


Open = Callable[..., Opened]


@pytest.fixture
def opened(chromium: Any, tmp_path: Path) -> Open:
    """Opens a report from a file; its page must stay quiet."""

    def open_report(report: Report | bytes, hash_: str = "", **settings: Any) -> Opened:
        path = tmp_path / "report.html"
        path.write_bytes(report if isinstance(report, bytes) else write_html(report))
        page = chromium.new_page(**({"viewport": {"width": 1400, "height": 900}, "accept_downloads": True} | settings))
        page.goto(path.as_uri() + hash_)
        made = Opened(page)
        if not isinstance(report, bytes):
            made.until(TABLES)
        return made

    return open_report


# --- order -----------------------------------------------------------------------------------------------------------


def test_a_click_on_a_heading_sorts_by_value_and_back(opened: Open) -> None:
    made = opened(make_report())
    before = made.rows("weights")
    heading = made.table("weights").get_by_role("button", name="Std")
    heading.click()
    weights = make_report().weights
    assert isinstance(weights, Weights)
    by_std = [t.name for t in sorted(weights.tensors, key=lambda t: -(t.std or 0))]
    assert made.rows("weights")[:10] == by_std[:10]
    assert made.page.locator("#table-weights th[aria-sort=descending]").count() == 1
    heading.click()
    assert made.page.locator("#table-weights th[aria-sort=ascending]").count() == 1
    heading.click()
    assert made.rows("weights") == before


def test_shift_with_a_heading_orders_what_is_equal(opened: Open) -> None:
    made = opened(make_report())
    made.table("layers").get_by_label("Flat list").check()
    made.table("layers").get_by_role("button", name="Type").click()
    made.table("layers").get_by_role("button", name="Parameters").click(modifiers=["Shift"])
    types = made.page.locator("#table-layers tbody tr[data-row] td:nth-child(2)").all_text_contents()
    assert types == sorted(types, key=str.lower)
    numbers = made.page.locator("#table-layers tbody tr[data-row] td.n:nth-child(4)").all_text_contents()
    convolutions = [int(n.replace(",", "")) for t, n in zip(types, numbers, strict=True) if t == "Conv2d"]
    assert len(convolutions) > 2
    assert convolutions == sorted(convolutions, reverse=True)


def test_sorting_by_keyboard_keeps_the_focus(opened: Open) -> None:
    made = opened(make_report())
    made.table("operations").get_by_role("button", name="#").focus()
    made.page.keyboard.press("Enter")
    assert made.page.evaluate("document.activeElement.firstChild.textContent") == "#"
    made.page.keyboard.press("Enter")
    assert made.page.locator("#table-operations tbody tr").first.get_attribute("id") == "operation-0"


def test_a_flat_list_finds_the_heaviest_layer(opened: Open) -> None:
    made = opened(make_report())
    made.table("layers").get_by_label("Flat list").check()
    made.table("layers").get_by_role("button", name="Parameters").click()
    assert made.rows("layers")[0] == "layers.3.conv2"


# --- filter ----------------------------------------------------------------------------------------------------------


def test_a_filter_shows_what_fits_and_the_way_to_it(opened: Open) -> None:
    made = opened(make_report())
    made.filter("layers", "downsample conv2d", "2 of 37 modules")
    assert made.rows("layers") == ["DigitsResNet", "layers", "2", "downsample", "0", "3", "downsample", "0"]
    made.filter("layers", "nothing has this name", "0 of 37 modules")
    assert made.table("layers").locator("tbody").text_content() == "Nothing fits the filter."


def test_a_filter_compares_numbers_and_says_what_its_rows_come_to(opened: Open) -> None:
    made = opened(make_report())
    report = make_report()
    heavy = [m for m in report.structure.modules if m.type == "Conv2d" and m.parameters > 9000]
    made.filter("layers", "type=Conv2d parameters > 9k", f"{len(heavy)} of 37 modules; sum of these rows: Parameters ")
    total = sum(m.parameters for m in heavy)
    assert f"Parameters {total / 1000:.2f} k" in made.count("layers") or f"{total:,}" in made.count("layers")


def test_what_a_filter_cannot_understand_is_said(opened: Open) -> None:
    made = opened(make_report())
    made.table("layers").get_by_role("searchbox").fill("parms > 1k")
    made.until("document.querySelector('#table-layers .count').textContent.includes('parms')")
    assert made.table("layers").get_by_role("searchbox").get_attribute("aria-invalid") == "true"
    assert len(made.rows("layers")) > 3


def test_the_help_of_the_filter_fills_it_in(opened: Open) -> None:
    made = opened(make_report())
    made.table("layers").get_by_label("What can be typed into the filter").click()
    made.table("layers").get_by_role("button", name="is:leaf").click()
    made.until("document.querySelector('#table-layers .count').textContent.includes(' of 37 modules')")
    assert made.table("layers").get_by_role("searchbox").input_value() == "is:leaf"


def test_what_was_found_can_be_folded_away_and_opened(opened: Open) -> None:
    made = opened(make_report())
    made.filter("layers", "downsample type=Sequential", "2 of 37 modules")
    assert made.rows("layers")[-1] == "downsample"
    made.page.locator("#table-layers tbody tr[data-row]").last.get_by_role("button", name="What is in").click()
    assert made.rows("layers")[-2:] == ["0", "1"]


# --- folds and keys --------------------------------------------------------------------------------------------------


def test_rows_fold_and_unfold(opened: Open) -> None:
    made = opened(make_report())
    made.fold("layers", "to depth 1")
    folded = made.rows("layers")
    assert {"layers", "fc"} <= set(folded)
    assert "0" not in folded
    made.table("layers").get_by_role("button", name="What is in layers").click()
    assert {"0", "1", "2", "3"} <= set(made.rows("layers"))
    assert made.page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    made.fold("layers", "nothing: unfold all")
    assert len(made.rows("layers")) == 37
    made.fold("layers", "everything")
    assert made.rows("layers") == ["DigitsResNet"]


def test_keys_walk_fold_and_open_the_details(opened: Open) -> None:
    made = opened(make_report())
    press = made.page.keyboard.press
    made.table("layers").get_by_role("searchbox").focus()
    press("ArrowDown")
    assert made.focused() == "layer-0"
    press("ArrowDown")
    assert made.focused() == "layer-1"
    press("Home")
    press("ArrowLeft")
    assert made.rows("layers") == ["DigitsResNet"]
    press("ArrowRight")
    press("ArrowRight")
    assert made.focused() == "layer-1"
    press("ArrowLeft")
    assert made.focused() == "layer-0"
    press("End")
    last = made.focused()
    assert last == made.page.locator("#table-layers tbody tr[data-row]").last.get_attribute("id")
    press("PageUp")
    assert made.focused() != last
    press("End")
    press("Enter")
    made.until("!document.querySelector('#layers .panel').hidden")
    assert made.page.locator(f"#{last}").get_attribute("aria-selected") == "true"
    press("Escape")
    made.until("document.querySelector('#layers .panel').hidden")
    assert made.focused() == last


def test_one_row_is_on_the_way_of_tab_and_says_where_it_is(opened: Open) -> None:
    made = opened(make_report())
    grid = made.page.locator("#table-layers table")
    assert grid.get_attribute("role") == "treegrid"
    assert made.page.locator("#table-layers tbody tr[tabindex='0']").count() == 1
    row = made.page.locator("#layer-0")
    assert [row.get_attribute(f"aria-{name}") for name in ("level", "expanded", "rowindex")] == ["1", "true", "2"]
    assert int(grid.get_attribute("aria-rowcount") or 0) == len(made.rows("layers")) + 1


# --- columns, copies -------------------------------------------------------------------------------------------------


def test_columns_are_chosen_by_the_reader(opened: Open) -> None:
    made = opened(make_report())
    layers = made.table("layers")
    layers.get_by_text("Columns", exact=True).click()
    layers.get_by_label("Settings").check()
    layers.get_by_label("Share", exact=True).uncheck()
    made.page.keyboard.press("Escape")
    heads = " ".join(layers.locator("thead th").all_text_contents())
    assert "Settings" in heads
    assert "Share" not in heads
    assert "kernel_size=(3, 3)" in (layers.locator("#layer-1").text_content() or "")
    layers.get_by_text("Columns", exact=True).click()
    layers.get_by_role("button", name="As at first").click()
    assert "Settings" not in " ".join(layers.locator("thead th").all_text_contents())


def test_hidden_columns_stand_under_headings_in_the_choice(opened: Open) -> None:
    made = opened(rich_report())
    weights = made.table("weights")
    weights.get_by_text("Columns", exact=True).click()
    headings = weights.locator(".popup strong").all_text_contents()
    assert headings == ["Values", "Channels", "Narrower formats", "Pruning", "Spectrum", "Peers", "Optimizer"]
    weights.get_by_label("Kurtosis").check()
    made.page.keyboard.press("Escape")
    assert "Kurtosis" in " ".join(weights.locator("thead th").all_text_contents())


def saved(made: Opened, table: str, button: str) -> str:
    """A table's CSV file."""
    made.table(table).get_by_text("Copy", exact=True).click()
    with made.page.expect_download() as waiting:
        made.table(table).get_by_role("button", name=button).click()
    assert waiting.value.suggested_filename == f"{table}.csv"
    return Path(waiting.value.path()).read_text(encoding="utf-8-sig")


def test_all_of_a_table_is_saved_as_csv_with_exact_values(opened: Open) -> None:
    made = opened(make_report())
    lines = list(csv.DictReader(io.StringIO(saved(made, "layers", "Save all columns as CSV"))))
    report = make_report()
    assert [line["Name"] for line in lines][1:] == [m.path for m in report.structure.modules][1:]
    assert [int(line["Parameters"]) for line in lines] == [m.parameters for m in report.structure.modules]
    assert [int(line["Bytes"]) for line in lines] == [m.size_bytes for m in report.structure.modules]
    assert lines[0]["MACs"] == "17220224"


def test_what_is_seen_is_saved_as_csv(opened: Open) -> None:
    made = opened(make_report())
    made.filter("layers", "type=Linear", "1 of 37 modules")
    text = saved(made, "layers", "Save as CSV")
    assert text.splitlines()[0] == "Name,Type,Output,Parameters,Share,MACs,Bytes"
    assert [line.split(",")[:2] for line in text.splitlines()[1:]] == [["fc", "Linear"]]


def test_formulas_in_names_stay_text_in_a_csv_file(opened: Open) -> None:
    report = make_report()
    first = msgspec.structs.replace(report.structure.tensors[0], name='=HYPERLINK("http://example.org")')
    structure = msgspec.structs.replace(report.structure, tensors=(first, *report.structure.tensors[1:]))
    made = opened(msgspec.structs.replace(report, structure=structure))
    assert saved(made, "tensors", "Save as CSV").splitlines()[1].startswith("\"'=HYPERLINK")


def test_a_table_is_copied_as_markdown(opened: Open) -> None:
    made = opened(make_report())
    made.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    made.filter("layers", "type=Linear", "1 of 37 modules")
    made.table("layers").get_by_text("Copy", exact=True).click()
    made.page.evaluate(
        """() => {
        const titles = [...document.querySelectorAll('#table-layers summary')];
        const title = titles.find((each) => each.textContent === 'Copy');
        window.said = [];
        new MutationObserver(() => said.push(title.textContent)).observe(title, {childList: true});
        }"""
    )
    made.table("layers").get_by_role("button", name="Copy as Markdown").click()
    made.until("said.includes('Copied')")
    lines = str(made.page.evaluate("navigator.clipboard.readText()")).splitlines()
    assert lines[0].startswith("| Name | Type | Output |")
    assert lines[2].startswith("| `fc` | Linear | `1×10` |")
    assert len(lines) == 3


# --- links -----------------------------------------------------------------------------------------------------------


def test_an_address_names_a_layer_and_the_address_bar_follows(opened: Open) -> None:
    made = opened(make_report(), "#layer=layers.2.downsample.0")
    made.until("document.querySelector('#table-layers tr.marked')")
    assert made.page.locator("#layers .panel h3 bdi").first.text_content() == "layers.2.downsample.0"
    made.table("layers").get_by_role("button", name="fc").click()
    assert made.page.evaluate("location.hash") == "#layer=fc"
    made.page.evaluate("location.hash = '#tensor=conv1.weight'")
    made.until("document.querySelector('#table-weights tr.marked')")


def test_a_link_to_evidence_opens_its_row(opened: Open) -> None:
    made = opened(make_report())
    made.fold("layers", "everything")
    made.page.evaluate("location.hash = '#layer-9'")
    made.until("document.querySelector('#layer-9.marked')")
    box = made.page.locator("#layer-9").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 900


def test_an_operation_tells_its_figures_and_leads_to_its_layer(opened: Open) -> None:
    made = opened(make_report())
    made.table("operations").get_by_label("Flat list").check()
    made.page.locator("#operation-0 .open-row").click()
    panel = made.page.locator("#compute .panel")
    assert "17,220,224" in (panel.text_content() or "") or "FLOPs" in (panel.text_content() or "")
    panel.get_by_role("link", name="Row in the layer table").click()
    made.until("document.querySelector('#table-layers tr.marked')")


def test_a_figure_at_the_top_leads_to_the_table_it_is_the_sum_of(opened: Open) -> None:
    made = opened(make_report())
    made.page.locator(".key-figures a", has_text="MMAC").click()
    made.until("Math.abs(document.getElementById('table-operations').getBoundingClientRect().top) < 400")


def test_the_keyboard_is_told_what_the_mouse_reads(opened: Open) -> None:
    made = opened(make_report())
    made.page.locator(".key-figures a").first.focus()
    made.page.keyboard.press("Tab")
    hint = made.page.locator(".hint")
    assert "17,220,224 multiply-adds" in (hint.text_content() or "")
    made.page.keyboard.press("Escape")
    assert hint.count() == 0


def test_on_a_narrow_screen_name_and_head_stay_in_view(opened: Open) -> None:
    made = opened(make_report(), viewport={"width": 390, "height": 844})
    made.fold("layers", "nothing: unfold all")
    place = "document.querySelector('#table-layers .table-scroll')"
    made.page.evaluate(f"{place}.scrollIntoView({{behavior: 'instant'}}), {place}.scrollTo(260, 300)")
    made.until(f"{place}.scrollLeft === 260 && {place}.scrollTop === 300")
    made.until(
        f"""(() => {{ const at = {place}.getBoundingClientRect();
        const head = document.querySelector('#table-layers thead th').getBoundingClientRect();
        const name = document.elementFromPoint(at.left + 40, at.top + 200).closest('th');
        return Math.abs(head.top - at.top) < 2 && Math.abs(head.left - at.left) < 2 && name !== null; }})()"""
    )


def test_the_lists_of_the_bar_open_within_a_narrow_screen(opened: Open) -> None:
    made = opened(make_report(), viewport={"width": 390, "height": 844})
    menus = made.table("layers").locator(".tools .popup")
    within = """[...document.querySelectorAll('#table-layers .tools .popup[open] > div')].some((list) => {
      const { left, right, width } = list.getBoundingClientRect();
      return width > 0 && left >= 0 && right <= 390;
    })"""
    for menu in menus.all():
        menu.locator("summary").click()
        made.until(within)
        assert made.page.evaluate("document.documentElement.scrollWidth") == 390
        menu.locator("summary").press("Escape")
    assert menus.count() == 3


# --- many rows -------------------------------------------------------------------------------------------------------


def many() -> Report:
    """A report of 50,011 modules: ten stages of five hundred blocks of nine layers."""
    kinds = ("Conv2d", "ReLU", "BatchNorm2d")
    modules = [ModuleFact(path="", name="net", type="Net", parent=-1, parameters=10**9, own_parameters=0)]

    def add(parent: int, name: str, type_: str, parameters: int, *attributes: Item, signature: str = "") -> int:
        above = modules[parent].path
        path = f"{above}.{name}" if above else name
        modules.append(
            ModuleFact(path=path, name=name, type=type_, parent=parent, parameters=parameters, own_parameters=0,
                       attributes=attributes, signature=signature)
        )  # fmt: skip
        return len(modules) - 1

    for stage in range(10):
        outer = add(0, f"stage{stage}", "Sequential", stage)
        for block in range(500):
            inner = add(outer, str(block), "Block", 100 * block, signature=f"{stage} {block // 50}")
            for layer in range(9):
                width = Item(name="out_channels", value=str(block))
                add(inner, f"conv{layer}", kinds[layer % 3], (layer * 7919 + block * 31) % 10007, width)
    report = make_report()
    change = msgspec.structs.replace
    none = Skipped(stage="trace", reason="Not asked for.")
    structure = change(report.structure, modules=tuple(modules))
    return change(report, structure=structure, trace=none, usage=none, weights=none, findings=())


@pytest.fixture(scope="module")
def big() -> bytes:
    return write_html(many())


PAINTED = """async () => {{
  ({work})();
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return document.querySelectorAll('#table-layers tbody tr').length;
}}"""
MOST_ROWS = 120


def rows_after(made: Opened, work: str) -> int:
    """Rows that the page holds once what some work changed is painted."""
    return int(made.page.evaluate(PAINTED.format(work=f"() => {{ {work} }}")))


def test_of_fifty_thousand_rows_the_page_holds_those_in_view_however_they_are_sorted(opened: Open, big: bytes) -> None:
    made = opened(big)
    made.page.locator("#table-layers").scroll_into_view_if_needed()
    made.until("document.querySelector('#table-layers .live .tools, #table-layers .tools')")
    select = "const s = document.querySelector('#table-layers select');"
    assert rows_after(made, f"{select} s.value = 'Infinity'; s.dispatchEvent(new Event('change'))") < MOST_ROWS
    assert made.count("layers").startswith("50,011 modules · ")
    scroller = "document.querySelector('#table-layers .table-scroll')"
    assert rows_after(made, f"{scroller}.scrollTop = 1e9") < MOST_ROWS
    assert made.rows("layers")[-1] == "conv8"
    assert made.page.locator("#table-layers table").get_attribute("aria-rowcount") > str(SIZE)
    for heading in (0, 1, 2):
        sort = f"document.querySelectorAll('#table-layers thead button')[{heading}].click()"
        assert rows_after(made, sort) < MOST_ROWS, heading
    made.table("layers").get_by_label("Flat list").check()
    leaves = [module for module in many().structure.modules if module.path.count(".") == 2]
    assert made.rows("layers")[0] == max(leaves, key=lambda module: module.parameters).path
    made.filter("layers", "stage3.*.conv? type=conv2d out_channels > 490", "27 of 50,011 modules")
    memory = made.page.context.new_cdp_session(made.page)
    memory.send("HeapProfiler.collectGarbage")
    assert memory.send("Runtime.getHeapUsage")["usedSize"] < 80e6


def test_a_link_shows_its_row_also_where_the_browser_went_to_it_before(opened: Open, big: bytes) -> None:
    made = opened(big)
    made.page.locator("#table-layers").scroll_into_view_if_needed()
    made.until("document.querySelector('#table-layers .count')")
    made.fold("layers", "nothing: unfold all")
    made.until("document.querySelector('#layer-40')")
    made.page.evaluate("location.hash = '#layer-40'")
    made.until("document.querySelector('#layer-40.marked')")
    seen = at_rest(
        made.page,
        """(() => { const row = document.querySelector('#layer-40').getBoundingClientRect();
        const place = document.querySelector('#table-layers .table-scroll').getBoundingClientRect();
        return [row.top - place.top, place.bottom - row.bottom]; })()""",
    )
    assert min(seen) > 0


def test_fifty_thousand_rows_are_walked_by_keys(opened: Open, big: bytes) -> None:
    made = opened(big, "#layer=stage7.499.conv4")
    made.until("document.querySelector('#table-layers tr.marked')")
    assert made.page.locator("#layers .panel h3 bdi").first.text_content() == "stage7.499.conv4"
    made.fold("layers", "nothing: unfold all")
    made.table("layers").get_by_role("searchbox").focus()
    made.page.keyboard.press("ArrowDown")
    made.page.keyboard.press("End")
    assert made.page.evaluate("document.activeElement.querySelector('bdi').textContent") == "conv8"
    scroller = made.page.locator("#table-layers .table-scroll")
    scroller.evaluate("(place) => { place.scrollTop = 0; }")
    made.until("document.querySelector('#layer-0')")
    made.page.keyboard.press("ArrowUp")
    assert made.page.evaluate("document.activeElement.querySelector('bdi').textContent") == "conv7"


def test_the_markup_of_fifty_thousand_rows_shows_repeats_once(big: bytes) -> None:
    page = big.decode()
    assert page.count("<tr id=layer") <= 2000
    assert "; the others appear with JavaScript, and all are in the JSON report." in page

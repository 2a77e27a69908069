"""The architecture map in a real browser, from a file: quiet, and every way of moving about it works."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from modelreport.facts import Report
from modelreport.render.html import write_html
from tests.factories import hostile_report, make_report

sys.path.insert(0, str(Path(__file__).parent.parent / "render" / "map"))

import scenes

pytestmark = pytest.mark.browser
Shown = Callable[..., "Map"]


class Map:
    """A page that shows a map, and everything it said or asked for."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.said: list[str] = []
        page.on("console", lambda message: self.said.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (self.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: self.said.append(f"request: {request.url[:200]}"))

    def until(self, condition: str) -> None:
        """Wait for a condition; the page's policy allows no polling inside it."""
        for _ in range(400):
            if self.page.evaluate(f"Boolean({condition})"):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"never came true: {condition}; {self.said}")

    def labels(self) -> list[str]:
        """What is written on the map."""
        script = "[...document.querySelectorAll('.map-live .textpoint text, .map-live text')].map((e) => e.textContent)"
        found: list[str] = self.page.evaluate(script)
        return found

    def box(self) -> dict[str, float]:
        """The pane on the screen."""
        found: dict[str, float] = self.page.query_selector(".map-pane").bounding_box()
        return found

    def place(self, label: str) -> tuple[float, float]:
        """Where on the screen the first label with this text stands."""
        script = f"""(() => {{
            const texts = [...document.querySelectorAll('.map-live text')];
            const found = texts.find((e) => e.textContent.includes({label!r}));
            const box = found.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
        }})()"""
        x, y = self.page.evaluate(script)
        return x, y

    def chosen(self) -> str:
        """The heading of the side panel."""
        text: str = self.page.text_content(".map-panel h3")
        return text

    def crumbs(self) -> list[str]:
        script = "[...document.querySelectorAll('.map-crumbs button')].map((e) => e.textContent)"
        found: list[str] = self.page.evaluate(script)
        return found

    def settle(self) -> None:
        """Wait until nothing moves any more."""
        before = None
        for _ in range(100):
            now = self.page.evaluate(
                "[...document.querySelectorAll('.map-live path')].map((e) => e.getAttribute('d')).join()"
            )
            if now == before:
                return
            before = now
            self.page.wait_for_timeout(120)
        pytest.fail("the map did not come to rest")


@pytest.fixture
def shown(chromium: Any, tmp_path: Path) -> Iterator[Shown]:
    """Opens a report from a file with the map in sight, and checks at the end that the page was quiet."""
    contexts: list[Any] = []
    maps: list[Map] = []

    def open_map(report: Report, **settings: Any) -> Map:
        path = tmp_path / f"report{len(maps)}.html"
        path.write_bytes(write_html(report))
        context = chromium.new_context(**({"viewport": {"width": 1440, "height": 900}} | settings))
        contexts.append(context)
        made = Map(context.new_page())
        maps.append(made)
        made.page.goto(path.as_uri())
        if settings.get("java_script_enabled", True):
            made.page.evaluate("document.getElementById('architecture').scrollIntoView({behavior: 'instant'})")
            made.until("document.getElementById('map').dataset.state === 'live'")
            made.until("document.querySelector('.map-panel h3')")
            made.settle()
        return made

    yield open_map
    for made in maps:
        assert [each for each in made.said if not re.match(r"request: (file:///|data:|blob:)", each)] == []
    for context in contexts:
        context.close()


def test_the_first_screen_names_the_whole_model(shown: Shown) -> None:
    made = shown(scenes.resnet().report())
    labels = made.labels()
    for stage in ("layer1 Sequential", "layer4 Sequential", "conv1 Conv2d"):
        assert any(stage in label for label in labels)
    assert made.chosen() == "resnet50 ResNet"
    assert made.page.get_attribute(".map-pane", "aria-label").startswith("Architecture map of ResNet")


def test_labels_do_not_overlap_and_stay_in_the_pane(shown: Shown) -> None:
    for report in (scenes.resnet().report(), scenes.bert().report(), scenes.unet().report(), make_report()):
        made = shown(report)
        boxes = made.page.evaluate(
            "[...document.querySelectorAll('.map-live text')].map((e) => { const b = e.getBoundingClientRect();"
            " return [b.left, b.top, b.right, b.bottom, e.textContent]; })"
        )
        pane = made.box()
        assert len(boxes) > 5
        for k, a in enumerate(boxes):
            assert a[0] > pane["x"] - 2
            assert a[2] < pane["x"] + pane["width"] + 2
            for b in boxes[k + 1 :]:
                wide = min(a[2], b[2]) - max(a[0], b[0])
                high = min(a[3], b[3]) - max(a[1], b[1])
                assert wide < 3 or high < 3, f"{a[4]} and {b[4]}"


def test_a_click_fills_the_side_panel(shown: Shown) -> None:
    made = shown(scenes.resnet().report())
    made.page.mouse.click(*made.place("conv1 Conv2d"))
    made.until("document.querySelector('.map-panel h3').textContent === 'conv1 Conv2d'")
    panel = made.page.inner_text(".map-panel")
    for part in ("1×3×224×224 float32", "1×64×112×112 float32", "weight 64×3×7×7 float32", "9,408"):
        assert part in panel
    assert made.crumbs() == ["resnet50 ResNet", "conv1"]
    assert made.page.get_attribute(".map-panel a", "href").startswith("#layer-")


def test_search_finds_flies_and_marks(shown: Shown) -> None:
    made = shown(scenes.resnet().report())
    made.page.keyboard.press("/")
    made.page.keyboard.type("layer3.2.conv2")
    made.until("document.querySelectorAll('#map-hits [role=option]').length === 1")
    made.page.keyboard.press("Enter")
    made.settle()
    assert made.chosen() == "conv2 Conv2d"
    assert made.crumbs() == ["resnet50 ResNet", "layer3", "1…5", "2", "conv2"]
    labels = made.labels()
    assert any("3×3" in label for label in labels)
    assert any("1×256×14×14" in label for label in labels), "shapes stand on the edges at operation zoom"


def test_search_by_shape_lists_and_counts(shown: Shown) -> None:
    made = shown(scenes.resnet().report())
    options = "document.querySelectorAll('#map-hits [role=option]').length"
    made.page.fill(".map-search input", "64x56x56")
    made.until(f"{options} > 12")
    assert "conv2 Conv2d" in made.page.inner_text("#map-hits")
    assert "1×1" in made.page.inner_text("#map-hits")
    made.page.fill(".map-search input", "layer3.*.conv?")
    made.until(f"{options} === 18")
    made.page.fill(".map-search input", "conv")
    made.until(f"{options} === 50")
    assert "more, marked on the map" in made.page.inner_text("#map-hits")
    made.page.keyboard.press("Escape")
    assert made.page.is_hidden("#map-hits")


def test_the_keyboard_walks_goes_in_and_up(shown: Shown) -> None:
    made = shown(scenes.resnet().report())
    made.page.focus(".map-pane")
    steps = {"ArrowDown": ["x input", "conv1 Conv2d", "bn1 BatchNorm2d"], "ArrowUp": ["conv1 Conv2d"]}
    for key, expected in ((key, each) for key, all_ in steps.items() for each in all_):
        made.page.keyboard.press(key)
        made.until(f"document.querySelector('.map-panel h3').textContent === '{expected}'")
    for _ in range(4):
        made.page.keyboard.press("ArrowDown")
    made.until("document.querySelector('.map-panel h3').textContent === 'layer1 Sequential'")
    made.page.keyboard.press("Enter")
    made.until("document.querySelector('.map-panel h3').textContent === '0 Bottleneck'")
    made.page.keyboard.press("Enter")
    made.settle()
    assert made.chosen() == "conv1 Conv2d"
    assert made.crumbs()[:3] == ["resnet50 ResNet", "layer1", "0"]
    for expected in ("0 Bottleneck", "layer1 Sequential", "resnet50 ResNet"):
        made.page.keyboard.press("Escape")
        made.until(f"document.querySelector('.map-panel h3').textContent === '{expected}'")
    made.settle()
    assert any("layer4" in label for label in made.labels())


def test_the_focus_is_visible_and_the_help_is_told(shown: Shown) -> None:
    made = shown(scenes.resnet().report())
    made.page.keyboard.press("/")
    made.page.keyboard.press("Escape")
    focused = "document.activeElement.classList.contains('map-pane')"
    assert made.page.evaluate(focused)
    assert made.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert "Arrow keys walk" in made.page.text_content(f"#{made.page.get_attribute('.map-pane', 'aria-describedby')}")


def test_the_wheel_zooms_where_the_pointer_is_and_does_not_scroll(shown: Shown) -> None:
    made = shown(scenes.resnet().report())
    scroll = made.page.evaluate("scrollY")
    x, y = made.place("conv1 Conv2d")
    made.page.mouse.click(x, y)
    for _ in range(8):
        made.page.mouse.wheel(0, -100)
        made.page.wait_for_timeout(60)
    made.settle()
    assert made.page.evaluate("scrollY") == scroll
    here = made.place("conv1 Conv2d")
    assert abs(here[0] - x) < 25
    assert abs(here[1] - y) < 40
    assert any("7×7, s2, p3" in label for label in made.labels())


def test_the_wheel_goes_on_scrolling_a_page_that_was_being_scrolled(shown: Shown) -> None:
    made = shown(scenes.resnet().report())
    pane = made.box()
    made.page.mouse.move(pane["x"] - 40, pane["y"] + 200)
    made.page.mouse.wheel(0, 60)
    made.page.mouse.move(pane["x"] + 200, pane["y"] + 200)
    before = made.page.evaluate("scrollY")
    made.page.mouse.wheel(0, 120)
    made.page.wait_for_timeout(400)
    assert made.page.evaluate("scrollY") > before


def test_dragging_moves_the_map_with_the_pointer_and_chooses_nothing(shown: Shown) -> None:
    made = shown(scenes.resnet().report())
    x, y = made.place("conv1 Conv2d")
    made.page.mouse.move(x, y)
    made.page.mouse.down()
    made.page.mouse.move(x + 60, y + 30, steps=4)
    made.page.mouse.up()
    made.settle()
    here = made.place("conv1 Conv2d")
    assert here == pytest.approx((x + 60, y + 30), abs=3)
    assert made.chosen() == "resnet50 ResNet"


def test_a_double_click_opens_and_the_buttons_zoom_and_fit(shown: Shown) -> None:
    made = shown(scenes.resnet().report())
    first = made.labels()
    x, y = made.place("layer4 Sequential")
    made.page.mouse.dblclick(x, y)
    made.settle()
    assert made.crumbs() == ["resnet50 ResNet", "layer4"]
    assert not any("conv1 Conv2d" in label and "Bottleneck" in label for label in made.labels())
    made.page.click(".map-zoom button:has-text('Fit')")
    made.settle()
    assert made.labels() == first


def test_another_part_of_the_page_can_show_a_module_on_the_map(shown: Shown) -> None:
    report = scenes.resnet().report()
    made = shown(report)
    index = next(k for k, module in enumerate(report.structure.modules) if module.path == "layer2.1.conv2")
    made.page.evaluate(f"document.dispatchEvent(new CustomEvent('showonmap', {{detail: {{module: {index}}}}}))")
    made.until("document.querySelector('.map-panel h3').textContent === 'conv2 Conv2d'")
    assert made.crumbs()[1:] == ["layer2", "1…3", "1", "conv2"]


def test_colours_mean_what_the_legend_says(shown: Shown) -> None:
    made = shown(make_report())
    assert "convolution" in made.page.inner_text(".map-legend")
    made.page.select_option(".map-color select", "parameters")
    made.settle()
    assert "Share of the whole model" in made.page.inner_text(".map-legend")
    made.page.select_option(".map-color select", "findings")
    made.settle()
    legend = made.page.inner_text(".map-legend")
    assert "warning" in legend or "error" in legend
    assert any(re.search("[✖▲●]", label) for label in made.labels())


def test_the_map_follows_the_theme(shown: Shown) -> None:
    made = shown(scenes.resnet().report(), color_scheme="light")
    fill = "getComputedStyle(document.querySelector('.map-live .main-svg')).backgroundColor"
    assert made.page.evaluate(fill) == "rgb(255, 255, 255)"
    made.page.emulate_media(color_scheme="dark")
    made.until(f"{fill} === 'rgb(15, 19, 24)'")


def test_a_telephone_gets_a_high_map_and_the_panel_below(shown: Shown) -> None:
    made = shown(scenes.resnet().report(), viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    pane = made.box()
    assert pane["height"] > pane["width"]
    panel = made.page.query_selector(".map-panel").bounding_box()
    assert panel["y"] >= pane["y"] + pane["height"]
    assert made.page.evaluate("document.documentElement.scrollWidth") <= 390
    touch = "getComputedStyle(document.querySelector('.map-pane')).touchAction"
    assert made.page.evaluate(touch) == "pan-x pan-y"
    made.page.touchscreen.tap(pane["x"] + pane["width"] / 2, pane["y"] + pane["height"] / 2)
    made.until(f"{touch} === 'none'")


def test_the_map_keeps_its_place_when_the_window_changes(shown: Shown) -> None:
    made = shown(scenes.resnet().report())
    made.page.set_viewport_size({"width": 1240, "height": 900})
    made.settle()
    pane = made.box()
    assert made.page.evaluate(
        "document.querySelector('.map-live .main-svg').getBoundingClientRect().width"
    ) == pytest.approx(pane["width"] - 2, abs=2)
    assert any("layer4" in label for label in made.labels())


def test_hostile_names_do_nothing(shown: Shown) -> None:
    made = shown(hostile_report())
    made.page.focus(".map-pane")
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "Enter", "ArrowDown"):
        made.page.keyboard.press(key)
        made.page.wait_for_timeout(100)
    made.page.fill(".map-search input", "script")
    made.settle()
    assert made.page.evaluate("document.querySelectorAll('#map script, #map img, #map link').length") == 0


def test_without_scripts_the_drawing_and_its_legend_stand(shown: Shown) -> None:
    made = shown(scenes.resnet().report(), java_script_enabled=False)
    assert made.page.is_visible(".map-static")
    assert "convolution" in made.page.inner_text(".map-legend")


def test_without_a_pass_the_map_says_that_it_is_inferred(shown: Shown) -> None:
    made = shown(scenes.resnet().report(traced=False))
    assert "no data flow" in made.page.inner_text("#architecture")
    assert "inferred" in made.page.inner_text(".map-legend")


def test_fifty_thousand_operations_can_be_walked(shown: Shown) -> None:
    made = shown(scenes.nested(50, 50, 20).report())
    made.page.keyboard.press("/")
    made.page.keyboard.type("stage31.block17")
    made.until("document.querySelectorAll('#map-hits [role=option]').length > 0")
    made.page.keyboard.press("Enter")
    made.settle()
    assert made.chosen() == "block17 Block"
    assert any("linear" in label for label in made.labels())
    drawn = made.page.evaluate("document.querySelectorAll('.map-live text').length")
    assert drawn < 1500

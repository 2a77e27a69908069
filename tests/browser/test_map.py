"""The architecture map in a real browser, from a file: quiet, and every way of moving about it works."""

from __future__ import annotations

import re

import pytest

from tests.browser.maps import Shown, resnet_page, scenes, shown
from tests.factories import hostile_report, make_report

pytestmark = pytest.mark.browser
__all__ = ["shown"]


def test_the_first_screen_names_the_whole_model(shown: Shown) -> None:
    made = shown(resnet_page())
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
    made = shown(resnet_page())
    made.page.mouse.click(*made.place("conv1 Conv2d"))
    made.until("document.querySelector('.map-panel h3').textContent === 'conv1 Conv2d'")
    panel = made.page.inner_text(".map-panel")
    for part in ("1×3×224×224 float32", "1×64×112×112 float32", "weight 64×3×7×7 float32", "9,408"):
        assert part in panel
    assert made.crumbs() == ["resnet50 ResNet", "conv1"]
    assert made.page.get_attribute(".map-panel a", "href").startswith("#layer-")


def test_search_finds_flies_and_marks(shown: Shown) -> None:
    made = shown(resnet_page())
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
    made = shown(resnet_page())
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
    made = shown(resnet_page())
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
    made = shown(resnet_page())
    made.page.keyboard.press("/")
    made.page.keyboard.press("Escape")
    focused = "document.activeElement.classList.contains('map-pane')"
    assert made.page.evaluate(focused)
    assert made.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert "Arrow keys walk" in made.page.text_content(f"#{made.page.get_attribute('.map-pane', 'aria-describedby')}")


def test_the_wheel_zooms_where_the_pointer_is_and_does_not_scroll(shown: Shown) -> None:
    made = shown(resnet_page())
    scroll = made.page.evaluate("scrollY")
    x, y = made.place("conv1 Conv2d")
    made.page.mouse.click(x, y)
    for _ in range(8):
        made.page.mouse.wheel(0, -100)
    made.settle()
    assert made.page.evaluate("scrollY") == scroll
    here = made.place("conv1 Conv2d")
    assert abs(here[0] - x) < 25
    assert abs(here[1] - y) < 40
    assert any("7×7, s2, p3" in label for label in made.labels())


def test_the_wheel_goes_on_scrolling_a_page_that_was_being_scrolled(shown: Shown) -> None:
    made = shown(resnet_page())
    pane = made.box()
    made.page.focus(".map-pane")
    turn = """async (places) => {
      await new Promise((done) => { setTimeout(done, 400); });  // what was scrolled before is over
      const notch = {deltaY: -60, bubbles: true, cancelable: true};
      const free = (place) => document.querySelector(place).dispatchEvent(new WheelEvent('wheel', notch));
      return places.map(free);
    }"""
    assert made.page.evaluate(turn, [".map-pane"]) == [False], "the map takes it"
    assert made.page.evaluate(turn, ["body", ".map-pane"]) == [True, True], "it began beside the map"
    made.page.evaluate("document.activeElement.blur()")
    before = made.page.evaluate("scrollY")
    made.page.mouse.move(pane["x"] + 200, pane["y"] + 200)
    made.page.mouse.wheel(0, 120)
    made.until(f"scrollY > {before}")


def test_dragging_moves_the_map_with_the_pointer_and_chooses_nothing(shown: Shown) -> None:
    made = shown(resnet_page())
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
    made = shown(resnet_page())
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
    made = shown(resnet_page(), color_scheme="light")
    fill = "getComputedStyle(document.querySelector('.map-live .main-svg')).backgroundColor"
    assert made.page.evaluate(fill) == "rgb(255, 255, 255)"
    made.page.emulate_media(color_scheme="dark")
    made.until(f"{fill} === 'rgb(15, 19, 24)'")


def test_a_telephone_gets_a_high_map_and_the_panel_below(shown: Shown) -> None:
    made = shown(resnet_page(), viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
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
    made = shown(resnet_page())
    before = made.box()["width"]
    made.page.set_viewport_size({"width": 1240, "height": 900})
    made.until(f"document.querySelector('.map-pane').getBoundingClientRect().width < {before} - 50")
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
    made.page.fill(".map-search input", "script")
    made.settle()
    assert made.page.evaluate("document.querySelectorAll('#map script, #map img, #map link').length") == 0


def test_the_map_answers_before_and_without_the_chart_library(shown: Shown) -> None:
    bare = re.sub(rb'<script[^>]*id="packed-plotly".*?</script>', b"", resnet_page(), flags=re.DOTALL)
    made = shown(bare, painter="paths")
    before, (x, y) = made.paths(), made.place("conv1 Conv2d")
    made.page.mouse.move(x, y)
    made.until("document.querySelector('.map-tip:not([hidden])')?.textContent.startsWith('conv1 Conv2d')")
    made.page.mouse.click(x, y)
    made.until("document.querySelector('.map-panel h3').textContent === 'conv1 Conv2d'")
    made.page.mouse.wheel(0, -300)
    made.settle()
    assert made.paths() != before


def test_plotly_takes_over_without_a_jump_when_the_map_has_come_to_rest(shown: Shown) -> None:
    made = shown(resnet_page())
    assert made.page.locator(".map-quick").count() == 0
    x, y = made.place("layer2 Sequential")
    made.page.evaluate(
        """() => {
        const live = document.querySelector('.map-live');
        const seen = (css) =>
          [...live.querySelectorAll(css)].filter((e) => e.checkVisibility()).map((e) => e.getAttribute('d'));
        window.painted = null;
        new MutationObserver(() => {
          if (live.dataset.painter === 'paths') painted = [seen('.map-quick path'), seen('.shapelayer path')];
        }).observe(live, {attributeFilter: ['data-painter']});
        }"""
    )
    made.page.mouse.move(x, y)  # marks what goes in and comes out, in plain paths
    made.until("painted !== null")
    made.settle()
    quick, beside = made.page.evaluate("painted")
    assert beside == []
    assert made.page.locator(".map-quick").count() == 0
    assert len(quick) > 8
    for ours, theirs in zip(quick, made.paths(), strict=True):
        numbers = [[float(each) for each in re.findall(r"-?[\d.]+", d)] for d in (ours, theirs)]
        assert re.sub(r"[-\d., ]", "", ours) == re.sub(r"[-\d., ]", "", theirs)
        assert numbers[0] == pytest.approx(numbers[1], abs=0.06)


def test_without_scripts_the_drawing_and_its_legend_stand(shown: Shown) -> None:
    made = shown(resnet_page(), java_script_enabled=False)
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

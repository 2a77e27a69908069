"""Wheel, touch, keys and the tree: the page scrolls past the map, and every way of moving about it works."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.maps import Map, Shown, resnet_page, shown
from tests.browser.pages import FRAMES, at_rest

pytestmark = pytest.mark.browser
__all__ = ["shown"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def middle(made: Map) -> tuple[float, float]:
    pane = made.box()
    return pane["x"] + pane["width"] / 2, pane["y"] + pane["height"] / 2


def scroll(made: Map) -> float:
    top: float = made.page.evaluate("scrollY")
    return top


def touch(made: Map, *frames: list[tuple[float, float]]) -> None:
    """Fingers that go down at the first places, along the others, and up."""
    session = made.page.context.new_cdp_session(made.page)
    for number, places in enumerate(frames):
        points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
        kind = "touchStart" if number == 0 else "touchMove"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        made.page.evaluate(FRAMES.format(0))
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    at_rest(made.page)
    made.settle()


def test_the_wheel_scrolls_the_page_past_a_map_that_was_not_clicked_and_says_how_to_zoom(shown: Shown) -> None:
    made = shown(resnet_page())
    before, view = at_rest(made.page), made.view()
    made.page.evaluate(
        """() => {
        const hint = document.querySelector('.map-hint');
        window.hinted = false;
        new MutationObserver(() => { hinted ||= hint.matches('.shown'); }).observe(hint, {attributeFilter: ['class']});
        }"""
    )
    made.page.mouse.move(*middle(made))
    made.settle()
    made.page.mouse.wheel(0, 150)
    made.until(f"scrollY > {before}")
    assert len(made.view()) >= len(view)
    made.until("hinted")
    assert "Ctrl + scroll zooms" in made.page.inner_text(".map-hint")


def test_ctrl_and_the_wheel_zoom_at_once(shown: Shown) -> None:
    made = shown(resnet_page())
    before = scroll(made)
    made.page.mouse.move(*middle(made))
    made.page.keyboard.down("Control")
    for _ in range(6):
        made.page.mouse.wheel(0, -100)
    made.page.keyboard.up("Control")
    made.settle()
    assert scroll(made) == before
    assert made.page.is_visible(".map-mini"), "the view is nearer"


def test_a_map_that_cannot_be_zoomed_out_further_lets_the_page_scroll(shown: Shown) -> None:
    made = shown(resnet_page())
    made.page.mouse.click(*middle(made))
    before = scroll(made)
    for _ in range(12):
        made.page.mouse.wheel(0, 120)
    made.until(f"scrollY > {before}")


def test_one_finger_scrolls_the_page_until_the_map_is_tapped(shown: Shown) -> None:
    made = shown(resnet_page(), **PHONE)
    made.page.evaluate("document.querySelector('.map-pane').scrollIntoView({block: 'center', behavior: 'instant'})")
    at_rest(made.page)
    x, y = middle(made)
    before, view = scroll(made), made.view()
    touch(made, *([(x, y - 15 * k)] for k in range(10)))
    assert scroll(made) > before
    assert made.view() == view
    x, y = middle(made)
    made.page.touchscreen.tap(x, y)
    made.settle()
    before, view = scroll(made), made.view()
    touch(made, *([(x + 10 * k, y - 15 * k)] for k in range(8)))
    assert scroll(made) == before
    assert made.view() != view


def test_two_fingers_zoom_the_map_at_once(shown: Shown) -> None:
    made = shown(resnet_page(), **PHONE)
    made.page.evaluate("document.querySelector('.map-pane').scrollIntoView({block: 'center', behavior: 'instant'})")
    at_rest(made.page)
    x, y = middle(made)
    before = scroll(made)
    touch(made, *([(x - 20 - 8 * k, y), (x + 20 + 8 * k, y)] for k in range(12)))
    assert scroll(made) == before
    assert made.page.evaluate("visualViewport.scale") == 1
    assert made.page.is_visible(".map-mini"), "the view is nearer"


def test_the_list_of_keys_opens_and_closes_by_keyboard(shown: Shown) -> None:
    made = shown(resnet_page())
    made.page.focus(".map-pane")
    made.page.keyboard.press("?")
    assert made.page.is_visible(".map-help")
    assert "Walk along the data flow" in made.page.inner_text(".map-help")
    made.page.keyboard.press("Escape")
    made.until("!document.querySelector('.map-help').open")
    assert made.page.evaluate("document.activeElement.className").startswith("map-pane")


def test_full_screen_and_back_by_key(shown: Shown) -> None:
    made = shown(resnet_page())
    made.page.focus(".map-pane")
    made.page.keyboard.press("m")
    made.until("document.querySelector('#map').classList.contains('full')")
    made.until("document.querySelector('.map-pane').getBoundingClientRect().height > 650")
    made.settle()
    assert any("layer4" in label for label in made.labels())
    made.page.keyboard.press("m")
    made.until("!document.querySelector('#map').classList.contains('full')")


def test_with_less_motion_asked_for_the_view_is_there_at_once(shown: Shown) -> None:
    made = shown(resnet_page(), reduced_motion="reduce")
    made.page.fill(".map-search input", "layer4.2.conv3")
    frames: list[Any] = made.page.evaluate(
        """async () => {
        const field = document.querySelector('.map-search input');
        field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));
        const seen = new Set();
        for (let k = 0; k < 12; k += 1) {
          await new Promise(requestAnimationFrame);
          seen.add([...document.querySelectorAll('.map-live text')].map((e) => e.getAttribute('x')).join());
        }
        return [...seen];
        }"""
    )
    assert len(frames) <= 2, "the view before and the view after, nothing between"


def test_the_tree_holds_the_same_boxes_and_choosing_one_chooses_it_on_the_map(shown: Shown) -> None:
    made = shown(resnet_page())
    made.page.click(".map-list summary")
    made.page.focus(".map-tree [tabindex='0']")
    for key in ("End", "ArrowUp", "Home", "ArrowDown", "ArrowDown", "Enter"):
        made.page.keyboard.press(key)
    made.until("document.querySelector('.map-panel h3').textContent === 'conv1 Conv2d'")
    made.until("document.querySelector('.map-tree [aria-selected=true]').textContent.startsWith('conv1 Conv2d')")
    item = made.page.query_selector(".map-tree li:has-text('layer1 Sequential')")
    item.focus()
    item.click(position={"x": 6, "y": 8})
    made.until("[...document.querySelectorAll('.map-tree li')].some((e) => e.textContent === '0 Bottleneck')")
    levels = made.page.evaluate("[...document.querySelectorAll('.map-tree li')].map((e) => e.ariaLevel)")
    assert set(levels) == {"1", "2", "3"}

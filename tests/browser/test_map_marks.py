"""What a reader marks on the map: paths, what goes in and out, classes of the legend; and where the small map leads."""

from __future__ import annotations

import pytest

from tests.browser.maps import Map, Shown, resnet_page, scenes, shown
from tests.factories import make_report

pytestmark = pytest.mark.browser
__all__ = ["shown"]


def note(made: Map) -> str:
    """What is said of the path, or nothing."""
    text: str = made.page.evaluate(
        "[...document.querySelectorAll('.map-note:not([hidden]) span')].map((e) => e.textContent).join()"
    )
    return text


def shift_click(made: Map, label: str) -> None:
    x, y = made.place(label)
    made.page.keyboard.down("Shift")
    made.page.mouse.click(x, y)
    made.page.keyboard.up("Shift")
    made.settle()


def test_shift_click_marks_the_path_between_two_boxes_and_escape_clears_it(shown: Shown) -> None:
    made = shown(resnet_page())
    assert made.strokes("--flow-path") == 0
    made.page.mouse.click(*made.place("conv1 Conv2d"))
    shift_click(made, "fc Linear")
    assert note(made).startswith("From conv1 Conv2d to fc Linear: ")
    assert "boxes on the shortest way" in note(made)
    assert made.strokes("--flow-path") >= 2
    assert made.chosen() == "conv1 Conv2d"
    made.page.keyboard.press("Escape")
    made.settle()
    assert note(made) == ""
    assert made.strokes("--flow-path") == 0
    assert made.chosen() == "conv1 Conv2d", "the first Escape ends the path only"


def test_a_path_can_be_marked_with_the_keyboard_alone(shown: Shown) -> None:
    made = shown(resnet_page())
    made.page.focus(".map-pane")
    for key in ("ArrowDown", "p", "ArrowDown", "ArrowDown"):
        made.page.keyboard.press(key)
    assert note(made) == "Path from x input: choose where it ends"
    made.page.keyboard.press("p")
    assert note(made) == "The only way from x input to bn1 BatchNorm2d: 3 boxes"
    made.page.click(".map-note button:has-text('Clear')")
    assert note(made) == ""


def test_a_path_begun_in_the_panel_ends_where_the_reader_clicks(shown: Shown) -> None:
    made = shown(resnet_page())
    made.page.mouse.click(*made.place("maxpool MaxPool2d"))
    made.until("document.querySelector('.map-panel h3').textContent === 'maxpool MaxPool2d'")
    made.page.click(".map-panel button:has-text('Path from here')")
    made.page.mouse.click(*made.place("layer4 Sequential"))
    assert "From maxpool MaxPool2d to layer4 Sequential" in note(made)


def test_where_no_data_flows_there_is_no_path(shown: Shown) -> None:
    made = shown(scenes.bert().report())
    made.page.mouse.click(*made.place("encoder"))
    made.settle()
    chosen = made.chosen()
    made.page.mouse.dblclick(*made.place("encoder"))
    made.settle()
    inner = next(label for label in made.labels() if "layer.0" in label)
    shift_click(made, inner)
    assert note(made) == f"{chosen} holds encoder.layer.0 BertLayer"


def test_pointing_at_a_box_shows_what_goes_in_and_what_comes_out(shown: Shown) -> None:
    made = shown(resnet_page())
    assert (made.strokes("--flow-in"), made.strokes("--flow-out")) == (0, 0)
    made.page.mouse.move(*made.place("bn1 BatchNorm2d"))
    made.settle()
    assert made.strokes("--flow-in") >= 2, "the edge and the box that it comes from"
    assert made.strokes("--flow-out") >= 2
    made.page.mouse.move(5, 5)
    made.settle()
    assert (made.strokes("--flow-in"), made.strokes("--flow-out")) == (0, 0)


def test_the_panel_names_what_is_read_across_the_borders_of_boxes(shown: Shown) -> None:
    made = shown(resnet_page())
    made.search("layer1.0.conv1")
    panel = made.page.inner_text(".map-panel")
    assert "maxpool MaxPool2d" in panel
    made.page.click(".map-panel .map-cards button:has-text('maxpool')")
    made.until("document.querySelector('.map-panel h3').textContent === 'maxpool MaxPool2d'")


def test_a_class_of_the_legend_marks_its_boxes(shown: Shown) -> None:
    made = shown(resnet_page())
    made.page.click(".map-legend button:has-text('norm')")
    made.settle()
    assert made.strokes("--warn") == 1
    assert made.page.get_attribute(".map-legend button:has-text('norm')", "aria-pressed") == "true"
    made.page.click(".map-legend button:has-text('norm')")
    made.settle()
    assert made.strokes("--warn") == 0


def test_colours_by_memory_and_health_say_what_they_mean(shown: Shown) -> None:
    made = shown(make_report())
    choices = made.page.evaluate("[...document.querySelectorAll('.map-color option')].map((e) => e.textContent)")
    assert choices[:2] == ["Family", "Parameters"]
    assert "Weight health" in choices
    made.page.select_option(".map-color select", "health")
    made.settle()
    legend = made.page.inner_text(".map-legend")
    assert "no weights" in legend
    made.page.select_option(".map-color select", "parameters")
    made.settle()
    legend = made.page.inner_text(".map-legend")
    assert legend.index("under 0.1 %") < legend.index("3–10 %") < legend.index("over 30 %")


def test_the_small_map_shows_when_the_view_is_near_and_leads_it(shown: Shown) -> None:
    made = shown(resnet_page())
    assert made.page.is_hidden(".map-mini")
    made.search("layer3.2.conv2")
    assert made.page.is_visible(".map-mini")
    before = made.view()
    mini = made.page.query_selector(".map-mini").bounding_box()
    frame = made.page.query_selector(".map-frame").bounding_box()
    assert mini["x"] <= frame["x"]
    assert frame["x"] + frame["width"] <= mini["x"] + mini["width"] + 1
    made.page.mouse.move(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2)
    made.page.mouse.down()
    made.page.mouse.move(mini["x"] + 12, mini["y"] + 12, steps=3)
    made.page.mouse.up()
    made.settle()
    assert made.view() != before
    moved = made.page.query_selector(".map-frame").bounding_box()
    assert moved["x"] < frame["x"]
    assert made.chosen() == "conv2 Conv2d", "leading the view chooses nothing"
    made.page.click(".map-zoom button:has-text('Fit')")
    made.settle()
    assert made.page.is_hidden(".map-mini")


def test_the_small_map_lets_what_it_covers_be_seen_once_nothing_moves(shown: Shown) -> None:
    made = shown(resnet_page())
    made.page.emulate_media(reduced_motion="reduce")
    made.search("layer3.2")
    made.until("document.querySelector('.map-mini').classList.contains('faint')")
    opacity = "Number(getComputedStyle(document.querySelector('.map-mini')).opacity)"
    assert made.page.evaluate(opacity) < 0.5
    mini = made.page.query_selector(".map-mini").bounding_box()
    made.page.mouse.move(mini["x"] + 20, mini["y"] + 20)
    assert made.page.evaluate(opacity) == 1, "it is to be used"

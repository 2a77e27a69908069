"""Links to boxes of the map, and pictures of it to take away."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from modelreport.options import RenderOptions
from modelreport.render import render
from tests.browser.maps import Map, Shown, resnet_page, scenes, shown
from tests.factories import hostile_report

pytestmark = pytest.mark.browser
__all__ = ["shown"]


def address(made: Map) -> str:
    text: str = made.page.evaluate("location.hash")
    return text


def test_a_link_to_a_box_leads_to_it_and_is_kept_until_another_is_chosen(shown: Shown) -> None:
    made = shown(resnet_page(), "#map=layer4.1.conv2")
    assert made.chosen() == "conv2 Conv2d"
    assert made.crumbs()[1:] == ["layer4", "1", "conv2"]
    assert address(made) == "#map=layer4.1.conv2"
    top = made.page.evaluate("document.getElementById('map').getBoundingClientRect().top")
    assert -5 <= top < 300, "the map is in sight"
    made.page.keyboard.press("Escape")
    made.page.focus(".map-pane")
    made.page.keyboard.press("Escape")
    made.until("location.hash === '#map=layer4.1' || location.hash === '#map=layer4'")
    made.page.evaluate("location.hash = '#map=fc'")
    made.until("document.querySelector('.map-panel h3').textContent === 'fc Linear'")


def test_choosing_a_box_tells_the_address_and_the_panel_gives_the_link(shown: Shown) -> None:
    made = shown(resnet_page())
    assert address(made) == ""
    before = made.page.evaluate("history.length")
    made.page.mouse.click(*made.place("maxpool MaxPool2d"))
    made.until("location.hash === '#map=maxpool'")
    assert made.page.evaluate("history.length") == before, "walking the map fills no history"
    made.until("document.querySelector('.map-panel .map-copy a')")
    assert made.page.get_attribute(".map-panel .map-copy a", "href") == "#map=maxpool"
    made.page.click(".map-crumbs button >> nth=0")
    made.until("location.hash === ''")


def test_a_link_to_a_box_that_is_not_there_says_so(shown: Shown) -> None:
    made = shown(resnet_page(), "#map=layer9.conv1")
    assert made.chosen() == "resnet50 ResNet"
    note = made.page.locator(".map-note [role=status]")
    assert note.inner_text() == "This map has no box layer9.conv1; the link may be for another model"
    made.page.evaluate("location.hash = '#map=fc'")
    made.until("document.querySelector('.map-panel h3').textContent === 'fc Linear'")
    assert made.page.is_hidden(".map-note")
    made.page.evaluate("location.hash = '#map=' + 'x'.repeat(500)")
    made.until("document.querySelector('.map-note [role=status]').textContent.includes('x…')")
    made.page.click(".map-note button:visible")
    assert made.page.is_hidden(".map-note")


@pytest.mark.parametrize(
    "odd", ["#map=%", "#map=", "#map=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E", "#map=__proto__"]
)
def test_odd_addresses_harm_nothing(shown: Shown, odd: str) -> None:
    made = shown(resnet_page(), odd)
    assert made.chosen() == "resnet50 ResNet"


def test_hostile_names_go_into_the_address_and_back(shown: Shown) -> None:
    made = shown(hostile_report())
    made.page.focus(".map-pane")
    made.page.keyboard.press("ArrowDown")
    made.page.keyboard.press("ArrowDown")
    made.until("location.hash.startsWith('#map=')")
    chosen, hash_ = made.chosen(), address(made)
    again = shown(hostile_report(), hash_)
    assert again.chosen() == chosen


def save(made: Map, kind: int) -> tuple[str, bytes]:
    """The name and bytes of the picture that a button of the menu gives."""
    with made.page.expect_download() as download:
        made.page.click(".map-save summary")
        made.page.click(f".map-save button >> nth={kind}")
    got: Any = download.value
    return got.suggested_filename, Path(got.path()).read_bytes()


def test_the_view_is_saved_as_svg_as_it_looks(shown: Shown) -> None:
    made = shown(resnet_page(), accept_downloads=True)
    labels, view = set(made.labels()), made.view()
    name, data = save(made, 0)
    assert name == "resnet50-ResNet-map.svg"
    root = ElementTree.fromstring(data.decode())
    texts = "|".join("".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text"))
    assert labels <= set(texts.split("|"))
    assert "convolution" in texts
    drawn = [each.get("d") for each in root.iter("{http://www.w3.org/2000/svg}path")]
    assert drawn == view
    assert "var(" not in data.decode()
    assert "light-dark" not in data.decode()


def test_the_menu_stays_when_the_focus_goes_to_nothing_as_a_press_on_a_button_in_safari_makes_it(shown: Shown) -> None:
    page = shown(resnet_page()).page
    opened = "document.querySelector('.map-save').open"
    page.click(".map-save summary")
    page.evaluate("document.activeElement.blur()")
    assert page.evaluate(opened)
    page.click(".map-crumbs")
    assert not page.evaluate(opened)


def test_the_view_is_saved_as_png_of_twice_the_size_in_the_colours_of_the_theme(shown: Shown) -> None:
    made = shown(resnet_page(), accept_downloads=True, color_scheme="dark")
    name, data = save(made, 1)
    assert name == "resnet50-ResNet-map.png"
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    pane = made.box()
    assert width == pytest.approx(2 * (pane["width"] - 2), abs=2)
    assert height > 2 * (pane["height"] - 2)
    corner = made.page.evaluate(
        """async (bytes) => {
        const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
        const pen = new OffscreenCanvas(4, 4).getContext('2d');
        pen.drawImage(bitmap, 0, 0);
        return [...pen.getImageData(1, 1, 1, 1).data];
        }""",
        list(data),
    )
    assert corner == [15, 19, 24, 255]


def test_the_row_of_the_layer_table_and_the_box_lead_to_each_other(shown: Shown) -> None:
    made = shown(resnet_page())
    made.search("layer2.1.conv2")
    made.page.click(".map-panel a:has-text('Row in the layer table')")
    made.until("location.hash.startsWith('#layer-')")
    row = address(made)
    made.until(f"document.querySelector({row!r})")
    assert "conv2" in made.page.inner_text(row)


def test_in_another_page_links_name_the_report_and_the_address_is_left_alone(chromium: Any, tmp_path: Path) -> None:
    fragment = render(scenes.resnet().report(), ".html", RenderOptions(embed=True))
    path = tmp_path / "docs.html"
    path.write_bytes(b"<!doctype html><meta charset='utf-8'><h1>Docs</h1>" + fragment)
    page = chromium.new_page(viewport={"width": 1200, "height": 900})
    page.goto(path.as_uri())
    pane = page.locator("model-report .map-pane")
    pane.scroll_into_view_if_needed()
    page.locator("model-report .map[data-state='live']").wait_for()
    pane.focus()
    page.keyboard.press("ArrowDown")
    page.locator("model-report .map-panel h3", has_text="x input").wait_for()
    assert page.evaluate("location.hash") == ""
    link = page.locator("model-report .map-panel .map-copy a").get_attribute("href")
    assert re.fullmatch(r"#mr-[0-9a-f]{8}:map=x", link)
    page.evaluate("link => { location.hash = link.replace('map=x', 'map=fc'); }", link)
    page.locator("model-report .map-panel h3", has_text="fc Linear").wait_for()

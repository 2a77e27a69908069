"""Charts in a real browser: both painters say the same, each can be saved, and they can be read on a telephone."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from modelreport.render.html import write_html
from tests.browser.pages import wait_for
from tests.factories import make_report

pytestmark = pytest.mark.browser

LIVE = "document.querySelector('#chart-{0}').dataset.state === 'live'"
TICKS = """(id) => {
  const words = (of) => [...document.querySelectorAll(`#chart-${id} ${of}`)].map((each) => each.lastChild.textContent);
  return { x: words('.live .xtick text'), y: words('.live .ytick text'), all: words('.static svg text') };
}"""


def alive(page: Any, chart: str) -> Any:
    """A chart of the page, drawn by Plotly."""
    place = page.locator(f"#chart-{chart}")
    wait_for(page, "[...document.querySelectorAll('.part')].every((part) => part.matches('.settled'))")
    page.evaluate(f"document.querySelector('#chart-{chart}').closest('details')?.setAttribute('open', '')")
    place.scroll_into_view_if_needed()
    wait_for(page, LIVE.format(chart))
    return place


@pytest.fixture
def page(chromium: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    path = tmp_path / "report.html"
    settings = dict(getattr(request, "param", {}))
    data = write_html(make_report())
    if settings.pop("without_library", False):
        data = re.sub(rb'<script[^>]*id="packed-plotly".*?</script>', b"", data, flags=re.DOTALL)
    path.write_bytes(data)
    options = {"viewport": {"width": 440, "height": 900}, "color_scheme": "dark", "accept_downloads": True}
    opened = chromium.new_page(**(options | settings))
    opened.goto(path.as_uri())
    return opened


@pytest.mark.parametrize(
    "chart", ["flops-by-family", "memory-timeline", "flops-by-depth", "weight-scale", "weight-heatmap", "cost-scaling"]
)
def test_both_painters_write_the_same_ticks_in_the_same_order(page: Any, chart: str) -> None:
    place = alive(page, chart)
    live = page.evaluate(TICKS, chart)
    still = live["all"]
    for axis in ("x", "y"):
        shown = [word.lstrip("…") for word in live[axis]]
        drawn = [word.lstrip("…") for word in still]
        assert shown, axis
        assert [word for word in shown if not any(each.endswith(word) or word.endswith(each) for each in drawn)] == []
    assert place.locator(".live").get_attribute("aria-label") == place.locator("figcaption strong").text_content()


def test_going_live_moves_nothing(page: Any) -> None:
    page.evaluate("document.querySelectorAll('details.told').forEach((fold) => { fold.open = true; })")
    heights = "(id) => document.querySelector(`#chart-${id} .chart-area`).getBoundingClientRect().height"
    for chart in ("memory-timeline", "flops-by-depth", "weight-heatmap", "roofline"):
        before = page.evaluate("(id) => document.querySelector(`#chart-${id} .static svg`).height.baseVal.value", chart)
        alive(page, chart)
        assert abs(page.evaluate(heights, chart) - before) <= 1, chart


STILL = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}


@pytest.mark.parametrize("page", [STILL], indirect=True)
def test_the_still_drawing_is_read_on_a_telephone(page: Any) -> None:
    svg = page.locator("#chart-memory-timeline .static svg")
    box = svg.bounding_box()
    assert box is not None
    scale = min(1, box["width"] / float(svg.get_attribute("width")))
    assert 11 * scale >= 9


@pytest.mark.parametrize("kind", ["SVG", "PNG"])
def test_a_chart_is_saved_as_it_is_seen(page: Any, kind: str) -> None:
    place = alive(page, "flops-by-depth")
    with page.expect_download() as saving:
        place.get_by_role("button", name=kind).click()
    assert saving.value.suggested_filename == f"DigitsResNet-flops-by-depth.{kind.lower()}"
    data = Path(saving.value.path()).read_bytes()
    if kind == "PNG":
        image = Image.open(io.BytesIO(data)).convert("RGB")
        assert image.width == 2 * (640 + 32)
        assert image.getpixel((3, 3)) == (15, 19, 24), "the ground of the dark theme"
        assert len(image.getcolors(1 << 20) or []) > 20
    else:
        root = ET.fromstring(data)
        text = "".join(root.itertext())
        assert "convolution" in text
        assert "operations (" in text
        assert b"var(--" not in data


@pytest.mark.parametrize("page", [{"without_library": True}], indirect=True)
@pytest.mark.parametrize("kind", ["SVG", "PNG"])
def test_without_the_library_the_drawing_of_the_page_is_saved(page: Any, kind: str) -> None:
    place = page.locator("#chart-memory-timeline")
    place.scroll_into_view_if_needed()
    assert not page.evaluate("Boolean(globalThis.Plotly)")
    with page.expect_download() as saving:
        place.get_by_role("button", name=kind).click()
    data = Path(saving.value.path()).read_bytes()
    assert len(data) > 2000
    if kind == "SVG":
        assert "activations alive" in "".join(ET.fromstring(data).itertext())
        assert b"var(--" not in data
    else:
        assert Image.open(io.BytesIO(data)).height > 500


def test_a_chart_follows_the_width_of_its_place(page: Any) -> None:
    place = alive(page, "memory-timeline")
    width = "document.querySelector('#chart-memory-timeline .main-svg').getBoundingClientRect().width"
    before = page.evaluate(width)
    page.set_viewport_size({"width": 800, "height": 900})
    wait_for(page, f"{width} > {before + 50}")
    assert place.is_visible()

"""A report with a map in a browser, and ways to read and to use what the map shows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from modelreport.facts import Report
from modelreport.render.html import write_html
from tests.browser.pages import FRAMES, wait_for

sys.path.insert(0, str(Path(__file__).parent.parent / "render" / "map"))

import scenes

Shown = Callable[..., "Map"]


class Map:
    """A page that shows a map."""

    def __init__(self, page: Any, painter: str = "plotly") -> None:
        self.page = page
        self.painter = painter

    def until(self, condition: str) -> None:
        """Wait for a condition."""
        wait_for(self.page, f"Boolean({condition})")

    def labels(self) -> list[str]:
        """What is written on the map."""
        script = "[...document.querySelectorAll('.map-live text')].map((e) => e.textContent)"
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

    def view(self) -> list[str]:
        """The outlines drawn: equal only where the view and everything marked are."""
        script = "[...document.querySelectorAll('.map-live .shapelayer path')].map((e) => e.getAttribute('d'))"
        found: list[str] = self.page.evaluate(script)
        return found

    def paths(self) -> list[str]:
        """The outlines as the painter at work draws them."""
        drawn = "[...document.querySelectorAll('.map-quick path, .map-live .shapelayer path')]"
        script = f"{drawn}.filter((e) => e.checkVisibility()).map((e) => e.getAttribute('d'))"
        found: list[str] = self.page.evaluate(script)
        return found

    def strokes(self, token: str) -> int:
        """How many layers are drawn in the colour of a token."""
        script = f"""(() => {{
            const probe = document.createElement('i');
            probe.style.color = 'var({token})';
            document.body.append(probe);
            const hue = getComputedStyle(probe).color;
            probe.remove();
            const paths = [...document.querySelectorAll('.map-live path')];
            return paths.filter((e) => getComputedStyle(e).stroke === hue).length;
        }})()"""
        found: int = self.page.evaluate(script)
        return found

    def search(self, query: str) -> None:
        """Go to the first box that a search finds."""
        self.page.fill(".map-search input", query)
        self.page.press(".map-search input", "Enter")
        self.settle()

    def chosen(self) -> str:
        """The heading of the side panel."""
        text: str = self.page.text_content(".map-panel h3")
        return text

    def crumbs(self) -> list[str]:
        script = "[...document.querySelectorAll('.map-crumbs button')].map((e) => e.textContent)"
        found: list[str] = self.page.evaluate(script)
        return found

    def settle(self) -> None:
        """Wait until nothing moves any more and the painter, Plotly unless told otherwise, has drawn what stands."""
        before = None
        drawn = (
            "document.querySelector('.map-live').dataset.painter"
            " + [...document.querySelectorAll('.map-live path')].map((e) => e.getAttribute('d')).join()"
        )
        for _ in range(500):
            now = self.page.evaluate(FRAMES.format(drawn))
            if now == before and now.startswith(self.painter):
                return
            before = now
            self.page.wait_for_timeout(120)
        pytest.fail("the map did not come to rest")


@cache
def resnet_page() -> bytes:
    """The page of a small ResNet-50, written once for all tests."""
    return write_html(scenes.resnet().report())


@pytest.fixture
def shown(chromium: Any, tmp_path: Path) -> Iterator[Shown]:
    """Opens a report from a file with the map in sight."""
    contexts: list[Any] = []

    def open_map(report: Report | bytes, address: str = "", painter: str = "plotly", **settings: Any) -> Map:
        path = tmp_path / f"report{len(contexts)}.html"
        path.write_bytes(report if isinstance(report, bytes) else write_html(report))
        context = chromium.new_context(**({"viewport": {"width": 1440, "height": 900}} | settings))
        contexts.append(context)
        made = Map(context.new_page(), painter)
        made.page.goto(path.as_uri() + address)
        if settings.get("java_script_enabled", True):
            if not address:
                made.page.evaluate("document.getElementById('architecture').scrollIntoView({behavior: 'instant'})")
            made.until("document.getElementById('map').dataset.state === 'live'")
            made.until("document.querySelector('.map-panel h3')")
            made.settle()
        return made

    yield open_map
    for context in contexts:
        context.close()

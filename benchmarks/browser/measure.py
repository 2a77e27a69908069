"""How soon a model is drawn, and how smoothly it is zoomed and dragged: the same script for every program."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.browser.models import Subject
from benchmarks.browser.programs import Program, new_page, served

ZOOMS = 60
DRAGS = 90
TIMEOUT_S = 300
REST_MS = 3000
"""Until a page has done what it put off while it was zoomed and dragged."""
WATCH = """
window.bench = {steps: [], frames: [], zooming: false, moving: false};
(function look() {
  if (DRAWN) requestAnimationFrame(() => console.debug(`drawn after ${performance.now()}`));
  else requestAnimationFrame(look);
})();
addEventListener('wheel', () => {
  if (!window.bench.zooming) return;
  const began = performance.now();
  requestAnimationFrame(() => requestAnimationFrame(() => window.bench.steps.push(performance.now() - began)));
}, {capture: true, passive: true});
let last = 0;
(function frame(now) {
  if (window.bench.moving && last) window.bench.frames.push(now - last);
  last = window.bench.moving ? now : 0;
  requestAnimationFrame(frame);
})(0);
"""
"""A step of the zoom lasts from the turn of the wheel until the frame after the one that shows it: 17 ms at least."""


@dataclass(frozen=True)
class Figures:
    """What one program did with one model; ``None`` where it never got there."""

    drawn_s: float | None = None
    zoom_ms: tuple[float, float] | None = None
    """Median and 95th percentile of a step."""
    pan_ms: tuple[float, float] | None = None
    """Of a frame while the map is dragged."""
    heap_mb: float | None = None
    """JavaScript heap after all that and a collection: with whatever came after the first picture."""
    paint_s: float | None = None
    """First contentful paint."""


def measure(browser: Any, program: Program, subject: Subject, timeout_s: float = TIMEOUT_S) -> Figures:
    """Open the model, wait until it is drawn, zoom into it and drag it about."""
    with served(program, subject) as address:
        page, told = watched(browser, program, address)
        try:
            page.goto(address, wait_until="commit")
            drawn = wait_until_drawn(page, told, timeout_s)
            if drawn is None:
                return Figures()
            page.wait_for_timeout(500)
            paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null")
            middle = middle_of(page, program)
            page.mouse.move(*middle)
            zoom = zoom_steps(page, program)
            pan = pan_frames(page, middle)
            page.wait_for_timeout(REST_MS)
            return Figures(drawn, spread(zoom), spread(pan), heap_of(page), paint / 1000 if paint else None)
        finally:
            page.context.close()


def watched(browser: Any, program: Program, address: str, **settings: Any) -> tuple[Any, list[float]]:
    """An empty page that will tell when it has drawn the model, and the list that the seconds until then come into."""
    page = new_page(browser, program, address, WATCH.replace("DRAWN", program.drawn), **settings)
    told: list[float] = []

    def hear(message: Any) -> None:
        if message.text.startswith("drawn after "):
            told.append(float(message.text.rpartition(" ")[2]) / 1000)

    page.on("console", hear)
    return page, told


def wait_until_drawn(page: Any, told: list[float], timeout_s: float = TIMEOUT_S) -> float | None:
    """Seconds from the start of the navigation; ``None`` when it is not drawn in time.

    Nothing is asked of the page meanwhile: one that is busy would not answer.
    """
    end = time.monotonic() + timeout_s
    while not told and time.monotonic() < end:
        page.wait_for_timeout(100)
    return told[0] if told else None


def heap_of(page: Any) -> float:
    """Megabytes in use after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def middle_of(page: Any, program: Program) -> tuple[float, float]:
    """Of the part of the map that is in the window."""
    box = page.locator(program.pane).first
    box.scroll_into_view_if_needed()
    x, y, width, height = box.evaluate(
        "e => { const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; }"
    )
    window = page.viewport_size
    right, bottom = min(x + width, window["width"]), min(y + height, window["height"])
    return (max(x, 0) + right) / 2, (max(y, 0) + bottom) / 2


def zoom_steps(page: Any, program: Program) -> list[float]:
    """Milliseconds of each step: as far one way as the other."""
    if program.zoom_key:
        page.keyboard.down(program.zoom_key)
    page.evaluate("window.bench.zooming = true")
    for step in range(ZOOMS):
        page.mouse.wheel(0, program.notch if step < ZOOMS // 2 else -program.notch)
        page.wait_for_timeout(60)
    page.wait_for_timeout(300)
    page.evaluate("window.bench.zooming = false")
    if program.zoom_key:
        page.keyboard.up(program.zoom_key)
    return [float(step) for step in page.evaluate("window.bench.steps")]


def pan_frames(page: Any, middle: tuple[float, float]) -> list[float]:
    """Milliseconds between frames while the map is dragged in circles."""
    x, y = middle
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("window.bench.moving = true")
    for step in range(DRAGS):
        page.mouse.move(x + 3 * (step if step < DRAGS / 2 else DRAGS - step), y + 2 * (step % 30))
        page.wait_for_timeout(5)
    page.evaluate("window.bench.moving = false")
    page.mouse.up()
    return [float(frame) for frame in page.evaluate("window.bench.frames")]


def spread(values: list[float]) -> tuple[float, float] | None:
    """Median and 95th percentile."""
    if len(values) < 2:
        return None
    return statistics.median(values), statistics.quantiles(values, n=20)[-1]

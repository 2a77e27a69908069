"""Pages opened in a real browser, and everything they said."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

STATE = """[...document.querySelectorAll('model-report')].map((m) => ({
  id: m.id, theme: m.dataset.theme ?? '', failed: m.dataset.scripts ?? m.dataset.tables ?? '',
  map: m.shadowRoot?.getElementById('map')?.dataset.state ?? '',
  tables: m.shadowRoot?.querySelectorAll('.table-scroll.live').length ?? 0,
}))"""
"""What each fragment of a page says of itself."""
TABLES = """[...document.querySelectorAll('[data-table]')].every(
  (t) => t.closest('details:not([open])') || t.dataset.rows > 2000 || t.querySelector('.live'))"""
"""Whether every table of a page is live; those in a closed fold and long ones wait until they are seen."""
HOLD = """{
  const held = [];
  globalThis.requestIdleCallback = (work) => { held.push(work); };
  globalThis.goOn = () => {
    globalThis.requestIdleCallback = (work) => setTimeout(work);
    for (const work of held) setTimeout(work);
  };
}"""
"""Run before a page's own scripts: what they do in idle moments waits for `goOn()`."""
STILL = """(() => {
  const live = [...document.querySelectorAll('.chart-area .live')];
  const seen = live.filter((each) => each.checkVisibility({ contentVisibilityAuto: true }));
  return [...document.querySelectorAll('.part')].every((part) => part.matches('.settled:not(.awake)'))
    && !document.getAnimations().some((each) => each instanceof CSSTransition)
    && seen.every((each) => {
      const drawn = each.querySelector('.main-svg');
      return drawn !== null && Math.abs(drawn.getBoundingClientRect().width - each.clientWidth) < 1.5;
    });
})()"""
"""Whether all of a page has come to life, and what is drawn has the width of its place."""
FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done({0}))))"
"""A value of a page after all that it was about to draw is drawn."""


def wait_for(page: Any, what: str, seconds: float = 120.0) -> Any:
    """The value of a script once it is true; the policy of the page allows no polling inside it."""
    for _ in range(int(seconds * 20)):
        found = page.evaluate(what)
        if found:
            return found
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {what}")


def at_rest(page: Any, what: str = "scrollY") -> Any:
    """A value of the page once it no longer changes, such as how far a page is scrolled that goes on by itself."""
    before, same = None, 0
    for _ in range(1000):
        now = page.evaluate(FRAMES.format(what))
        same = same + 1 if now == before else 0
        if same == 5:
            return now
        before = now
        page.wait_for_timeout(20)
    raise AssertionError(f"never came to rest: {what}")


def walk(page: Any) -> None:
    """Scroll through the whole page, which grows meanwhile, so that everything that draws itself when seen does."""
    y = 0
    while y < page.evaluate("document.documentElement.scrollHeight"):
        page.evaluate(f"window.scrollTo({{ top: {y}, behavior: 'instant' }})")
        page.evaluate(FRAMES.format(0))
        page.wait_for_timeout(30)
        y += 600


class Opened:
    """A page, with what it said on the console and asked for."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("requestfailed", lambda request: self.said.append(f"failed: {request.url[:200]}"))

    def until(self, what: str) -> Any:
        """The value of a script once it is true."""
        try:
            return wait_for(self.page, what)
        except AssertionError as error:
            raise AssertionError(f"{error}; said: {self.said}; {self.page.evaluate(STATE)}") from error


@contextmanager
def opened(chromium: Any, address: str, **settings: Any) -> Iterator[Opened]:
    """A page at an address."""
    context = chromium.new_context(**({"viewport": {"width": 1300, "height": 900}} | settings))
    made = Opened(context.new_page())
    made.page.goto(address)
    try:
        yield made
    finally:
        context.close()


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it has
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder while it is served below a path, as documentation often is."""
    root = folder.parent
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{folder.name}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

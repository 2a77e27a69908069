"""The programs that show a model in a browser: where a model stands in each, and how to tell that it is drawn."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.browser.models import Subject

SIZE = {"width": 1280, "height": 744}
FLAGS = (
    "--headless", "--no-sandbox", "--enable-unsafe-swiftshader",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
"""WebGL in software, which Model Explorer draws with; no page finds the network."""


@dataclass(frozen=True)
class Program:
    """One of them."""

    name: str
    drawn: str
    """JavaScript that is true once the model is drawn and answers: of ours not the drawing that is there first, but
    the map that can be hovered, clicked, zoomed and dragged, whether or not the chart library has come yet."""
    pane: str
    """Selector of what is zoomed and dragged."""
    notch: int = -100
    """Turn of the wheel for one step of 6 to 15 %: inwards, or outwards where it opens at full size."""
    zoom_key: str = ""
    """Key that must be held for the wheel to zoom."""


OURS = Program(
    "modelreport",
    "document.querySelector('#map')?.dataset.state === 'live'",
    "#map [role=application]",
    zoom_key="Control",
)
NETRON = Program(
    "Netron", "document.body?.className === 'default' && document.querySelector('.node')", "#target", 4, "Control"
)
EXPLORER = Program(
    "Model Explorer",
    "document.querySelector('canvas.main') && /[0-9] nodes/.test(document.body.textContent)",
    "canvas.main",
)
PROGRAMS = (OURS, NETRON, EXPLORER)


@contextlib.contextmanager
def served(program: Program, subject: Subject) -> Iterator[str]:
    """The address under which the program shows the model; its server ends with the block."""
    if program is OURS:
        yield subject.html.resolve().as_uri()
        return
    port = free_port()
    start = f"netron.start({str(subject.onnx)!r}, ('127.0.0.1', {port}), browse=False)"
    netron = f"import netron, time; {start}; time.sleep(9999)"
    explorer = ["-m", "model_explorer", str(subject.graph.resolve()), "--no_open_in_browser", "--host", "127.0.0.1"]
    command = ["-c", netron] if program is NETRON else [*explorer, "--port", str(port)]
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}/" + ("" if program is NETRON else f"?data={explorer_data(subject.graph)}")
    finally:
        process.kill()
        process.wait()


def explorer_data(graph: Path) -> str:
    """What Model Explorer's address says of the model."""
    return urllib.parse.quote(json.dumps({"models": [{"url": str(graph.resolve())}]}))


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(port: int, seconds: float = 60) -> None:
    """Until something listens; ``TimeoutError`` if nothing does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")


def start_browser(playwright: Any) -> Any:
    """Headless Chromium."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    return playwright.chromium.launch(executable_path=found, args=list(FLAGS))


def new_page(browser: Any, program: Program, address: str, script: str = "", **settings: Any) -> Any:
    """An empty page in a context of its own, in which Netron's question about cookies is answered already."""
    context = browser.new_context(**({"viewport": SIZE} | settings))
    if program is NETRON:
        context.add_cookies([{"name": "consent", "value": "1", "url": address}])
    page = context.new_page()
    # Netron puts an eval of its own in place of the browser's, without which nothing can be asked of the page.
    page.add_init_script(
        "{ const own = window.eval; Object.defineProperty(window, 'eval', {get: () => own, set: () => {}}); }"
    )
    if script:
        page.add_init_script(script)
    return page

"""How soon the page of ResNet-50 is there, against Plotly's own page of a single chart, in the same browser and run.

    python benchmarks/page.py [REPEATS]

Prints medians in milliseconds from the start of the navigation: first paint (static charts included), Plotly ready,
first live chart; and the sizes. Needs torchvision and Chromium.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

WATCH = """
new MutationObserver(() => {
  if (!window.seen && document.querySelector('.main-svg')) window.seen = performance.now();
}).observe(document, {subtree: true, childList: true});
"""


def write_pages(folder: Path) -> list[Path]:
    """Our page of an untrained ResNet-50, and Plotly's page of one bar chart."""
    import plotly.graph_objects as go

    import modelreport
    from modelreport.identify.libraries import load_library

    ours, peer = folder / "modelreport.html", folder / "plotly.html"
    modelreport.build(load_library("torchvision").models.resnet50(weights=None)).save(ours)
    go.Figure(go.Bar(x=[1, 2, 3], y=[1, 2, 3])).write_html(peer, include_plotlyjs=True)
    return [ours, peer]


def open_once(browser: Any, path: Path) -> tuple[float, float]:
    """First paint and first live chart, in milliseconds."""
    context = browser.new_context(viewport={"width": 1280, "height": 744})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(path.as_uri())
    for _ in range(200):
        if page.evaluate("window.seen"):
            break
        page.wait_for_timeout(50)
    seen = page.evaluate("window.seen")
    page.wait_for_timeout(200)  # the paint is reported a frame after it
    paint = page.evaluate("performance.getEntriesByType('paint')[0]?.startTime ?? NaN")
    context.close()
    return float(paint), float(seen)


def main() -> None:
    """Measure both pages in turn."""
    from playwright.sync_api import sync_playwright

    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        pages = write_pages(Path(folder))
        flags = ["--headless", "--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        times: dict[Path, list[tuple[float, float]]] = {page: [] for page in pages}
        for _ in range(repeats):
            for page in pages:
                times[page].append(open_once(browser, page))
        charts = []
        for page in pages:
            paint, chart = (statistics.median(column) for column in zip(*times[page], strict=True))
            charts.append(chart)
            size = page.stat().st_size / 1000
            print(f"{page.stem:12} {size:6,.0f} kB   first paint {paint:5.0f} ms   first live chart {chart:5.0f} ms")
        print(f"first live chart: {charts[0] / charts[1]:.2f} x Plotly's own page")
        browser.close()


if __name__ == "__main__":
    main()

"""How soon a report is painted and its first chart lives, against Plotly's own page of a single chart."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from benchmarks.browser.programs import SIZE

WATCH = """
new MutationObserver(() => {
  if (!window.seen && document.querySelector('.main-svg')) window.seen = performance.now();
}).observe(document, {subtree: true, childList: true});
"""


def write_peer(path: Path) -> None:
    """Plotly's page of one bar chart."""
    import plotly.graph_objects as go

    go.Figure(go.Bar(x=[1, 2, 3], y=[1, 2, 3])).write_html(path, include_plotlyjs=True)


def open_once(browser: Any, path: Path) -> tuple[float, float]:
    """First paint and first live chart, in milliseconds."""
    context = browser.new_context(viewport=SIZE)
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


def compare(browser: Any, ours: Path, folder: Path, repeats: int) -> str:
    """Medians of both pages, opened in turn, as lines."""
    peer = folder / "plotly.html"
    write_peer(peer)
    times: dict[Path, list[tuple[float, float]]] = {ours: [], peer: []}
    for _ in range(repeats):
        for path, runs in times.items():
            runs.append(open_once(browser, path))
    lines, charts = [], []
    for path, name in ((ours, "modelreport"), (peer, "Plotly, one bar chart")):
        paint, chart = (statistics.median(column) for column in zip(*times[path], strict=True))
        charts.append(chart)
        size = path.stat().st_size / 1000
        lines.append(f"{name:22} {size:6,.0f} kB   first paint {paint:5.0f} ms   first live chart {chart:5.0f} ms")
    return "\n".join([*lines, f"first live chart: {charts[0] / charts[1]:.2f} × Plotly's own page"])

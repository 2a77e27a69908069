"""What a report's page costs in the browser: against its budgets, Netron and Model Explorer, and Plotly's own page.

    python benchmarks/page.py [--repeats 5] [--operations 50000] [--only resnet50]

ResNet-50 and a synthetic model of 50,000 operations are opened in headless Chromium by all three programs in turn, the
same graph in each, zoomed and dragged by the same script; medians of the runs. A figure is *ok* within its limit and
not behind a peer. Then first paint and first live chart of ResNet-50's page, against Plotly's page of one bar chart.

Netron gets the ONNX file, which it fetches from its server on this machine, Model Explorer its own form of the graph;
neither has the statistics of the weights. Times are from the start of the navigation: what each does in Python before
(tracing, exporting) is not in them. Needs Netron, Model Explorer, torchvision, onnxscript and Chromium.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._setting import machine, today, versions
from benchmarks.browser.budget import rows, table
from benchmarks.browser.measure import TIMEOUT_S, Figures, measure
from benchmarks.browser.models import OPERATIONS, Subject, resnet50, synthetic
from benchmarks.browser.plotly import compare
from benchmarks.browser.programs import OURS, PROGRAMS, Program, start_browser


def middle(runs: Sequence[Figures]) -> Figures:
    """The median of each figure over the runs in which there was one."""

    def of(values: Sequence[Any]) -> Any:
        known = [value for value in values if value is not None]
        if not known:
            return None
        if isinstance(known[0], tuple):
            return tuple(statistics.median(column) for column in zip(*known, strict=True))
        return statistics.median(known)

    return Figures(**{name: of([getattr(run, name) for run in runs]) for name in Figures.__dataclass_fields__})


def measure_all(browser: Any, subject: Subject, repeats: int, timeout_s: float) -> dict[str, Figures]:
    """Every program in turn, so often; one that takes half a minute only once, one that takes too long not at all."""
    found: dict[str, list[Figures]] = {program.name: [] for program in PROGRAMS}
    for _ in range(repeats):
        for program in PROGRAMS:
            if not _too_slow(program, found[program.name]):
                found[program.name].append(measure(browser, program, subject, timeout_s))
    return {name: middle(runs) for name, runs in found.items()}


def _too_slow(program: Program, runs: Sequence[Figures]) -> bool:
    return program is not OURS and bool(runs) and (runs[0].drawn_s is None or runs[0].drawn_s > 30)


def main() -> None:
    """Print the tables."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--operations", type=int, default=OPERATIONS, help="of the synthetic model")
    parser.add_argument("--timeout", type=int, default=TIMEOUT_S, help="seconds that a model may take to be drawn")
    parser.add_argument("--only", choices=("resnet50", "synthetic"))
    asked = parser.parse_args()
    print(f"{today()}, {machine()}, {versions(('netron', 'ai-edge-model-explorer', 'playwright'))}\n")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder, browser = Path(name), start_browser(playwright)
        if asked.only != "synthetic":
            subject = resnet50(folder)
            print(
                table(
                    "ResNet-50",
                    rows(subject, measure_all(browser, subject, asked.repeats, asked.timeout), asked.timeout),
                ),
                "\n",
                flush=True,
            )
            print(compare(browser, subject.html, folder, asked.repeats), "\n", flush=True)
        if asked.only != "resnet50":
            subject = synthetic(folder, asked.operations)
            title = f"{len(subject.report.trace.operations):,} operations"
            print(
                table(title, rows(subject, measure_all(browser, subject, asked.repeats, asked.timeout), asked.timeout))
            )
        browser.close()


if __name__ == "__main__":
    main()

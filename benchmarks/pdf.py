"""What the PDF of a report costs: seconds, pages and size against their limits.

    python benchmarks/pdf.py [--repeats 3] [--operations 50000] [--only resnet50]

ResNet-50, a BERT of twelve layers (both untrained) and a synthetic model of 50,000 operations. The time is that of
writing the PDF of a finished report, the median of the runs; that of the first run, with imports, comes before them and
is not counted. A ratio above 1 misses the limit. Needs torchvision, transformers, onnx and pikepdf.
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._setting import machine, today, versions
from benchmarks.browser.models import OPERATIONS, write_synthetic
from modelreport import Report, build
from modelreport.render import render


@dataclass(frozen=True)
class Limit:
    """What a PDF may cost."""

    seconds: float
    pages: int


@dataclass(frozen=True)
class Cost:
    """What it does cost."""

    seconds: float
    pages: int
    size_bytes: int


LIMITS = {"resnet50": Limit(5.0, 25), "bert": Limit(5.0, 25), "synthetic": Limit(15.0, 40)}


def resnet50() -> Report:
    """Untrained, with its weights measured."""
    import torch

    from modelreport.identify.libraries import load_library

    torch.manual_seed(0)
    return build(load_library("torchvision").models.resnet50(weights=None).eval(), title="resnet50")


def bert() -> Report:
    """Twelve layers of 768, untrained."""
    import torch

    from modelreport.identify.libraries import load_library

    torch.manual_seed(0)
    library = load_library("transformers")
    return build(library.BertModel(library.BertConfig()).eval(), title="BERT, 12 layers")


def synthetic(operations: int = OPERATIONS) -> Report:
    """So many operations in modules that differ."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "synthetic.onnx"
        write_synthetic(path, operations)
        return build(path)


def measure(report: Report, repeats: int) -> Cost:
    """The cost of its PDF."""
    import pikepdf

    render(report, ".pdf")
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        data = render(report, ".pdf")
        times.append(time.perf_counter() - start)
    with pikepdf.open(io.BytesIO(data)) as document:
        return Cost(statistics.median(times), len(document.pages), len(data))


def row(name: str, operations: int, cost: Cost) -> tuple[str, ...]:
    """One line of the table, with each figure as a ratio to its limit."""
    limit = LIMITS[name]
    slow, long = cost.seconds / limit.seconds, cost.pages / limit.pages
    verdict = "ok" if slow <= 1 and long <= 1 else "missed"
    return (
        name,
        f"{operations:,}",
        f"{cost.seconds:.1f} s",
        f"{slow:.2f} of {limit.seconds:g} s",
        f"{cost.pages}",
        f"{long:.2f} of {limit.pages}",
        f"{cost.size_bytes / 1000:,.0f} kB",
        verdict,
    )


HEADER = ("model", "operations", "time", "to limit", "pages", "to limit", "size", "verdict")


def table(rows: Sequence[Sequence[str]]) -> str:
    """Lines with columns of even width."""
    wide = [max(len(line[i]) for line in (HEADER, *rows)) for i in range(len(HEADER))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, wide, strict=True)).rstrip()
        for line in (HEADER, *rows)
    )


def main() -> None:
    """Print the table; exit code 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--operations", type=int, default=OPERATIONS, help="of the synthetic model")
    parser.add_argument("--only", choices=tuple(LIMITS))
    asked = parser.parse_args()
    print(f"{today()}, {machine()}, {versions(('weasyprint', 'torch'))}\n")
    makers = {"resnet50": resnet50, "bert": bert, "synthetic": lambda: synthetic(asked.operations)}
    rows = []
    for name in LIMITS if asked.only is None else (asked.only,):
        report = makers[name]()
        operations = len(report.trace.operations) if hasattr(report.trace, "operations") else 0
        rows.append(row(name, operations, measure(report, asked.repeats)))
    print(table(rows))
    sys.exit(any(line[-1] != "ok" for line in rows))


if __name__ == "__main__":
    main()

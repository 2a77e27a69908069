"""The accuracy tables as Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Found = dict[str, Any]
DECIMALS = 3


def document(found: Found) -> str:
    """The whole page."""
    parts = (_head, _summary, _published, _counter, _hand, _flow, _memory, _others, _parameters)
    return "\n".join(line for part in parts for line in part(found)) + "\n"


def table(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> list[str]:
    """Lines of a table; the first column is text, the others are numbers."""
    names = list(header)
    lines = ["", f"| {' | '.join(names)} |", f"| --- |{' ---: |' * (len(names) - 1)}"]
    return [*lines, *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows), ""]


def _head(found: Found) -> Iterable[str]:
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    yield "# How accurate the figures are"
    yield ""
    yield f"Made by `python benchmarks/accuracy.py --write docs/accuracy.md` on {found['date']}, on {found['machine']},"
    yield f"with {versions}."
    yield ""
    yield "A multiply-add is one MAC and two FLOP; attention is counted over the full S×S square. Where a published"
    yield "figure is called GFLOPS but counts a multiply-add as one, it stands here as GMAC."
    yield ""


def _verdict(rows: list[Found]) -> str:
    return f"{sum(r['ok'] for r in rows)} of {len(rows)}"


def _equal(rows: list[Found]) -> str:
    """Rows without any difference; one that is explained is a difference all the same."""
    return f"{sum(r['here'] == r['without_workspaces'] for r in rows)} of {len(rows)}"


def _explained(rows: list[Found]) -> str:
    count = sum(r["here"] != r["without_workspaces"] and bool(r["gap"]) for r in rows)
    return f" ({count} difference explained below)" if count else ""


def summary(found: Found) -> list[tuple[str, str]]:
    """What was checked, and how much of it holds."""
    flow = [r for r in found["flow"] if not r["reason"]]
    edges = sum(r["edges"] for r in flow)
    differences = sum(len(r["only_ours"]) + len(r["only_theirs"]) for r in flow)
    peaks = f"peak activations against the CPU allocator, to the byte{_explained(found['memory'])}"
    return [
        ("torchvision's published GMAC to 3 decimals and parameter counts", _verdict(found["published"])),
        ("`FlopCounterMode` on meta, to the unit", _verdict([r for r in _counted(found) if r["counter_flops"]])),
        ("hand formulas of multiply-adds and parameters, to the unit", _verdict(found["hand"])),
        (f"edges identical to `torch.fx`: {len(flow)} models, {edges:,} edges", f"{differences} differences"),
        (peaks, _equal(found["memory"])),
        ("parameters, trainable, buffers, bytes, by dtype against torch", _verdict(found["parameters"])),
    ]


def _summary(found: Found) -> Iterable[str]:
    yield from table(("checked", "holds"), summary(found))


def _counted(found: Found) -> list[Found]:
    return [r for r in [*found["published"], *found["others"]] if not r.get("error")]


def _published(found: Found) -> Iterable[str]:
    yield "## Published figures"
    yield ""
    yield "Every classification, segmentation and video model of torchvision whose weights state them, at the"
    yield "settings of those weights. Detection models need torchvision's compiled operators and depend on what they"
    yield "find; the input size behind the figures of its optical flow models is not stated."
    rows = [
        (r["name"], r["weights"], r["input"], _giga(r.get("macs")), r["published_gflops"], _exact(r.get("parameters")),
         _exact(r["published_parameters"]), "yes" if r["ok"] else r.get("error", "**no**"))
        for r in found["published"]
    ]  # fmt: skip
    names = ("model", "weights", "input", "GMAC here", "published", "parameters here", "published", "equal")
    yield from table(names, rows)


def _counter(found: Found) -> Iterable[str]:
    yield "## `FlopCounterMode` on meta"
    yield ""
    yield "Twice the multiply-adds, against torch's own counter on plain meta tensors (– where it does not run)."
    yield "All FLOPs add normalisation, activations, softmax, pooling and elementwise arithmetic."
    rows = [
        (r["name"], r["input"], _exact(2 * r["macs"]) if "macs" in r else r["error"], _exact(r.get("counter_flops")),
         _exact(r.get("flops")), "yes" if r["ok"] and r.get("counter_flops") else "–" if r["ok"] else "**no**")
        for r in found["others"]
    ]  # fmt: skip
    yield from table(("model", "input", "matrix FLOPs here", "FlopCounterMode", "all FLOPs here", "equal"), rows)


def _hand(found: Found) -> Iterable[str]:
    yield "## By hand"
    yield ""
    yield "Written out in `benchmarks/checks/hand.py` from the papers."
    rows = [
        (r["name"], r["formula"], _exact(r.get("macs")), _exact(r["hand_macs"]), _exact(r.get("parameters")),
         _exact(r["hand_parameters"]), "yes" if r["ok"] else r.get("error", "**no**"))
        for r in found["hand"]
    ]  # fmt: skip
    yield from table(("model", "multiply-adds", "MACs here", "by hand", "parameters here", "by hand", "equal"), rows)


def _flow(found: Found) -> Iterable[str]:
    yield "## Data flow"
    yield ""
    yield "The edges between operations, against the graph of `torch.fx`. A model that fx cannot trace, or where it"
    yield "hides several operations in one node, is not compared."
    same = [r for r in found["flow"] if not r["reason"]]
    rows = [(r["name"], r["edges"], len(r["only_ours"]), len(r["only_theirs"])) for r in same]
    yield from table(("model", "edges", "only here", "only in fx"), rows)
    left = [f"{r['name']} ({r['reason']})" for r in found["flow"] if r["reason"]]
    yield f"Not compared: {'; '.join(left)}." if left else ""
    yield ""


def _memory(found: Found) -> Iterable[str]:
    yield "## Peak activations"
    yield ""
    yield "Against the allocations of a real pass on the CPU, as torch's profiler records them. *Workspaces* are what"
    yield "an operator takes and gives back before it ends: they belong to the kernels of a machine, not to the model,"
    yield "and are not in the report's figure."
    rows = [
        (r["name"], _exact(r["here"]), _exact(r["without_workspaces"]), _exact(r["peak"]),
         ", ".join(r["workspaces"]) or "none", "yes" if r["here"] == r["without_workspaces"] else r["gap"] or "**no**")
        for r in found["memory"]
    ]  # fmt: skip
    names = ("model", "bytes here", "real, without workspaces", "real, with them", "largest workspaces", "equal")
    yield from table(names, rows)


def _others(found: Found) -> Iterable[str]:
    yield "## Other counters"
    yield ""
    yield "Multiply-adds, and the deviation from the published figure (hand formula for the last three). Each counter"
    yield "ran in a process of its own on the CPU, as its documentation shows, models in eval mode. *Equal* is to the"
    yield "third decimal of a GMAC, to which the published figures are rounded; an error is named by its type."
    names = list(found["counters"])
    rows = []
    for name, reference in found["references"].items():
        here = found["here"].get(name)
        cells = [_deviation(found["counters"][counter].get(name), reference) for counter in names]
        rows.append((name, _giga(reference), _deviation(here, reference), *cells))
    yield from table(("model", "GMAC", "modelreport", *names), rows)


def _parameters(found: Found) -> Iterable[str]:
    yield "## Parameters"
    yield ""
    rows = [
        (r["name"], _exact(r["parameters"]), _exact(r["trainable"]), _exact(r["buffers"]), _exact(r["size_bytes"]),
         ", ".join(f"{d} {_exact(n)}" for d, n in r["dtypes"].items()), "yes" if r["ok"] else "**no**")
        for r in found["parameters"]
    ]  # fmt: skip
    names = ("model", "parameters", "trainable", "buffers", "bytes", "elements by dtype", "equal to torch")
    yield from table(names, rows)


def _deviation(value: Any, reference: float) -> str:
    if not isinstance(value, (int, float)):
        return str(value or "–")
    if round(value / 1e9, DECIMALS) == round(reference / 1e9, DECIMALS):
        return "equal"
    return f"{100 * (value / reference - 1):+.1f} %"


def _giga(value: float | None) -> str:
    return "–" if value is None else f"{value / 1e9:.3f}"


def _exact(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"

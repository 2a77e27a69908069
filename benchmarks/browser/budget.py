"""The budgets of the page, and what was measured, as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.browser.measure import TIMEOUT_S, Figures
from benchmarks.browser.models import Subject
from benchmarks.browser.programs import EXPLORER, NETRON, OURS

FRAME_MS = 1000 / 60
"""A screen's own frame; a timer's grain is allowed on top of it."""


@dataclass(frozen=True)
class Line:
    """One figure: ours, a peer's, and what it must stay under."""

    what: str
    value: Callable[[Figures], float | None]
    unit: str
    limits: Mapping[str, float]
    """By the name of the model; without one the figure is only compared."""


LINES = (
    Line("first map that answers", lambda f: f.drawn_s, "s", {"resnet50": 0.5, "synthetic": 1.0}),
    Line("zoom step, median", lambda f: f.zoom_ms and f.zoom_ms[0], "ms", {}),
    Line("zoom step, p95", lambda f: f.zoom_ms and f.zoom_ms[1], "ms", {"resnet50": 50.0}),
    Line("pan frame, median", lambda f: f.pan_ms and f.pan_ms[0], "ms", {"synthetic": FRAME_MS * 1.05}),
    Line("pan frame, p95", lambda f: f.pan_ms and f.pan_ms[1], "ms", {}),
    Line("heap", lambda f: f.heap_mb, "MB", {"synthetic": 60.0}),
)
PAGE_KB = {"resnet50": 800.0, "synthetic": 3000.0}
LAYOUT_S = {"synthetic": 3.0}
TIE = 1.05
"""A figure within 5 % of a peer's is as good: screens have frames, and timers a grain."""


def rows(subject: Subject, found: Mapping[str, Figures], timeout_s: float = TIMEOUT_S) -> list[list[str]]:
    """The lines of one model, as texts: figure, ours, each peer's with the ratio, limit, verdict."""
    size = subject.html.stat().st_size / 1000
    made = [
        own_row(subject.name, "page", size, "kB", PAGE_KB),
        own_row(subject.name, "layout in Python", subject.layout_s, "s", LAYOUT_S),
    ]
    ours = found[OURS.name]
    if ours.paint_s is not None:
        made.append(own_row(subject.name, "first paint", ours.paint_s, "s", {}))
    for line in LINES:
        value, limit = line.value(ours), line.limits.get(subject.name)
        peers = [line.value(found[peer.name]) if peer.name in found else None for peer in (NETRON, EXPLORER)]
        told = [told_of(peer, value, line.unit, timeout_s) for peer in peers]
        made.append(
            [line.what, number(value, line.unit), *told, limit_text(limit, line.unit), verdict(value, limit, peers)]
        )
    return made


def own_row(name: str, what: str, value: float, unit: str, limits: Mapping[str, float]) -> list[str]:
    """A figure that peers do not have: they are programs and servers, not files."""
    limit = limits.get(name)
    return [what, number(value, unit), "–", "–", limit_text(limit, unit), verdict(value, limit, [])]


def verdict(value: float | None, limit: float | None, peers: list[float | None]) -> str:
    """``ok``, or what was missed."""
    if value is None:
        return "missed: not measured"
    missed = [f"missed the limit by {value / limit - 1:.0%}"] if limit is not None and value > limit else []
    behind = [peer for peer in peers if peer is not None and value > peer * TIE]
    if behind:
        missed.append(f"behind a peer by {value / min(behind) - 1:.0%}")
    return "; ".join(missed) or "ok"


def told_of(peer: float | None, ours: float | None, unit: str, timeout_s: float) -> str:
    """A peer's figure, and how many times ours it is."""
    if peer is None:
        return f"not in {timeout_s} s"
    return f"{number(peer, unit)} ({peer / ours:.1f}×)" if ours else number(peer, unit)


def limit_text(limit: float | None, unit: str) -> str:
    """What the figure must stay under."""
    return f"≤ {number(limit, unit)}" if limit is not None else ""


def number(value: float | None, unit: str) -> str:
    """Three digits and the unit."""
    if value is None:
        return "–"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


HEAD = ("", "modelreport", "Netron", "Model Explorer", "limit", "")


def table(title: str, lines: list[list[str]]) -> str:
    """Columns as wide as their widest text."""
    listed = [[title, *HEAD[1:]], *lines]
    widths = [max(len(row[column]) for row in listed) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in listed
    )

"""What is said on stderr: stages, bytes, time left, and the log.

Progress is silent when stderr is not a terminal and for work under a second.
"""

from __future__ import annotations

import logging
import os
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

DELAY_S = 1.0
COUNTED_IN_BYTES = frozenset({"measure", "hash"})
WORDS = {
    "load": "Opening",
    "identify": "Identifying the architecture",
    "trace": "Tracing the forward pass",
    "measure": "Measuring weights",
    "spectra": "Decomposing weights",
    "hash": "Hashing files",
    "judge": "Judging",
    "render": "Writing",
}


class Progress:
    """A callable for ``Options.progress`` that draws one line, and clears it at the end.

    With ``timed`` the time of each stage is printed on stderr when all is done.
    """

    def __init__(self, *, enabled: bool, timed: bool = False) -> None:
        self._enabled = enabled and sys.stderr.isatty()
        self._timed = timed
        self._times: dict[str, float] = {}
        self._current, self._since = "start", process_start()
        self._started = time.monotonic()
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._stage = ""
        self._stage_started = self._started

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show the stage, and how far it is: bytes for ``measure`` and ``hash``, else steps; total 0 is unknown."""
        if stage != self._current:
            self._clock(stage)
        if not self._enabled or (self._bar is None and time.monotonic() - self._started < DELAY_S):
            return
        if self._bar is None:
            self._bar = start_bar()
        if self._task is None or stage != self._stage:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._stage = stage
            self._task = self._bar.add_task(WORDS.get(stage.partition(" ")[0], stage), total=total or None, detail="")
            self._stage_started = time.monotonic()
        elapsed = time.monotonic() - self._stage_started
        detail = describe_rate(done, total, elapsed) if stage in COUNTED_IN_BYTES and total else ""
        self._bar.update(self._task, completed=done, total=total or None, detail=detail)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._clock("")
        if self._timed:
            sys.stderr.write(f"{describe_times(self._times)}\n")

    def _clock(self, stage: str) -> None:
        """The stage at work ends, another begins."""
        now = time.monotonic()
        self._times[self._current] = self._times.get(self._current, 0.0) + now - self._since
        self._current, self._since = stage, now


def process_start() -> float:
    """When this process began, on the clock of ``time.monotonic``; now where the system does not tell."""
    now = time.monotonic()
    try:
        ticks = int(Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
        began = ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return now
    return now - max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - began)


def describe_times(times: dict[str, float]) -> str:
    """Seconds of each stage in their order, and in all."""
    rows = [*((name, value) for name, value in times.items() if name), ("all", sum(times.values()))]
    return "\n".join(f"{value:8.2f} s  {name}" for name, value in rows)


def describe_rate(done: int, total: int, elapsed_s: float) -> str:
    """Bytes done, all bytes and the rate, in decimal units as file managers show them."""
    unit, scale = ("GB", 1e9) if total >= 1e9 else ("MB", 1e6)
    rate = f", {done / elapsed_s / 1e6:,.0f} MB/s" if elapsed_s > 0 else ""
    return f"{done / scale:,.1f} of {total / scale:,.1f} {unit}{rate}"


def start_bar() -> Bar:
    """A started bar on stderr that vanishes when stopped."""
    from rich import progress
    from rich.console import Console

    bar = progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(bar_width=30),
        progress.TextColumn("{task.fields[detail]}", markup=False),
        progress.TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    bar.start()
    return bar


def plain(text: str) -> str:
    """Text that is safe on a terminal: control and bidirectional characters as escapes, cut at 2,000 characters."""
    unsafe = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0x2028, 0x2029}
    cut = text if len(text) <= 2000 else f"{text[:2000]}… ({len(text):,} characters)"
    return "".join(
        c if (c.isprintable() and ord(c) not in unsafe) else c.encode("unicode_escape", "backslashreplace").decode()
        for c in cut
    )


def set_up_logging(*, verbose: bool, offline: bool = True) -> None:
    """Say what went wrong inside only when asked, and keep other libraries' chatter off the terminal.

    With ``offline`` the libraries of the Hugging Face hub ask it nothing.
    """
    logging.basicConfig(
        level=logging.WARNING, format=f"{'%(name)s' if verbose else 'modelreport'}: %(message)s", stream=sys.stderr
    )
    logging.getLogger("modelreport").setLevel(logging.DEBUG if verbose else logging.ERROR)
    if not verbose:
        logging.getLogger().setLevel(logging.CRITICAL)
        warnings.simplefilter("ignore")
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "critical")
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")

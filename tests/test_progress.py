"""Progress and text on the terminal."""

from __future__ import annotations

import io
import itertools
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from modelreport import progress
from modelreport.progress import Progress, describe_rate, describe_times, plain, process_start

ROOT = Path(__file__).parent.parent


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_is_drawn_without_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "DELAY_S", 0.0)
    with Progress(enabled=True) as show:
        show("measure", 1, 2)
    assert capsys.readouterr() == ("", "")


def test_nothing_is_drawn_for_work_under_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, now = Terminal(), itertools.count(100.0, 0.25)
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(now)))
    monkeypatch.setattr(progress, "process_start", lambda: 99.0)
    with Progress(enabled=True) as show:
        show("measure", 1, 2)
    assert terminal.getvalue() == ""


def test_longer_work_shows_stage_bytes_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(progress, "DELAY_S", 0.0)
    with Progress(enabled=True) as show:
        show("load", 0, 0)
        show("measure", 500_000_000, 2_000_000_000)
    drawn = terminal.getvalue()
    assert "Measuring weights" in drawn
    assert "0.5 of 2.0 GB" in drawn


def test_rates_are_in_decimal_units() -> None:
    assert describe_rate(1_500_000, 3_000_000, 0.5) == "1.5 of 3.0 MB, 3 MB/s"
    assert describe_rate(0, 3_000_000_000, 0.0) == "0.0 of 3.0 GB"


def test_text_from_a_file_cannot_steer_the_terminal() -> None:
    assert plain("a\x1b[2Jb\u202ec\n\udc80") == "a\\x1b[2Jb\\u202ec\\n\\udc80"
    assert plain("ünïcode 模型") == "ünïcode 模型"
    assert plain("x" * 5000).endswith("… (5,000 characters)")


def test_the_time_of_each_stage_is_told_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(enabled=False, timed=True) as show:
        for stage in ("load", "trace", "trace", "load", "render .html"):
            show(stage, 0, 0)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" s  ")[1] for line in lines] == ["start", "load", "trace", "render .html", "all"]
    assert describe_times({"load": 1.0, "": 0.5, "trace": 2.25}).splitlines()[-1].split() == ["3.75", "s", "all"]


def test_the_time_before_the_first_stage_is_that_since_the_process_began() -> None:
    tick = 2 / os.sysconf("SC_CLK_TCK")
    code = (
        "import time; at = time.monotonic(); from modelreport.progress import process_start; print(process_start(), at)"
    )
    before = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    began, running = map(float, done.stdout.split())
    assert before - 60 < began <= running + tick  # the clocks are read one after the other, however long that takes
    assert process_start() <= time.monotonic()

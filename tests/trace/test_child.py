"""Work in a child process: its answer, its limits, and that nothing is left of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import torch

from modelreport.trace.child import ChildError, Limits, address_space, in_child


def children() -> list[str]:
    found = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "comm="], capture_output=True, text=True, check=True
    )
    return [name for name in found.stdout.split() if name != "ps"]


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_the_answer_comes_back_whole_whatever_its_size():
    assert in_child(lambda: b"") == b""
    assert in_child(lambda: bytes(range(256)) * 40_000) == bytes(range(256)) * 40_000


def test_what_the_work_changes_stays_in_the_child():
    state = {"x": 1, "t": torch.zeros(2)}

    def work() -> bytes:
        state["x"] = 2
        state["t"].add_(5)
        return str(state["t"].tolist()).encode()

    assert in_child(work) == b"[5.0, 5.0]"
    assert state["x"] == 1
    assert state["t"].tolist() == [0, 0]


def test_an_error_of_the_work_is_told():
    with pytest.raises(ChildError, match=r"^ZeroDivisionError: "):
        in_child(lambda: bytes(1 // 0))
    with pytest.raises(ChildError, match="SystemExit: 3"):
        in_child(lambda: sys.exit(3))


def test_work_that_waits_is_ended_by_the_clock():
    with pytest.raises(ChildError, match=r"longer than 0\.5 seconds"):
        in_child(lambda: time.sleep(600) or b"", Limits(wall_s=0.5))


def test_work_that_computes_is_ended_by_processor_time():
    def spin() -> bytes:
        while True:
            pass

    with pytest.raises(ChildError, match="1 seconds of processor time"):
        in_child(spin, Limits(cpu_s=1, wall_s=500))


@pytest.mark.parametrize("make", [lambda: bytes(3 << 30), lambda: bytes(torch.zeros(3 << 30, dtype=torch.uint8)[:1])])
def test_memory_beyond_the_limit_is_refused(make):
    with pytest.raises(ChildError, match="more memory than it was given"):
        in_child(make, Limits(memory_bytes=1 << 30))


def test_an_answer_that_is_too_large_is_not_read():
    with pytest.raises(ChildError, match="too large"):
        in_child(lambda: bytes(2000), Limits(answer_bytes=1000))


def test_crashes_end_the_child_alone():
    with pytest.raises(ChildError, match=r"crashed \(SIGSEGV\)"):
        in_child(lambda: os.kill(os.getpid(), signal.SIGSEGV) or b"")
    with pytest.raises(ChildError, match="ended"):
        in_child(lambda: os._exit(0))


def test_nothing_is_printed(capfd):
    def work() -> bytes:
        sys.stdout.write("from Python")
        os.write(1, b"from C")
        os.system("echo from a program")
        sys.stderr.write("to stderr")
        return b"done"

    assert in_child(work) == b"done"
    assert capfd.readouterr() == ("", "")


def test_no_process_is_left_not_even_one_that_the_work_started():
    before = children()
    pid = int(in_child(lambda: str(subprocess.Popen(["sleep", "600"]).pid).encode()))
    with pytest.raises(ChildError):
        in_child(lambda: time.sleep(600) or b"", Limits(wall_s=0.1))
    assert children() == before
    deadline = time.monotonic() + 120
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not runs(pid)


def test_torch_computes_in_children_of_threads_after_its_own_threads_have_run():
    torch.randn(600, 600) @ torch.randn(600, 600)
    found = []

    def once() -> None:
        found.append(in_child(lambda: str((torch.ones(600, 600) @ torch.ones(600, 600)).sum().item()).encode()))

    threads = [threading.Thread(target=once) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [str(600.0**3).encode()] * 4


def test_an_interrupt_of_the_parent_ends_the_child():
    code = """
import os, signal, time
from modelreport.trace.child import Limits, in_child
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
def work():
    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(600)
try:
    in_child(work, Limits(wall_s=120))
except KeyboardInterrupt:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        print("clean")
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert (found.stdout, found.stderr) == ("clean\n", "")


def test_signals_are_handled_as_before():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    in_child(lambda: b"")
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


def test_a_system_without_fork_is_an_answer(monkeypatch):
    monkeypatch.delattr(os, "fork")
    with pytest.raises(ChildError, match="no fork"):
        in_child(lambda: b"")


def test_the_address_space_is_measured():
    assert 10 << 20 < address_space() < 1 << 46

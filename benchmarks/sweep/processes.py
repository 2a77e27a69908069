"""Work in child processes that may use so much time and memory, and may die without harm."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from modelreport.trace.child import address_space

Record = dict[str, Any]


class Child:
    """One forked process that writes one JSON record; what the parent has imported is there already."""

    def __init__(self, name: str, work: Callable[[], Record], seconds: float, memory_bytes: int) -> None:
        self.name = name
        self.limit = seconds
        self.started = time.monotonic()
        self.killed = False
        descriptor, path = tempfile.mkstemp(suffix=".json")
        os.close(descriptor)
        self.path = Path(path)
        sys.stdout.flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # torch keeps idle threads; the child starts its own
            self.pid = os.fork()
        if self.pid == 0:
            self._work(work, memory_bytes)

    def _work(self, work: Callable[[], Record], memory_bytes: int) -> None:
        """In the child: never returns."""
        code = 1
        try:
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nothing, stream)
            limit = address_space() + memory_bytes
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            self.path.write_text(json.dumps(work()), encoding="utf-8")
            code = 0
        except MemoryError:
            code = 3
        finally:
            os._exit(code)

    def poll(self) -> Record | None:
        """The record when the process has ended; ``{"died": why}`` when it wrote none."""
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        if pid == 0:
            if not self.killed and time.monotonic() - self.started > self.limit:
                os.kill(self.pid, signal.SIGKILL)
                self.killed = True
            return None
        try:
            record: Record = json.loads(self.path.read_text(encoding="utf-8"))
        except ValueError:
            record = {"died": self._why(status)}
        self.path.unlink()
        record["seconds"] = round(time.monotonic() - self.started, 2)
        record["peak_bytes"] = usage.ru_maxrss * 1024
        return record

    def _why(self, status: int) -> str:
        if self.killed:
            return f"took longer than {self.limit:.0f} s"
        if os.WIFSIGNALED(status):
            return f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
        return (
            "needed more memory than allowed" if os.waitstatus_to_exitcode(status) == 3 else "ended without an answer"
        )


def each(
    names: list[str], work: Callable[[str], Record], jobs: int, seconds: float, memory_bytes: int
) -> Iterator[tuple[str, Record]]:
    """The record of each name as it comes in, ``jobs`` at a time; every one in its own process."""
    waiting, running = list(reversed(names)), list[Child]()
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                name = waiting.pop()
                running.append(Child(name, lambda name=name: work(name), seconds, memory_bytes))
            time.sleep(0.02)
            for child in list(running):
                record = child.poll()
                if record is not None:
                    running.remove(child)
                    yield child.name, record
    finally:
        for child in running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)
                os.waitpid(child.pid, 0)

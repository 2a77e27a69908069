"""Two readers of the same files: the pass over the weights and the hashes, told as one progress and kept in step."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_LOOK_S = 0.2
_FARTHEST = 1 << 30
_NEAREST = 64 << 20


class Pace:
    """How far both are. With ``in_step`` neither runs far ahead of the other.

    What one of them has read is then still in memory when the other comes to it, also where the files are larger than
    the memory.
    """

    def __init__(
        self, progress: Callable[[str, int, int], None], file_bytes: int, window: int = 0, *, in_step: bool = False
    ) -> None:
        self._progress = progress
        self._total = file_bytes
        self._window = window
        self._in_step = in_step
        self._walked = 0
        self._hashed = 0
        self._told = 0
        self._measuring = False
        self._moved = threading.Condition()

    def measured(self, stage: str, done: int, total: int) -> None:
        """Take the place of ``Options.progress`` for the pass; its bytes stand for their share of the files'."""
        if stage != "measure" or not total or not self._total:
            self._progress(stage, done, total)
            return
        with self._moved:
            self._measuring = True
            self._walked = done * self._total // total
            self._tell()
            self._moved.notify_all()
            while self._in_step and self._walked - self._hashed > self._window:
                self._moved.wait(_LOOK_S)

    def hashed(self, size: int) -> None:
        """So many more bytes were hashed."""
        with self._moved:
            self._hashed += size
            if self._measuring:
                self._tell()
            self._moved.notify_all()
            while self._in_step and self._hashed - self._walked > self._window:
                self._moved.wait(_LOOK_S)

    def let_go(self) -> None:
        """Nobody waits for the other any more: one of them has ended."""
        with self._moved:
            self._in_step = False
            self._moved.notify_all()

    def finish(self) -> None:
        """The pass is over: what is left of the hashes is told, if it was not skipped."""
        self.let_go()
        with self._moved:
            self._walked = self._total
            if self._measuring:
                self._tell()

    def _tell(self) -> None:
        """Half of the way is walking, half hashing; never backwards."""
        done = min((self._walked + self._hashed) // 2, self._total)
        if done > self._told:
            self._told = done
            self._progress("measure", done, self._total)


def window_of(file_bytes: int, free_bytes: int) -> int:
    """How far apart two readers may be; 0 for any distance, where the files fit into half of the free memory."""
    return 0 if file_bytes <= free_bytes // 2 else min(_FARTHEST, max(_NEAREST, free_bytes // 8))


def free_memory() -> int:
    """Bytes that programs and cached files may take, as far as the system says; else 4 GiB."""
    found = []
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found.append(next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable")))
    with suppress(OSError, ValueError):  # "max": no limit
        found.append(int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    if not found and hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
    return min(found, default=4 << 30)

"""What is done with the weights while the architecture is found out: the pass over them, and the hashes of the files.

Importing torch and a library of models takes a second or two of one processor, in which another one measures.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from modelreport.checkpoint import Checkpoint
from modelreport.facts import Skipped, SourceFile, Weights
from modelreport.files import LocalFile
from modelreport.measure.fast import load
from modelreport.measure.hashes import Hashes
from modelreport.measure.survey import measure
from modelreport.options import Options

Kept = dict[str, dict[str, Any]]


class Gate:
    """Progress of what runs beside other work: told from when somebody waits for it."""

    def __init__(self, told: Callable[[str, int, int], None]) -> None:
        self._told = told
        self._last: tuple[str, int, int] | None = None
        self._open = False
        self._lock = threading.Lock()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Take the place of ``Options.progress``."""
        with self._lock:
            self._last = (stage, done, total)
            if self._open:
                self._told(stage, done, total)

    def open(self) -> None:
        """From now on everything is told; how far it is by now, at once."""
        with self._lock:
            if not self._open and self._last is not None:
                self._told(*self._last)
            self._open = True


class Beside:
    """The pass and the hashes, under way on threads of their own.

    The pass begins at once where the files lie on this machine; what is far away, in a cluster's hands or in memory
    that others may write to is measured when it is asked for.
    """

    def __init__(self, checkpoint: Checkpoint, options: Options) -> None:
        self._checkpoint = checkpoint
        self._tensors = checkpoint.tensors
        self._stopped = False
        self._gate = Gate(options.progress)
        self._hashes = Hashes(checkpoint, replace(options, progress=self._gate))
        self._options = self._hashes.options
        self._kept: Kept = {}
        self._under_way: Future[Weights | Skipped] | None = None
        self._thread = ThreadPoolExecutor(1, "survey")
        if options.weights and not options.dask and _is_here(checkpoint):
            load(sum(tensor.size_bytes for tensor in checkpoint.tensors))
            _active.add(self)
            self._under_way = self._thread.submit(
                measure, checkpoint, replace(self._options, progress=self._tell), kept=self._kept
            )

    def weights(self, kept: Kept) -> Weights | Skipped:
        """The statistics of all tensors, and in ``kept`` what is kept beside them, as ``survey.measure`` gives them.

        Waits for the pass. Where the tensors have since become others, they are measured now.
        """
        self._gate.open()
        if self._under_way is None or self._checkpoint.tensors is not self._tensors:
            return measure(self._checkpoint, self._options, kept=kept)
        found = self._under_way.result()
        kept.update(self._kept)
        return found

    def files(self) -> tuple[SourceFile, ...]:
        """The source's files with their SHA-256, as ``Hashes.files`` gives them."""
        self._gate.open()
        return self._hashes.files()

    def wait(self) -> None:
        """Until the pass has ended, in whatever way."""
        if self._under_way is not None:
            wait([self._under_way])

    def stop(self) -> None:
        """Let go of everything."""
        self._stopped = True
        self._hashes.stop()
        self._thread.shutdown(wait=True, cancel_futures=True)
        _active.discard(self)

    def _tell(self, stage: str, done: int, total: int) -> None:
        if self._stopped:
            raise InterruptedError
        self._options.progress(stage, done, total)


_active: weakref.WeakSet[Beside] = weakref.WeakSet()


def _wait_for_all() -> None:
    """A forked process lives on without the threads of its parent, and with the locks that they held."""
    for one in list(_active):
        one.wait()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_wait_for_all)


def _is_here(checkpoint: Checkpoint) -> bool:
    """Whether everything lies in files of this machine."""
    return bool(checkpoint.tensors and checkpoint.files) and all(isinstance(f, LocalFile) for f in checkpoint.files)


@contextmanager
def measuring(checkpoint: Checkpoint, options: Options) -> Iterator[Beside]:
    """The pass and the hashes under way while the block runs, and dropped when it is left by an error."""
    work = Beside(checkpoint, options)
    try:
        yield work
    finally:
        work.stop()

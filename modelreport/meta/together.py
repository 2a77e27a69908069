"""Changes to the whole process that several threads want at overlapping times."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any


@contextlib.contextmanager
def set_here(place: threading.local, name: str, value: Any) -> Iterator[None]:
    """On this thread, an attribute of ``place`` has this value inside; it begins as ``None``."""
    before = getattr(place, name, None)
    try:
        setattr(place, name, value)
        yield
    finally:
        setattr(place, name, before)


class Together:
    """A change to the whole process, made for the first thread that wants it and undone after the last.

    If each thread made and undid it by itself, the first to leave would undo it under the others, and the last would
    put back for good what it had found when it came: the change.

    ``change`` gets a stack and registers there, before each thing that it does, how that is undone, so that an
    interrupt at any point leaves nothing behind. A forked child has one thread: locks of the others do not count there.
    """

    def __init__(self, change: Callable[[ExitStack], None]) -> None:
        self._change = change
        self._undo = ExitStack()
        self._users: set[object] = set()
        self._forget_others()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget_others)

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        """The change is in force inside; a thread may enter it again while it is inside."""
        user = object()
        try:
            with self._lock:
                self.settle()
                first = not self._users
                self._users.add(user)
                if first:
                    self._change(self._undo)
            yield
        finally:
            self._users.discard(user)
            self.settle()

    def settle(self) -> None:
        """Undo what is still done although nobody is inside any more."""
        with self._lock:
            if not self._users:
                self._undo.close()

    def _forget_others(self) -> None:
        self._lock = threading.RLock()

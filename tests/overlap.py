"""Two threads in one context at overlapping times."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any


def overlap(context: Callable[[], AbstractContextManager[Any]], look: Callable[[], Any]) -> Any:
    """Enter on this thread, then on another, and leave in the order of coming; what the other sees when it is alone."""
    entered, left, seen = threading.Event(), threading.Event(), []

    def stay_longer() -> None:
        with context():
            entered.set()
            assert left.wait(60)
            seen.append(look())

    thread = threading.Thread(target=stay_longer)
    with context():
        thread.start()
        assert entered.wait(60)
    left.set()
    thread.join()
    return seen[0]

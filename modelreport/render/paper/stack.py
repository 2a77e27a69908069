"""Room on the interpreter's stack for a layout, which calls itself to a great depth."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, Final, TypeVar

WORDS: Final = 20_000
"""Machine words the frame says it needs. The piece is made of 256 KiB then, 96 of which are left for what it calls."""
_T = TypeVar("_T")


def with_room(work: Callable[[], _T]) -> _T:
    """What a function returns, called with its frames and those below it in one piece of memory.

    CPython keeps frames in pieces of 16 KiB, asks the system for the next where one is full, and gives it back as soon
    as the call returns (``push_chunk`` and ``_PyThreadState_PopFrame`` in ``Python/pystate.c``). Where a piece ends in
    the middle of a loop, each turn of it costs two system calls and fresh pages: a tenth of the time of a layout. A
    frame that says it needs much makes the piece it begins that large.
    """
    made: _T = _roomy(work)
    return made


def _call(work: Callable[[], Any]) -> Any:
    return work()


_roomy: Final = FunctionType(_call.__code__.replace(co_stacksize=WORDS), globals())

"""What the failing lines of a model's code spoke of: an error often shows there which argument it is about."""

from __future__ import annotations

import itertools
import linecache
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

DEEPEST_FRAMES, LONGEST_STATEMENT, MOST_NAMES = 40, 40, 64
NAMES = "_modelreport_names"
"""Attribute of an error with its ``Names``."""
_NAME = re.compile(r"\b[a-z]\w{2,}\b")


class Names(NamedTuple):
    """Local variables on the lines of code that an error passed, innermost first."""

    absent: tuple[str, ...]
    """Those that were ``None``: an argument that was left out shows itself so."""
    line: tuple[str, ...]
    """All on the innermost line of the model's own code."""


def note_names(error: BaseException) -> None:
    """Note at an error what the failing lines spoke of. To be called while the error has its traceback."""
    if not isinstance(error, (AttributeError, TypeError, ValueError, RuntimeError)):
        return
    absent: dict[str, None] = {}
    innermost: tuple[str, ...] = ()
    for frame, text in _failing_lines(error):
        values = frame.f_locals
        names = [n for n in dict.fromkeys(_NAME.findall(text)) if n in values]
        absent.update(dict.fromkeys(n for n in names if values[n] is None))
        innermost = innermost or tuple(names)
    setattr(error, NAMES, Names(tuple(absent)[:MOST_NAMES], innermost[:MOST_NAMES]))


def _failing_lines(error: BaseException) -> Iterator[tuple[Any, str]]:
    """Frames outside torch, innermost first, with the text of the statement that failed."""
    steps = []
    step = error.__traceback__
    while step is not None:
        steps.append(step)
        step = step.tb_next
    for step in reversed(steps[-DEEPEST_FRAMES:]):
        code = step.tb_frame.f_code
        if "/torch/" in code.co_filename or "/modelreport/" in code.co_filename:
            continue
        place = next(itertools.islice(code.co_positions(), step.tb_lasti // 2, None), None)
        first = (place[0] if place else None) or step.tb_lineno
        last = min((place[1] if place else None) or first, first + LONGEST_STATEMENT)
        lines = (linecache.getline(code.co_filename, n) for n in range(first, last + 1))
        yield step.tb_frame, " ".join(lines)

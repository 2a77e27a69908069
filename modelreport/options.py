"""What the caller asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from modelreport.facts import TensorSpec


def no_progress(stage: str, done: int, total: int) -> None:
    """Ignore progress: the default of library calls."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of one build; the defaults are those of ``modelreport build PATH``."""

    inputs: tuple[TensorSpec, ...] = ()
    """Inputs of the dummy forward pass; empty means: find them. A name is a keyword argument of ``forward``."""
    model: str = ""
    """``package.module:factory`` of the user's own code that builds the architecture; imported and called."""
    pick: str = ""
    """Which model of the file to report on, by its key, when there are several; empty means the largest."""
    title: str = ""
    """Title of the report; empty means: derived from what was found."""
    trace: bool = True
    """Whether to run the dummy forward pass."""
    progress: Callable[[str, int, int], None] = field(default=no_progress, repr=False, compare=False)
    """Called with the stage (``load``, ``identify``, ``trace``, ``measure``, ``judge``, ``render``), the bytes or steps done
    and the total (0 when unknown)."""

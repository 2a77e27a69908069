"""How the report at hand is written: what the caller asked for, known to everything that paints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from modelreport.options import RenderOptions

Source = TypeVar("Source")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Setting:
    """What a writer works under."""

    options: RenderOptions = field(default_factory=RenderOptions)
    thinning: int = 0
    """How much detail is left out to stay under the size asked for: 0 for none, each step leaves out more."""
    packed: bool = True
    """Whether the data of the page's scripts is wanted: rows of every table, packed."""
    kept: dict[str, tuple[Any, Any]] | None = field(default=None, compare=False, repr=False)
    """What was made once under it: by a name, from what, and what came of it. ``None`` outside of a writer."""


_SETTING: ContextVar[Setting] = ContextVar("setting", default=Setting())  # noqa: B039 - it is frozen


def setting() -> Setting:
    """The setting of the writer that runs now; the defaults outside of one."""
    return _SETTING.get()


@contextmanager
def under(options: RenderOptions, thinning: int = 0, *, packed: bool = True) -> Iterator[Setting]:
    """Paint with these options inside the block."""
    token = _SETTING.set(Setting(options, thinning, packed, {}))
    try:
        yield setting()
    finally:
        _SETTING.reset(token)


def once(name: str, source: Source, make: Callable[[Source], Made]) -> Made:
    """What ``make`` makes of ``source``, made once while a writer runs: several sections ask for the same.

    It is kept for the last source of that name. Outside of a writer it is made anew each time.
    """
    kept = setting().kept
    if kept is None:
        return make(source)
    if name not in kept or kept[name][0] is not source:
        kept[name] = source, make(source)
    return cast("Made", kept[name][1])

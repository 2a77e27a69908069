"""How the report at hand is written: what the caller asked for, known to everything that paints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from modelreport.options import RenderOptions


@dataclass(frozen=True)
class Setting:
    """What a writer works under."""

    options: RenderOptions = field(default_factory=RenderOptions)
    thinning: int = 0
    """How much detail is left out to stay under the size asked for: 0 for none, each step leaves out more."""


_SETTING: ContextVar[Setting] = ContextVar("setting", default=Setting())  # noqa: B039 - it is frozen


def setting() -> Setting:
    """The setting of the writer that runs now; the defaults outside of one."""
    return _SETTING.get()


@contextmanager
def under(options: RenderOptions, thinning: int = 0) -> Iterator[Setting]:
    """Paint with these options inside the block."""
    token = _SETTING.set(Setting(options, thinning))
    try:
        yield setting()
    finally:
        _SETTING.reset(token)

"""When, where and with what a page was measured: the line under its title."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
from collections.abc import Iterable


def today() -> str:
    """The date as 2026-01-31, in UTC."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def machine() -> str:
    """Processor cores and Python."""
    return f"{os.cpu_count()} CPU cores, Python {platform.python_version()}"


def version_of(name: str) -> str:
    """Of an installed package."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def versions(names: Iterable[str]) -> str:
    """Packages with their versions, as words."""
    return ", ".join(f"{name} {version_of(name)}" for name in names)

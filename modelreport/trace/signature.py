"""What the ``forward`` of a module says it takes."""

from __future__ import annotations

import inspect
from typing import Any


def forward_signature(module: Any) -> tuple[inspect.Parameter, ...]:
    """All parameters of ``forward`` in order, ``*args`` and ``**kwargs`` too; none when they cannot be read."""
    try:
        return tuple(inspect.signature(module.forward).parameters.values())
    except (TypeError, ValueError):
        return ()

"""Names of pages: readable, the same each time, never two for one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container
from typing import Final

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.]+(?:-[A-Za-z0-9_.]+)*(?:/[A-Za-z0-9_.]+(?:-[A-Za-z0-9_.]+)*)*")
_MOST: Final = 100


def hidden_slug(digest: str, taken: Container[str]) -> str:
    """A file name for the page of a model whose name is not for others: a hash of its content, numbered for copies.

    A hash of the name would confirm a guess. ``taken`` are the names there are.
    """
    stem = name = f"model-{hashlib.sha256(digest.encode()).hexdigest()[:8]}"
    number = 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    return name


def slug(name: str) -> str:
    """A file name for the page of the model ``name``: its path with ``--`` for ``/``.

    With a hash of the path where that would be long, hold other signs, or could be the name of another.
    """
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    plain = name.replace("/", "--")
    if _PLAIN.fullmatch(name) and len(plain) <= _MOST and not plain.startswith("."):
        return plain
    kept = re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.")[: _MOST - 20]
    return f"{kept}-{digest}" if kept else f"model-{digest}"

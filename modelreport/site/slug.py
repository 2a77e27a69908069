"""Names of pages: readable, the same each time, never two for one."""

from __future__ import annotations

import hashlib
import re
from typing import Final

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.]+(?:-[A-Za-z0-9_.]+)*(?:/[A-Za-z0-9_.]+(?:-[A-Za-z0-9_.]+)*)*")
_MOST: Final = 100


def slug(name: str, *, private: bool = False) -> str:
    """A file name for the page of the model ``name``: its path with ``--`` for ``/``.

    With a hash of the path where that would be long, hold other signs, or could be the name of another; the hash alone
    where paths are private.
    """
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    if private:
        return f"model-{digest}"
    plain = name.replace("/", "--")
    if _PLAIN.fullmatch(name) and len(plain) <= _MOST and not plain.startswith("."):
        return plain
    kept = re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.")[: _MOST - 20]
    return f"{kept}-{digest}" if kept else f"model-{digest}"

"""Files that are open while a format is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelreport.files import OpenFile


@contextmanager
def close_on_failure(files: list[OpenFile]) -> Iterator[None]:
    """Close every file that is in the list by then when the block raises; otherwise they stay open."""
    try:
        yield
    except BaseException:
        for file in files:
            file.close()
        raise

"""Data and code for the page's scripts, packed so that they are small and cannot be mistaken for markup.

A zlib stream (RFC 1950), which browsers inflate by themselves, written in base 85: a quarter larger than the bytes,
where base 64 is a third. The digits are those of RFC 1924 without the three that mean something in markup.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any, Final

_WRITE: Final = str.maketrans("<>&", "[]:")
_READ: Final = str.maketrans("[]:", "<>&")


def pack(data: Any) -> str:
    """Plain data as JSON, packed: what ``payload.js`` reads.

    ``ValueError`` for a number that is not finite: JSON has no such number and the page no way to show it.
    """
    return pack_text(json.dumps(data, ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":")))


def pack_text(text: str) -> str:
    """Text, packed."""
    return pack_stream(zlib.compress(text.encode("utf-8"), 9))


def pack_stream(stream: bytes) -> str:
    """An already deflated stream in base 85; nothing in it can end the element that holds it."""
    return base64.b85encode(stream).decode("ascii").translate(_WRITE)


def unpack(text: str) -> Any:
    """The data that ``pack`` was given."""
    return json.loads(zlib.decompress(base64.b85decode(text.translate(_READ))))

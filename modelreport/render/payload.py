"""Data for the page's scripts, packed so that it is small and cannot be mistaken for markup."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any


def pack(data: Any) -> str:
    """Plain data as base64 of deflated JSON: what ``payload.js`` inflates.

    Only ASCII letters, digits, ``+``, ``/`` and ``=`` come out, so nothing in the data can end its element.
    ``ValueError`` for a number that is not finite: JSON has no such number and the page no way to show it.
    """
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return pack_bytes(zlib.compress(text.encode("ascii"), 9))


def pack_bytes(deflated: bytes) -> str:
    """An already deflated stream (zlib format) as base64."""
    return base64.b64encode(deflated).decode("ascii")


def unpack(text: str) -> Any:
    """The data that ``pack`` was given."""
    return json.loads(zlib.decompress(base64.b64decode(text)))

"""Data and code for the page's scripts, packed so that they are small and cannot be mistaken for markup.

A zlib stream (RFC 1950), which browsers inflate by themselves, or an LZMA one, which ``templates/js/lzma.js`` unpacks
and which is a third to two thirds smaller; the first byte tells which it is. Both are written in base 85: a quarter
larger than the bytes, where base 64 is a third. The digits are those of RFC 1924 without the three that mean something
in markup.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

ALONE: Final = ("map", "map-details", "tensors")
"""What is read by itself, and early or never."""
TOGETHER: Final = 100_000
"""Characters of JSON up to which data travels with other data: what they have in common is packed once."""
FIRST: Final = "map"
"""What a reader waits for: browsers inflate it by themselves, sooner than a script unpacks it."""
SHARED: Final = "payloads"
"""Name of the data that holds others by their names."""

_WRITE: Final = str.maketrans("<>&", "[]:")
_READ: Final = str.maketrans("[]:", "<>&")
_ZLIB: Final = 0x78
"""First byte of a zlib stream; as the first byte of an LZMA file it would mean settings that are not used here."""
_LARGE: Final = 400_000
"""Bytes from which the last percents cost more time than they are worth."""


class Packer:
    """Packs the data of a page, and again those that it has not packed before."""

    def __init__(self) -> None:
        self._written: dict[int, tuple[Any, str]] = {}  # the data itself too: while it is known its id is its own
        self._packed: dict[str, str] = {}

    def __call__(self, payloads: Mapping[str, Any]) -> dict[str, str]:
        """Each of the data as JSON, packed, by its name; small ones together, by name, under ``SHARED``.

        ``ValueError`` for a number that is not finite: JSON has no such number and the page no way to show it.
        """
        written = {name: self._json(data) for name, data in sorted(payloads.items())}
        small = {name: each for name, each in written.items() if name not in ALONE and len(each) <= TOGETHER}
        texts = {name: each for name, each in written.items() if name not in small}
        if small:
            texts[SHARED] = "{" + ",".join(f"{json.dumps(name)}:{each}" for name, each in small.items()) + "}"
        new = [each for each in dict.fromkeys(texts.values()) if each not in self._packed]
        first = texts.get(FIRST)
        with ThreadPoolExecutor() as threads:  # the packers run outside of Python's lock
            made = threads.map(lambda text: (pack_quick if text == first else pack_solid)(text), new)
            self._packed |= dict(zip(new, made, strict=True))
        return {name: self._packed[each] for name, each in texts.items()}

    def _json(self, data: Any) -> str:
        if id(data) not in self._written:
            self._written[id(data)] = data, _json(data)
        return self._written[id(data)][1]


def names_of(payloads: Mapping[str, Any], packed: Mapping[str, str]) -> str:
    """Names of the data that travel together, in a row."""
    return " ".join(name for name in sorted(payloads) if name not in packed)


def pack(data: Any) -> str:
    """Plain data as JSON, packed: what ``payload.js`` reads.

    ``ValueError`` for a number that is not finite.
    """
    return pack_solid(_json(data))


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":"))


def pack_solid(text: str) -> str:
    """Text as the smaller of the two streams."""
    data = text.encode("utf-8")
    return pack_stream(min(zlib.compress(data, 9), _lzma(data), key=len))


def pack_quick(text: str) -> str:
    """Text as the stream that browsers inflate by themselves."""
    return pack_stream(zlib.compress(text.encode("utf-8"), 9))


def _lzma(data: bytes) -> bytes:
    """An LZMA file that says how long its content is; Python without its lzma module leaves it to zlib."""
    try:
        import lzma
    except ImportError:
        return zlib.compress(data, 9)
    size = 1 << max(12, min(22, (len(data) - 1).bit_length()))
    thorough = {"preset": 9 | lzma.PRESET_EXTREME, "nice_len": 273} if len(data) < _LARGE else {"preset": 6}
    settings = {"id": lzma.FILTER_LZMA1, "lc": 3, "lp": 0, "pb": 0, "dict_size": size} | thorough
    packed = lzma.compress(data, lzma.FORMAT_ALONE, filters=[settings])
    return packed[:5] + struct.pack("<Q", len(data)) + packed[13:]


def pack_stream(stream: bytes) -> str:
    """A packed stream in base 85; nothing in it can end the element that holds it."""
    return base64.b85encode(stream).decode("ascii").translate(_WRITE)


def unpack(text: str) -> Any:
    """The data that ``pack`` was given."""
    stream = base64.b85decode(text.translate(_READ))
    if stream[0] == _ZLIB:
        return json.loads(zlib.decompress(stream))
    import lzma

    return json.loads(lzma.decompress(stream))


def unpack_all(packed: Mapping[str, str]) -> dict[str, Any]:
    """The data that a ``Packer`` was given."""
    return {name: unpack(text) for name, text in packed.items() if name != SHARED} | (
        unpack(packed[SHARED]) if SHARED in packed else {}
    )

"""Pixels as PNG files: the few chunks of the format that an image without tricks needs (ISO/IEC 15948)."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png(width: int, height: int, pixels: bytes, palette: Sequence[str] = ()) -> bytes:
    """An image of 8 bits a channel: four channels (RGBA) or, with a ``palette``, one index into it.

    ``palette`` holds up to 256 colours, ``#rrggbb`` or ``transparent``. ``ValueError`` when the pixels do not fill the
    image.
    """
    channels = 1 if palette else 4
    if width < 1 or height < 1 or len(pixels) != width * height * channels:
        raise ValueError(f"{len(pixels)} bytes for {width} × {height} pixels of {channels} channels")
    stride = width * channels
    lines = b"".join(b"\0" + pixels[at : at + stride] for at in range(0, len(pixels), stride))
    header = struct.pack(">IIBBBBB", width, height, 8, 3 if palette else 6, 0, 0, 0)
    chunks = [_chunk(b"IHDR", header)]
    if palette:
        clear = [colour == "transparent" for colour in palette]
        chunks.append(_chunk(b"PLTE", b"".join(_rgb(colour) for colour in palette)))
        if any(clear):
            chunks.append(_chunk(b"tRNS", bytes(0 if each else 255 for each in clear)))
    chunks += [_chunk(b"IDAT", zlib.compress(lines, 9)), _chunk(b"IEND", b"")]
    return _SIGNATURE + b"".join(chunks)


def data_url(image: bytes) -> str:
    """A PNG file as the address of itself."""
    return f"data:image/png;base64,{base64.b64encode(image).decode('ascii')}"


def _rgb(colour: str) -> bytes:
    return b"\0\0\0" if colour == "transparent" else bytes.fromhex(colour.removeprefix("#"))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

"""The tiles of a picture of weights side by side in one image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from modelreport.facts import Picture
from modelreport.render.charts.palette import RAMP, mix
from modelreport.render.png import data_url, png

_GAP: Final = 1
"""Pixels of the page's colour between tiles."""

_CLEAR: Final = 255
"""Index of the transparent colour in a palette."""

_ENLARGED: Final = 4

_WIDEST: Final = 512
"""Points on the page that an image fills at most; a weight is a square of 1 to 12 of them."""

_SEQUENCE: Final = ("#0d0887", "#5601a4", "#900da4", "#bf3984", "#e16462", "#f89441", "#fdc328", "#f0f921")
"""Plasma (Matplotlib): even steps of lightness, safe for colour blindness, from dark to light in both themes."""


@dataclass(frozen=True)
class Mosaic:
    """One image: where it comes from and how large it is drawn."""

    url: str
    """``data:`` address of a PNG file, one pixel for each weight."""
    large_url: str
    """The same with four by four pixels for each, for readers of PDF that blur what they enlarge."""
    width: int
    """On the page, in CSS pixels."""
    height: int


def mosaic(picture: Picture) -> Mosaic | None:
    """The tiles in rows; ``None`` for a picture without any, or whose tiles do not have the size they claim."""
    size = picture.width * picture.height * picture.channels
    if not picture.tiles or not size or any(len(tile) != size for tile in picture.tiles):
        return None
    across = picture.columns or _columns(len(picture.tiles), picture.width, picture.height)
    down = math.ceil(len(picture.tiles) / across)
    gap = _GAP if len(picture.tiles) > 1 else 0
    wide = across * (picture.width + gap) - gap
    high = down * (picture.height + gap) - gap
    step = max(1, min(12, _WIDEST // wide))
    palette = _palette(picture)
    pixels = _pixels(picture, across, wide, high, gap)
    url = data_url(png(wide, high, pixels, palette))
    large = enlarged(pixels, wide, 1 if palette else 4)
    large_url = data_url(png(wide * _ENLARGED, high * _ENLARGED, large, palette))
    return Mosaic(url, large_url, wide * step, high * step)


def enlarged(pixels: bytes, width: int, depth: int) -> bytes:
    """The image with each pixel, ``depth`` bytes of it, as a square of ``_ENLARGED`` pixels."""
    rows = np.frombuffer(pixels, np.uint8).reshape(-1, width, depth)
    return rows.repeat(_ENLARGED, axis=0).repeat(_ENLARGED, axis=1).tobytes()


def _columns(count: int, width: int, height: int) -> int:
    """Tiles in a row of a mosaic about twice as wide as high, the last row as full as it can be."""
    wanted = math.sqrt(count * 2 * height / width)
    likely = range(max(1, math.floor(wanted * 0.6)), max(1, math.ceil(wanted * 1.5)) + 1)
    return min(min(likely, key=lambda across: (-count % across, abs(across - wanted), -across)), count)


def _palette(picture: Picture) -> tuple[str, ...]:
    """255 colours and the transparent one; nothing where pixels are shades or colours themselves."""
    if picture.kind == "similarity":
        return (*_steps(_SEQUENCE), "transparent")
    if picture.kind == "bias":
        return (*_steps(RAMP), "transparent")
    return ()


def _steps(colours: tuple[str, ...]) -> list[str]:
    """The colours and those between them, in 255 even steps."""
    found = []
    for i in range(255):
        place = i / 254 * (len(colours) - 1)
        below = min(int(place), len(colours) - 2)
        found.append(mix(colours[below + 1], colours[below], place - below))
    return found


def _pixels(picture: Picture, across: int, wide: int, high: int, gap: int) -> bytes:
    """The image's pixels: indices into the palette, or RGBA."""
    indexed = picture.low is not None
    depth = 1 if indexed else 4
    canvas = bytearray((bytes([_CLEAR]) if indexed else bytes(4)) * (wide * high))
    for number, tile in enumerate(picture.tiles):
        left = number % across * (picture.width + gap)
        top = number // across * (picture.height + gap)
        line = picture.width * picture.channels
        for row in range(picture.height):
            start = ((top + row) * wide + left) * depth
            part = tile[row * line : (row + 1) * line]
            canvas[start : start + picture.width * depth] = _line(part, picture.channels, indexed=indexed)
    return bytes(canvas)


def _line(part: bytes, channels: int, *, indexed: bool) -> bytes:
    """One line of a tile as it stands in the image."""
    if indexed:
        return bytes(min(value, _CLEAR - 1) for value in part)
    if channels == 3:
        return b"".join(part[i : i + 3] + b"\xff" for i in range(0, len(part), 3))
    return b"".join(bytes((value, value, value, 255)) for value in part)

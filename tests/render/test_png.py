from __future__ import annotations

import io

import pytest
from PIL import Image

from modelreport.render.png import data_url, png


def read(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGBA")


def test_another_reader_sees_the_same_colours() -> None:
    pixels = bytes(range(4 * 6))
    found = read(png(3, 2, pixels))
    assert found.size == (3, 2)
    assert found.tobytes() == pixels


def test_indices_become_the_colours_of_the_palette() -> None:
    found = read(png(2, 2, bytes([0, 1, 2, 0]), ("#102030", "#ffffff", "transparent")))
    assert [found.getpixel(place) for place in ((0, 0), (1, 0), (0, 1), (1, 1))] == [
        (16, 32, 48, 255),
        (255, 255, 255, 255),
        (0, 0, 0, 0),
        (16, 32, 48, 255),
    ]


@pytest.mark.parametrize(("width", "height", "size"), [(2, 2, 15), (0, 1, 0), (1, 0, 0), (1, 1, 5)])
def test_pixels_that_do_not_fill_the_image_are_refused(width: int, height: int, size: int) -> None:
    with pytest.raises(ValueError, match="bytes for"):
        png(width, height, bytes(size))


def test_the_same_pixels_make_the_same_file() -> None:
    assert png(4, 4, bytes(64)) == png(4, 4, bytes(64))
    assert data_url(b"\x89PNG").startswith("data:image/png;base64,iVBO")

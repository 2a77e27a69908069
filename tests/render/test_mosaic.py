from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import Image

from modelreport.facts import Picture
from modelreport.render.mosaic import mosaic


def make_picture(**changes: Any) -> Picture:
    tiles = changes.pop("tiles", tuple(bytes([value] * 4) for value in (0, 100, 255)))
    given = {"id": "p", "kind": "filters", "tensor": "t", "width": 2, "height": 2, "channels": 1, "tiles": tiles}
    return Picture(**(given | changes))


def image_of(picture: Picture) -> Image.Image:
    made = mosaic(picture)
    assert made is not None
    return Image.open(io.BytesIO(base64.b64decode(made.url.partition(",")[2]))).convert("RGBA")


def test_tiles_stand_side_by_side_with_a_clear_gap() -> None:
    found = image_of(make_picture(columns=3))
    assert found.size == (8, 2)
    assert [found.getpixel((x, 0)) for x in (0, 1, 2, 3, 6)] == [
        (0, 0, 0, 255), (0, 0, 0, 255), (0, 0, 0, 0), (100, 100, 100, 255), (255, 255, 255, 255),
    ]  # fmt: skip


def test_tiles_that_do_not_fill_the_last_row_leave_it_clear() -> None:
    found = image_of(make_picture(columns=2))
    assert found.size == (5, 5)
    assert found.getpixel((4, 4)) == (0, 0, 0, 0)


def test_colours_are_red_green_and_blue_in_their_order() -> None:
    found = image_of(make_picture(channels=3, width=1, height=1, tiles=(b"\x01\x02\x03",)))
    assert found.getpixel((0, 0)) == (1, 2, 3, 255)


def test_a_scale_shared_by_all_tiles_is_a_ramp_from_dark_to_bright() -> None:
    found = image_of(make_picture(kind="similarity", width=3, height=1, tiles=(bytes([0, 128, 255]),), low=-1, high=1))
    luminance = [sum(found.getpixel((x, 0))[:3]) for x in range(3)]
    assert luminance == sorted(luminance)
    assert all(found.getpixel((x, 0))[3] == 255 for x in range(3))


def test_the_image_is_drawn_large_enough_to_be_seen_and_not_wider_than_its_column() -> None:
    small = mosaic(make_picture(columns=3))
    assert small is not None
    assert (small.width, small.height) == (8 * 12, 2 * 12)
    wide = mosaic(make_picture(width=300, height=1, tiles=(bytes(300),)))
    assert wide is not None
    assert wide.width == 300


def test_for_paper_each_weight_is_a_square_of_pixels() -> None:
    made = mosaic(make_picture(columns=3))
    assert made is not None
    large = Image.open(io.BytesIO(base64.b64decode(made.large_url.partition(",")[2]))).convert("RGBA")
    assert large.size == (32, 8)
    small = image_of(make_picture(columns=3))
    assert all(large.getpixel((x, y)) == small.getpixel((x // 4, y // 4)) for x in range(32) for y in range(8))


@pytest.mark.parametrize(("count", "columns"), [(64, 8), (16, 4), (28, 7), (1, 1), (5, 5), (12, 4)])
def test_the_last_row_is_as_full_as_it_can_be(count: int, columns: int) -> None:
    found = image_of(make_picture(tiles=(bytes(4),) * count))
    assert found.size[0] == columns * 3 - 1


def test_tiles_of_another_size_than_they_claim_are_not_drawn() -> None:
    assert mosaic(make_picture(tiles=(bytes(3),))) is None
    assert mosaic(make_picture(tiles=())) is None
    assert mosaic(make_picture(width=0, tiles=(b"",))) is None

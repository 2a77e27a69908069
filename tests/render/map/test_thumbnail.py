"""The map as a thumbnail."""

from __future__ import annotations

import re

from modelreport.render.map.thumbnail import HEIGHT, WIDTH, thumbnail
from tests.factories import make_report, skipped_report


def test_everything_lies_in_the_picture() -> None:
    drawing = thumbnail(make_report())
    assert any(name.startswith("map-card") for name, _ in drawing)
    for _, path in drawing:
        for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path):
            assert -1 <= float(x) <= WIDTH + 1
            assert -1 <= float(y) <= HEIGHT + 1


def test_it_is_small_and_the_same_each_time() -> None:
    drawing = thumbnail(make_report())
    assert sum(len(path) for _, path in drawing) < 12_000
    assert drawing == thumbnail(make_report())
    assert all(path for _, path in drawing)


def test_without_a_pass_the_modules_are_drawn() -> None:
    assert thumbnail(skipped_report()) == () or all(path for _, path in thumbnail(skipped_report()))

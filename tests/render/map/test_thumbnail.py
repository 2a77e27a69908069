"""The map as a thumbnail."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

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


def test_without_modules_the_largest_tensors_are_bars() -> None:
    report = skipped_report()
    tensor = make_report().structure.tensors[0]
    sizes = (10, 400, 0, 100, *range(1, 12))
    tensors = tuple(replace(tensor, name=str(k), size_bytes=size) for k, size in enumerate(sizes))
    ((css, path),) = thumbnail(replace(report, structure=replace(report.structure, modules=(), tensors=tensors)))
    long = [float(wide) for wide in re.findall(r"h([\d.]+)v", path)]
    assert css == "map-card map-other"
    assert len(long) == 8
    assert long[1] / long[2] == pytest.approx(4, abs=0.1), "as long as they are large, in the order of the file"
    assert 0 < max(long) < WIDTH
    assert thumbnail(replace(report, structure=replace(report.structure, modules=(), tensors=()))) == ()

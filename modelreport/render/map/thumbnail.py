"""The map as a thumbnail: boxes and lines without words, small enough to be told by the hundred."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from modelreport.facts import FAMILIES, Report, TensorFact
from modelreport.render.map import make_scene
from modelreport.render.map.layout import lay_out
from modelreport.render.map.picture import Box, Line, picture

WIDTH: Final = 320
HEIGHT: Final = 160
BUDGET: Final = 120
"""Boxes drawn at most."""
BARS: Final = 8
MARGIN: Final = 12.0
"""Bars for tensors at most, and the least room around them."""
ZOOM: Final = 4.0
"""How much larger the map is when its boxes are chosen: without words small ones are of use too."""


def thumbnail(report: Report) -> tuple[tuple[str, str], ...]:
    """Classes of ``css/map.css`` and the path of what has them, ``("map-conv", "M3 4h20v9h-20z…")``, back to front.

    In a picture of ``WIDTH`` by ``HEIGHT``; without modules the largest tensors as bars, empty where there are none.
    """
    scene = make_scene(report)
    if len(scene.nodes) < 2:
        return _bars(report.structure.tensors)
    made = picture(scene, lay_out(scene), WIDTH, HEIGHT, budget=BUDGET, zoom=ZOOM)
    layers: list[tuple[str, str]] = [
        ("map-box", "".join(_rectangle(box) for box in made.boxes[1:] if box.open)),
        ("map-edge", "".join(_line(line) for line in made.lines if line.kind != "skip")),
        ("map-edge map-skip", "".join(_line(line) for line in made.lines if line.kind == "skip")),
    ]
    for family in (*FAMILIES, "module"):
        shut = [box for box in made.boxes if not box.open and scene.nodes[box.node].family == family]
        layers.append((f"map-card map-{family}", "".join(_rectangle(box) for box in shut)))
    return tuple((name, path) for name, path in dict(layers).items() if path)


def _bars(tensors: Sequence[TensorFact]) -> tuple[tuple[str, str], ...]:
    """The largest tensors in the order of the file, as long as they are large; in the cards' own colour."""
    large = sorted(range(len(tensors)), key=lambda i: (-tensors[i].size_bytes, i))[:BARS]
    sizes = [tensors[i].size_bytes for i in sorted(large) if tensors[i].size_bytes]
    if not sizes:
        return ()
    step = min(HEIGHT / 4, (HEIGHT - 2 * MARGIN) / len(sizes))
    top, scale = (HEIGHT - step * len(sizes)) / 2, (WIDTH - 4 * MARGIN) / max(sizes)
    bars = (
        Box(0, 2 * MARGIN, top + step * k + 2, size * scale, step - 4, 1, 1, open=False) for k, size in enumerate(sizes)
    )
    return (("map-card map-other", "".join(map(_rectangle, bars))),)


def _rectangle(box: Box) -> str:
    wide, high = _short(max(box.width, 1)), _short(max(box.height, 1))
    return f"M{_short(box.x)} {_short(box.y)}h{wide}v{high}h-{wide}z"


def _line(line: Line) -> str:
    return "M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in line.points)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")

"""The map as a thumbnail: boxes and lines without words, small enough to be told by the hundred."""

from __future__ import annotations

from typing import Final

from modelreport.facts import FAMILIES, Report
from modelreport.render.map import make_scene
from modelreport.render.map.layout import lay_out
from modelreport.render.map.picture import Box, Line, picture

WIDTH: Final = 320
HEIGHT: Final = 160
BUDGET: Final = 120
"""Boxes drawn at most."""
ZOOM: Final = 4.0
"""How much larger the map is when its boxes are chosen: without words small ones are of use too."""


def thumbnail(report: Report) -> tuple[tuple[str, str], ...]:
    """Classes of ``css/map.css`` and the path of what has them, ``("map-conv", "M3 4h20v9h-20z…")``, back to front.

    In a picture of ``WIDTH`` by ``HEIGHT``; empty where there is nothing to draw.
    """
    scene = make_scene(report)
    if len(scene.nodes) < 2:
        return ()
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


def _rectangle(box: Box) -> str:
    wide, high = _short(max(box.width, 1)), _short(max(box.height, 1))
    return f"M{_short(box.x)} {_short(box.y)}h{wide}v{high}h-{wide}z"


def _line(line: Line) -> str:
    return "M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in line.points)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")

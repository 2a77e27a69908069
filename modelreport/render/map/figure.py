"""The overview of the map as a Plotly figure, for notebooks: ``report.figures["map"]``."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from modelreport.facts import FAMILIES, Report
from modelreport.render import format as text
from modelreport.render.charts.palette import FAMILY_WORDS, LIGHT, mix
from modelreport.render.language import _
from modelreport.render.map import make_scene
from modelreport.render.map.column import Point
from modelreport.render.map.layout import lay_out
from modelreport.render.map.picture import Box, Line, Picture, arrowhead, curve, head_size, picture
from modelreport.render.map.scene import Node, RouteKind, Scene

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

WIDTH, HEIGHT = 1000.0, 625.0
_STROKES: Final[dict[RouteKind, tuple[str, float]]] = {
    "shared": (mix(LIGHT["muted"], LIGHT["bg"], 0.5), 0.8),
    "plain": (LIGHT["muted"], 1.0),
    "skip": (LIGHT["accent"], 1.5),
}
_STEPS: Final = 8
"""Points along a bend."""


def map_figure(report: Report) -> Figure:
    """The overview as a ``plotly.graph_objects.Figure``: boxes by family, edges, labels; details appear on hovering."""
    from plotly.graph_objects import Figure

    return Figure(map_figure_dict(report))


def map_figure_dict(report: Report) -> dict[str, Any]:
    """``data`` and ``layout`` of the overview, plain lists and numbers."""
    scene = make_scene(report)
    made = picture(scene, lay_out(scene), WIDTH, HEIGHT)
    data = [*_containers(made), *_edges(made), *_cards(made, scene), _labels(made), _hover(made, scene)]
    axis = {"visible": False, "fixedrange": False}
    layout = {
        "width": WIDTH, "height": HEIGHT, "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "plot_bgcolor": LIGHT["bg"], "paper_bgcolor": LIGHT["bg"], "hovermode": "closest", "dragmode": "pan",
        "xaxis": {**axis, "range": [0, WIDTH]},
        "yaxis": {**axis, "range": [HEIGHT, 0], "scaleanchor": "x"},
        "legend": {"orientation": "h", "y": 0, "yanchor": "top"},
    }  # fmt: skip
    return {"data": data, "layout": layout}


def _outline(boxes: list[Box]) -> tuple[list[float | None], list[float | None]]:
    """Closed rectangles, one after the other."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for box in boxes:
        right, low = box.x + box.width, box.y + box.height
        xs += [box.x, right, right, box.x, box.x, None]
        ys += [box.y, box.y, low, low, box.y, None]
    return _rounded(xs), _rounded(ys)


def _rounded(values: list[float | None]) -> list[float | None]:
    return [None if value is None else round(value, 2) for value in values]


def _containers(made: Picture) -> list[dict[str, Any]]:
    traces = []
    for depth in sorted({box.depth for box in made.boxes[1:] if box.open}):
        xs, ys = _outline([box for box in made.boxes[1:] if box.open and box.depth == depth])
        fill = LIGHT["surface" if depth % 2 else "bg"]
        traces.append(_area(xs, ys, fill, LIGHT["line"], "module"))
    return traces


def _area(
    xs: list[float | None], ys: list[float | None], fill: str, stroke: str, name: str, *, shown: bool = False
) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "x": xs, "y": ys, "fill": "toself", "fillcolor": fill, "name": name,
        "line": {"color": stroke, "width": 1, "simplify": False}, "hoverinfo": "skip", "showlegend": shown,
    }  # fmt: skip


def _edges(made: Picture) -> list[dict[str, Any]]:
    traces = []
    for kind, (colour, width) in _STROKES.items():
        chosen = [line for line in made.lines if line.kind == kind]
        if not chosen:
            continue
        xs: list[float | None] = []
        ys: list[float | None] = []
        for line in chosen:
            points = sampled(line)
            xs += [*(x for x, _ in points), None]
            ys += [*(y for _, y in points), None]
        stroke = {"color": colour, "width": width, "simplify": False}
        traces.append({
            "type": "scatter", "mode": "lines", "x": _rounded(xs), "y": _rounded(ys), "line": stroke, "name": kind,
            "hoverinfo": "skip", "showlegend": False,
        })  # fmt: skip
        traces.append(_heads([line for line in chosen if line.arrow], colour, kind))
    return traces


def _heads(lines: list[Line], colour: str, name: str) -> dict[str, Any]:
    xs: list[float | None] = []
    ys: list[float | None] = []
    for line in lines:
        tip, a, b = arrowhead(line.points, head_size(line))
        xs += [tip[0], a[0], b[0], tip[0], None]
        ys += [tip[1], a[1], b[1], tip[1], None]
    return _area(_rounded(xs), _rounded(ys), colour, colour, name)


def sampled(line: Line) -> list[Point]:
    """A route as a polyline, bends in short straight pieces."""
    points: list[Point] = []
    for kind, corners in curve(line.points, min(8.0, 8 * line.scale)):
        if kind in {"M", "L"}:
            points.append(corners[0])
            continue
        start = points[-1]
        points += [_bezier((start, *corners), step / _STEPS) for step in range(1, _STEPS + 1)]
    return points


def _bezier(corners: tuple[Point, ...], t: float) -> Point:
    """De Casteljau's point at ``t``."""
    row = list(corners)
    while len(row) > 1:
        row = [(a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t) for a, b in pairwise(row)]
    return row[0]


def _cards(made: Picture, scene: Scene) -> list[dict[str, Any]]:
    traces = []
    for family in FAMILIES:
        boxes = [box for box in made.boxes if not box.open and scene.nodes[box.node].family == family]
        if boxes:
            xs, ys = _outline(boxes)
            words = _(FAMILY_WORDS[family])
            traces.append(_area(xs, ys, LIGHT[f"{family}-tint"], LIGHT[family], words, shown=True))
    return traces


def _labels(made: Picture) -> dict[str, Any]:
    words = [" ".join(part for part in (escaped(each.name), _bold(escaped(each.text))) if part) for each in made.labels]
    return {
        "type": "scatter", "mode": "text", "x": [round(each.x, 1) for each in made.labels],
        "y": [round(each.y, 1) for each in made.labels], "text": words, "hoverinfo": "skip", "showlegend": False,
        "textposition": ["middle right" if each.anchor == "start" else "middle center" for each in made.labels],
        "textfont": {"size": [round(each.size, 1) for each in made.labels], "color": LIGHT["ink"]},
    }  # fmt: skip


def _bold(words: str) -> str:
    return f"<b>{words}</b>" if words else ""


def escaped(words: str) -> str:
    """Text that Plotly, which reads a part of HTML, shows as it is."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _hover(made: Picture, scene: Scene) -> dict[str, Any]:
    """Invisible markers in the middle of the shut boxes that tell more."""
    boxes = [box for box in made.boxes if not box.open]
    return {
        "type": "scatter", "mode": "markers", "x": [round(box.x + box.width / 2, 1) for box in boxes],
        "y": [round(box.y + box.height / 2, 1) for box in boxes], "marker": {"opacity": 0, "size": 18},
        "text": [_told(scene.nodes[box.node]) for box in boxes], "hoverinfo": "text", "showlegend": False,
    }  # fmt: skip


def _told(node: Node) -> str:
    lines = [f"<b>{escaped(node.type)}</b> {escaped(text.name(node.path or node.name, 80))}"]
    if node.outputs:
        lines.append(_("output {shape}", shape=text.shape(node.outputs[0].shape)))
    if node.parameters:
        lines.append(_("{count} parameters", count=text.count(node.parameters)))
    if node.macs:
        lines.append(text.macs(node.macs))
    return "<br>".join(lines)

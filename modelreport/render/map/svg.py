"""The map as static SVG: for pages without scripts, for print and for the PDF.

On the screen colours are classes that ``templates/css/map.css`` fills with the theme's tokens; elsewhere they are
written out from the light tokens, because not every painter of SVG knows CSS variables.
"""

from __future__ import annotations

from typing import Final, Literal

from markupsafe import Markup, escape

from modelreport.facts import Family
from modelreport.render import format as text
from modelreport.render.charts.palette import LIGHT, mix
from modelreport.render.language import tell
from modelreport.render.map.layout import Layout
from modelreport.render.map.picture import Box, Label, Line, Picture, Tile, arrowhead, curve, head_size, picture
from modelreport.render.map.scene import Node, RouteKind, Scene

_STROKES: Final[dict[RouteKind, tuple[str, str]]] = {
    "shared": (mix(LIGHT["muted"], LIGHT["bg"], 0.5), "0.8"),
    "plain": (LIGHT["muted"], "1"),
    "skip": (LIGHT["accent"], "1.4"),
}
"""Colour and width of each kind of edge, from the back to the front."""
Medium = Literal["screen", "print"]


def draw_map(scene: Scene, layout: Layout, medium: Medium, *, width: float = 880.0, height: float = 550.0) -> Markup:
    """The overview of the whole map as an ``<svg>`` element with a title for those who cannot see it."""
    place = layout.places[0]
    height = min(height, max(120.0, place.height * min(width / place.width, 1.6)))
    return write_svg(picture(scene, layout, width, height), scene, medium, describe(scene))


def describe(scene: Scene) -> str:
    """The map in one sentence."""
    cards = sum(1 for node in scene.nodes if not node.children)
    boxes = len(scene.nodes) - cards
    flow = "with the data flow between them" if scene.flow else "in the order of registration, without data flow"
    name = scene.nodes[0].type or scene.nodes[0].name
    return tell(
        f"Architecture map of {name}: {text.plural(boxes, 'box', 'boxes')} and {text.plural(cards, 'card')}, {flow}"
    )


def write_svg(made: Picture, scene: Scene, medium: Medium, name: str) -> Markup:
    """A picture as an ``<svg>`` element. Every text is escaped."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map-static" viewBox="0 0 {made.width:.0f} {made.height:.0f}" '
        f'width="{made.width:.0f}" height="{made.height:.0f}" role="img" aria-label="{escape(name)}" '
        'font-family="inherit">'
    )
    parts: list[str] = []
    parts.extend(_box(box, scene.nodes[box.node], medium, dashed=not scene.flow) for box in made.boxes[1:] if box.open)
    parts.extend(_lines(made.lines, medium))
    parts.extend(_box(box, scene.nodes[box.node], medium, dashed=not scene.flow) for box in made.boxes if not box.open)
    parts.extend(_tiles(made.tiles, medium))
    parts.extend(_label(label, medium) for label in made.labels)
    return Markup(head + "".join(parts) + "</svg>")  # noqa: S704 - all text in it went through escape


def _paint(medium: Medium, kind: str, **concrete: str) -> str:
    """A class on the screen, written-out attributes elsewhere."""
    if medium == "screen":
        return f'class="{kind}"'
    return " ".join(f'{key.replace("_", "-")}="{value}"' for key, value in concrete.items())


def _box(box: Box, node: Node, medium: Medium, *, dashed: bool) -> str:
    radius = min(6.0, box.height * 0.18, box.width * 0.18)
    dash = ' stroke-dasharray="4 3"' if dashed and box.width > 14 else ""
    shape = (
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{max(box.width, 0.8):.1f}" height="{max(box.height, 0.8):.1f}" '
        f'rx="{radius:.1f}"{dash} '
    )
    if not box.open:
        width = "1" if box.width > 16 else "0.6"
        paint = _paint(
            medium,
            f"map-card map-{node.family}",
            fill=LIGHT[f"{node.family}-tint"],
            stroke=LIGHT[node.family],
            stroke_width=width,
        )
        return f"{shape}{paint}/>"
    fill = LIGHT["surface" if box.depth % 2 else "bg"]
    paint = _paint(medium, f"map-box map-depth-{box.depth % 2}", fill=fill, stroke=LIGHT["line"], stroke_width="1")
    bar = box.bar
    rule = _paint(medium, "map-rule", stroke=LIGHT["line"], stroke_width="0.8")
    line = f'<path d="M{box.x:.1f} {box.y + bar:.1f}h{box.width:.1f}" {rule}/>' if bar > 5 else ""
    return f"{shape}{paint}/>{line}"


def _tiles(tiles: list[Tile], medium: Medium) -> list[str]:
    """What is inside shut boxes, one path for each family."""
    ways: dict[Family, str] = {}
    for tile in tiles:
        x, y, width, high = (_short(value) for value in (tile.x, tile.y, max(tile.width, 1.0), tile.height))
        ways[tile.family] = f"{ways.get(tile.family, '')}M{x} {y}h{width}v{high}h-{width}z"
    return [
        f'<path d="{way}" '
        + _paint(medium, f"map-card map-{kind}", fill=LIGHT[f"{kind}-tint"], stroke=LIGHT[kind], stroke_width="0.6")
        + "/>"
        for kind, way in ways.items()
    ]


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _lines(lines: list[Line], medium: Medium) -> list[str]:
    """Edges of each kind as one path, and their arrowheads."""
    made = []
    for kind, (colour, width) in _STROKES.items():
        chosen = [line for line in lines if line.kind == kind]
        ways = "".join(_way(line) for line in chosen)
        heads = "".join(_head(line) for line in chosen if line.arrow and head_size(line) >= 2)
        if ways:
            paint = _paint(medium, f"map-edge map-{kind}", fill="none", stroke=colour, stroke_width=width)
            made.append(f'<path d="{ways}" {paint}/>')
        if heads:
            made.append(f'<path d="{heads}" {_paint(medium, f"map-head map-{kind}", fill=colour)}/>')
    return made


def _way(line: Line) -> str:
    commands = curve(line.points, min(8.0, 8 * line.scale))
    return "".join(kind + " ".join(f"{x:.1f} {y:.1f}" for x, y in points) for kind, points in commands)


def _head(line: Line) -> str:
    tip, a, b = arrowhead(line.points, head_size(line))
    return f"M{tip[0]:.1f} {tip[1]:.1f}L{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}z"


def _label(label: Label, medium: Medium) -> str:
    muted, ink = _paint(medium, "map-muted", fill=LIGHT["muted"]), _paint(medium, "map-ink", fill=LIGHT["ink"])
    name = f"<tspan {muted}>{escape(label.name)}</tspan>" if label.name else ""
    space = " " if label.name and label.text else ""
    strong = f'<tspan font-weight="600">{escape(label.text)}</tspan>' if label.text else ""
    return (
        f'<text x="{label.x:.1f}" y="{label.y + label.size * 0.35:.1f}" font-size="{label.size:.1f}" '
        f'text-anchor="{label.anchor}" {ink}>{name}{space}{strong}</text>'
    )

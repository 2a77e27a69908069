"""The map as an SVG file of its own, for Markdown and whatever else shows images: its colours follow the theme.

The styles are inside and written out for each theme by a media query, because painters of images know neither the
page's style sheets nor always ``light-dark()``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from modelreport.facts import FAMILIES, Report
from modelreport.render.charts.palette import DARK, LIGHT, mix
from modelreport.render.map import make_scene
from modelreport.render.map.layout import lay_out
from modelreport.render.map.svg import draw_map

_FONT: Final = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif"


def map_image(report: Report) -> bytes | None:
    """The overview as an SVG file, UTF-8; ``None`` where there is nothing to draw."""
    scene = make_scene(report)
    if len(scene.nodes) < 2:
        return None
    drawing = str(draw_map(scene, lay_out(scene), "screen"))
    head, _, rest = drawing.partition(">")
    style = f"svg{{{_FONT}}}{_rules(LIGHT)}@media(prefers-color-scheme:dark){{{_rules(DARK)}}}"
    return f"{head}><style>{style}</style>{rest}\n".encode("utf-8", "backslashreplace")


def _rules(colors: Mapping[str, str]) -> str:
    """The classes of the drawing in the colours of one theme."""
    faint = mix(colors["muted"], colors["bg"], 0.45)
    rules = {
        "svg": f"background:{colors['bg']}",
        ".map-box": f"fill:{colors['bg']};stroke:{colors['line']}",
        ".map-depth-1": f"fill:{colors['surface']}",
        ".map-rule": f"fill:none;stroke:{colors['line']}",
        ".map-edge": f"fill:none;stroke:{colors['muted']};stroke-width:1",
        ".map-edge.map-shared": f"stroke:{faint};stroke-width:.8",
        ".map-edge.map-skip": f"stroke:{colors['accent']};stroke-width:1.4",
        ".map-head": f"fill:{colors['muted']}",
        ".map-head.map-shared": f"fill:{faint}",
        ".map-head.map-skip": f"fill:{colors['accent']}",
        ".map-ink": f"fill:{colors['ink']}",
        ".map-muted": f"fill:{colors['muted']}",
    }
    rules |= {f".map-{each}": f"fill:{colors[f'{each}-tint']};stroke:{colors[each]}" for each in FAMILIES}
    return "".join(f"{where}{{{what}}}" for where, what in rules.items())

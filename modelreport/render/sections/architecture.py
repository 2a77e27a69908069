"""The section ``architecture``: the map of the model."""

from __future__ import annotations

from typing import Any

from modelreport.facts import FAMILIES, Report, Skipped
from modelreport.render.charts.palette import FAMILY_WORDS
from modelreport.render.language import _, mark
from modelreport.render.map import make_scene
from modelreport.render.map.details import details_payload
from modelreport.render.map.layout import lay_out
from modelreport.render.map.payload import map_payload
from modelreport.render.map.svg import draw_map
from modelreport.render.outline import outline_context
from modelreport.render.section import Section, no_badge


def context(report: Report) -> dict[str, Any]:
    """The overview as a drawing, the families it shows, and the whole map as data for ``js/map.js``."""
    scene = make_scene(report)
    outline = outline_context(report)
    if len(scene.nodes) < 2:
        empty = {"drawing": None, "legend": (), "note": "", "flow": False, "skips": False}
        return outline | empty | {"skipped": _skipped(report)}
    layout = lay_out(scene)
    shown = {node.family for node in scene.nodes if not node.children}
    return outline | {
        "drawing": draw_map(scene, layout, "screen"),
        "legend": tuple((family, _(FAMILY_WORDS[family])) for family in FAMILIES if family in shown),
        "note": scene.note,
        "flow": scene.flow,
        "skips": any(way.kind == "skip" for content in layout.contents for way in content.routes),
        "skipped": _skipped(report),
        "payloads": {"map": map_payload(report, scene, layout), "map-details": details_payload(report, scene)},
    }


def _skipped(report: Report) -> Skipped | None:
    return report.trace if isinstance(report.trace, Skipped) else None


SECTION = Section(id="architecture", title=mark("Architecture"), context=context, badge=no_badge)

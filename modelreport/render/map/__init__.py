"""The architecture map: a nested picture of what the model does, with one place for every operation."""

from __future__ import annotations

from modelreport.facts import Report, Trace
from modelreport.render.map.calls import scene_of_trace
from modelreport.render.map.findings import point_findings
from modelreport.render.map.folding import fold
from modelreport.render.map.modules import scene_of_structure
from modelreport.render.map.scene import Scene, sum_written
from modelreport.render.map.undisturbed import undisturbed


def make_scene(report: Report) -> Scene:
    """The scene of a report: of its forward pass when there was one, else of its module tree."""
    with undisturbed():
        if isinstance(report.trace, Trace) and report.trace.operations:
            scene, flow = scene_of_trace(report, report.trace)
            fold(scene, flow)
            flow.settle(scene)
        else:
            scene = scene_of_structure(report)
            fold(scene, None)
        sum_written(scene)
        point_findings(report, scene)
    return scene

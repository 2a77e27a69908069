from __future__ import annotations

import msgspec

from modelreport.facts import Evidence, Finding, Message
from modelreport.render.map import make_scene

from .scenes import resnet


def pointed(traced: bool, *evidence: tuple[str, str]) -> set[str]:
    finding = Finding(
        id="W1", severity="warning", state="found", title="", message=Message(text=""),
        evidence=tuple(Evidence(kind=kind, name=name) for kind, name in evidence),
    )  # fmt: skip
    report = msgspec.structs.replace(resnet().report(traced=traced), findings=(finding,))
    return {node.path for node in make_scene(report).nodes if node.findings == [0]}


def test_modules_and_tensors_lead_to_their_boxes_with_or_without_a_pass():
    for traced in (True, False):
        assert pointed(traced, ("tensor", "fc.weight"), ("module", "layer1.0")) == {"fc", "layer1.0"}


def test_what_is_not_on_the_map_marks_nothing():
    assert pointed(True, ("tensor", "gone"), ("file", "model.pth"), ("module", "")) == set()


def test_every_call_of_a_module_is_marked():
    finding = Finding(
        id="W1", severity="note", state="found", title="", message=Message(text=""),
        evidence=(Evidence(kind="module", name="layer1.0.relu"),),
    )  # fmt: skip
    scene = make_scene(msgspec.structs.replace(resnet().report(), findings=(finding,)))
    assert sum(node.findings == [0] for node in scene.nodes) == 3

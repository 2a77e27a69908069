from __future__ import annotations

import msgspec

from modelreport.facts import Memory, MemoryPoint
from modelreport.render.map import make_scene
from modelreport.render.map.details import details_payload
from modelreport.render.map.scene import Node

from .scenes import resnet


def told(report, path, field):
    """What the panel says of a node in one column, ids of strings looked up."""
    scene, details = make_scene(report), details_payload(report, make_scene(report))
    place = next(k for k, node in enumerate(scene.nodes) if _is(node, path))
    entry = details[field][details["nodes"][field][place]]
    return [details["strings"][k] if k >= 0 else "" for k in entry]


def _is(node: Node, path: str) -> bool:
    return node.path == path and node.kind in {"module", "operation"}


def with_memory():
    report = resnet((1,)).report()
    operations = tuple(msgspec.structs.replace(each, written_bytes=1024) for each in report.trace.operations)
    points = tuple(MemoryPoint(operation=k, live_bytes=k * 2048) for k in range(0, len(operations), 2))
    memory = Memory(peak_bytes=points[-1].live_bytes, peak_operation=points[-1].operation, points=points)
    trace = msgspec.structs.replace(report.trace, operations=operations, memory=memory)
    return msgspec.structs.replace(report, trace=trace)


def test_the_panel_tells_what_a_box_writes_and_the_most_alive_meanwhile():
    assert told(with_memory(), "conv1", "memory") == ["1.00 KiB", "0 B"]
    assert told(with_memory(), "relu", "memory") == ["1.00 KiB", "4.00 KiB"]
    assert told(with_memory(), "maxpool", "memory") == ["1.00 KiB", "4.00 KiB"], (
        "the last point before it, where points are few"
    )
    assert told(with_memory(), "layer1.0", "memory") == ["12.0 KiB", "28.0 KiB"]


def test_without_measured_memory_only_what_is_written_is_told():
    assert told(resnet((1,)).report(), "conv1", "memory") == ["", ""]


def test_an_operation_tells_its_arguments_and_kernels():
    report = resnet((1,)).report()
    operations = tuple(
        msgspec.structs.replace(each, label="start_dim=1", kernels=("aten.view",)) if each.name == "shape" else each
        for each in (msgspec.structs.replace(each, name="shape") if each.family == "shape" else each
                     for each in report.trace.operations)
    )  # fmt: skip
    report = msgspec.structs.replace(report, trace=msgspec.structs.replace(report.trace, operations=operations))
    scene, details = make_scene(report), details_payload(report, make_scene(report))
    place = next(k for k, node in enumerate(scene.nodes) if node.type == "shape")
    words = [details["strings"][k] for k in details["attributes"][details["nodes"]["attributes"][place]]]
    assert words == ["arguments", "start_dim=1", "kernels", "aten.view"]

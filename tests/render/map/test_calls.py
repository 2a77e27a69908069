from __future__ import annotations

from modelreport.render.map import make_scene
from modelreport.render.map.calls import MAX_DEPTH, MAX_IO
from modelreport.render.map.scene import Node, Scene

from .scenes import Network, bert, deep, resnet


def child(scene: Scene, *names: str) -> Node:
    node = scene.nodes[0]
    for name in names:
        node = next(scene.nodes[index] for index in node.children if scene.nodes[index].name == name)
    return node


def test_inputs_come_first_and_outputs_last_with_what_ran_between():
    scene = make_scene(resnet().report())
    names = [scene.nodes[index].name for index in scene.nodes[0].children]
    assert names == [
        "x", "conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool", "flatten", "fc",
        "output",
    ]  # fmt: skip


def test_a_module_of_one_operation_is_one_card_with_its_type_attributes_and_weight():
    card = child(make_scene(resnet().report()), "conv1")
    assert (card.kind, card.type, card.family, card.children) == ("module", "Conv2d", "conv", [])
    assert card.lines == ("7×7, s2, p3", "64×3×7×7")
    assert card.parameters == 64 * 3 * 7 * 7


def test_each_call_of_a_reused_module_is_a_card_of_its_own():
    scene = make_scene(resnet().report())
    block = child(scene, "layer1", "1")
    names = [scene.nodes[index].name for index in block.children]
    assert [name for name in names if name.startswith("relu")] == ["relu", "relu #2", "relu #3"]


def test_an_operation_outside_any_leaf_module_is_a_card_with_its_own_name():
    card = child(make_scene(resnet().report()), "flatten")
    assert (card.kind, card.type, card.family) == ("operation", "flatten", "shape")


def test_every_operation_has_exactly_one_card():
    for network in (resnet(), bert(3)):
        report = network.report()
        cards = [node.operation for node in make_scene(report).nodes if node.operation >= 0]
        assert sorted(cards) == list(range(len(network.operations)))


def test_modules_nested_beyond_measure_are_drawn_inside_the_last_one_that_can_be_zoomed_to():
    scene = make_scene(deep(3000).report())
    assert max(depth for _, depth in scene.walk()) <= MAX_DEPTH + 6
    assert sum(node.operation >= 0 for node in scene.nodes) == 3000


def test_many_inputs_share_one_card():
    net = Network("many")
    inputs = [net.input(f"past_{number}", 1, 4) for number in range(MAX_IO + 1)]
    with net.module("", "Net"):
        x = net.run("cat", "shape", (7, 4), *inputs)
    net.output(x)
    scene = make_scene(net.report())
    assert [node.name for node in scene.nodes if node.kind == "input"] == ["7 inputs"]
    assert any(edge.source == 0 and edge.target == 1 for edge in scene.nodes[0].edges)


def test_a_pass_that_ended_early_says_so():
    import msgspec

    report = resnet().report()
    broken = msgspec.structs.replace(report.trace, complete=False, error="shapes do not fit")
    scene = make_scene(msgspec.structs.replace(report, trace=broken))
    assert "shapes do not fit" in scene.note

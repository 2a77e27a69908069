from __future__ import annotations

import msgspec

from modelreport.render.map import make_scene
from modelreport.render.map.scene import Scene

from .scenes import Network, bert, dense, resnet, unet


def flows(scene: Scene, path: str) -> set[tuple[str, str]]:
    """Edges inside one module by the names of their ends; ports are ``>`` and ``<``."""
    node = next(node for node in scene.nodes if node.path == path and node.children)
    names = [scene.nodes[child].name for child in node.children] + [">"] * node.ports + ["<"]
    return {(names[edge.source], names[edge.target]) for edge in node.edges}


def test_the_flow_inside_a_residual_block_is_that_of_the_code():
    assert flows(make_scene(resnet().report()), "layer1.1") == {
        (">", "conv1"), ("conv1", "bn1"), ("bn1", "relu"), ("relu", "conv2"), ("conv2", "bn2"), ("bn2", "relu #2"),
        ("relu #2", "conv3"), ("conv3", "bn3"), ("bn3", "add"), (">", "add"), ("add", "relu #3"), ("relu #3", "<"),
    }  # fmt: skip


def test_edges_between_modules_stand_at_the_level_that_holds_both():
    scene = make_scene(resnet().report())
    assert ("layer1", "layer2") in flows(scene, "")
    assert ("layer4", "avgpool") in flows(scene, "")


def test_different_tensors_entering_a_box_keep_their_own_ports():
    scene = make_scene(bert(3).report())
    layer = next(node for node in scene.nodes if node.type == "BertLayer" and node.kind == "module")
    assert layer.ports == 2


def test_too_many_different_tensors_share_one_port():
    scene = make_scene(dense(9).report())
    layers = [node for node in scene.nodes if node.type == "_DenseLayer"]
    assert layers[1].ports == 2
    assert layers[-1].ports == 1


def test_edges_carry_the_shape_of_the_tensor_that_flows():
    scene = make_scene(unet().report())
    assert {edge.shape for edge in scene.nodes[0].edges} >= {"1×3×256×256", "1×32×256×256", "1×32×128×128"}


def into_outputs(scene: Scene) -> set[tuple[str, str]]:
    """Edges of the root that lead to the model's outputs, by the names of their ends."""
    outputs = {scene.nodes[child].name for child in scene.nodes[0].children if scene.nodes[child].type == "output"}
    return {edge for edge in flows(scene, "") if edge[1] in outputs}


def test_an_output_comes_from_the_operation_that_made_it():
    net = Network("twins")
    x = net.input("x", 1, 4)
    with net.module("", "Net"):
        a = net.run("relu", "activation", (1, 4), x)
        b = net.run("tanh", "activation", (1, 4), a)
    net.output(a, "hidden")
    net.output(b, "last")
    assert into_outputs(make_scene(net.report())) == {("relu", "hidden"), ("tanh", "last")}


def test_an_output_without_a_maker_hangs_on_nothing():
    report = bert(2).report()
    trace = msgspec.structs.replace(report.trace, output_sources=(-1, -1))
    assert into_outputs(make_scene(msgspec.structs.replace(report, trace=trace))) == set()

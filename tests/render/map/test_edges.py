from __future__ import annotations

from modelreport.render.map import make_scene
from modelreport.render.map.edges import output_sources
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


def test_an_output_comes_from_the_last_operation_that_made_such_a_tensor():
    net = bert(2)
    report = net.report()
    hidden, pooled = output_sources(report.trace)
    assert net.operations[hidden].name == "layernorm"
    assert net.operations[pooled].name == "tanh"


def test_two_outputs_of_equal_shape_come_from_different_operations():
    net = Network("twins")
    x = net.input("x", 1, 4)
    with net.module("", "Net"):
        a = net.run("relu", "activation", (1, 4), x)
        b = net.run("tanh", "activation", (1, 4), x)
    net.output(a)
    net.output(b)
    assert sorted(output_sources(net.report().trace)) == [a, b]

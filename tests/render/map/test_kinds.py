from __future__ import annotations

from modelreport.render.map import make_scene
from modelreport.render.map.scene import Scene

from .scenes import Network, bert, resnet, unet


def kinds(scene: Scene, path: str) -> dict[tuple[str, str], str]:
    """Kinds of the edges inside a module that are not plain, by names of their ends; ports are ``>`` and ``<``."""
    node = next(node for node in scene.nodes if node.path == path and node.children and node.kind == "module")
    names = [scene.nodes[child].name for child in node.children] + [">"] * node.ports + ["<"]
    return {(names[edge.source], names[edge.target]): edge.kind for edge in node.edges if edge.kind != "plain"}


def test_a_residual_past_a_block_is_a_skip():
    assert kinds(make_scene(resnet().report()), "layer1.1") == {(">", "add"): "skip"}


def test_a_projection_that_is_added_back_is_a_skip_inside_its_box_too():
    scene = make_scene(resnet().report())
    assert kinds(scene, "layer1.0") == {(">", "downsample"): "skip", ("downsample", "add"): "skip"}
    assert kinds(scene, "layer1.0.downsample") == {(">", "0"): "skip", ("1", "<"): "skip"}


def test_a_residual_that_is_added_inside_a_box_is_a_skip_there():
    scene = make_scene(bert(4).report())
    assert kinds(scene, "encoder.layer.0.attention") == {(">", "output"): "skip"}
    assert kinds(scene, "encoder.layer.0.attention.output") == {(">", "add"): "skip"}


def test_skips_over_levels_are_told_from_the_main_path():
    found = kinds(make_scene(unet(3).report()), "")
    assert found == {("down0", "cat"): "skip", ("down1", "cat"): "skip", ("down2", "cat"): "skip"}


def test_a_tensor_that_many_read_is_shared():
    scene = make_scene(bert(5).report())
    encoder = next(node for node in scene.nodes if node.repeat == 5)
    assert {edge.kind for edge in encoder.edges} == {"plain", "shared"}


def test_two_branches_of_equal_length_are_both_plain():
    net, shape = Network("branches"), (1, 8)
    x = net.input("x", *shape)
    with net.module("", "Net"):
        x = net.run("relu", "activation", shape, x)
        a, b = net.run("linear", "linear", shape, x), net.run("linear", "linear", shape, x)
        net.run("add", "arithmetic", shape, a, b)
    net.output(3)
    assert kinds(make_scene(net.report()), "") == {}


def test_what_is_made_of_constants_alone_bypasses_nothing():
    net, shape = Network("positions"), (1, 8)
    ids = net.input("ids", *shape)
    with net.module("", "Net"):
        places = net.run("arange", "shape", shape)
        later = net.run("mul", "arithmetic", shape, net.run("relu", "activation", shape, places))
        position = net.run("add", "arithmetic", shape, later, places)
        net.output(net.run("add", "arithmetic", shape, net.run("embedding", "embedding", shape, ids), position))
    assert kinds(make_scene(net.report()), "") == {}

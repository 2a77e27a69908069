from __future__ import annotations

from modelreport.render.map import make_scene
from modelreport.render.map.scene import Node, Scene, relative, renumber, short, sum_costs

from .scenes import resnet


def test_a_path_is_shown_from_inside_its_parent_and_whole_when_it_lies_elsewhere():
    assert relative("layer1.0.conv1", "layer1.0") == "conv1"
    assert relative("layer1.0", "") == "layer1.0"
    assert relative("layer10.conv", "layer1") == "layer10.conv"


def test_long_names_lose_their_middle_and_hidden_characters_become_visible():
    assert len(short("x" * 1_000_000)) == 48
    assert short("a" * 40 + "b" * 40).startswith("aaa")
    assert short("a" * 40 + "b" * 40).endswith("bbb")
    assert "\u202e" not in short("\u202eevil")


def test_nodes_are_numbered_parents_first_in_drawing_order():
    scene = make_scene(resnet().report())
    assert [index for index, _ in scene.walk()] == list(range(len(scene.nodes)))
    assert all(node.parent < index for index, node in enumerate(scene.nodes))
    assert all(scene.nodes[child].parent == index for index, node in enumerate(scene.nodes) for child in node.children)


def test_renumbering_forgets_nodes_that_nothing_holds_any_more():
    nodes = [Node("module", "", "", "module", -1), Node("module", "gone", "", "module", 0)]
    nodes.append(Node("operation", "kept", "", "other", 0))
    nodes[0].children = [2]
    scene = Scene(nodes, flow=True)
    renumber(scene)
    assert [node.name for node in scene.nodes] == ["", "kept"]
    assert scene.nodes[0].children == [1]


def test_a_box_of_the_map_costs_what_its_children_cost_together():
    nodes = [
        Node("group", "", "", "module", -1),
        Node("operation", "", "", "conv", 0),
        Node("operation", "", "", "conv", 0),
    ]
    nodes[0].children = [1, 2]
    nodes[1].flops, nodes[2].flops, nodes[2].parameters, nodes[2].exact = 3, 4, 5, False
    scene = Scene(nodes, flow=True)
    sum_costs(scene, 0)
    assert (nodes[0].flops, nodes[0].parameters, nodes[0].exact) == (7, 5, False)

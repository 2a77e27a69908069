from __future__ import annotations

import pytest

from modelreport.render.map import make_scene
from modelreport.render.map.layout import lay_out
from modelreport.render.map.picture import BUDGET, Picture, arrowhead, curve, fit, picture
from modelreport.render.map.scene import Node

from .scenes import Network, bert, flat, nested, resnet


def painted(network: Network, **options) -> tuple[Picture, list[Node]]:
    scene = make_scene(network.report())
    return picture(scene, lay_out(scene), 1000.0, 625.0, **options), scene.nodes


@pytest.mark.parametrize("network", [resnet(), bert(), flat(3000), nested(20, 20, 10)], ids=lambda net: net.title)
def test_no_more_is_drawn_than_the_budget(network):
    for zoom in (1.0, 4.0, 100.0):
        made, _ = painted(network, zoom=zoom)
        assert len(made.boxes) <= BUDGET + 100


def test_blocks_of_one_type_are_open_together_or_shut_together():
    for zoom in (1.0, 1.5, 2.0, 3.0):
        made, nodes = painted(resnet(), zoom=zoom)
        states = {
            box.open for box in made.boxes if nodes[box.node].type == "Bottleneck" and nodes[box.node].kind == "module"
        }
        assert len(states) == 1


def test_everything_lies_in_the_pane():
    made, _ = painted(bert())
    for box in made.boxes:
        assert box.x > -0.01
        assert box.y > -0.01
        assert box.x + box.width < 1000.01
        assert box.y + box.height < 625.01


def test_a_part_of_the_map_can_be_drawn_alone():
    scene = make_scene(resnet().report())
    block = next(index for index, node in enumerate(scene.nodes) if node.path == "layer1.0" and node.children)
    made = picture(scene, lay_out(scene), 400.0, 600.0, root=block)
    assert {scene.nodes[box.node].path.split(".")[0] for box in made.boxes} == {"layer1"}
    assert any(line.shape for line in made.lines)


def test_labels_are_shortened_to_their_room():
    node = Node("module", "encoder", "TransformerEncoder", "module", 0)
    assert fit(node, 40) == ("encoder", "TransformerEncoder")
    assert fit(node, 20) == ("", "TransformerEncoder")
    assert fit(node, 8) == ("encoder", "")
    assert fit(node, 5) == ("", "enco…")
    assert fit(node, 2) == ("", "")


def test_straight_pieces_meet_in_rounded_corners_and_slanted_ones_are_s_curves():
    assert [kind for kind, _ in curve(((0, 0), (0, 50), (80, 50)), 8)] == ["M", "L", "Q", "L"]
    assert [kind for kind, _ in curve(((0, 0), (30, 50)), 8)] == ["M", "C"]


def test_arrowheads_point_along_the_last_piece():
    down = arrowhead(((0, 0), (0, 50)), 6)
    assert down[0] == (0, 50)
    assert down[1][1] == down[2][1] == 44
    left = arrowhead(((90, 50), (40, 50)), 6)
    assert left[0] == (40, 50)
    assert left[1][0] == left[2][0] == 46


def test_a_card_too_narrow_for_its_type_tells_its_beginning():
    net = Network("long")
    x = net.input("x", 1, 4)
    with net.module("", "Net"):
        for _ in range(60):
            x = net.run("scaled_dot_product_attention_with_everything", "attention", (1, 4), x)
    net.output(x)
    made, nodes = painted(net)
    assert sum(1 for box in made.boxes if nodes[box.node].family == "attention" and not box.open) > 10
    told = [label for label in made.labels if label.name.startswith("scaled_") or label.text.startswith("scaled_")]
    assert len(told) > 10
    assert all(label.size >= 6 for label in told)

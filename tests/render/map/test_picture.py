from __future__ import annotations

import pytest

from modelreport.render.map import make_scene
from modelreport.render.map.labels import SCREEN
from modelreport.render.map.layout import lay_out
from modelreport.render.map.picture import BUDGET, Line, Picture, arrowhead, curve, head_size, picture
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


def test_an_arrowhead_is_seen_at_any_zoom_but_no_larger_than_its_piece_bears():
    sizes = [
        head_size(Line(((0.0, 0.0), (0.0, long)), "plain", arrow=True, scale=scale, shape=""))
        for long, scale in ((60.0, 2.0), (60.0, 0.3), (6.0, 0.3))
    ]
    assert sizes == [7.0, 5.0, 3.0]


def test_nothing_on_a_screen_is_written_too_small_to_read():
    for network in (resnet(), bert(), flat(3000), nested(20, 20, 10)):
        for zoom in (1.0, 3.0):
            made, _ = painted(network, zoom=zoom)
            assert made.labels
            assert min(label.size for label in made.labels) >= SCREEN.least


def test_a_shut_box_shows_its_inside_below_its_name():
    made, nodes = painted(resnet())
    shut = {box.node: box for box in made.boxes if not box.open and nodes[box.node].children}
    inside = {nodes[tile.node].parent: tile for tile in made.tiles}
    assert shut.keys() <= inside.keys()
    for label in made.labels:
        for tile in made.tiles:
            if label.anchor == "start" and tile.x < label.x < tile.x + tile.width:
                assert not tile.y < label.y < tile.y + tile.height


def test_a_box_that_holds_most_of_the_model_is_open_whatever_small_operations_it_has():
    net = Network("odd")
    x = net.input("x", 1, 4)
    with net.module("", "Net"), net.module("body", "Body"):
        for number in range(12):
            with net.module(f"h.{number}", "Block"):
                for _ in range(8):
                    x = net.run("linear", "linear", (1, 4), x)
        for _ in range(20):
            x = net.run("getitem", "shape", (1, 4), x)
    net.output(x)
    made, nodes = painted(net)
    assert {nodes[box.node].type for box in made.boxes if box.open} >= {"Body", "Block"}


def test_boxes_of_unknown_type_open_with_those_at_their_depth_not_with_smaller_ones_further_in():
    net, shape = Network("bare"), (1, 8)
    x = net.input("x", *shape)
    with net.module("", "Net"):
        with net.module("stem", "Module"):
            x = net.run("linear", "linear", shape, net.run("relu", "activation", shape, x))
        for number in range(9):
            with net.module(f"trunk.{number}", "Module"):
                for step in range(4):
                    with net.module(f"trunk.{number}.part{step}", "Module"):
                        x = net.run("linear", "linear", shape, net.run("relu", "activation", shape, x))
        net.output(x)
    scene = make_scene(net.report())
    made = picture(scene, lay_out(scene), 720.0, 450.0)
    stem = next(box for box in made.boxes if scene.nodes[box.node].path == "stem")
    assert stem.open
    assert any(scene.nodes[box.node].path.startswith("trunk.") and not box.open for box in made.boxes)

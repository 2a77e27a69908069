from __future__ import annotations

import pytest

from modelreport.render.map import make_scene
from modelreport.render.map.inside import MOST, lead, tiles
from modelreport.render.map.labels import Box
from modelreport.render.map.layout import lay_out
from modelreport.render.map.picture import picture

from .scenes import Network, nested, resnet


def test_the_tiles_of_a_shut_box_stand_where_its_cards_will_be():
    scene = make_scene(resnet().report())
    layout = lay_out(scene)
    block = next(index for index, node in enumerate(scene.nodes) if node.path == "layer1.1" and node.children)
    open_one = picture(scene, layout, 400.0, 900.0, root=block)
    cards = {box.node: box for box in open_one.boxes if not box.open}
    whole = open_one.boxes[0]
    shut = Box(block, whole.x, whole.y, whole.width, whole.height, whole.scale, 0, open=False)
    made = tiles(scene, layout, shut, below=0.0)
    assert {tile.node for tile in made} == cards.keys()
    for tile in made:
        card = cards[tile.node]
        there = pytest.approx((card.x, card.y, card.width, card.height))
        assert (tile.x, tile.y, tile.width, tile.height) == there
        assert tile.family == scene.nodes[tile.node].family


def test_nothing_stands_behind_the_labels():
    scene = make_scene(resnet().report())
    layout = lay_out(scene)
    block = next(index for index, node in enumerate(scene.nodes) if node.path == "layer1.1" and node.children)
    place = layout.places[block]
    made = tiles(scene, layout, Box(block, 0, 0, place.width, place.height, 1.0, 0, open=False), below=100.0)
    assert made
    assert min(tile.y for tile in made) >= 100
    assert all(tile.y + tile.height <= place.height for tile in made)


def test_a_large_box_shows_only_as_many_levels_as_are_not_too_much():
    scene = make_scene(nested(20, 20, 10).report())
    layout = lay_out(scene)
    index, node = max(enumerate(scene.nodes[1:], 1), key=lambda pair: len(pair[1].children))
    place = layout.places[index]
    made = tiles(scene, layout, Box(index, 0, 0, place.width, place.height, 1.0, 0, open=False), below=0.0)
    assert node.children
    assert 0 < len(made) <= MOST


def test_a_box_inside_has_the_colour_of_most_of_its_work():
    net = Network("lead")
    x = net.input("x", 1, 8)
    with net.module("", "Net"), net.module("block", "Block"):
        for _ in range(5):
            x = net.run("relu", "activation", (1, 8), x)
        x = net.leaf("fc", "Linear", "linear", (1, 8), x, weight=(8, 8))
    net.output(x)
    scene = make_scene(net.report())
    block = next(index for index, node in enumerate(scene.nodes) if node.type == "Block")
    assert lead(scene, block) == "linear"
    for node in scene.nodes:
        node.flops = 0
    assert lead(scene, block) == "activation", "without figures the most cards tell"

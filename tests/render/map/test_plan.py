"""Which drawings of the map paper has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelreport.facts import Report
from modelreport.render.map import make_scene
from modelreport.render.map import plan as plans
from modelreport.render.map.labels import CARD_TEXT
from modelreport.render.map.layout import lay_out
from modelreport.render.map.plan import PARTS, PRINTED, TALL, WHOLE, Plan, make_plan
from tests.render.map.scenes import Network, bert, resnet


def plan(report: Report) -> Plan:
    scene = make_scene(report)
    layout = lay_out(scene)
    return make_plan(scene, replace(layout, places=[layout.tall, *layout.places[1:]]))


def long(count: int) -> Network:
    """A block of so many operations, each of which also reads what came three before it, among small ones."""
    net = Network("long")
    x = net.input("x", 1, 64)
    with net.module("", "Long"):
        with net.module("start", "Start"):
            x = net.run("relu", "activation", (1, 64), x)
        with net.module("block", "Block"):
            made = [x]
            for number in range(count):
                made.append(net.run(f"add{number}", "arithmetic", (1, 64), made[-1], made[max(0, number - 3)]))
        with net.module("end", "End"):
            x = net.run("relu", "activation", (1, 64), made[-1])
    net.output(x)
    return net


@pytest.fixture(scope="module")
def parts() -> Plan:
    return plan(long(48).report())


def test_a_block_that_no_page_holds_legibly_is_cut_into_parts_with_every_card_once(parts: Plan) -> None:
    scene = parts.scene
    block = next(i for i, node in enumerate(scene.nodes) if node.path == "block" and node.children)
    tiles = [tile for tile in parts.tiles if tile.root == block]
    assert 2 <= len(tiles) <= PARTS
    assert [tile.part for tile in tiles] == list(range(len(tiles)))
    assert {tile.parts for tile in tiles} == {len(tiles)}
    cards = [box.node for tile in tiles for box in tile.made.boxes[1:]]
    assert sorted(cards) == sorted(scene.nodes[block].children)
    for tile in tiles:
        assert tile.made.width <= WHOLE["a4"][0]
        assert tile.made.height <= TALL
        assert all(box.scale * CARD_TEXT >= PRINTED.least for box in tile.made.boxes[1:])


def test_lines_between_parts_are_marked_in_both(parts: Plan) -> None:
    tiles = [tile for tile in parts.tiles if tile.parts > 1]
    marked = {(tile.part, mark.part) for tile in tiles for mark in tile.marks}
    assert marked
    assert marked == {(there, here) for here, there in marked}


def test_what_fits_a_page_is_in_one_piece() -> None:
    assert {tile.parts for tile in plan(long(6).report()).tiles} == {1}
    assert {tile.parts for tile in plan(resnet().report()).tiles} == {1}


def test_a_box_that_is_open_with_cards_too_small_to_read_is_drawn_by_itself() -> None:
    made = plan(bert().report())
    scene = made.scene
    for tile in made.tiles:
        for box in tile.made.boxes[1:]:
            if not scene.nodes[box.node].children and box.scale * CARD_TEXT < PRINTED.least:
                inside = scene.nodes[box.node].parent
                kinds = [made.kinds[each.root] for each in made.tiles]
                whole = scene.nodes[inside].kind == "module" and inside != tile.root
                assert not whole or made.kinds[inside] in kinds or inside in made.left_out


def test_drawings_are_no_longer_tried_once_none_fits_the_room_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Network("many")
    x = net.input("x", 1, 64)
    with net.module("", "Many"):
        for number in range(40):
            with net.module(f"block{number}", f"Block{number}"):
                for step in range(30 + number):
                    x = net.run(f"add{step}", "arithmetic", (1, 64), x)
    net.output(x)
    tried: list[int] = []
    fitted = plans._fitted

    def counting(made: Plan, index: int, inside: int) -> list[plans.Tile]:
        tried.append(index)
        return fitted(made, index, inside)

    monkeypatch.setattr(plans, "_fitted", counting)
    monkeypatch.setattr(plans, "PAGES", 0.5 * plans.SHORT / plans.FULL)
    made = plan(net.report())
    assert len(made.left_out) >= 30
    assert 10 < len(tried) <= 12 + len(made.tiles)

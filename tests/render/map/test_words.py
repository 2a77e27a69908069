from __future__ import annotations

from modelreport.render.map import make_scene
from modelreport.render.map.scene import Node
from modelreport.render.map.words import (
    beginning,
    blocks,
    endings,
    label_letters,
    label_width,
    title,
    together,
    wordings,
)

from .scenes import resnet


def test_a_box_is_called_by_name_and_type_else_by_its_name_a_card_by_its_type():
    box = Node("module", "encoder", "Encoder", "module", 0, children=[1])
    card = Node("operation", "fc", "Linear", "linear", 0)
    assert wordings(box) == [("encoder", "Encoder"), ("encoder", ""), ("", "Encoder")]
    assert wordings(card) == [("fc", "Linear"), ("", "Linear"), ("fc", "")]
    assert title(card) == "fc Linear"


def test_repeats_are_counted_and_what_is_said_twice_is_said_once():
    group = Node("group", "0…5", "Block", "module", 0, children=[1], repeat=6)
    assert wordings(group) == [("0…5", "Block ×6"), ("", "Block ×6"), ("0…5", "×6"), ("0…5", "")]
    assert wordings(Node("operation", "add", "add", "arithmetic", 0)) == [("", "add")]
    assert wordings(Node("output", "output", "output", "io", 0)) == [("output", "")]


def test_a_name_is_shortened_to_its_last_part_and_its_number():
    assert endings("encoder.layer_11") == ["layer_11", "11"]
    assert endings("conv") == []


def test_wide_characters_get_more_room():
    assert label_width("模型") == label_width("abcd")
    assert label_letters("模型") == 3.5


def test_blocks_of_one_type_are_counted_whether_they_stand_in_a_box_of_repeats_or_not():
    scene = make_scene(resnet().report())
    for node in scene.nodes:
        if node.kind == "group":
            node.path = ""
    told = {node.path: blocks(scene, index) for index, node in enumerate(scene.nodes) if node.children}
    assert [told[f"layer{stage}"] for stage in (1, 2, 3, 4)] == [
        "3 Bottleneck", "4 Bottleneck", "6 Bottleneck", "3 Bottleneck",
    ]  # fmt: skip
    assert told["layer1.0"] == ""
    assert all(blocks(scene, index) == "" for index, node in enumerate(scene.nodes) if node.repeat)


def test_letters_count_by_how_wide_they_are():
    assert label_letters("nine") == 3.625
    assert label_letters("illi") < label_letters("nnnn") < label_letters("mmmm")
    assert label_letters("模型") == 3.5
    assert together("a", "b") == 2.6875, "the type is bold, and a space stands between"


def test_a_label_is_cut_to_its_room_and_left_out_where_too_little_of_it_would_stay():
    assert beginning("permute", 6.0) == "perm…"
    assert label_letters(beginning("scaled_dot_product", 9.0)) <= 9.0
    assert beginning("permute", 4.0) == ""

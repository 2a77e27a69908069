from __future__ import annotations

import pytest

from modelreport.facts import TensorSpec
from modelreport.render.map import make_scene
from modelreport.render.map.labels import LETTER, PAPER, SCREEN, Box, card, cut_card, fit, header, shut
from modelreport.render.map.layout import lay_out
from modelreport.render.map.picture import picture
from modelreport.render.map.scene import Node
from modelreport.render.map.words import label_letters

from .scenes import Network

CARD = Node("module", "conv1", "Conv2d", "conv", 0, lines=("7×7, s2, p3", "64×3×7×7"))
OUTPUT = TensorSpec(shape=(1, 256, 56, 56), dtype="float32", name="")
BLOCK = Node("module", "layer1.0", "Bottleneck", "module", 0, children=[1], outputs=(OUTPUT,))


def box(width: float, height: float, scale: float = 1.0) -> Box:
    return Box(0, 100.0, 200.0, width, height, scale, 1, open=False, bar=22 * scale)


def told(labels) -> list[str]:
    return [f"{label.name}|{label.text}" for label in labels]


def test_a_card_has_its_further_lines_when_they_can_be_read():
    assert told(card(CARD, box(100, 54))) == ["conv1|Conv2d", "7×7, s2, p3|", "64×3×7×7|"]
    assert told(card(CARD, box(80, 32, 0.6))) == ["conv1|Conv2d"]


def test_a_card_tells_its_type_where_there_is_no_room_for_its_name():
    assert told(card(CARD, box(45, 16, 0.4))) == ["|Conv2d"]


def test_a_card_too_small_for_any_word_has_none():
    assert card(CARD, box(20, 9, 0.2)) == []


def test_a_shut_box_is_worded_where_its_title_will_be_and_tells_what_comes_out():
    wide = shut(BLOCK, box(170, 200))
    assert told(wide.labels) == ["layer1.0|Bottleneck", "→ 1×256×56×56|"]
    assert {label.anchor for label in wide.labels} == {"start"}
    (title,) = header(BLOCK, box(170, 200))
    assert (title.x, title.y) == (wide.labels[0].x, wide.labels[0].y)
    assert wide.labels[-1].y + wide.labels[-1].size / 2 < 200 + wide.below


def test_a_narrow_shut_box_has_name_and_type_below_each_other_a_narrower_one_a_number():
    assert told(shut(BLOCK, box(78, 200, 0.5)).labels) == ["layer1.0|", "|Bottleneck"]
    assert told(shut(BLOCK, box(24, 60, 0.3)).labels) == ["0|"]


def test_a_low_shut_box_has_one_line_in_the_middle_and_no_room_for_its_inside():
    low = shut(BLOCK, box(140, 24, 0.5))
    assert told(low.labels) == ["layer1.0|Bottleneck"]
    assert low.labels[0].anchor == "middle"
    assert low.below == 0


@pytest.mark.parametrize("letters", [SCREEN, PAPER])
def test_labels_are_never_too_small_and_fit_into_their_boxes(letters):
    for width in range(6, 200, 7):
        for height in range(6, 120, 9):
            for scale in (0.2, 0.5, 1.0, 1.6):
                here = box(width, height, scale)
                labels = [*card(CARD, here, letters), *shut(BLOCK, here, letters).labels, *header(BLOCK, here, letters)]
                for label in labels:
                    assert label.size >= letters.least
                    long = label_letters(label.name) + label_letters(label.text) + bool(label.name and label.text)
                    assert long * label.size * LETTER <= width


def test_what_is_printed_may_be_smaller_than_what_is_on_a_screen():
    narrow = box(30, 12, 0.3)
    assert card(CARD, narrow) == []
    assert told(card(CARD, narrow, PAPER)) == ["|Conv2d"]


def test_a_bar_too_low_for_words_has_none():
    assert header(BLOCK, box(140, 200, 0.4)) == []


def test_labels_are_shortened_to_their_room():
    node = Node("module", "encoder", "TransformerEncoder", "module", 0)
    assert fit(node, 40) == ("encoder", "TransformerEncoder")
    assert fit(node, 20) == ("", "TransformerEncoder")
    assert fit(node, 8) == ("encoder", "")
    assert fit(node, 6) == ("", "enco…")
    assert fit(node, 2) == ("", "")


def test_a_card_too_narrow_for_its_type_tells_its_beginning():
    net = Network("long")
    x = net.input("x", 1, 4)
    with net.module("", "Net"):
        for _ in range(60):
            x = net.run("scaled_dot_product_attention_with_everything", "attention", (1, 4), x)
    net.output(x)
    scene = make_scene(net.report())
    made, nodes = picture(scene, lay_out(scene), 1000.0, 625.0), scene.nodes
    assert sum(1 for box in made.boxes if nodes[box.node].family == "attention" and not box.open) > 10
    told = [label for label in made.labels if label.name.startswith("scaled_") or label.text.startswith("scaled_")]
    assert len(told) > 10
    assert all(label.size >= SCREEN.least for label in told)


def test_a_card_is_not_called_by_a_bare_number():
    node = Node("module", "4", "BatchNorm2d", "norm", 0)
    assert told(card(node, box(90, 20, 0.7))) == ["4|BatchNorm2d"]
    narrow = box(44, 20, 0.6)
    assert card(node, narrow) == []
    assert told(cut_card(node, narrow)) == ["Batch…|"]
    assert told(cut_card(node, box(25, 20, 0.6))) == ["Ba…|"], "better than nothing"


def test_a_title_that_is_too_long_is_told_by_the_end_of_the_name():
    assert fit(Node("module", "downs.2.block", "Sequential", "module", 0, children=[1]), 8) == ("2.block", "")


def test_a_title_bar_tells_which_blocks_a_box_holds_rather_than_that_it_is_a_sequence():
    stage = Node("module", "layer1", "Sequential", "module", 0, children=[1])
    assert told(header(stage, box(220, 200), inside="3 Bottleneck")) == ["layer1|Sequential", "3 Bottleneck|"]
    assert told(header(stage, box(150, 200), inside="3 Bottleneck")) == ["layer1|", "3 Bottleneck|"]
    assert told(header(stage, box(90, 200), inside="3 Bottleneck")) == ["layer1|"]


def test_a_box_of_repeats_too_narrow_for_what_they_are_tells_its_beginning_and_their_number():
    group = Node("group", "5", "2 SwinTransformerBlock", "module", 0, children=[1], repeat=3)
    assert told(shut(group, box(90, 200, 0.5)).labels)[:2] == ["5|", "|2 SwinTra… ×3"]
    assert told(shut(group, box(34, 200, 0.5)).labels)[:2] == ["5|", "|×3"]


def test_a_shut_box_too_narrow_for_its_name_has_its_beginning_where_the_title_will_be():
    node = Node("module", "self_attention_of_all", "MultiheadAttention", "module", 0, children=[1])
    narrow = shut(node, box(80, 90, 0.5))
    assert told(narrow.labels) == ["self_attention…|"]
    assert narrow.labels[0].anchor == "start"
    assert narrow.below > 0, "what is inside shows below"

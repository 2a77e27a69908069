from __future__ import annotations

from dataclasses import dataclass

import pytest

from modelreport.render.map import make_scene
from modelreport.render.map.labels import LETTER
from modelreport.render.map.layout import lay_out
from modelreport.render.map.picture import picture
from modelreport.render.map.shapes import place_shapes
from modelreport.render.map.words import together

from .scenes import bert, resnet, unet, vit


@dataclass(frozen=True)
class Drawn:
    points: tuple[tuple[float, float], ...]
    scale: float = 1.5
    shape: str = "1×16×8×8"


def upright(x: float) -> Drawn:
    return Drawn(((x, 0.0), (x, 60.0)))


def test_a_shape_stands_at_the_right_of_its_line_else_at_the_left():
    (spot,) = place_shapes([upright(100)], [], [], 9.5)
    assert (spot.anchor, spot.shape) == ("start", "1×16×8×8")
    assert 100 < spot.x < 110
    assert [spot.anchor for spot in place_shapes([upright(100), upright(104)], [], [], 9.5)] == ["end", "start"]


def test_a_shape_is_not_cut_by_the_side_of_the_picture():
    assert [spot.anchor for spot in place_shapes([upright(100)], [], [], 9.5, width=120)] == ["end"]
    assert [spot.anchor for spot in place_shapes([upright(10)], [(14, 0, 90, 60)], [], 9.5, width=120)] == []


def test_a_shape_without_room_is_left_out():
    assert place_shapes([upright(100)], [(90, 0, 99, 60), (101, 0, 110, 60)], [], 9.5) == []
    assert place_shapes([Drawn(((0, 0), (0, 11)), scale=0.5)], [], [], 9.5) == [], "too small a gap for letters"
    assert place_shapes([Drawn(((0, 0), (0, 8)))], [], [], 9.5) == [], "too short a line"


def test_a_shape_may_stand_in_an_open_box_but_not_across_its_border():
    assert len(place_shapes([upright(100)], [], [(0, -50, 600, 300)], 9.5)) == 1
    assert [spot.anchor for spot in place_shapes([upright(100)], [], [(120, 0, 600, 300)], 9.5)] == ["end"]


def test_beside_a_curve_a_shape_stands_on_the_outer_side():
    bend = Drawn(((100.0, 0.0), (200.0, 60.0)))
    assert [spot.anchor for spot in place_shapes([bend], [], [], 9.5)] == ["end"]


@pytest.mark.parametrize("network", [resnet(), bert(), unet()], ids=lambda net: net.title)
@pytest.mark.parametrize("zoom", [1.0, 3.0])
def test_no_two_labels_of_a_picture_overlap(network, zoom):
    scene = make_scene(network.report())
    made = picture(scene, lay_out(scene), 1400.0 * zoom, 900.0 * zoom)
    rects = []
    for label in made.labels:
        wide = (len(label.name) + len(label.text) + bool(label.name and label.text)) * label.size * 0.6
        left = label.x if label.anchor == "start" else label.x - wide / (2 if label.anchor == "middle" else 1)
        rects.append((left, label.y - label.size * 0.45, left + wide, label.y + label.size * 0.45))
    for k, a in enumerate(rects):
        for b in rects[:k]:
            assert a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3], (a, b)


def test_a_shape_without_room_at_the_ends_of_its_line_stands_along_a_level_piece():
    bent = Drawn(((0.0, 40.0), (0.0, 44.0), (50.0, 44.0), (50.0, 20.0), (300.0, 20.0), (300.0, 26.0)))
    (spot,) = place_shapes([bent], [], [], 9.5)
    assert (spot.x, spot.anchor) == (175.0, "middle")
    assert spot.y < 20
    (below,) = place_shapes([bent], [(100, 0, 250, 19)], [], 9.5)
    assert below.y > 20
    assert place_shapes([bent], [(100, 0, 250, 19), (100, 22, 250, 40)], [], 9.5) == []


def test_a_card_too_small_for_its_name_is_named_beside_it_where_there_is_room():
    card = (100.0, 40.0, 120.0, 50.0)
    (spot,) = place_shapes([], [card], [], 9.5, [(card, "softmax")])
    assert (spot.shape, spot.anchor, spot.name) == ("softmax", "start", 0)
    assert 120 < spot.x < 126
    (left,) = place_shapes([], [card, (122.0, 30.0, 160.0, 60.0)], [], 9.5, [(card, "softmax")])
    assert left.anchor == "end"
    assert place_shapes([], [card, (122.0, 30.0, 160.0, 60.0), (60.0, 30.0, 98.0, 60.0)], [], 9.5, [(card, "a")]) == []
    assert place_shapes([], [card], [(95.0, 30.0, 130.0, 60.0)], 9.5, [(card, "softmax")]) == [], "not over a border"
    assert place_shapes([], [card], [], 9.5, [(card, "softmax")] * 61) == [], "not from afar"


def test_every_card_of_a_first_screen_is_named_unless_it_stands_among_many():
    scene = make_scene(resnet().report())
    for width, height in ((720.0, 450.0), (880.0, 550.0), (1036.0, 647.0)):
        made = picture(scene, lay_out(scene), width, height)
        cards = [box for box in made.boxes if not scene.nodes[box.node].children]
        assert len(cards) > 7
        for box in cards:
            middle = box.y + box.height / 2
            level = [label for label in made.labels if abs(label.y - middle) <= box.height / 2 + 1]
            near = [label for label in level if box.x - 4 <= label.x <= box.x + box.width + 4]
            assert near, (width, scene.nodes[box.node].name)


def boxes_of(made) -> list[tuple[float, float, float, float, str]]:
    """What each label covers, and what it says."""
    found = []
    for label in made.labels:
        wide = together(label.name, label.text) * label.size * LETTER
        left = label.x - wide * {"start": 0.0, "middle": 0.5, "end": 1.0}[label.anchor]
        found.append(
            (left, label.y - label.size * 0.5, left + wide, label.y + label.size * 0.5, label.name + label.text)
        )
    return found


@pytest.mark.parametrize("network", [resnet, bert, unet, vit])
@pytest.mark.parametrize("pane", [(720.0, 450.0), (880.0, 550.0), (1036.0, 647.0), (330.0, 440.0)])
def test_no_two_labels_of_a_first_screen_overlap(network, pane):
    scene = make_scene(network().report())
    labels = boxes_of(picture(scene, lay_out(scene), *pane))
    assert labels
    for k, a in enumerate(labels):
        for b in labels[k + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (a, b)

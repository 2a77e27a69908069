from __future__ import annotations

from dataclasses import dataclass

import pytest

from modelreport.render.map import make_scene
from modelreport.render.map.layout import lay_out
from modelreport.render.map.picture import picture
from modelreport.render.map.shapes import place_shapes

from .scenes import bert, resnet, unet


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

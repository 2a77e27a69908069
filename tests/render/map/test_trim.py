"""Pictures of the map without room around them."""

from __future__ import annotations

import pytest

from modelreport.render.map.labels import Box, Label
from modelreport.render.map.picture import Line, Picture
from modelreport.render.map.trim import AIR, trimmed


def box(x: float, y: float) -> Box:
    return Box(1, x, y, 50.0, 20.0, 1.0, 1, open=False)


def test_what_is_painted_moves_to_the_corner_together() -> None:
    line = Line(((130.0, 80.0), (130.0, 100.0)), "plain", arrow=True, scale=1.0, shape="")
    made = trimmed(Picture(400, 300, boxes=[box(0, 0), box(100, 100)], lines=[line], labels=[Label(125, 110, 8, "a")]))
    assert (made.width, made.height) == (50 + 2 * AIR, 40 + 2 * AIR)
    assert (made.boxes[1].x, made.boxes[1].y) == (AIR, 20 + AIR)
    assert made.lines[0].points == ((30 + AIR, AIR), (30 + AIR, 20 + AIR))
    assert (made.labels[0].x, made.labels[0].y) == (25 + AIR, 30 + AIR)


@pytest.mark.parametrize(("anchor", "left", "right"), [("start", 200, 248), ("middle", 176, 224), ("end", 152, 200)])
def test_a_label_beside_the_boxes_is_not_cut(anchor: str, left: float, right: float) -> None:
    label = Label(200, 110, 8, "", "1×64×56×56", anchor)
    made = trimmed(Picture(400, 300, boxes=[box(0, 0), box(190, 100)], labels=[label]))
    assert made.labels[0].x - AIR == pytest.approx(200 - min(left, 190))
    assert 0 <= made.width - 2 * AIR - (max(right, 240) - min(left, 190)) < 1


def test_a_picture_of_nothing_stays_as_it_is() -> None:
    made = Picture(400, 300, boxes=[box(0, 0)])
    assert trimmed(made) is made

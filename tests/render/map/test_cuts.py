"""Pictures of the map cut into parts that pages can hold."""

from __future__ import annotations

import pytest

from modelreport.render.map.cuts import EDGE, MARK, Part, cut
from modelreport.render.map.labels import Box, Label
from modelreport.render.map.picture import Line, Picture


def box(number: int, x: float, y: float, wide: float = 100.0, high: float = 40.0) -> Box:
    return Box(number, x, y, wide, high, 1.0, 1, open=False)


def line(*points: tuple[float, float]) -> Line:
    return Line(points, "plain", arrow=True, scale=1.0, shape="")


def picture(boxes: list[Box], lines: list[Line]) -> Picture:
    root = Box(0, 0.0, 0.0, 500.0, 2000.0, 1.0, 0, open=True)
    labels = [Label(each.x + 50, each.y + 20, 9, f"card {each.node}") for each in boxes]
    return Picture(500, 2000, boxes=[root, *boxes], lines=lines, labels=labels)


def column(count: int) -> Picture:
    """Cards below each other, each joined to the next, and the first to the last by a way around."""
    boxes = [box(i + 1, 100.0, 30.0 + 100 * i) for i in range(count)]
    lines = [line((150.0, 70.0 + 100 * i), (150.0, 130.0 + 100 * i)) for i in range(count - 1)]
    around = line((150.0, 70.0), (150.0, 80.0), (260.0, 80.0), (260.0, 20.0 + 100 * (count - 1)),
                  (150.0, 20.0 + 100 * (count - 1)), (150.0, 30.0 + 100 * (count - 1)))  # fmt: skip
    return picture(boxes, [*lines, around])


def cards(part: Part) -> list[int]:
    return [each.node for each in part.picture.boxes[1:]]


def test_every_card_is_whole_in_one_part_and_parts_are_about_as_high() -> None:
    parts = cut(column(10), 400, 500)
    assert [cards(part) for part in parts] == [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]
    for part in parts:
        assert part.picture.width <= 400
        assert part.picture.height <= 500
        for each in part.picture.boxes[1:]:
            assert each.y >= 0
            assert each.y + each.height <= part.picture.height
            assert (each.width, each.height) == (100.0, 40.0)
        assert [label.text for label in part.picture.labels] == [f"card {number}" for number in cards(part)]


def test_a_line_into_another_part_ends_at_the_edge_and_goes_on_at_the_edge_of_that_one() -> None:
    first, *_between, last = cut(column(10), 400, 500)
    assert {mark.part for mark in first.marks} >= {1}
    assert last.marks
    lowest = max(each.y + each.height for each in first.picture.boxes[1:])
    down = [mark for mark in first.marks if abs(mark.y - MARK[1] / 2 - EDGE - lowest) < 0.01]
    assert len(down) == 1, "the next card, straight below"
    ends = [each.points[-1] for each in first.picture.lines]
    assert any(y == pytest.approx(down[0].y - MARK[1] / 2) and x == pytest.approx(down[0].x) for x, y in ends)
    begins = [each.points[0] for each in last.picture.lines]
    assert any(y == pytest.approx(mark.y + MARK[1] / 2) for mark in last.marks for _x, y in begins)


def test_marks_lie_on_the_part_and_the_part_between_does_without_what_passes_it() -> None:
    parts = cut(column(15), 400, 500)
    assert len(parts) == 3
    for number, part in enumerate(parts):
        for mark in part.marks:
            assert mark.x - MARK[0] / 2 >= 0
            assert mark.x + MARK[0] / 2 <= part.picture.width
            assert mark.y - MARK[1] / 2 >= 0
            assert mark.y + MARK[1] / 2 <= part.picture.height
            assert mark.part != number
    between = parts[1]
    assert {mark.part for mark in between.marks} == {0, 2}


def test_columns_are_parted_between_them_and_read_one_after_the_other() -> None:
    boxes = [box(1 + i, 20.0, 30.0 + 100 * i) for i in range(3)] + [box(4 + i, 220.0, 50.0 + 100 * i) for i in range(3)]
    over = line((70.0, 270.0), (70.0, 300.0), (170.0, 300.0), (170.0, 40.0), (270.0, 40.0), (270.0, 50.0))
    parts = cut(picture(boxes, [over]), 160, 400)
    assert [cards(part) for part in parts] == [[1, 2, 3], [4, 5, 6]]
    assert [[mark.part for mark in part.marks] for part in parts] == [[1], [0]]


def test_columns_whose_cards_stand_at_different_heights_are_cut_each_by_itself() -> None:
    left = [box(1 + i, 20.0, 100.0 * i + 35) for i in range(8)]
    right = [box(9 + i, 220.0, 100.0 * i + 50, high=90.0) for i in range(8)]
    parts = cut(picture([*left, *right], []), 480, 480)
    assert [cards(part) for part in parts] == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]


def test_ways_into_the_drawing_and_out_of_it_are_short_and_have_no_number() -> None:
    made = column(4)
    made.lines = [line((400.0, 0.0), (400.0, 10.0), (150.0, 10.0), (150.0, 30.0)), line((150.0, 370.0), (400.0, 420.0))]
    parts = cut(made, 400, 300)
    assert not any(part.marks for part in parts)
    for part in (parts[0], parts[-1]):
        (way,) = part.picture.lines
        assert abs(way.points[1][1] - way.points[0][1]) == EDGE
        assert way.points[0][0] == way.points[1][0]


def test_a_box_larger_than_a_page_is_not_cut() -> None:
    assert cut(picture([box(1, 0.0, 0.0, high=900.0), box(2, 0.0, 950.0)], []), 400, 500) == []


def test_a_crossing_too_wide_for_the_page_is_not_cut() -> None:
    assert cut(picture([box(1, 0.0, 0.0, wide=390.0), box(2, 0.0, 400.0)], []), 400, 300) == []

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from modelreport.render.map.arrange import Content, Inside, arrange
from modelreport.render.map.figure import sampled
from modelreport.render.map.picture import Line


def touched(content: Content, sizes, points) -> set[int]:
    """Which boxes a route passes through, looked at in small steps along the line as it is drawn."""
    line = sampled(Line(points=points, kind="plain", arrow=True, scale=1.0, shape=""))
    found = set()
    for (x0, y0), (x1, y1) in itertools.pairwise(line):
        steps = max(1, int((abs(x1 - x0) + abs(y1 - y0)) / 3))
        for k in range(steps + 1):
            x, y = x0 + (x1 - x0) * k / steps, y0 + (y1 - y0) * k / steps
            assert -1 < x < content.width + 1
            assert -1 < y < content.height + 1
            for number, ((left, top), (width, height, _)) in enumerate(zip(content.places, sizes, strict=True)):
                if left + 0.6 < x < left + width - 0.6 and top + 0.6 < y < top + height - 0.6:
                    found.add(number)
    return found


@st.composite
def insides(draw):
    """Boxes of many sizes with edges between them, from up to three in-ports and to an out-port."""
    count = draw(st.integers(1, 22))
    size = st.one_of(st.integers(20, 80), st.integers(80, 600))
    sizes = []
    for _ in range(count):
        width = draw(size)
        sizes.append((float(width), float(draw(size)), width * draw(st.sampled_from([0.5, 0.3]))))
    ports, leaves = draw(st.integers(0, 3)), draw(st.booleans())
    ends = st.tuples(st.integers(0, count + ports - 1), st.integers(0, count - 1))
    pairs = {(a, b) for a, b in draw(st.lists(ends, max_size=3 * count)) if a != b}
    chain = {(k, k + 1) for k in range(count - 1)} if draw(st.booleans()) else set()
    chain |= {(count + k, 0) for k in range(ports)}
    chain |= {(count - 1, count + ports)} if leaves else set()
    kinds = st.sampled_from(["plain", "skip", "shared"])
    edges = tuple((a, b, draw(kinds)) for a, b in sorted(pairs | chain))
    return Inside(tuple(sizes), edges, tuple(draw(st.booleans()) for _ in sizes), ports, leaves)


@settings(max_examples=60, deadline=None)
@given(insides(), st.sampled_from([0.7, 1.35, 1.6]))
def test_no_two_boxes_overlap_and_no_edge_passes_through_a_box(inside, aspect):
    content = arrange(inside, aspect)
    corners = list(zip(content.places, inside.sizes, strict=True))
    for k, ((x, y), (width, height, _)) in enumerate(corners):
        assert x > -0.01
        assert y > -0.01
        assert x + width < content.width + 0.01
        assert y + height < content.height + 0.01
        for (left, top), (wide, high, _) in corners[:k]:
            assert x + width <= left or left + wide <= x or y + height <= top or top + high <= y
    for way in content.routes:
        assert touched(content, inside.sizes, way.points) == set(), (way, content.columns)


def chain(count: int, *more: tuple[int, int, str]) -> Inside:
    """Cards in a row between one in-port and an out-port."""
    edges = [
        (count, 0, "plain"),
        (count - 1, count + 1, "plain"),
        *((k, k + 1, "plain") for k in range(count - 1)),
        *more,
    ]
    return Inside(((80.0, 40.0, 40.0),) * count, tuple(sorted(edges)), (True,) * count, 1, leaves=True)


def test_a_chain_is_one_straight_line():
    content = arrange(chain(6), 1.35)
    assert content.columns == 1
    assert len({x for x, _ in content.places}) == 1
    assert {x for way in content.routes for x, _ in way.points} == {content.axis}


def test_a_residual_leaves_the_chain_straight():
    content = arrange(chain(6, (6, 4, "skip")), 1.35)
    assert len({x for x, _ in content.places}) == 1


def test_two_equal_branches_stand_on_both_sides_of_the_axis():
    edges = ((0, 1, "plain"), (0, 2, "plain"), (1, 3, "plain"), (2, 3, "plain"), (3, 5, "plain"), (4, 0, "plain"))
    content = arrange(Inside(((80.0, 40.0, 40.0),) * 4, edges, (True,) * 4, 1, leaves=True), 1.35)
    middles = [x + 40.0 for x, _ in content.places]
    assert middles[0] == middles[3] == content.axis == (middles[1] + middles[2]) / 2


def test_columns_begin_at_the_same_height():
    content = arrange(chain(40), 1.6)
    tops = {}
    for x, y in content.places:
        tops[x] = min(tops.get(x, 1e9), y)
    assert content.columns == len(tops) > 2
    assert len(set(tops.values())) == 1


def test_a_drawing_is_as_high_as_asked_for_and_its_rows_stay_in_order():
    for inside in (chain(6), chain(40)):
        natural = arrange(inside, 1.35)
        stretched = arrange(inside, 1.35, least=natural.height + 200)
        assert stretched.height == natural.height + 200
        assert stretched.columns == natural.columns
        assert all(
            way.points[-1][1] == stretched.height for way in stretched.routes if way.target == len(inside.sizes) + 1
        )


def test_lines_join_at_the_border_of_several_columns():
    inside = chain(40)
    content = arrange(inside, 1.6)
    into = next(way for way in content.routes if way.source == 40)
    out = next(way for way in content.routes if way.target == 41)
    assert into.points[0] == (content.axis, 0.0)
    assert out.points[-1] == (content.axis, content.height)


def test_tensors_led_around_columns_are_counted_but_for_one_from_each_to_the_next():
    plain, tangled = arrange(chain(40), 1.35), arrange(chain(40, (0, 30, "plain"), (2, 39, "plain")), 1.35)
    assert plain.columns > 1
    assert plain.around == 0
    assert tangled.columns > 1
    assert tangled.around == 2

import math
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.render.charts.palette import LIGHT
from modelreport.render.charts.pen import TOLERANCE, Pen, simplified

HOSTILE = "</text></svg><script>alert(1)</script>\"'&"


def test_the_page_gets_variables_and_print_gets_colours():
    assert Pen("page").colour("conv") == "var(--conv)"
    assert Pen("print").colour("conv") == LIGHT["conv"]
    assert Pen("page").colour("#123456") == "#123456"


def test_an_unknown_token_is_an_error():
    with pytest.raises(KeyError):
        Pen("page").colour("no-such-token")


@given(st.floats(-1e6, 1e6))
def test_coordinates_are_short_and_never_minus_zero(value):
    shown = Pen.number(value)
    assert shown != "-0"
    assert abs(float(shown) - value) <= 0.0501
    assert len(shown.rpartition(".")[2]) <= 1 or "." not in shown


def test_every_text_is_escaped():
    pen = Pen("print")
    pen.text(0, 0, HOSTILE, "ink", 10, hint="hint " + HOSTILE)
    pen.rectangle(0, 0, 1, 1, "conv", HOSTILE)
    pen.circle(0, 0, 1, "conv", HOSTILE)
    pen.path("M0 0", "conv", "conv-tint", HOSTILE)
    root = ET.fromstring(f"<svg>{pen.markup()}</svg>")
    assert {element.tag for element in root.iter()} == {"svg", "text", "title", "rect", "circle", "path"}
    assert "".join(root.itertext()).count(HOSTILE) == 5


def test_a_line_leaves_out_what_nobody_sees_and_stays_beside_every_point():
    points = [(float(x), 20 * math.sin(x / 15)) for x in range(200)]
    kept = simplified(points)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert len(kept) < 40
    for (x0, y0), (x1, y1) in pairwise(kept):
        for x, y in points[int(x0) : int(x1)]:
            assert abs(y0 + (y1 - y0) * (x - x0) / (x1 - x0) - y) <= TOLERANCE * 3
    assert simplified([(0.0, 0.0), (5.0, 0.0), (10.0, 0.0)]) == [(0.0, 0.0), (10.0, 0.0)]
    assert simplified([(0.0, 0.0), (5.0, 9.0), (0.0, 0.0)]) == [(0.0, 0.0), (5.0, 9.0), (0.0, 0.0)]
    assert simplified([]) == []


def test_words_that_look_alike_say_so_once():
    pen = Pen("page")
    names = pen.words("ink", 10.5, "end")
    names.word(5, 6, "short", hint="short")
    names.word(5, 20, "…long", hint=HOSTILE)
    pen.add(names)
    group = ET.fromstring(f"<svg>{pen.markup()}</svg>")[0]
    assert group.attrib == {"fill": "var(--ink)", "font-size": "10.5", "text-anchor": "end"}
    assert [len(text) for text in group] == [0, 1]
    assert group[1][0].text == HOSTILE


def test_an_empty_path_draws_nothing():
    pen = Pen("print")
    pen.path("", "conv")
    assert pen.markup() == ""

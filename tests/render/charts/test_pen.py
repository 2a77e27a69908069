import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.render.charts.palette import LIGHT
from modelreport.render.charts.pen import Pen

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


def test_an_empty_path_draws_nothing():
    pen = Pen("print")
    pen.path("", "conv")
    assert pen.markup() == ""

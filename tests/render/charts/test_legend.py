import xml.etree.ElementTree as ET
from itertools import combinations

import pytest

from modelreport.render.charts import overview
from modelreport.render.charts.depth import coloured
from modelreport.render.charts.legend import DASHES, dash, keys, scale_of_heat, swatch
from modelreport.render.charts.palette import DARK, LIGHT
from modelreport.render.charts.spec import Axis, Chart, Line
from tests.factories import make_report
from tests.factories_deep import deep_report

MACHADO = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""What is left of linear colours in a dichromat's eye (Machado, Oliveira and Fernandes 2009, severity 1.0)."""


def linear(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def lab(red, green, blue):
    """CIE L*a*b* of a linear colour under D65."""
    white = (0.95047, 1.0, 1.08883)
    rows = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
    x, y, z = (max(0.0, a * red + b * green + c * blue) / w for (a, b, c), w in zip(rows, white, strict=True))
    f = [t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z)]
    return (116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2]))


def seen(colour, eye):
    parts = linear(colour)
    return lab(*(sum(a * p for a, p in zip(row, parts, strict=True)) for row in MACHADO[eye]))


def many_lines(count):
    lines = coloured((f"line {i}", [(0.0, 1.0, ""), (1.0, 2.0, "")]) for i in range(count))
    return Chart(id="c", title="T", caption="C", x=Axis(), y=Axis(), layers=lines, header=(), rows=())


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize("eye", MACHADO)
def test_eyes_that_see_no_hues_tell_lines_apart_by_colour_or_dashes(palette, eye):
    chart = many_lines(8)
    for first, second in combinations(range(8), 2):
        if dash(chart, first) == dash(chart, second):
            one, other = (seen(palette[chart.layers[i].colour], eye) for i in (first, second))
            apart = sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5
            assert apart > 20, (chart.layers[first].colour, chart.layers[second].colour)


def test_a_single_series_needs_no_legend():
    assert keys(many_lines(1)) == ()
    assert [key.name for key in keys(many_lines(2))] == ["line 0", "line 1"]
    assert keys(overview(make_report())["flops-by-family"]) == ()


def test_a_key_names_its_layer_its_kind_and_its_dashes():
    found = keys(many_lines(3))
    assert [(key.layer, key.kind, key.dash) for key in found] == [(i, "line", DASHES[i]) for i in range(3)]
    assert {key.kind for key in keys(overview(make_report())["flops-by-depth"])} == {"area"}


def test_a_reference_takes_no_dashes_from_the_data():
    level = Line(name="r", colour="muted", x=(0.0,), y=(0.0,), hover=("",), reference=True)
    chart = many_lines(2)
    mixed = Chart(id="c", title="T", caption="C", x=Axis(), y=Axis(), layers=(level, *chart.layers), header=(), rows=())
    assert [dash(mixed, i) for i in (1, 2)] == [dash(chart, i) for i in (0, 1)]
    assert dash(mixed, 0) not in DASHES


def test_a_sign_is_a_drawing_that_assistive_technology_passes_over():
    for key in keys(many_lines(2)):
        root = ET.fromstring(str(swatch(key)))
        assert root.get("aria-hidden") == "true"
        assert len(root) == 1


def test_the_colours_of_a_heat_map_have_words_that_stand_apart():
    assert scale_of_heat(many_lines(2)) is None
    root = ET.fromstring(str(scale_of_heat(overview(deep_report())["peer-map"])))
    assert root.get("aria-label") == "-16 … -8 … 0 … +8 … +16"
    places = [float(each.get("x")) for each in root.iter() if each.tag == "text"]
    assert places == sorted(places)
    assert len(places) == 5

import re
from pathlib import Path

import pytest

from modelreport.facts import FAMILIES
from modelreport.render.charts.palette import DARK, FAMILY_WORDS, LIGHT, RAMP, mix, ramp

TOKENS = Path(__file__).parents[3] / "templates" / "css" / "tokens.css"


def test_every_family_has_a_colour_a_tint_and_a_word():
    for family in FAMILIES:
        assert {family, f"{family}-tint"} <= set(LIGHT) & set(DARK)
        assert FAMILY_WORDS[family]


@pytest.mark.parametrize(("palette", "place"), [(LIGHT, 0), (DARK, 1)])
def test_colours_are_those_of_the_style_sheet(palette, place):
    found = 0
    for token, value in re.findall(r"^\s+--([a-z]+): (.+);", TOKENS.read_text(), re.MULTILINE):
        colours = re.findall(r"#[0-9a-f]{6}", value)
        if colours:
            assert palette[token] == colours[min(place, len(colours) - 1)], token
            found += 1
    assert found >= 9 + len(FAMILIES)


def test_mix_is_linear_in_srgb():
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert mix("#2f6fcb", "#ffffff", 1) == "#2f6fcb"


def test_ramp_goes_from_end_to_end_and_clips():
    assert ramp(0) == RAMP[0]
    assert ramp(1) == ramp(7) == RAMP[-1]
    assert ramp(0.5) == RAMP[len(RAMP) // 2]
    assert len({ramp(i / 1000) for i in range(1001)}) == 21

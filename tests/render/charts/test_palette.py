import re
from pathlib import Path

import pytest

from modelreport.facts import FAMILIES
from modelreport.render.charts.palette import DARK, FAMILY_WORDS, LIGHT, STEPS, mix, ramp

TOKENS = Path(__file__).parents[3] / "templates" / "css" / "tokens.css"


def test_every_family_has_a_colour_a_tint_and_a_word():
    for family in FAMILIES:
        assert {family, f"{family}-tint"} <= set(LIGHT) & set(DARK)
        assert FAMILY_WORDS[family]


@pytest.mark.parametrize(("palette", "place"), [(LIGHT, 0), (DARK, 1)])
def test_colours_are_those_of_the_style_sheet(palette, place):
    found = 0
    for token, value in re.findall(r"^\s+--([a-z]+(?:-\d+)?): (.+);", TOKENS.read_text(), re.MULTILINE):
        colours = re.findall(r"#[0-9a-f]{6}", value)
        if colours:
            assert palette[token] == colours[min(place, len(colours) - 1)], token
            found += 1
    assert found >= 9 + len(FAMILIES) + STEPS + 1


def test_mix_is_linear_in_srgb():
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert mix("#2f6fcb", "#ffffff", 1) == "#2f6fcb"


def test_ramp_goes_from_end_to_end_and_clips():
    assert (ramp(0), ramp(-3)) == ("ramp-0", "ramp-0")
    assert ramp(1) == ramp(7) == "ramp-20"
    assert ramp(0.5) == "ramp-10"
    assert {ramp(i / 1000) for i in range(1001)} == {f"ramp-{i}" for i in range(STEPS + 1)} < set(LIGHT)


def lightness(colour):
    """Relative luminance (WCAG 2.2)."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("palette", "sign"), [(LIGHT, -1), (DARK, 1)])
def test_the_ramp_is_read_by_lightness_alone_from_its_middle_to_either_end(palette, sign):
    found = [lightness(palette[f"ramp-{i}"]) * sign for i in range(STEPS + 1)]
    assert found[:11] == sorted(found[:11], reverse=True)
    assert found[10:] == sorted(found[10:])


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_what_is_inside_a_module_stands_out_from_its_ground(palette):
    far = abs(lightness(palette["module-tint"]) - lightness(palette["bg"]))
    assert far < min(abs(lightness(palette[f"{each}-tint"]) - lightness(palette["bg"])) for each in ("shape", "norm"))

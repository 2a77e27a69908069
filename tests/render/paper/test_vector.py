"""Drawings painted for the document."""

from __future__ import annotations

import io
import logging

import pdfplumber
import pikepdf
import pytest
import weasyprint

from modelreport.options import RenderOptions
from modelreport.render.paper.fonts import STACK, prepare
from modelreport.render.paper.vector import images
from modelreport.render.setting import under

HEAD = f'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100" viewBox="0 0 200 100" font-family="{STACK}">'


def painted(inside: str) -> list[dict[str, float | str]]:
    """The words of a page with one drawing, with their places in points from its upper left corner."""
    page = '<style>@page { margin: 0; size: 200px 100px } body { margin: 0 }</style><img src="drawing:1">'
    fonts = prepare(weasyprint, page, "en")
    drawn = images({"drawing:1": f"{HEAD}{inside}</svg>"}, fonts.config)
    data = weasyprint.HTML(string=page).write_pdf(font_config=fonts.config, stylesheets=list(fonts.styles), cache=drawn)
    with pdfplumber.open(io.BytesIO(data)) as opened:
        drawn = "".join(char["text"] for char in opened.pages[0].chars)
        assert "conv1Conv2d" not in drawn
        return list(opened.pages[0].extract_words(extra_attrs=["fontname", "size"]))


def test_a_label_is_one_line_on_its_place() -> None:
    (word,) = painted('<text x="20" y="40" font-size="16">AVAV</text>')
    assert word["text"] == "AVAV"
    assert word["x0"] == pytest.approx(15, abs=0.3), "twenty pixels are fifteen points"
    assert word["size"] == pytest.approx(12)


def test_a_label_ends_or_is_centred_where_it_is_told_to() -> None:
    start, middle, end = (
        painted(f'<text x="100" y="40" font-size="16" text-anchor="{anchor}">wide</text>')[0]
        for anchor in ("start", "middle", "end")
    )
    assert start["x0"] == pytest.approx(75, abs=1)
    assert (middle["x0"] + middle["x1"]) / 2 == pytest.approx(75, abs=1)
    assert end["x1"] == pytest.approx(75, abs=1)


def test_pieces_of_a_label_follow_each_other_in_their_own_weight_and_hints_are_not_printed() -> None:
    name, kind = painted(
        '<text x="10" y="40" font-size="16"><title>all of it</title><tspan fill="#555">conv1</tspan> '
        '<tspan font-weight="600">Conv2d</tspan></text>'
    )
    assert (name["text"], kind["text"]) == ("conv1", "Conv2d")
    assert 0 < kind["x0"] - name["x1"] < 6, "a blank, which is there to be found and copied too"
    assert "Bold" in kind["fontname"]
    assert "Bold" not in name["fontname"]


def test_words_inherit_from_their_group_and_from_a_drawing_around_theirs() -> None:
    inner = HEAD.replace(' viewBox="0 0 200 100"', "")
    (word,) = painted(
        f'<g transform="translate(100 0)">{inner}<g font-size="16"><text x="20" y="40">in</text></g></svg></g>'
    )
    assert word["x0"] == pytest.approx(90, abs=0.5)


def test_a_hidden_label_is_not_printed(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert painted('<text x="1" y="20" visibility="hidden">gone</text><rect width="3" height="3"/>') == []
    assert not caplog.records


def test_labels_have_the_glyphs_of_the_language_of_the_report() -> None:
    """The font of the extra has Japanese glyphs first; those of 骨 and 直 differ."""

    def glyphs(lang: str) -> list[str]:
        markup = '<img src="drawing:1">'
        fonts = prepare(weasyprint, f"{markup}骨直", "zh-CN")
        with under(RenderOptions(lang=lang)):
            drawn = images({"drawing:1": f'{HEAD}<text x="9" y="40">骨直</text></svg>'}, fonts.config)
            data = weasyprint.HTML(string=markup).write_pdf(
                font_config=fonts.config, stylesheets=list(fonts.styles), cache=drawn
            )
        with pikepdf.open(io.BytesIO(data)) as document:
            page = pikepdf.parse_content_stream(document.pages[0])
            return [bytes(given[0][0]).hex() for given, op in page if str(op) == "TJ"]

    assert glyphs("zh") != glyphs("en")

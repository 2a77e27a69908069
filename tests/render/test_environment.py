"""Templates escape, refuse unknown names, and show what cannot be seen."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from modelreport.render.environment import FILTERS, environment, show


def paint(source: str, **values: object) -> str:
    return environment().from_string(source).render(**values)


def test_text_is_escaped_without_being_asked() -> None:
    assert paint("{{ x }}", x='<b a="1">&\'') == "&lt;b a=&#34;1&#34;&gt;&amp;&#39;"


def test_markup_of_our_own_stays() -> None:
    assert paint("{{ x }}", x=Markup("<b>1</b>")) == "<b>1</b>"


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        paint("{{ nothing }}")


def test_a_name_that_missed_its_filter_is_still_harmless() -> None:
    assert paint("{{ x }}", x="a\u202eb\x00\ud800") == "a\\u202eb\\x00\\ud800"
    assert len(paint("{{ x }}", x="x" * 1_000_000)) < 250_000


def test_lines_of_source_text_stay_lines() -> None:
    assert show("a\nb") == "a\nb"


def test_numbers_go_through_one_file() -> None:
    assert paint("{{ 25557032|count }} {{ 25557032|exact }} {{ 4089184256|macs }}") == "25.56 M 25,557,032 4.09 GMAC"
    assert paint("{{ (64, 3, 7, 7)|shape }} {{ 102_502_400|bytes_decimal }}") == "64×3×7×7 103 MB"
    assert {"message", "name", "share", "svg"} <= set(FILTERS)

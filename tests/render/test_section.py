"""Sections and their charts."""

from __future__ import annotations

from modelreport.render.section import drawn, no_badge
from tests.factories import make_report, skipped_report


def test_charts_that_can_be_drawn_are_given_and_the_others_explained_once() -> None:
    assert [chart.id for chart in drawn(make_report(), "flops-by-family", "dtype-bytes")["charts"]] == [
        "flops-by-family",
        "dtype-bytes",
    ]
    missing = drawn(skipped_report(), "flops-by-family", "flops-by-depth", "memory-timeline")
    assert missing["charts"] == ()
    assert missing["undrawn"] == ("There is no architecture to run.",)


def test_most_sections_have_no_badge() -> None:
    assert no_badge(make_report()) is None

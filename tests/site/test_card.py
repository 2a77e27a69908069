"""What the catalogue tells of one model."""

from __future__ import annotations

from modelreport.api import Report
from modelreport.facts import Trace
from modelreport.options import RenderOptions
from modelreport.site.card import card_of, unread
from tests.factories import make_report, skipped_report


def test_a_card_holds_the_figures_of_the_report() -> None:
    report = Report.from_facts(make_report())
    card = card_of(report, "a.pth", "models/a.pth.html", RenderOptions())
    assert isinstance(report.trace, Trace)
    assert report.verdict
    assert (card.parameters, card.macs, card.size_bytes) == (
        report.structure.parameters,
        report.trace.macs,
        report.source.size_bytes,
    )
    assert (card.level, card.created) == (report.verdict.level, report.generator.created)
    assert card.drawing


def test_what_is_not_known_is_not_zero() -> None:
    assert card_of(Report.from_facts(skipped_report()), "a", "", RenderOptions()).macs is None


def test_what_could_not_be_read_says_why() -> None:
    card = unread("a.pth", "a.pth is empty.", "Copy it again.")
    assert (card.level, card.page, card.sentence, card.hint) == ("unread", "", "a.pth is empty.", "Copy it again.")

"""Findings by severity, each with a way to its evidence."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from modelreport.facts import Evidence, Report
from modelreport.render.format import message
from modelreport.render.html import write_html
from modelreport.render.markdown import write_markdown
from modelreport.render.sections.findings import badge, context
from tests.factories import make_report, skipped_report


def test_found_ones_come_by_severity_and_the_others_apart() -> None:
    values = context(make_report())
    assert [entry.word for entry in values["found"]] == ["Error", "Warning", "Note"]
    assert [entry.word for entry in values["clean"]] == ["Passed", "Passed"]
    assert [entry.word for entry in values["not_checked"]] == ["Not checked"]
    assert [each.word for each in values["absent"]] == ["Does not apply"]
    assert all(entry.icon for entry in values["found"])


def test_rules_that_do_not_apply_stand_together_by_their_reason() -> None:
    (absent,) = context(make_report())["absent"]
    assert message(absent.reason) == "The file holds no optimizer state."
    assert ([entry.finding.id for entry in absent.entries], absent.count) == (["W050", "W052"], 2)
    assert absent.icon == "–"


@pytest.mark.parametrize("write", [write_html, write_markdown])
def test_every_check_is_listed_with_what_it_looked_at(write: Callable[[Report], bytes]) -> None:
    page = write(make_report()).decode()
    assert not [finding.id for finding in make_report().findings if finding.id not in page]
    for words in ("All 175,258 values are finite", "The file holds no optimizer state", "The model was given live"):
        assert words in page
    assert "2 checks passed, 2 not applicable, 1 not made" in page


def test_severity_is_never_colour_alone() -> None:
    for entry in context(make_report())["found"]:
        assert entry.css
        assert entry.icon
        assert entry.word


def test_the_link_leads_to_the_one_row_or_to_the_section() -> None:
    dead, optimizer, dominant = context(make_report())["found"]
    assert dead.href.startswith("#weight-")
    assert optimizer.href == "#provenance"
    assert (dominant.href, dominant.where) == ("#compute", "Compute")


def test_several_pieces_of_one_kind_are_counted_in_the_link() -> None:
    report = make_report()
    many = replace(
        report.findings[0],
        evidence=tuple(Evidence(kind="tensor", name=t.name) for t in report.structure.tensors[:3]),
        evidence_count=53,
    )
    entry = context(replace(report, findings=(many,)))["found"][0]
    assert entry.where == "53 tensors"
    assert entry.more == 50
    assert entry.links[0].href == "#weight-0"


def test_the_badge_counts_what_was_found() -> None:
    assert badge(make_report()) == "3"
    assert badge(skipped_report()) is None


def test_the_rule_of_the_verdict_is_stated() -> None:
    assert context(make_report())["rule"].startswith("An error makes it a problem")

"""Links lead to rows by number, and only to rows that are there."""

from __future__ import annotations

from modelreport.facts import Evidence, Finding, Message
from modelreport.options import RenderOptions
from modelreport.render.anchors import anchors
from modelreport.render.setting import under
from tests.factories import hostile_report, make_report, skipped_report


def finding(*evidence: Evidence) -> Finding:
    return Finding(
        id="X1", severity="note", state="found", title="t", message=Message(text="m"), evidence=evidence,
        evidence_count=len(evidence), section="compute",
    )  # fmt: skip


def test_modules_and_tensors_have_numbered_rows() -> None:
    report = make_report()
    places = anchors(report)
    assert places.module("conv1") == "#layer-1"
    assert places.tensor("conv1.weight") == "#weight-0"
    assert places.module("no such") == "#layers"
    assert places.tensor("no such") == "#appendix"


def test_tensors_without_statistics_lead_to_the_appendix() -> None:
    assert anchors(skipped_report()).tensor("conv1.weight") == "#tensor-0"


def test_one_piece_of_evidence_is_linked_itself_and_several_by_their_section() -> None:
    places = anchors(make_report())
    one, two = Evidence(kind="module", name="conv1"), Evidence(kind="tensor", name="fc.weight")
    assert places.finding(finding(one)) == "#layer-1"
    assert places.finding(finding(one, two)) == "#compute"
    assert places.finding(finding()) == "#compute"
    assert places.finding(finding(Evidence(kind="file", name="x"))) == "#files"


def test_hostile_names_make_no_anchor() -> None:
    report = hostile_report()
    places = anchors(report)
    for module in report.structure.modules:
        assert places.module(module.path).removeprefix("#layer-").isdecimal()


def test_they_are_made_once_while_a_writer_runs() -> None:
    report = make_report()
    with under(RenderOptions()):
        assert anchors(report) is anchors(report)
    assert anchors(report) is not anchors(report)

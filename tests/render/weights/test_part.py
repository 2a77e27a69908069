"""Parts of the weights section, and how every output shows them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from modelreport.facts import Message, Report, Skipped, Weights
from modelreport.render import weights as module
from modelreport.render.anchors import Anchors, anchors
from modelreport.render.html import write_html
from modelreport.render.markdown import write_markdown
from modelreport.render.table import Cell, Column, Row, Table
from modelreport.render.weights import shown_parts
from modelreport.render.weights.part import FAILED, Part, Told, show
from tests.factories import hostile_report, make_report
from tests.factories_weights import rich_report
from tests.render.payloads import payloads_of

ROWS = tuple(Row(f"weights-distributions-{i}", (Cell.name(f"row {i}"), Cell(str(i)))) for i in range(30))
TABLE = Table(
    "weights-distributions", "Rows of the part", (Column("name", "Name", "name"), Column("n", "N", "number")), ROWS
)


def measured() -> tuple[Report, Weights]:
    report = make_report()
    assert isinstance(report.weights, Weights)
    return report, report.weights


def placed() -> tuple[Report, Weights, Anchors]:
    report, weights = measured()
    return report, weights, anchors(report)


def told(report: Report, weights: Weights) -> Told:
    return Told(
        line=Message(text="{tensor} is <odd>.", values={"tensor": "layers.0.conv1.weight"}),
        sentences=(Message(text="The {what_count} are read twice.", values={"what_count": 3}),),
        charts=("weight-heatmap",),
        tables=(TABLE,),
        notes=("Sampled from 1 in 10 rows.",),
    )


def one(context: object) -> Part:
    return Part(id="distributions", title="One part", context=context, print_rows=4)  # type: ignore[arg-type]


def test_the_charts_of_a_part_are_drawn_under_its_anchor() -> None:
    shown = show(one(told), *placed())
    assert shown
    assert shown.anchor == "weights-distributions"
    assert [chart.id for chart in shown.charts] == ["weight-heatmap"]
    assert shown.undrawn == ()


def test_on_paper_two_charts_without_rows_stand_side_by_side() -> None:
    names = ("weight-scale", "weight-kurtosis", "weight-heatmap", "weight-outliers", "weight-ridgeline")

    def charted(report: Report, weights: Weights) -> Told:
        return replace(told(report, weights), charts=names)

    report = rich_report()
    assert isinstance(report.weights, Weights)
    shown = show(one(charted), report, report.weights, anchors(report))
    assert shown
    assert [[chart.id for chart in pair] for pair in shown.pairs] == [
        ["weight-scale", "weight-kurtosis"], ["weight-heatmap"], ["weight-outliers"], ["weight-ridgeline"],
    ]  # fmt: skip


def test_names_of_tensors_lead_to_what_is_known_of_them() -> None:
    names = ("layers.2.conv1.weight", "fc", "nothing of that name")
    rows = tuple(Row(f"weights-distributions-{i}", (Cell.name(name), Cell("1"))) for i, name in enumerate(names))
    report, weights = measured()

    def listed(report: Report, weights: Weights) -> Told:
        return replace(told(report, weights), tables=(replace(TABLE, rows=rows),))

    shown = show(one(listed), report, weights, anchors(report))
    assert shown
    assert shown.told
    places = {each.name: i for i, each in enumerate(weights.tensors)}
    links = [row.cells[0].href for row in shown.told.tables[0].rows]
    assert links == [f"#weight-{places[names[0]]}", f"#weight-{places['fc.weight']}", ""]


def test_a_part_with_nothing_to_say_is_not_shown_and_one_that_cannot_says_why() -> None:
    assert show(one(lambda *_: None), *placed()) is None
    reason = Skipped(stage="measure", reason="Too large.")
    shown = show(one(lambda *_: reason), *placed())
    assert shown
    assert (shown.told, shown.skipped, dict(shown.more)) == (None, reason, {})


def test_the_worst_finding_that_belongs_to_a_part_gives_its_fold_a_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    report, weights = measured()
    part = replace(one(told), rules=r"C\d+|W003")
    worst = show(part, report, weights, anchors(report))
    assert worst
    assert worst.finding
    assert worst.finding.id == "W003"
    none = show(replace(one(told), rules="W001"), report, weights, anchors(report))
    assert none
    assert none.finding is None, "a rule that found nothing gives no sign"
    monkeypatch.setattr(module, "PARTS", (part,))
    page = write_html(report).decode()
    assert re.search(r'<h3><span class="is-error" role="img" aria-label="error"[^>]*>✖</span> One part', page)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(module, "PARTS", (one(told),))
    return monkeypatch


@pytest.mark.usefixtures("alone")
def test_the_page_tells_the_outcome_on_the_closed_fold_and_packs_what_is_in_it() -> None:
    page = write_html(make_report()).decode()
    fold = re.search(r'<details class="fold told" id="weights-distributions".*?</details>\s*(?=<h3>)', page, re.DOTALL)
    assert fold
    summary = re.search(r"<summary>(.*?)</summary>", fold[0], re.DOTALL)
    assert summary
    assert "<code>layers.0.conv1.weight</code> is &lt;odd&gt;." in summary[1]
    assert " open>" not in fold[0].split("\n")[0]
    for words in ("The 3 are read twice.", "Sampled from 1 in 10 rows.", 'data-chart="weight-heatmap"', "row 23"):
        assert words in fold[0], words
    assert "row 24" not in fold[0], "the others are in the data"
    data = payloads_of(page)
    assert set(data["charts-weights-distributions"]) == {"weight-heatmap"}
    assert len(data["table-weights-distributions"]["rows"]["ids"]) == 30


@pytest.mark.usefixtures("alone")
def test_markdown_shows_the_line_and_the_first_rows() -> None:
    page = write_markdown(make_report()).decode()
    assert "### One part\n\n`layers.0.conv1.weight` is \\<odd\\>." in page
    assert "`row 3`" in page
    assert "`row 4`" not in page


def test_a_part_that_is_skipped_says_so_in_every_output(monkeypatch: pytest.MonkeyPatch) -> None:
    reason = Skipped(stage="measure", reason="The tensors are too large.", hint="--spectra all")
    monkeypatch.setattr(module, "PARTS", (one(lambda *_: reason),))
    for page in (write_html(make_report()).decode(), write_markdown(make_report()).decode()):
        assert "Not known: The tensors are too large. What would help: " in page
        assert "--spectra all" in page


def test_a_part_that_fails_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(report: Report, weights: Weights) -> Told:
        raise ZeroDivisionError(report.title, weights.hash)

    shown = show(one(broken), *placed())
    assert shown
    assert shown.skipped
    assert "ZeroDivisionError" in shown.skipped.reason
    monkeypatch.setattr(module, "PARTS", (one(broken),))
    assert b"could not be made from its facts" in write_html(make_report())


@pytest.mark.parametrize("make", [make_report, hostile_report, rich_report])
def test_no_part_fails(make: Callable[[], Report]) -> None:
    report = make()
    assert isinstance(report.weights, Weights)
    for part in shown_parts(report, report.weights, anchors(report)):
        assert part.skipped is None or FAILED not in part.skipped.reason


def test_every_part_of_a_report_is_ready_to_be_painted() -> None:
    parts = shown_parts(*placed())
    assert "distributions" in {part.id for part in parts}
    for part in parts:
        assert part.skipped or part.told
        for table in part.told.tables if part.told else ():
            assert table.id.startswith(part.anchor)

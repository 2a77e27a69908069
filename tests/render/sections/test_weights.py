"""Statistics of tensors and their histograms."""

from __future__ import annotations

from msgspec.structs import replace

from modelreport.facts import Item, Weights
from modelreport.render.html import write_html
from modelreport.render.payload import pack, unpack
from modelreport.render.sections import weights as module
from modelreport.render.sections.weights import badge, context, histograms, table
from tests.factories import make_report, skipped_report


def measured() -> Weights:
    weights = make_report().weights
    assert isinstance(weights, Weights)
    return weights


def test_every_tensor_has_a_row_and_a_histogram() -> None:
    report, weights = make_report(), measured()
    made = table(report, weights)
    drawn = unpack(pack(histograms(weights)))
    assert len(made.rows) == len(drawn["rows"]) == len(weights.tensors)
    assert sum(drawn["rows"][0]["counts"]) == weights.tensors[0].count
    assert len(drawn["rows"][0]["quantiles"]) == len(drawn["levels"]) == 9
    assert {len(row.cells) for row in made.rows} == {len(made.columns)}


def test_only_the_largest_keep_their_histogram(monkeypatch: object) -> None:
    weights = measured()
    original = module.HISTOGRAMS
    try:
        module.HISTOGRAMS = 3  # type: ignore[misc]
        kept = [i for i, row in enumerate(histograms(weights)["rows"]) if row]
    finally:
        module.HISTOGRAMS = original  # type: ignore[misc]
    counts = sorted((t.count for t in weights.tensors), reverse=True)
    assert sorted((weights.tensors[i].count for i in kept), reverse=True) == counts[:3]


def test_values_that_are_not_finite_are_named_beside_the_tensor() -> None:
    report, weights = make_report(), measured()
    sick = replace(
        weights.tensors[0], nan=3, positive_infinity=1, minimum=None, maximum=None, mean=None, std=None,
        absolute_mean=None, norm=None, quantiles=(), histogram=None,
    )  # fmt: skip
    report = replace(report, weights=replace(weights, tensors=(sick, *weights.tensors[1:])))
    assert isinstance(report.weights, Weights)
    row = table(report, report.weights).rows[0]
    assert row.note == "3 NaN, 1 Inf"
    assert row.cells[3].text == "–"
    assert histograms(report.weights)["rows"][0] is None
    write_html(report)


def test_tensors_that_could_not_be_read_are_listed_with_the_reason() -> None:
    report = replace(
        make_report(), weights=replace(measured(), unread=(Item(name="gone", value="the file ends early"),))
    )
    page = write_html(report).decode()
    assert "1 tensor could not be read" in page
    assert "the file ends early" in page


def test_weights_that_were_not_measured_are_handed_on() -> None:
    assert context(skipped_report())["skipped"] == skipped_report().weights
    assert badge(skipped_report()) is None
    assert badge(make_report()) == "68"

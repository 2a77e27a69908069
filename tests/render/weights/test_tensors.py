"""Everything known of a tensor, by its name."""

from __future__ import annotations

from modelreport.facts import Skipped, Weights
from modelreport.render.weights.tensors import figures, tensors
from tests.factories import make_report
from tests.factories_weights import SCHEMES, rich_report


def test_all_parts_are_brought_together_by_name() -> None:
    report = rich_report()
    assert isinstance(report.weights, Weights)
    gathered = tensors(report, report.weights)
    assert [each.statistics.name for each in gathered] == [fact.name for fact in report.structure.tensors]
    first = gathered[0]
    assert first.fact == report.structure.tensors[0]
    assert set(first.precision) == set(SCHEMES)
    assert first.role == "encoder.layer.#.attention.query.weight"
    assert set(first.scores) == {"scale", "centre", "tails", "rows", "zeros"}
    assert first.update
    assert first.update.name == first.statistics.name
    assert first.spectrum
    assert first.copies == (gathered[1].statistics.name,)
    assert gathered[3].findings == (len(report.findings) - 1,)
    assert not gathered[4].findings


def test_parts_that_are_missing_are_empty() -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    each = tensors(report, report.weights)[0]
    assert (each.spectrum, each.update, each.drift, each.pruning, dict(each.precision)) == (None, None, None, None, {})


def test_figures_have_ids_of_their_own_and_read_any_tensor() -> None:
    for report in (make_report(), rich_report()):
        assert isinstance(report.weights, Weights)
        every = figures(report.weights)
        assert len({figure.id for figure in every}) == len(every)
        for each in tensors(report, report.weights):
            for figure in every:
                assert isinstance(figure.value(each), float | int | None)


def test_the_strongest_score_is_the_one_farthest_from_zero() -> None:
    report = rich_report()
    assert isinstance(report.weights, Weights)
    gathered = tensors(report, report.weights)
    score = next(figure for figure in figures(report.weights) if figure.id == "peer_score")
    for each in gathered:
        assert abs(float(score.value(each) or 0)) == max(abs(s) for s in each.scores.values() if s is not None)


def test_formats_have_a_column_only_where_they_were_tried() -> None:
    weights = make_report().weights
    assert isinstance(weights, Weights)
    assert isinstance(weights.precision, Skipped)
    assert not [figure for figure in figures(weights) if figure.group == "Narrower formats"]

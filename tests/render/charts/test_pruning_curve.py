"""The curve of magnitude pruning."""

from __future__ import annotations

import numpy as np
import pytest

from modelreport.facts import Pruning, Report, Skipped, Weights
from modelreport.render.charts.pruning_curve import TWO_FOUR_NORMAL, at_half, normal_kept, outcome, pruning_curve
from modelreport.render.charts.spec import Chart, Line
from tests.factories import make_report, skipped_report
from tests.factories_precision import with_usual_formats
from tests.measure.test_pruning import expected_two_of_four


def usual() -> tuple[Report, Pruning]:
    report = with_usual_formats(make_report())
    assert isinstance(report.weights, Weights)
    assert isinstance(report.weights.pruning, Pruning)
    return report, report.weights.pruning


def test_the_model_lies_above_normal_values_when_its_tails_are_heavy() -> None:
    report, pruning = usual()
    chart = pruning_curve(report.weights)
    assert isinstance(chart, Chart)
    normal, model = chart.layers
    assert isinstance(normal, Line)
    assert isinstance(model, Line)
    assert model.x == (0.0, *pruning.levels, 1.0)
    assert model.y == (1.0, *pruning.kept, 0.0)
    assert all(own >= other for own, other in zip(model.y, normal.y, strict=True))
    assert chart.title == outcome(pruning)
    assert len(chart.rows) == len(pruning.levels)


def test_the_title_tells_the_share_without_the_smaller_half() -> None:
    _, pruning = usual()
    assert at_half(pruning) == pruning.kept[pruning.levels.index(0.5)]
    assert f"keeps {at_half(pruning) * 100:.1f} %" in outcome(pruning)
    assert "normal values keep 92.9 %" in outcome(pruning)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9, 0.99])
def test_normal_values_keep_what_a_simulation_says(level: float) -> None:
    values = np.sort(np.square(np.random.default_rng(0).standard_normal(1_000_000)))
    kept = values[int(level * values.size) :].sum() / values.sum()
    assert normal_kept(level) == pytest.approx(float(kept), abs=2e-3)


def test_the_ends_of_the_normal_curve_are_everything_and_nothing() -> None:
    assert normal_kept(0.0) == pytest.approx(1.0)
    assert normal_kept(1.0) == 0.0


def test_the_constant_for_two_of_four_is_that_of_the_quadrature() -> None:
    assert pytest.approx(expected_two_of_four(), abs=5e-4) == TWO_FOUR_NORMAL


def test_without_values_there_is_a_reason() -> None:
    assert isinstance(pruning_curve(skipped_report().weights), Skipped)
    assert isinstance(pruning_curve(make_report().weights), Skipped)

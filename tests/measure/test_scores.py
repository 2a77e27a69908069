"""Robust scores over depth."""

from __future__ import annotations

import numpy as np
import pytest

from modelreport.measure.scores import from_near, from_plausible, robust_scores, spread, spread_of_others


def test_equal_peers_give_no_infinite_score() -> None:
    assert np.abs(robust_scores(np.zeros(8), 0.1)).max() == 0
    lone = np.zeros(8)
    lone[4] = 1
    assert robust_scores(lone, 0.1).tolist() == [0, 0, 0, 0, 10, 0, 0, 0]


def test_normal_residuals_hardly_ever_reach_the_threshold() -> None:
    rng = np.random.default_rng(0)
    largest = [np.abs(robust_scores(rng.normal(size=12) * 0.1, 0.06)).max() for _ in range(2000)]
    assert np.quantile(largest, 0.999) < 8


def test_trends_and_steps_are_plausible_and_a_lone_value_is_not() -> None:
    rising = np.arange(12.0)
    assert np.abs(robust_scores(rising, 0.1)).max() < 1e-9
    assert np.abs(robust_scores(np.repeat([0.0, 5.0], 6), 0.1)).max() == 0
    rising[6] += 20
    scores = robust_scores(rising, 0.1)
    assert int(np.argmax(np.abs(scores))) == 6
    assert scores[6] > 8 > np.abs(np.delete(scores, 6)).max()


def test_the_spread_of_normal_values_is_their_deviation() -> None:
    values = np.random.default_rng(0).normal(0, 3, 100_000)
    assert spread(values) == pytest.approx(3, rel=0.02)


def test_the_nearest_are_at_both_sides_and_at_an_end_on_one() -> None:
    values = np.array([0.0, 1, 2, 3, 4, 5, 100])
    assert from_near(values).tolist() == [-2.5, -1.5, 0, 0, 0, 1.5, 96.5]


def test_a_score_is_the_distance_to_what_is_plausible_over_the_spread() -> None:
    values = np.random.default_rng(1).normal(size=9)
    assert robust_scores(values, 0.5) == pytest.approx(from_plausible(values) / max(spread(from_near(values)), 0.5))


def test_of_few_values_the_one_far_out_does_not_widen_the_spread_that_it_is_measured_by() -> None:
    """Six convolutions trained on digits, one of them ten times as large: their scales fall with depth."""
    logs = np.log([0.0634, 0.0557, 0.0488, 0.4466, 0.0426, 0.0415])
    scores = robust_scores(logs, 0.06)
    assert spread_of_others(logs, 3) < 0.5 * spread(from_near(logs))
    assert scores[3] > 16
    assert np.abs(np.delete(scores, 3)).max() < 2

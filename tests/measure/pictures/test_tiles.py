from __future__ import annotations

import numpy as np
import pytest

from modelreport.measure.pictures.tiles import neighbours, own_scale, shared_scale, steady


def test_zero_is_grey_and_the_largest_magnitude_reaches_an_end() -> None:
    assert own_scale(np.array([0.0, 2.0, -1.0, -2.0])).tolist() == [128, 255, 64, 1]


def test_a_filter_of_zeros_or_without_numbers_is_grey() -> None:
    assert own_scale(np.zeros(3)).tolist() == [128] * 3
    assert own_scale(np.array([np.nan, np.inf, 1.0])).tolist() == [128, 128, 255]


def test_a_shared_scale_goes_from_black_to_white() -> None:
    values = np.array([-1.0, 0.0, 1.0, np.nan, np.inf])
    assert shared_scale(values, -1, 1).tolist() == [0, 128, 255, 0, 255]
    assert shared_scale(np.ones(2), 1, 1).tolist() == [0, 0]


def test_noise_has_neighbours_within_its_standard_error() -> None:
    scores = []
    for seed in range(200):
        found = neighbours(np.random.default_rng(seed).normal(size=(64, 7, 7, 3)))
        assert found is not None
        scores.append(found[0] / found[1])
    assert abs(np.mean(scores)) < 0.3
    assert 0.8 < np.std(scores) < 1.2


def test_the_correlation_of_neighbours_is_that_of_numpy() -> None:
    tiles = np.cumsum(np.random.default_rng(0).normal(size=(30, 8, 8, 1)), axis=2)
    tiles -= tiles.mean()
    found = neighbours(tiles)
    assert found is not None
    left, right = tiles[:, :, :-1].reshape(-1), tiles[:, :, 1:].reshape(-1)
    up, down = tiles[:, :-1].reshape(-1), tiles[:, 1:].reshape(-1)
    pairs = np.concatenate((left * right, up * down))
    assert found[0] == pytest.approx(pairs.mean() / (tiles**2).mean())
    assert found[1] == pytest.approx(1 / np.sqrt(pairs.size))


def test_constant_tiles_say_nothing() -> None:
    assert neighbours(np.ones((3, 4, 4, 1))) is None
    assert neighbours(np.ones((3, 1, 1, 1))) is None


def test_a_figure_does_not_depend_on_its_last_bits() -> None:
    assert steady(np.nextafter(1 / 3, 1)) == steady(1 / 3) == 0.333333333

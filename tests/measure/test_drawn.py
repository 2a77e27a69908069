"""Fresh random numbers and trained weights."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import truncnorm

from modelreport.measure.drawn import _CUT_STD, _KURTOSIS, _quantile, drawn
from modelreport.measure.peers import rows_spread
from tests.factories import make_statistics

RNG = np.random.default_rng(0)


def look(values: np.ndarray) -> tuple[str, bool]:
    """What the values are like, and whether they are clearly like nothing."""
    s = make_statistics("w", values)
    like = drawn(s, rows_spread(s, values[0].size))
    return like.distribution, bool(like.misfits) and all(like.clearly_not(kind) for kind in like.misfits)


@pytest.mark.parametrize("shape", [(256, 128), (128, 32, 3, 3), (512, 1024)])
@pytest.mark.parametrize("std", [0.02, 0.7])
def test_independent_numbers_are_recognised_whatever_their_deviation(shape: tuple[int, ...], std: float) -> None:
    assert look(RNG.normal(0, std, shape)) == ("normal", False)
    assert look(RNG.uniform(-std, std, shape)) == ("uniform", False)
    cut = truncnorm.rvs(-2, 2, scale=std, size=shape, random_state=RNG)
    assert look(cut) == ("truncated normal", False)


def test_the_kurtosis_of_a_truncated_normal_distribution_is_that_of_scipy() -> None:
    assert _KURTOSIS["truncated normal"] == pytest.approx(float(truncnorm.stats(-2, 2, moments="k")))
    assert pytest.approx(float(truncnorm.std(-2, 2))) == _CUT_STD
    at, density = _quantile(0.05, "truncated normal")
    assert at == pytest.approx(truncnorm.ppf(0.05, -2, 2, scale=1 / _CUT_STD))
    assert density == pytest.approx(truncnorm.pdf(at, -2, 2, scale=1 / _CUT_STD))


def test_chance_alone_is_hardly_ever_called_something_else() -> None:
    looks = [look(np.random.default_rng(seed).normal(0, 0.02, (256, 128))) for seed in range(200)]
    assert {kind for kind, _ in looks} == {"normal"}


@pytest.mark.parametrize(
    "values",
    [
        RNG.normal(0, 0.02, (256, 256)) * RNG.uniform(0.7, 1.3, (256, 1)),  # rows that matter more than others
        RNG.standard_t(5, (256, 256)),
        RNG.normal(0.2, 1, (256, 256)),
        RNG.normal(0, 0.02, (256, 8)) @ RNG.normal(0, 1, (8, 256)),
        RNG.normal(0, 1, (256, 256)) * (RNG.random((256, 256)) > 0.1),
    ],
    ids=["rows", "heavy tails", "mean", "low rank", "pruned"],
)
def test_what_training_leaves_is_clearly_none_of_them(values: np.ndarray) -> None:
    assert look(values) == ("", True)


def test_few_values_say_nothing() -> None:
    assert look(RNG.normal(0, 1, (16, 1024))) == ("", False)
    assert look(RNG.normal(0, 1, (40, 40))) == ("", False)
    s = make_statistics("w", RNG.normal(0, 1, (64, 64)))
    assert drawn(s, None) == ("", {}, {}, None)


def test_a_small_matrix_that_is_near_normal_may_be_trained_and_one_with_sharp_edges_is_not() -> None:
    assert look(RNG.normal(0, 1, (64, 64))) == ("", False)
    assert look(RNG.uniform(-1, 1, (64, 64))) == ("uniform", False)
    smeared = RNG.uniform(-1, 1, (64, 64)) + RNG.normal(0, 0.03, (64, 64))
    s = make_statistics("w", smeared)
    assert drawn(s, rows_spread(s, 64)).clearly_not("uniform")


def test_the_rows_of_fresh_numbers_are_a_standard_error_from_what_is_expected() -> None:
    """By simulation: the logarithm of the spread of the rows' norms has the standard error that is assumed."""
    rng = np.random.default_rng(4)
    for name, draw in (("normal", rng.standard_normal), ("uniform", lambda size: rng.uniform(-1, 1, size))):
        away = []
        for _ in range(200):
            values = draw((64, 64))
            s = make_statistics("w", values)
            away.append(drawn(s, rows_spread(s, 64)).rows[name])
        assert abs(np.mean(away)) < 0.4
        assert 0.8 < np.std(away) < 1.25

"""The power law against drawn values, against figures of weightwatcher, and against the formula written out."""

from __future__ import annotations

import numpy as np
import pytest

from modelreport.measure.spectra.powerlaw import fit


def test_the_exponent_of_drawn_values_is_found() -> None:
    values = (1 - np.random.default_rng(0).random(20_000)) ** (-1 / 1.5)  # P(X > x) = x^-1.5
    found = fit(values)
    assert found
    assert found.alpha == pytest.approx(2.5, abs=0.03)
    assert found.distance < 0.01


def test_the_tail_begins_where_the_power_law_does() -> None:
    rng = np.random.default_rng(1)
    tail = 4 * (1 - rng.random(2000)) ** (-1 / 2)
    found = fit(np.concatenate([rng.uniform(0.1, 4, 3000), tail]))
    assert found
    assert found.minimum == pytest.approx(4, rel=0.2)
    assert found.alpha == pytest.approx(3, abs=0.2)
    assert found.count == pytest.approx(2000, rel=0.2)


@pytest.mark.parametrize(
    ("rows", "columns", "alpha", "distance"),
    [
        # WeightWatcher(torch.nn.Linear with this weight).analyze(svd_method="accurate"), weightwatcher 0.7.7
        (60, 90, 4.306764875759605, 0.12169950750417857),
        (128, 128, 7.808529634991431, 0.09537304485202058),
        (300, 70, 5.431864863395189, 0.10124253490512652),
    ],
)
def test_the_figures_are_those_of_weightwatcher(rows: int, columns: int, alpha: float, distance: float) -> None:
    weight = make_weight(rows, columns).astype(np.float64)
    found = fit(np.linalg.svd(weight, compute_uv=False) ** 2)
    assert found
    assert found.alpha == pytest.approx(alpha, rel=1e-5)
    assert found.distance == pytest.approx(distance, rel=1e-4)


def make_weight(rows: int, columns: int) -> np.ndarray:
    """A heavy-tailed float32 matrix, the same everywhere."""
    return np.random.default_rng(rows).standard_t(3, (rows, columns)).astype(np.float32)


def test_a_long_spectrum_gives_what_the_formula_written_out_gives() -> None:
    values = np.sort(np.random.default_rng(2).lognormal(0, 1.5, 1500))
    logs = np.log(values)
    best: tuple[float, float, int] | None = None
    for i in range(values.size - 1):
        n = values.size - i
        alpha = 1 + n / (logs[i:] - logs[i]).sum()
        distance = np.abs(1 - (values[i:] / values[i]) ** (1 - alpha) - np.arange(n) / n).max()
        if best is None or distance < best[0]:
            best = (distance, alpha, n)
    found = fit(values)
    assert found
    assert best
    assert found.alpha == pytest.approx(best[1], rel=1e-9)
    assert found.distance == pytest.approx(best[0], rel=1e-9)
    assert found.count == best[2]


def test_few_or_equal_or_vanishing_eigenvalues_have_no_law() -> None:
    rng = np.random.default_rng(3)
    assert fit(rng.lognormal(0, 1, 49)) is None
    assert fit(np.ones(200)) is None
    assert fit(1 + 1e-9 * rng.random(200)) is None
    assert fit(1e-6 * rng.random(200)) is None


def test_the_order_of_the_eigenvalues_does_not_matter() -> None:
    values = np.random.default_rng(4).lognormal(0, 1, 200)
    assert fit(values) == fit(values[::-1].copy())

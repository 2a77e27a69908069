"""Singular values against numpy's decomposition, and figures of spectra that follow by hand."""

from __future__ import annotations

import math

import ml_dtypes
import numpy as np
import pytest

from modelreport.measure.spectra import singular
from tests.measure.spectra.cases import matrix_of

RNG = np.random.default_rng(11)


def values_of(array: np.ndarray) -> np.ndarray:
    return np.linalg.svd(array.reshape(len(array), -1).astype(np.float64), compute_uv=False)


@pytest.mark.parametrize("shape", [(40, 40), (30, 90), (90, 30), (16, 6, 3, 3), (8, 8, 5)])
def test_all_singular_values_are_those_of_a_decomposition(shape: tuple[int, ...]) -> None:
    array = RNG.standard_normal(shape).astype(np.float32)
    found = np.sqrt(singular.decompose(matrix_of(array)))
    assert found == pytest.approx(values_of(array), rel=1e-9, abs=1e-8)


def test_a_large_gram_matrix_is_made_in_panels(monkeypatch: pytest.MonkeyPatch) -> None:
    wide, tall = RNG.standard_normal((30, 90)), RNG.standard_normal((90, 30))
    expected = [singular.decompose(matrix_of(each)) for each in (wide, tall)]
    monkeypatch.setattr(singular, "_PANEL", 7)
    for each, want in zip((wide, tall), expected, strict=True):
        assert singular.decompose(matrix_of(each)) == pytest.approx(want, rel=1e-11)


def test_a_gram_matrix_of_many_slabs_is_that_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from modelreport.measure.spectra import matrices

    wide, tall = RNG.standard_normal((20, 33, 2, 2)), RNG.standard_normal((333, 20))
    expected = [singular.decompose(matrix_of(each)) for each in (wide, tall)]
    for name in ("row_slabs", "column_slabs"):
        whole = getattr(matrices.Matrix, name)
        monkeypatch.setattr(matrices.Matrix, name, lambda self, whole=whole: whole(self, most=100))
    monkeypatch.setattr(singular, "SLAB", 100)
    for each, want in zip((wide, tall), expected, strict=True):
        assert singular.decompose(matrix_of(each)) == pytest.approx(want, rel=1e-11)


def test_what_is_lost_in_rounding_is_zero() -> None:
    left, right = RNG.standard_normal((50, 3)), RNG.standard_normal((3, 60))
    found = singular.decompose(matrix_of(left @ right))
    assert (found[:3] > 0).all()
    assert (found[3:] == 0).all()


def test_kernel_positions_are_pooled() -> None:
    array = RNG.standard_normal((8, 12, 2, 2))
    want = np.sort(np.concatenate([values_of(array[:, :, i, j]) ** 2 for i in range(2) for j in range(2)]))
    assert np.sort(singular.decompose_positions(matrix_of(array))) == pytest.approx(want, rel=1e-10)


@pytest.mark.parametrize("kind", ["flat", "decaying", "one large"])
@pytest.mark.parametrize("shape", [(300, 300), (200, 700), (700, 200)])
def test_the_projection_finds_the_largest_singular_values(kind: str, shape: tuple[int, int]) -> None:
    array = RNG.standard_normal(shape)
    if kind == "decaying":
        array *= np.arange(1, shape[1] + 1) ** -0.7
    if kind == "one large":
        array += 3 * np.outer(RNG.standard_normal(shape[0]), RNG.standard_normal(shape[1]))
    matrix = matrix_of(array.astype(np.float32))
    found, want = singular.project(matrix), values_of(array)
    assert math.sqrt(found.eigenvalues[0]) == pytest.approx(want[0], rel=5e-4)
    assert np.sqrt(found.eigenvalues) == pytest.approx(want[: singular.KEPT], rel=5e-3)
    assert found.energy == pytest.approx((array**2).sum(), rel=1e-5)


def test_the_projection_of_half_precision_and_of_a_narrow_matrix() -> None:
    wide = RNG.standard_normal((150, 400)).astype(ml_dtypes.bfloat16)
    assert math.sqrt(singular.project(matrix_of(wide, "bfloat16")).eigenvalues[0]) == pytest.approx(
        values_of(wide)[0], rel=1e-3
    )
    narrow = RNG.standard_normal((400, 20))
    assert math.sqrt(singular.project(matrix_of(narrow)).eigenvalues[0]) == pytest.approx(
        values_of(narrow)[0], rel=0.03
    )


def test_the_projection_is_the_same_for_the_same_tensor_and_starts_elsewhere_for_another() -> None:
    array = RNG.standard_normal((200, 300))
    first, again = (singular.project(matrix_of(array)) for _ in range(2))
    assert (first.eigenvalues == again.eigenvalues).all()
    other = singular.project(matrix_of(array, name="other.weight"))
    assert (first.eigenvalues != other.eigenvalues).any()
    assert other.eigenvalues[0] == pytest.approx(first.eigenvalues[0], rel=1e-3)


def test_ranks_at_shares_of_the_energy_by_hand() -> None:
    eigenvalues = np.array([6.0, 3.0, 0.9, 0.1])
    assert [singular.rank_at(eigenvalues, share) for share in (0.5, 0.6, 0.9, 0.95, 0.99, 1.0)] == [1, 1, 2, 3, 3, 4]


def test_the_effective_rank_of_equal_values_is_their_number() -> None:
    """Roy and Vetterli 2007: the rank for equal singular values, 1 for one alone, exp(H) between."""
    assert singular.effective_rank(np.full(7, 2.5)) == pytest.approx(7)
    assert singular.effective_rank(np.array([4.0, 0, 0])) == pytest.approx(1)
    shares = np.array([0.5, 0.25, 0.25])
    assert singular.effective_rank(shares**2) == pytest.approx(2**1.5)


@pytest.mark.parametrize("shape", [(400, 400), (150, 900), (900, 150)])
def test_random_values_of_any_kind_have_the_law_of_marchenko_and_pastur(shape: tuple[int, int]) -> None:
    for array in (RNG.standard_normal(shape) * 0.02, RNG.uniform(-1, 1, shape)):
        found = singular.decompose(matrix_of(array))
        assert singular.random_distance(found, *shape) < 4 / min(shape)
        edge = singular.random_edge(float(found.sum()), *shape)
        assert math.sqrt(found[0] / edge) == pytest.approx(1, abs=0.02)


def test_structure_is_far_from_that_law() -> None:
    array = RNG.standard_normal((200, 200)) * np.arange(1, 201) ** -0.5
    assert singular.random_distance(singular.decompose(matrix_of(array)), 200, 200) > 0.2
    assert singular.random_distance(np.ones(100), 100, 100) > 0.3  # an orthogonal matrix


def test_more_arithmetic_is_said_for_more_work() -> None:
    small, large = matrix_of(RNG.standard_normal((16, 16))), matrix_of(RNG.standard_normal((32, 64)))
    assert singular.full_cost(small) < singular.full_cost(large)
    assert singular.law_cost(large) == 0
    kernel = matrix_of(RNG.standard_normal((16, 16, 3, 3)))
    assert singular.law_cost(kernel) > 9 * 16**3
    assert singular.projected_cost(large) == 4 * 32 * 64 * 96

"""The part as a whole: which matrices, what is told of them, that it is the same on any number of threads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from modelreport.facts import Skipped, Spectra, Spectrum
from modelreport.measure.spectra import sampling, spectra, survey
from modelreport.measure.spectra.survey import describe_full, describe_largest, rounded, thinned
from modelreport.options import Options
from tests.measure.spectra.cases import make_measured, matrix_of
from tests.measure.tensors import make_tensor

RNG = np.random.default_rng(3)
ROOT = Path(__file__).parents[3]


def survey_of(*arrays: np.ndarray, **options: object) -> Spectra | Skipped:
    tensors = [make_tensor(array, name=f"layers.{i}.weight") for i, array in enumerate(arrays)]
    return spectra(make_measured(*tensors, options=Options(**options)))  # type: ignore[arg-type]


def diagonal(*values: float, rows: int = 0, dtype: type = np.float32) -> np.ndarray:
    """A matrix with these singular values, turned at random."""
    size = len(values)
    left = np.linalg.qr(RNG.standard_normal((rows or size, size)))[0]
    right = np.linalg.qr(RNG.standard_normal((size, size)))[0]
    return ((left * values) @ right).astype(dtype)


def test_a_spectrum_by_hand() -> None:
    values = (8.0, 4.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.25)
    found = describe_full(matrix_of(diagonal(*values, rows=30)))
    assert (found.rows, found.columns, found.method) == (30, 10, "full")
    assert found.values == pytest.approx(values, rel=1e-5)
    assert found.places == tuple(range(10))
    assert (found.largest, found.smallest) == (pytest.approx(8, rel=1e-5), pytest.approx(0.25, rel=1e-4))
    energy = sum(v * v for v in values)
    assert found.stable_rank == pytest.approx(energy / 64, rel=1e-5)
    assert found.condition == pytest.approx(32, rel=1e-3)
    assert (found.rank, found.rank_90, found.rank_95, found.rank_99) == (10, 3, 4, 8)
    assert found.alpha is None  # fewer than 50 eigenvalues


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_the_rank_is_found_below_the_noise_of_the_dtype(dtype: str) -> None:
    import ml_dtypes

    product = RNG.standard_normal((100, 12)) @ RNG.standard_normal((12, 80))
    found = describe_full(matrix_of(product.astype(np.dtype(getattr(ml_dtypes, dtype, dtype))), dtype))
    assert found.rank == 12
    assert found.condition is None
    full = describe_full(matrix_of(RNG.standard_normal((100, 80)).astype(found_dtype(dtype)), dtype))
    assert full.rank == 80


def found_dtype(name: str) -> np.dtype:
    import ml_dtypes

    return np.dtype(getattr(ml_dtypes, name, name))


def test_the_figures_do_not_depend_on_the_unit() -> None:
    array = RNG.standard_normal((60, 70)) * np.arange(1, 71) ** -0.5
    plain = describe_full(matrix_of(array))
    for exponent in (600, -600):
        scaled = describe_full(matrix_of(np.ldexp(array, exponent)))
        assert scaled.largest == pytest.approx(np.ldexp(plain.largest, exponent), rel=1e-5)
        kept = ("stable_rank", "effective_rank", "rank", "rank_90", "condition", "random_edge", "random_distance")
        assert [getattr(scaled, name) for name in kept] == [getattr(plain, name) for name in kept]


def test_the_largest_values_alone_leave_the_rest_unknown() -> None:
    array = RNG.standard_normal((200, 300)).astype(np.float32)
    part, whole = describe_largest(matrix_of(array)), describe_full(matrix_of(array))
    assert part.method == "randomised"
    assert part.largest == pytest.approx(whole.largest, rel=2e-3)
    assert part.stable_rank == pytest.approx(whole.stable_rank, rel=4e-3)
    assert part.random_edge == pytest.approx(whole.random_edge, rel=2e-3)
    unknown = ("smallest", "effective_rank", "rank", "rank_90", "rank_99", "alpha", "condition", "random_distance")
    assert [getattr(part, name) for name in unknown] == [None] * len(unknown)


def test_by_default_a_small_model_is_looked_at_whole() -> None:
    made = survey_of(*(RNG.standard_normal((64, 64)) for _ in range(3)))
    assert isinstance(made, Spectra)
    assert [each.name for each in made.tensors] == ["layers.0.weight", "layers.1.weight", "layers.2.weight"]
    assert (made.left_out, made.matrices, made.chosen) == (0, 3, "All 3 weight matrices.")
    assert all(each.alpha and each.alpha_distance and each.alpha_count for each in made.tensors)


def test_a_sample_says_that_it_is_one_and_all_is_all(monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = [RNG.standard_normal((64, 64)) for _ in range(6)] + [RNG.standard_normal((400, 500))]
    monkeypatch.setattr(sampling, "BUDGET", 8e6)
    monkeypatch.setattr(sampling, "BUDGET_PER_BYTE", 0.0)
    made = survey_of(*arrays)
    assert isinstance(made, Spectra)
    assert 0 < made.left_out < 7
    assert made.chosen.startswith(f"{7 - made.left_out} of 7 weight matrices, spread over roles and depths")
    assert "--spectra all" in made.chosen
    whole = survey_of(*arrays, spectra="all")
    assert isinstance(whole, Spectra)
    assert (whole.left_out, len(whole.tensors), whole.chosen) == (0, 7, "All 7 weight matrices.")


def test_none_is_none_and_a_model_without_matrices_says_so() -> None:
    array = RNG.standard_normal((64, 64))
    off = survey_of(array, spectra="none")
    assert isinstance(off, Skipped)
    assert "switched off" in off.reason
    bare = survey_of(array[0])
    assert isinstance(bare, Skipped)
    assert "no floating-point weight matrix" in bare.reason
    array[0, 0] = np.nan
    flawed = survey_of(array)
    assert isinstance(flawed, Skipped)
    assert "layers.0.weight" in flawed.reason


def test_a_matrix_that_fails_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = survey.describe_full

    def fails(matrix: object, **options: bool) -> Spectrum:
        if matrix.tensor.name == "layers.1.weight":  # type: ignore[attr-defined]
            raise np.linalg.LinAlgError("Eigenvalues did not converge")
        return whole(matrix, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(survey, "describe_full", fails)
    made = survey_of(*(RNG.standard_normal((16, 16)) for _ in range(3)))
    assert isinstance(made, Spectra)
    assert len(made.tensors) == 2
    assert made.notes == ("No spectrum of layers.1.weight: Eigenvalues did not converge.",)


def test_progress_is_told_to_its_end() -> None:
    seen: list[tuple[str, int, int]] = []
    survey_of(RNG.standard_normal((20, 20)), RNG.standard_normal((30, 30)), progress=lambda *told: seen.append(told))
    assert [stage for stage, _, _ in seen] == ["spectra", "spectra"]
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert seen[-1][1] == seen[-1][2] > 0


MAKE = """
import sys
import msgspec, numpy as np
from modelreport.measure.spectra import spectra
from modelreport.options import Options
from tests.measure.spectra.cases import make_measured
from tests.measure.tensors import make_tensor
rng = np.random.default_rng(0)
arrays = [rng.standard_normal(shape).astype(np.float32) * 0.1 for shape in ((300, 300), (257, 1025), (96, 33, 3, 3))]
tensors = [make_tensor(array, name=f"layers.{i}.weight") for i, array in enumerate(arrays)]
made = spectra(make_measured(*tensors, options=Options(workers=int(sys.argv[1]), spectra="all")))
sys.stdout.buffer.write(msgspec.json.encode(made))
"""


def test_the_same_bytes_on_any_number_of_threads() -> None:
    told = []
    for blas, workers in (("1", "1"), ("2", "2"), ("4", "3")):
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": blas, "OMP_NUM_THREADS": blas}
        command = [sys.executable, "-c", MAKE, workers]
        told.append(subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True).stdout)
    assert len(msgspec.json.decode(told[0])["tensors"]) == 3
    assert told[0] == told[1] == told[2]


def test_a_long_spectrum_is_thinned_to_places_that_grow() -> None:
    assert thinned(64) == list(range(64))
    places = thinned(4096)
    assert len(places) == 64
    assert places[:8] == list(range(8))
    assert places[-1] == 4095
    assert places == sorted(set(places))


def test_figures_are_rounded_to_what_is_certain() -> None:
    assert rounded(1234.56789) == 1234.57
    assert rounded(0.0) == 0
    assert rounded(1.23456789, 1e-7) == 1.23
    assert rounded(1.23456789, 1.0) == 1.2
    assert rounded(-1.5e300) == -1.5e300


def test_a_matrix_beyond_the_budget_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "budget_for", lambda _: 1.0)
    found = survey_of(RNG.standard_normal((64, 64)).astype(np.float32))
    assert isinstance(found, Skipped)
    assert found.reason == "The only weight matrix is larger than a fixed amount of arithmetic reaches."
    assert found.hint == "--spectra all"

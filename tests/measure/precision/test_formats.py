from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
import torch

from modelreport.measure.precision.formats import BFLOAT16, E2M1, E4M3, E5M2, FLOAT16, INT4, INT8, Format

FLOATS = {
    "float16": (FLOAT16, np.dtype(np.float16)),
    "bfloat16": (BFLOAT16, np.dtype(ml_dtypes.bfloat16)),
    "e4m3": (E4M3, np.dtype(ml_dtypes.float8_e4m3fn)),
    "e5m2": (E5M2, np.dtype(ml_dtypes.float8_e5m2)),
}


def every(kind: type) -> np.ndarray:
    """Every finite number of a 16-bit dtype."""
    with np.errstate(invalid="ignore"):
        values = np.arange(1 << 16, dtype=np.uint16).view(kind).astype(np.float64)
    return values[np.isfinite(values)]


@pytest.mark.parametrize("source", [np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("width", [np.float32, np.float64])
def test_every_16_bit_number_is_rounded_as_ml_dtypes_does_it(source: type, name: str, width: type) -> None:
    form, dtype = FLOATS[name]
    values = every(source)
    with np.errstate(over="ignore", invalid="ignore"):
        cast = values.astype(dtype).astype(np.float64)
    mine = form.round(values.astype(width)).astype(np.float64)
    fits = np.isfinite(cast)
    np.testing.assert_array_equal(mine[fits], cast[fits])
    np.testing.assert_array_equal(np.abs(mine[~fits]), form.largest)
    np.testing.assert_array_equal(fits, np.abs(values) < form.overflow)
    np.testing.assert_array_equal(cast == 0, np.abs(values) <= form.underflow)


def test_torch_rounds_the_borders_of_fp8_alike() -> None:
    edges = np.array([2**-10, 2**-9 * 1.5, 447, 448, 463.9, 464, 0.17, -0.3, 57344, 61439], np.float32)
    small = edges[edges <= 464]
    torch.testing.assert_close(
        torch.from_numpy(E4M3.round(small)), torch.from_numpy(small).to(torch.float8_e4m3fn).float(), rtol=0, atol=0
    )
    torch.testing.assert_close(
        torch.from_numpy(E5M2.round(edges)), torch.from_numpy(edges).to(torch.float8_e5m2).float(), rtol=0, atol=0
    )


@pytest.mark.parametrize(("form", "most"), [(INT8, 127), (INT4, 7)])
def test_integers_are_formats_without_normal_numbers(form: Format, most: int) -> None:
    values = np.linspace(-most - 3, most + 3, 1001)
    np.testing.assert_array_equal(form.round(values), np.clip(np.rint(values), -most, most))


def test_e2m1_has_the_eight_magnitudes_of_the_specification() -> None:
    values = np.linspace(-8, 8, 100_001)
    assert sorted(set(np.abs(E2M1.round(values)).tolist())) == [0, 0.5, 1, 1.5, 2, 3, 4, 6]
    np.testing.assert_array_equal(E2M1.round(np.array([0.25, 0.75, 2.5, 3.5, 5.0])), [0, 1, 2, 4, 4])


@pytest.mark.parametrize("form", [FLOAT16, BFLOAT16, E4M3, E5M2, INT8])
def test_mean_square_is_that_of_evenly_spread_values(form: Format) -> None:
    lower = np.array([0.0, 1e-9, 0.001, 0.3, 0.99, 100.0, 126.0])
    upper = np.array([1e-7, 1.1e-9, 0.00101, 0.302, 1.01, 101.0, 140.0])
    found = form.mean_square(lower, upper)
    for low, high, mean in zip(lower, upper, found, strict=True):
        spread = np.linspace(low, high, 200_001)
        spread = (spread[1:] + spread[:-1]) / 2
        assert mean == pytest.approx(float(np.mean((spread - form.round(spread)) ** 2)), rel=1e-5)


def test_a_step_in_the_middle_of_the_range_gives_a_twelfth_of_its_square() -> None:
    assert INT8.mean_square(np.array([10.5]), np.array([90.5]))[0] == pytest.approx(1 / 12)
    assert FLOAT16.mean_square(np.array([1.0]), np.array([2.0]))[0] == pytest.approx(2.0**-20 / 12, rel=1e-3)

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from modelreport.measure.codec import codec
from modelreport.measure.precision.magnitudes import Magnitudes, magnitudes, places
from modelreport.measure.summary import Summary, add_all, new_summary


def summary_of(values: NDArray[np.float64], dtype: str) -> Summary:
    summary = new_summary(dtype)
    if dtype == "bfloat16":
        add_all(summary, values.astype(ml_dtypes.bfloat16).view(np.uint16))
    else:
        given = values.astype(dtype)
        add_all(summary, given.view(np.uint16) if codec(dtype).values is not None else given)
    return summary


def random(count: int = 50_000) -> NDArray[np.float64]:
    values = np.random.default_rng(3).standard_t(3, count) * 0.1
    values[:100] = 0
    return values


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_16_bit_tables_are_exact(dtype: str) -> None:
    values = random()
    table = magnitudes(summary_of(values, dtype))
    kind = ml_dtypes.bfloat16 if dtype == "bfloat16" else np.float16
    stored = np.abs(values.astype(kind).astype(np.float64))
    value, count = np.unique(stored[stored > 0], return_counts=True)
    np.testing.assert_array_equal(table.value, value)
    np.testing.assert_array_equal(table.count, count)
    assert (table.zeros, table.total, table.largest) == (int((stored == 0).sum()), values.size, stored.max())
    assert table.energy * table.largest**2 == pytest.approx(float((stored**2).sum()), rel=1e-12)
    assert table.above(1.0) == (int((stored >= 1).sum()), True)
    assert table.below(1e-3) == int(((stored > 0) & (stored <= 1e-3)).sum())


@pytest.mark.parametrize(("dtype", "width"), [("float32", 2**-8), ("float64", 2**-9)])
def test_wide_tables_know_each_value_to_its_leading_bits(dtype: str, width: float) -> None:
    values = np.abs(random().astype(dtype).astype(np.float64))
    table = magnitudes(summary_of(values, dtype))
    ordered = np.sort(values[values > 0])
    bucket = np.repeat(np.arange(table.count.size), table.count)
    assert bucket.size == ordered.size
    assert (ordered >= table.lower[bucket]).all()
    assert (ordered <= table.upper[bucket]).all()
    assert np.abs(ordered / table.value[bucket] - 1).max() <= width * 1.01
    assert (table.largest, table.zeros) == (values.max(), 100)
    assert table.energy * table.largest**2 == pytest.approx(float((values**2).sum()), rel=1e-3)


def test_known_magnitudes_leave_their_buckets() -> None:
    values = random()
    known = np.abs(values[200:300].astype(np.float32)).astype(np.float64)
    plain, table = magnitudes(summary_of(values, "float32")), magnitudes(summary_of(values, "float32"), known)
    assert table.total == plain.total == values.size
    assert table.count.sum() == plain.count.sum() - 100
    np.testing.assert_array_equal(np.sort(table.points), np.sort(known))
    assert table.energy == pytest.approx(plain.energy, rel=1e-3)


def of(*values: float) -> Magnitudes:
    return magnitudes(summary_of(np.array(values), "float32"))


def test_one_value_beyond_a_border_is_never_missed() -> None:
    inside, beyond = np.nextafter(np.float32(65520), 0), 65520.0
    assert of(1.0, float(inside)).above(65520.0) == (0, True)
    count, _ = of(1.0, *[float(inside)] * 50, beyond).above(65520.0)
    assert count >= 1
    assert of(1.0, -70000.0, 70000.0).above(65520.0) == (2, True)
    assert of(-65520.0).above(65520.0)[0] == 1


def test_buckets_that_a_border_cuts_are_shared() -> None:
    values = np.linspace(0.9, 1.1, 100_001)
    table = magnitudes(summary_of(values, "float32"))
    for border in (0.95, 0.9876, 1.0, 1.0501):
        assert table.above(border)[0] == pytest.approx((values >= border).sum(), abs=40)
        assert table.below(border) == pytest.approx((values <= border).sum(), abs=40)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_nothing_but_zeros_and_what_is_not_finite_is_no_energy(dtype: str) -> None:
    table = magnitudes(summary_of(np.array([0.0, -0.0, np.nan, np.inf, -np.inf]), dtype))
    assert (table.largest, table.energy, table.total, table.zeros) == (0.0, 0.0, 2, 2)


def test_places_are_the_keys_of_the_table() -> None:
    values = np.array([1.0, -1.0, 0.3, -3e-7, 65519.0], np.float32)
    table = of(*values.tolist())
    assert set(places(values).tolist()) == set(table.key.tolist())

from __future__ import annotations

import numpy as np
import pytest

from modelreport.facts import QUANTILES
from modelreport.measure.codec import codec
from modelreport.measure.figures import BINS, Evenly, crowded, figures, small_figures
from modelreport.measure.summary import Summary, new_summary


def summary_of(values: np.ndarray) -> Summary:
    summary = new_summary(values.dtype.name)
    summary.add(values)
    return summary


def test_a_weight_multiplies_counts_and_leaves_shapes_alone() -> None:
    values = np.arange(10, dtype=np.float64)
    single, triple = (small_figures(values, codec("float64"), weight) for weight in (1, 3))
    repeated = small_figures(np.repeat(values, 3), codec("float64"))
    assert triple.quantiles == repeated.quantiles
    assert triple.special.zeros == 3
    assert triple.histogram == repeated.histogram
    assert (triple.mean, triple.std) == (single.mean, single.std)
    assert triple.norm == pytest.approx(repeated.norm)


def test_a_spike_at_zero_stays_in_one_bin() -> None:
    values = np.zeros(100_000, np.float32)
    values[:2] = [-1, 1]
    found = figures(summary_of(values))
    assert found.histogram is not None
    assert found.histogram.counts[BINS // 2] == 99_998


def test_numbers_crowded_far_from_zero_are_counted_again_in_equal_steps() -> None:
    values = (100 + np.random.default_rng(0).standard_normal(100_000)).astype(np.float32)
    summary = summary_of(values)
    evenly = crowded(summary)
    assert evenly is not None
    evenly.add(np.append(values, np.float32("nan")))
    found = figures(summary, evenly=evenly)
    assert found.histogram is not None
    expected = np.histogram(values.astype(np.float64), BINS)[0]
    assert np.abs(np.array(found.histogram.counts) - expected).sum() < 10
    assert np.allclose(found.quantiles, np.quantile(values, QUANTILES), atol=np.ptp(values) / 4096)


@pytest.mark.parametrize("values", [[-1.0, 1.0], [3.0, 3.0], [0.0, 1.0], [np.nan, np.inf]])
def test_other_numbers_need_no_second_pass(values: list[float]) -> None:
    assert crowded(summary_of(np.array(values, np.float32))) is None


def test_equal_steps_include_both_ends() -> None:
    steps = Evenly(1.0, 2.0)
    steps.add(np.array([1.0, 2.0]))
    assert (steps.counts[0], steps.counts[-1]) == (1, 1)


def test_a_summary_of_another_kind_is_refused() -> None:
    class Strange(Summary):
        def add(self, values: object) -> None: ...
        def merge(self, other: object) -> None: ...

    with pytest.raises(TypeError, match="Strange"):
        figures(Strange())

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.facts import Histogram, Skipped
from modelreport.render.charts.weight_ridgeline import _outline, heights, weight_ridgeline
from tests.factories import make_report, make_statistics, skipped_report
from tests.factories_deep import deep_arrays, report_of


def test_every_matrix_has_a_ridge_on_one_axis():
    report = make_report()
    chart = weight_ridgeline(report.structure, report.weights, report.trace)
    assert len(chart.layers) == len(chart.y.categories) == len(chart.rows) == 12
    assert {(layer.low, layer.high) for layer in chart.layers} == {(chart.x.low, chart.x.high)}
    assert chart.layers[-1].colour == "linear"


def test_the_title_names_the_narrowest_and_the_widest():
    report = make_report()
    chart = weight_ridgeline(report.structure, report.weights, report.trace)
    spread = {row[0]: float(row[2]) for row in chart.rows}
    for name in (min(spread, key=spread.get), max(spread, key=spread.get)):
        assert f"({name})" in chart.title


def test_the_title_speaks_of_all_weights_those_not_drawn_among_them():
    arrays = deep_arrays()
    arrays["blocks.4.mlp.up.weight"] *= 100
    report = report_of(arrays)
    chart = weight_ridgeline(report.structure, report.weights, report.trace)
    assert len(chart.rows) < len(arrays)
    assert chart.title.endswith("(blocks.4.mlp.up)")
    one = report_of({"a.weight": arrays["blocks.4.mlp.up.weight"]})
    assert weight_ridgeline(one.structure, one.weights, one.trace).title.startswith("a has a standard deviation of ")


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=80).filter(any), st.floats(-5, 5), st.floats(0.01, 5))
def test_heights_are_shares_of_the_highest(counts, low, size):
    found = heights(Histogram(low=low, high=low + size, counts=tuple(counts)), 20.0)
    assert max(found) == 1
    assert min(found) >= 0


def test_rebinning_keeps_the_shape():
    found = heights(Histogram(low=-1.0, high=1.0, counts=(1, 3)), 1.0)
    assert found[: len(found) // 2] == pytest.approx([1 / 3] * (len(found) // 2), abs=1e-3)
    assert set(found[len(found) // 2 :]) == {1.0}


def test_a_constant_tensor_is_one_peak():
    found = heights(Histogram(low=0.5, high=0.5, counts=(7,)), 1.0)
    assert sum(found) == 1
    assert found.index(1.0) == int(len(found) * 0.75)


def test_reasons_are_passed_on():
    report = skipped_report()
    assert weight_ridgeline(report.structure, report.weights, report.trace) is report.weights
    full = make_report()
    empty = msgspec.structs.replace(full.weights, tensors=())
    assert isinstance(weight_ridgeline(full.structure, empty, full.trace), Skipped)


def test_values_near_the_largest_float_do_not_overflow():
    full = make_report()
    huge = tuple(
        msgspec.structs.replace(
            each, quantiles=(-1.7e308,) * 4 + (0.0,) + (1.7e308,) * 4, minimum=-1.7e308, maximum=1.7e308,
            histogram=Histogram(low=-1.7e308, high=1.7e308, counts=(1, 2, 1)),
        )
        for each in full.weights.tensors
    )  # fmt: skip
    chart = weight_ridgeline(full.structure, msgspec.structs.replace(full.weights, tensors=huge), full.trace)
    assert all(0 <= value <= 1 for layer in chart.layers for value in layer.heights)


def test_a_few_values_far_out_do_not_make_the_ridge_a_box():
    rng = np.random.default_rng(0)
    values = rng.normal(0, 0.1, 20_000)
    values[:3] = 9.0
    heights = _outline(make_statistics("w", values), 0.35)
    plain = _outline(make_statistics("w", values[3:]), 0.35)
    assert max(abs(a - b) for a, b in zip(heights, plain, strict=True)) < 0.2
    assert len(set(heights)) > 60

import json

import msgspec

from modelreport.facts import Histogram, Skipped
from modelreport.render.charts.plotly import plotly_figure
from modelreport.render.charts.svg import svg
from modelreport.render.charts.tensor_histogram import tensor_histogram
from tests.factories import make_report


def statistics(**changes):
    return msgspec.structs.replace(make_report().weights.tensors[0], **changes)


def test_the_bins_are_those_measured():
    fact = statistics()
    chart = tensor_histogram(fact, 7)
    assert chart.id == "tensor-histogram-7"
    assert chart.layers[0].counts == fact.histogram.counts
    assert sum(int(row[1].replace(",", "")) for row in chart.rows) == fact.count
    assert not chart.y.log


def test_a_spike_makes_the_axis_logarithmic():
    chart = tensor_histogram(statistics(histogram=Histogram(low=-1, high=1, counts=(3, 4, 1_000_000, 2))))
    assert chart.y.log
    assert "log scale" in chart.y.title


def test_no_finite_values_is_said():
    assert isinstance(tensor_histogram(statistics(histogram=None)), Skipped)


def test_a_constant_tensor_and_extreme_values_are_drawn():
    for low, high in ((0.5, 0.5), (0.0, 0.0), (-1.7e308, 1.7e308), (5e-324, 1e-323)):
        chart = tensor_histogram(statistics(histogram=Histogram(low=low, high=high, counts=(1, 2, 3))))
        json.dumps(plotly_figure(chart), allow_nan=False)
        assert "nan" not in str(svg(chart))

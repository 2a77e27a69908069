import msgspec
import pytest

from modelreport.facts import QUANTILES, Skipped
from modelreport.render.charts.weight_heatmap import weight_heatmap
from tests.factories import make_report, skipped_report


def made():
    report = make_report()
    return weight_heatmap(report.structure, report.weights, report.trace)


def test_cells_are_minimum_quantiles_and_maximum():
    chart = made()
    assert len(chart.x.categories) == len(QUANTILES) + 2
    levels = chart.layers[0].levels
    assert len(levels) == len(chart.y.categories)
    assert all(0 <= level <= 1 for row in levels for level in row)
    assert all(list(row) == sorted(row) for row in levels)


def test_marks_say_what_the_levels_stand_for():
    marks = made().layers[0].marks
    assert [level for level, _ in marks] == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert marks[2][1] == "0"


def test_the_title_names_the_largest_weight():
    report = make_report()
    largest = max(
        (each for each in report.weights.tensors if "conv" in each.name or "downsample.0" in each.name),
        key=lambda each: max(abs(each.minimum), abs(each.maximum)),
    )
    assert made().title.endswith(f"in {largest.name.removesuffix('.weight')}")


def test_reasons_are_passed_on():
    report = skipped_report()
    assert weight_heatmap(report.structure, report.weights, report.trace) is report.weights
    full = make_report()
    empty = msgspec.structs.replace(full.weights, tensors=())
    assert isinstance(weight_heatmap(full.structure, empty, full.trace), Skipped)


def test_a_tensor_of_zeros_has_the_middle_colour():
    full = make_report()
    zero = tuple(
        msgspec.structs.replace(each, quantiles=(0.0,) * 9, minimum=0.0, maximum=0.0) for each in full.weights.tensors
    )
    chart = weight_heatmap(full.structure, msgspec.structs.replace(full.weights, tensors=zero), full.trace)
    assert {level for row in chart.layers[0].levels for level in row} == {0.5}

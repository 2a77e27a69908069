"""Pruning, as the page tells it."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from modelreport.facts import Pruning, Report, Skipped, Weights
from modelreport.render import format as text
from modelreport.render.weights.part import Told
from modelreport.render.weights.pruning import context
from tests.factories import hostile_report, make_report
from tests.factories_precision import make_values, with_formats, with_usual_formats

CONV = "layers.3.conv2.weight"


def told(report: Report) -> Told:
    assert isinstance(report.weights, Weights)
    made = context(report, report.weights)
    assert isinstance(made, Told)
    return made


def sentences(report: Report) -> list[str]:
    return [text.message(each) for each in told(report).sentences]


def with_conv(values: np.ndarray) -> Report:
    return with_formats(make_report(), {CONV: values})


def conv() -> np.ndarray:
    return make_values(make_report().structure)[CONV]


def test_the_line_compares_with_normal_values() -> None:
    line = text.message(told(with_usual_formats(make_report())).line)
    assert line.startswith("The larger half of the weights holds ")
    assert "(normal values: 92.9 %); 2:4 sparsity keeps" in line


def test_each_layer_has_a_row() -> None:
    table = told(with_usual_formats(make_report())).tables[0]
    assert len(table.rows) == 12
    first = table.rows[0]
    assert first.cells[0].text == "conv1.weight"
    assert first.cells[-2].text == "–"  # three inputs
    assert [column.title for column in table.columns[2:5]] == ["At 50 %", "At 80 %", "At 90 %"]


def sparse() -> np.ndarray:
    values = conv()
    groups = np.moveaxis(values, 1, -1).reshape(-1, 4)
    smallest = np.argsort(np.abs(groups), axis=1)[:, :2]
    np.put_along_axis(groups, smallest, 0, axis=1)
    out, inputs, *kernel = values.shape
    return np.ascontiguousarray(np.moveaxis(groups.reshape(out, *kernel, inputs), -1, 1))


def test_a_layer_with_the_pattern_is_named() -> None:
    report = with_conv(sparse())
    assert f"{CONV} is 2:4 sparse already." in sentences(report)
    row = next(row for row in told(report).tables[0].rows if row.cells[0].text == CONV)
    assert row.note == "2:4 sparse"
    both = with_formats(make_report(), {CONV: sparse(), "layers.2.conv2.weight": np.zeros((32, 32, 3, 3), np.float32)})
    assert isinstance(both.weights, Weights)
    assert isinstance(both.weights.pruning, Pruning)
    tensors = tuple(replace(each, two_four=True) for each in both.weights.pruning.tensors)
    report = replace(both, weights=replace(both.weights, pruning=replace(both.weights.pruning, tensors=tensors)))
    assert any(s.startswith("12 of 12 weight matrices are 2:4 sparse already") for s in sentences(report))
    assert "2:4 sparsity" not in text.message(told(report).line)


def test_a_layer_that_is_mostly_zero_is_named() -> None:
    values = conv()
    values[np.random.default_rng(0).random(values.shape) < 0.7] = 0
    assert any(s.startswith(f"{CONV} is zero at 69.9 %") for s in sentences(with_conv(values)))
    other = {CONV: values, "layers.2.conv2.weight": values[:32, :32]}
    assert any(
        s.startswith("2 weight matrices are zero at half") for s in sentences(with_formats(make_report(), other))
    )


def test_the_layers_that_lose_most_and_least_are_named() -> None:
    said = sentences(with_conv(conv() * np.float32(0.01)))
    assert any(CONV in s and "threshold that removes half of all weights" in s for s in said)


def test_hostile_names_are_only_text() -> None:
    made = told(with_formats(hostile_report()))
    assert all("\u202e" not in cell.text for row in made.tables[0].rows for cell in row.cells)


def test_without_pruning_there_is_a_reason() -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    assert isinstance(context(report, report.weights), Skipped)

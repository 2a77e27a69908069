"""The map of layers by number format."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from modelreport.facts import Precision, Report, Scheme, SchemeError, Skipped, TensorPrecision, Weights
from modelreport.options import RenderOptions
from modelreport.render.charts.precision_map import (
    LEGEND,
    ROWS,
    SHORT,
    decibels,
    layers_of,
    outcome,
    precision_map,
    scheme_of,
)
from modelreport.render.charts.spec import Chart, Heat
from modelreport.render.language import tell
from modelreport.render.setting import under
from tests.factories import make_report, skipped_report
from tests.factories_precision import make_values, with_formats, with_usual_formats


def precision_of(report: Report) -> Precision:
    assert isinstance(report.weights, Weights)
    assert isinstance(report.weights.precision, Precision)
    return report.weights.precision


def drawn(report: Report) -> tuple[Chart, Heat]:
    chart = precision_map(report.weights)
    assert isinstance(chart, Chart)
    (heat,) = chart.layers
    assert isinstance(heat, Heat)
    return chart, heat


def usual() -> Report:
    return with_usual_formats(make_report())


def test_the_title_is_the_outcome() -> None:
    chart, _ = drawn(usual())
    channel, tensor = (scheme_of(precision_of(usual()), each) for each in ("int8_channel", "int8_tensor"))
    assert channel
    assert channel.sqnr_db
    assert tensor
    assert tensor.sqnr_db
    assert (
        chart.title
        == f"int8 per output channel keeps {channel.sqnr_db:.1f} dB, one scale per tensor {tensor.sqnr_db:.1f} dB"
    )
    assert LEGEND in chart.caption


def test_every_layer_and_format_has_its_cell() -> None:
    chart, heat = drawn(usual())
    precision = precision_of(usual())
    assert chart.x.categories == tuple(SHORT[each.id] for each in precision.schemes)
    assert len(chart.y.categories) == len(layers_of(precision)) == 12
    row, column = chart.y.categories.index("fc"), chart.x.categories.index("int8")
    layer = next(each for each in precision.tensors if each.name == "fc.weight")
    error = next(each for each in layer.errors if each.scheme == "int8_tensor")
    assert error.sqnr_db is not None
    assert heat.levels[row][column] == pytest.approx((error.sqnr_db - 10) / 40, abs=1e-3)
    assert heat.hover[row][column].startswith(f"fc\nint8, one scale per tensor: {error.sqnr_db:.1f} dB")
    assert chart.rows[row][column + 1] == f"{error.sqnr_db:.1f}"


def test_overflow_and_zeros_are_told_on_the_cell() -> None:
    values = make_values(make_report().structure)["fc.weight"]
    values[0, 0] = 1e6
    chart, heat = drawn(with_formats(make_report(), {"fc.weight": values}))
    cell = heat.hover[chart.y.categories.index("fc")][chart.x.categories.index("fp16")]
    assert "1 beyond its range" in cell
    assert "become zero" in heat.hover[chart.y.categories.index("fc")][chart.x.categories.index("int8")]


def test_what_loses_nothing_has_the_full_colour_and_a_word() -> None:
    rounded = make_values(make_report().structure)["fc.weight"].astype(np.float16).astype(np.float32)
    chart, heat = drawn(with_formats(make_report(), {"fc.weight": rounded}))
    row, column = chart.y.categories.index("fc"), chart.x.categories.index("fp16")
    assert heat.levels[row][column] == 1.0
    assert chart.rows[row][column + 1] == "lossless"
    assert "nothing changes" in heat.hover[row][column]


def test_a_format_that_was_not_tried_leaves_its_cell_empty() -> None:
    report = usual()
    precision = precision_of(report)
    tensors = tuple(replace(t, errors=tuple(e for e in t.errors if e.scheme != "fp16")) for t in precision.tensors)
    assert isinstance(report.weights, Weights)
    weights = replace(report.weights, precision=replace(precision, tensors=tensors))
    chart, heat = drawn(replace(report, weights=weights))
    column = chart.x.categories.index("fp16")
    assert {line[column] for line in heat.levels} == {None}
    assert "stored so already" in heat.hover[0][column]
    assert chart.rows[0][column + 1] == "–"


def error(ratio: float | None, scheme: str = "int8_tensor") -> SchemeError:
    return SchemeError(scheme=scheme, overflow=0, underflow=0, sqnr_db=ratio, size_bytes=1)


def test_of_many_layers_those_that_lose_most_stay() -> None:
    layers = tuple(
        TensorPrecision(name=f"{i:03}.weight", errors=(error(8.0 if i in (77, 501) else 40.0),)) for i in range(600)
    )
    scheme = Scheme(id="int8_tensor", title="int8", size_bytes=1, tensors=600, overflow=0, underflow=0, sqnr_db=40.0)
    weights = Weights(tensors=(), read_bytes=0, precision=Precision(schemes=(scheme,), tensors=layers))
    chart = precision_map(weights)
    assert isinstance(chart, Chart)
    assert len(chart.y.categories) == ROWS
    assert {"077", "501"} <= set(chart.y.categories)
    assert list(chart.y.categories) == sorted(chart.y.categories)
    assert "48 of 600" in chart.caption


def test_without_values_or_matrices_there_is_a_reason() -> None:
    assert isinstance(precision_map(skipped_report().weights), Skipped)
    assert isinstance(precision_map(make_report().weights), Skipped)
    empty = Weights(tensors=(), read_bytes=0, precision=Precision(schemes=(), tensors=()))
    assert isinstance(precision_map(empty), Skipped)


def test_words_for_ratios_and_outcomes() -> None:
    assert (decibels(None), decibels(error(None)), decibels(error(31.25))) == ("–", "lossless", "31.2")
    assert outcome(Precision(schemes=(), tensors=())) == "What narrower formats leave of the weights"


def test_the_outcome_of_both_scales_is_one_sentence_in_every_language() -> None:
    schemes = tuple(
        Scheme(id=name, title=name, size_bytes=1, tensors=1, overflow=0, underflow=0, sqnr_db=decibels)
        for name, decibels in (("int8_channel", 42.16), ("int8_tensor", 39.2))
    )
    with under(RenderOptions(lang="zh")):
        said = tell(outcome(Precision(schemes=schemes, tensors=())))
    assert said == "每个输出通道一个缩放系数的 int8 保留 42.2 dB，每个张量一个缩放系数时为 39.2 dB"

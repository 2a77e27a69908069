from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from modelreport.facts import ColumnFigures, Item, Report, ScaleFigures, Units, Weights
from modelreport.render.format import message
from tests.factories import skipped_report
from tests.judge.cases import finding, plain_report, with_array, with_fact, with_values

RULES = ("W001", "W002", "W003", "W006", "W007", "W009")


@pytest.mark.parametrize("rule", RULES)
def test_a_healthy_model_is_clean_and_one_without_values_is_not_checked(rule: str) -> None:
    assert finding(plain_report(), rule).state == "clean"
    assert finding(skipped_report(), rule).state == "not_checked"


@pytest.mark.parametrize("changes", [{"nan": 1}, {"positive_infinity": 2}, {"negative_infinity": 1}])
def test_a_single_non_finite_value_is_an_error(changes: dict[str, Any]) -> None:
    found = finding(with_values(plain_report(), "fc.weight", **changes), "W001")
    assert (found.state, found.severity, found.evidence[0].name) == ("found", "error", "fc.weight")


def test_the_tensor_with_the_most_non_finite_values_is_named_first() -> None:
    report = with_values(with_values(plain_report(), "fc.bias", nan=2), "fc.weight", nan=3)
    assert finding(report, "W001").message.values["worst"] == "fc.weight"


def test_minus_infinity_in_a_mask_is_no_error() -> None:
    mask = with_values(plain_report(), "bn1.running_mean", negative_infinity=6, zeros=10, count=16)
    assert finding(mask, "W001").state == "clean"
    weight = with_values(plain_report(), "bn1.weight", negative_infinity=6, zeros=10, count=16)
    assert finding(weight, "W001").state == "found"


def test_an_infinite_constant_of_a_graph_is_where_a_maximum_begins() -> None:
    """As JAX exports the reduction; a constant with some infinite values is no such thing."""
    report = with_fact(plain_report(), "bn1.running_mean", role="constant")
    begin = with_values(report, "bn1.running_mean", negative_infinity=16, zeros=0, count=16)
    assert finding(begin, "W001").state == "clean"
    some = with_values(report, "bn1.running_mean", negative_infinity=3, zeros=0, count=16)
    assert finding(some, "W001").state == "found"


def with_hidden_rows(name: str, count: int = 640, **changes: Any) -> Report:
    """The report with rows of -inf in a table of 10 × 64."""
    return with_values(plain_report(), name, **({"negative_infinity": count, "constant_channels": 2} | changes))


def test_a_row_of_minus_infinity_in_a_table_of_biases_says_where_not_to_look() -> None:
    """Graphormer's bias by distance: the row of the padding. The same in a matrix that is multiplied is an error."""
    table = with_fact(with_hidden_rows("fc.weight", 128), "fc.weight", module="attention.spatial_embedding")
    assert finding(table, "W001").state == "found", "by its name it is a layer"
    types = {m.path: m for m in table.structure.modules}
    modules = tuple(replace(m, type="Gather") if m.path == "fc" else m for m in types.values())
    report = replace(with_hidden_rows("fc.weight", 128), structure=replace(table.structure, modules=modules))
    report = with_fact(report, "fc.weight", module="fc")
    assert finding(report, "W001").state == "clean"
    for changes in (
        {"negative_infinity": 127},
        {"negative_infinity": 640, "constant_channels": 10},
        {"constant_channels": 1},
        {"zero_channels": 2},
        {"nan": 1},
        {"positive_infinity": 64},
    ):
        assert finding(with_values(report, "fc.weight", **changes), "W001").state == "found", changes


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_a_constant_matrix_is_found(value: float) -> None:
    found = finding(with_array(plain_report(), "fc.weight", np.full((10, 64), value)), "W002")
    assert (found.state, found.evidence[0].name) == ("found", "fc.weight")
    assert message(found.message) == "fc.weight has one value throughout, one of 12 weight matrices."


def test_matrices_that_weight_decay_brought_to_nothing_are_found() -> None:
    """LocalMapper's last attention layers, which nothing uses, end at 6e-39."""
    rng = np.random.default_rng(0)
    small = with_array(plain_report(), "fc.weight", rng.uniform(-6e-39, 6e-39, (10, 64)))
    found = finding(small, "W002")
    assert message(found.message) == "1 of 12 weight matrices has vanished: no value reaches 1e-12."
    assert [e.name for e in found.evidence] == ["fc.weight"]
    both = finding(with_array(small, "layers.0.conv1.weight", np.zeros((16, 16, 3, 3))), "W002")
    assert message(both.message) == (
        "layers.0.conv1.weight has one value throughout, one of 12 weight matrices; 1 of 12 weight matrices has "
        "vanished: no value reaches 1e-12."
    )
    assert finding(with_array(plain_report(), "fc.weight", rng.normal(0, 1e-8, (10, 64))), "W002").state == "clean"


@pytest.mark.parametrize("table", ["attn.relative_position_bias_table", "rg_lru.input_gate_bias"])
def test_a_table_of_positions_and_a_bias_may_begin_at_zero(table: str) -> None:
    report = with_array(plain_report(), "fc.weight", np.zeros((10, 64)))
    assert isinstance(report.weights, Weights)
    facts = tuple(replace(t, name=table) if t.name == "fc.weight" else t for t in report.structure.tensors)
    values = tuple(replace(t, name=table) if t.name == "fc.weight" else t for t in report.weights.tensors)
    report = replace(
        report,
        structure=replace(report.structure, tensors=facts),
        weights=replace(report.weights, tensors=values),
    )
    assert finding(report, "W002").state == "clean"


def test_constant_biases_and_scales_are_no_sign_of_anything() -> None:
    report = with_array(plain_report(), "fc.bias", np.zeros(10))
    assert finding(with_array(report, "bn1.weight", np.ones(16)), "W002").state == "clean"


@pytest.mark.parametrize(("dead", "severity"), [(8, "warning"), (1, "note")])
def test_dead_channels_are_a_warning_when_they_are_many(dead: int, severity: str) -> None:
    found = finding(with_values(plain_report(), "layers.3.conv1.weight", zero_channels=dead, channels=64), "W003")
    assert (found.state, found.severity, found.message.values["dead_count"]) == ("found", severity, dead)


def with_scales(report: Report, zero: int) -> Report:
    """The report with the figures of one normalisation of 16 channels."""
    assert isinstance(report.weights, Weights)
    made = ScaleFigures(name="bn1.weight", kind="batch", channels=16, scales=(1.0,) * 5, zero=zero, weak=zero)
    return replace(report, weights=replace(report.weights, units=Units(scales=(made,))))


def test_scales_of_zero_are_counted_apart_from_output_channels() -> None:
    found = finding(with_scales(plain_report(), 4), "W003")
    assert (found.state, found.severity, [e.name for e in found.evidence]) == ("found", "warning", ["bn1.weight"])
    assert message(found.message) == "4 of 16 scales of normalisations (25 %) are zero, in 1 layer."
    both = finding(with_values(with_scales(plain_report(), 4), "fc.weight", zero_channels=1), "W003")
    assert [e.name for e in both.evidence] == ["fc.weight", "bn1.weight"]
    channels = sum(t.shape[0] for t in plain_report().structure.tensors if len(t.shape) > 1)
    assert message(both.message).startswith(f"1 of {channels} output channels (")
    assert "; 4 of 16 scales" in message(both.message)


def test_what_is_clean_is_counted_by_kind() -> None:
    channels = sum(t.shape[0] for t in plain_report().structure.tensors if len(t.shape) > 1)
    words = f"None of {channels} output channels is entirely zero"
    assert message(finding(plain_report(), "W003").message) == f"{words}."
    scaled = finding(with_scales(plain_report(), 0), "W003")
    assert message(scaled.message) == f"{words}, and none of 16 scales of normalisations."


def test_filters_that_are_computed_have_no_dead_channels() -> None:
    report = with_values(plain_report(), "conv1.weight", zero_channels=2)
    assert finding(report, "W003").state == "found"
    facts = tuple(replace(t, name=t.name.replace("conv1", "stft")) for t in report.structure.tensors)
    assert isinstance(report.weights, Weights)
    values = tuple(replace(t, name=t.name.replace("conv1", "stft")) for t in report.weights.tensors)
    renamed = replace(report, structure=replace(report.structure, tensors=facts))
    renamed = replace(renamed, weights=replace(report.weights, tensors=values))
    assert finding(renamed, "W003").state == "clean"


def test_one_tensor_with_nan_is_named_in_the_sentence() -> None:
    found = finding(with_values(plain_report(), "fc.weight", nan=3), "W001")
    assert message(found.message) == "fc.weight holds NaN or infinite values, 3 of its 640."


def test_a_layer_that_begins_with_scales_of_zero_has_no_dead_channels() -> None:
    assert finding(with_scales(plain_report(), 16), "W003").state == "clean"


def test_zero_rows_of_an_embedding_are_padding() -> None:
    report = plain_report()
    modules = tuple(replace(m, type="Embedding") if m.path == "fc" else m for m in report.structure.modules)
    report = replace(report, structure=replace(report.structure, modules=modules))
    assert finding(with_values(report, "fc.weight", zero_channels=1), "W003").state == "clean"


@pytest.mark.parametrize(
    ("dtype", "maximum", "state"),
    [
        ("float32", 70000.0, "found"),
        ("float32", 65504.0, "clean"),
        ("float32", 3.4e38, "clean"),
        ("float16", 60000.0, "found"),
        ("float16", 30000.0, "clean"),
        ("float8_e4m3fn", 448.0, "clean"),
    ],
)
def test_values_are_compared_with_the_range_of_float16(dtype: str, maximum: float, state: str) -> None:
    report = with_values(with_fact(plain_report(), "fc.weight", dtype=dtype), "fc.weight", maximum=maximum)
    assert finding(report, "W006").state == state


@pytest.mark.parametrize(
    ("dtype", "subnormals", "state"),
    [("float32", 60, "found"), ("float32", 10, "clean"), ("float16", 60, "clean"), ("float16", 100, "found")],
)
def test_many_subnormal_values_are_noted(dtype: str, subnormals: int, state: str) -> None:
    report = with_values(with_fact(plain_report(), "fc.weight", dtype=dtype), "fc.weight", subnormals=subnormals)
    assert finding(report, "W007").state == state


def test_unread_tensors_are_listed_with_their_reasons() -> None:
    report = plain_report()
    assert isinstance(report.weights, Weights)
    weights = replace(report.weights, unread=(Item(name="lost", value="it is on the meta device"),))
    found = finding(replace(report, weights=weights), "W009")
    assert (found.state, found.evidence[0].name) == ("found", "lost")


def test_a_folder_without_any_values_on_purpose_is_told_how_to_have_them_checked() -> None:
    report = plain_report()
    assert isinstance(report.weights, Weights)
    lost = (Item(name="lost", value="the file is not here"),)
    headers = finding(replace(report, weights=replace(report.weights, tensors=(), unread=lost)), "W009")
    partly = finding(replace(report, weights=replace(report.weights, unread=lost)), "W009")
    assert headers.severity == "note"
    assert "weights beside it" in headers.advice
    assert (partly.severity, partly.advice) == (
        "warning",
        "Save the checkpoint again with all of its values in the file.",
    )


def test_dead_columns_of_a_layer_whose_units_lie_there_are_dead_channels() -> None:
    report = plain_report()
    assert isinstance(report.weights, Weights)
    across = ColumnFigures(name="layers.3.conv1.weight", units=32, zero=4, zeros=(1, 2, 3, 4))
    found = finding(replace(report, weights=replace(report.weights, units=Units(columns=(across,)))), "W003")
    assert (found.state, found.severity, found.message.values["dead_count"]) == ("found", "warning", 4)


def test_a_weight_of_a_graph_is_known_by_its_operator_and_not_by_its_name() -> None:
    report = plain_report()
    modules = tuple(replace(m, type="Conv") if m.type == "Conv2d" else m for m in report.structure.modules)
    name = "layers.3.conv1.weight"
    facts = tuple(replace(t, name="onnx::Conv_7") if t.name == name else t for t in report.structure.tensors)
    report = with_values(report, name, zero_channels=9, channels=64)
    assert isinstance(report.weights, Weights)
    values = tuple(replace(t, name="onnx::Conv_7") if t.name == name else t for t in report.weights.tensors)
    report = replace(
        report,
        structure=replace(report.structure, modules=modules, tensors=facts),
        weights=replace(report.weights, tensors=values),
    )
    assert finding(report, "W003").evidence[0].name == "onnx::Conv_7"

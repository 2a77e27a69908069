from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from modelreport.facts import (
    ColumnFigures,
    EmbeddingRows,
    Item,
    Message,
    Outline,
    Pattern,
    Report,
    RowCopy,
    RowFigures,
    ScaleFigures,
    Skipped,
    Units,
    Weights,
    ZeroRun,
)
from tests.factories import make_report, skipped_report
from tests.judge.cases import finding, plain_report, trace_of, with_fact, with_values

RULES = ("W020", "W021", "W022", "W023", "W024", "W025")
CONV, NORM = "layers.3.conv1.weight", "bn1.weight"
NORMS = (1.0, 1.0, 1.0, 1.0, 1.0)


def with_units(report: Report, **changes: Any) -> Report:
    """The report with these units, and none besides."""
    assert isinstance(report.weights, Weights)
    return replace(report, weights=replace(report.weights, units=Units(**changes)))


def with_rows(report: Report, name: str, **changes: Any) -> Report:
    return with_values(report, name, rows=RowFigures(norms=NORMS, outlier_ratio=1.0, **changes))


def with_heads(report: Report, path: str, heads: int, width: int) -> Report:
    values = (Item(name="heads", value=str(heads)), Item(name="head width", value=str(width)))
    pattern = Pattern(kind="attention", path=path, count=1, values=values, proof=Message(text="made"))
    return replace(report, outline=Outline(patterns=(pattern,)))


def clean() -> Report:
    return with_units(with_heads(plain_report(), "layers.3", 4, 16))


@pytest.mark.parametrize("rule", RULES)
def test_a_healthy_model_is_clean_and_one_without_values_is_not_checked(rule: str) -> None:
    assert finding(clean(), rule).state == "clean"
    assert finding(skipped_report(), rule).state == "not_checked"


@pytest.mark.parametrize("rule", ["W022", "W023", "W024", "W025"])
def test_units_that_were_not_looked_at_are_not_checked(rule: str) -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    left = replace(report, weights=replace(report.weights, units=Skipped(stage="measure", reason="No time.")))
    assert finding(left, rule).message.values["reason"] == "No time."


@pytest.mark.parametrize(("count", "severity"), [(2, "note"), (10, "warning")])
def test_equal_units_are_a_warning_when_they_are_many(count: int, severity: str) -> None:
    report = with_rows(clean(), CONV, identical=count, groups=((3, 9),))
    found = finding(report, "W020")
    assert (found.state, found.severity, found.evidence[0].name) == ("found", severity, CONV)
    assert found.message.values["unit_count"] == count


def test_a_fixed_filter_for_every_channel_is_no_repeat() -> None:
    report = with_rows(clean(), CONV, identical=63, groups=((0, 1),))
    assert finding(report, "W020").state == "found"
    assert finding(with_fact(report, CONV, shape=(64, 1, 3, 3)), "W020").state == "clean"


def test_rows_of_integers_and_of_embeddings_are_no_units() -> None:
    report = with_rows(clean(), CONV, identical=5, groups=((3, 9),))
    assert finding(with_fact(report, CONV, dtype="int8"), "W020").state == "clean"
    modules = tuple(replace(m, type="Embedding") for m in report.structure.modules)
    assert finding(replace(report, structure=replace(report.structure, modules=modules)), "W020").state == "clean"


def test_units_that_lie_in_columns_are_told_by_their_columns() -> None:
    across = ColumnFigures(name=CONV, units=32, zero=0, identical=3, groups=((1, 2, 3, 4),))
    found = finding(with_units(with_rows(clean(), CONV, identical=50), columns=(across,)), "W020")
    assert (found.message.values["unit_count"], found.severity) == (3, "warning")


def test_a_repeated_head_is_told_as_a_head_and_not_as_units() -> None:
    copy = RowCopy(first=16, copy=48, rows=16)
    report = with_rows(clean(), CONV, identical=16, copies=(copy,), groups=((16, 48),))
    found = finding(report, "W021")
    assert (found.state, found.severity) == ("found", "warning")
    detail = found.evidence[0].detail
    assert detail is not None
    assert (detail.values["first"], detail.values["second"]) == (1, 3)
    assert finding(report, "W020").state == "clean"


@pytest.mark.parametrize("copy", [(16, 40, 16), (16, 48, 15), (17, 49, 16)])
def test_a_run_that_is_no_whole_head_is_not_called_one(copy: tuple[int, int, int]) -> None:
    first, second, rows = copy
    run = RowCopy(first=first, copy=second, rows=rows)
    report = with_rows(clean(), CONV, identical=rows, copies=(run,), groups=((first, second),))
    assert finding(report, "W021").state == "clean"
    assert finding(report, "W020").state == "found"


def test_a_pattern_names_the_heads_of_every_depth() -> None:
    copy = RowCopy(first=0, copy=16, rows=16)
    report = with_rows(with_heads(clean(), "layers.0", 4, 16), CONV, identical=16, copies=(copy,), groups=((0, 16),))
    assert finding(report, "W021").state == "found"
    assert finding(with_heads(report, "encoder.0", 4, 16), "W021").state == "not_checked"
    assert finding(replace(report, outline=Outline()), "W021").state == "clean"


def test_experts_stacked_in_one_tensor_are_compared_as_slices() -> None:
    name = "layers.3.experts.weight"
    report = with_rows(clean(), CONV, identical=1, groups=((2, 5),))
    facts = tuple(replace(t, name=name if t.name == CONV else t.name) for t in report.structure.tensors)
    assert isinstance(report.weights, Weights)
    values = tuple(replace(t, name=name if t.name == CONV else t.name) for t in report.weights.tensors)
    report = replace(
        report,
        structure=replace(report.structure, tensors=facts),
        weights=replace(report.weights, tensors=values),
    )
    found = finding(report, "W021")
    assert found.state == "found"
    assert found.evidence[0].name == name
    assert finding(report, "W020").state == "clean"


def scales(**changes: Any) -> ScaleFigures:
    return ScaleFigures(
        **({"name": NORM, "kind": "batch", "channels": 100, "scales": NORMS, "zero": 0, "weak": 0} | changes)
    )


def test_weak_channels_are_a_note_from_one_in_a_hundred() -> None:
    found = finding(with_units(clean(), scales=(scales(weak=1),)), "W022")
    assert (found.state, found.severity, found.message.values["weak_count"]) == ("found", "note", 1)
    assert finding(with_units(clean(), scales=(scales(weak=1), scales(channels=400))), "W022").state == "clean"
    assert finding(with_units(clean(), scales=(scales(weak=6), scales(channels=4000))), "W022").state == "found"


def test_zero_scales_are_dead_and_not_prunable_and_layer_norms_are_neither() -> None:
    assert finding(with_units(clean(), scales=(scales(weak=9, zero=9),)), "W022").state == "clean"
    assert finding(with_units(clean(), scales=(scales(weak=9, kind="other"),)), "W022").state == "clean"


@pytest.mark.parametrize(("shut", "severity"), [(3, "note"), (30, "warning")])
def test_channels_shut_by_a_relu_are_found_where_the_pass_shows_one(shut: int, severity: str) -> None:
    report = with_units(clean(), scales=(scales(shut=shut, shut_units=(7,)),))
    found = finding(report, "W023")
    assert (found.state, found.severity, found.message.values["shut_count"]) == ("found", severity, shut)


def test_a_norm_that_something_else_reads_too_is_not_shut() -> None:
    report = with_units(clean(), scales=(scales(shut=30, shut_units=(7,)),))
    trace = trace_of(report)
    renamed = tuple(replace(o, name="gelu") if o.name == "relu" else o for o in trace.operations)
    assert finding(replace(report, trace=replace(trace, operations=renamed)), "W023").state == "clean"
    missing = Skipped(stage="trace", reason="It was switched off.")
    assert finding(replace(report, trace=missing), "W023").state == "not_checked"


def rows(**changes: Any) -> EmbeddingRows:
    return EmbeddingRows(**({"name": "emb.weight", "rows": 10_000, "width": 64} | changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"untrained": 500, "how": "together", "reserved": 300}, "the vocabulary reserves"),
        ({"untrained": 500, "how": "initialised"}, "as they were initialised"),
        ({"identical": 500}, "equal another row"),
    ],
)
def test_untrained_rows_are_a_note_that_says_how_it_is_known(changes: dict[str, Any], words: str) -> None:
    found = finding(with_units(clean(), embeddings=(rows(**changes),)), "W024")
    assert (found.state, found.severity) == ("found", "note")
    assert words in found.message.text
    assert found.message.values["row_count"] == 500


def test_tokens_that_are_known_are_named() -> None:
    table = rows(untrained=500, how="together", indices=(4, 9), tokens=("[unused1]", ""), low=0.4, high=0.5, median=1.0)
    detail = finding(with_units(clean(), embeddings=(table,)), "W024").evidence[0].detail
    assert detail is not None
    assert detail.text.endswith("; such as {token_0}")
    assert detail.values["token_0"] == "[unused1]"


def test_a_few_special_tokens_are_normal() -> None:
    assert finding(with_units(clean(), embeddings=(rows(untrained=9, how="together"),)), "W024").state == "clean"


def test_a_part_that_was_never_written_is_a_warning() -> None:
    run = ZeroRun(name=CONV, first=500, count=5000, total=10_000, outside=0, following_bytes=1 << 20)
    found = finding(with_units(clean(), runs=(run,)), "W025")
    assert (found.state, found.severity, found.evidence[0].name) == ("found", "warning", CONV)

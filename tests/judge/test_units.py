from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from modelreport.facts import (
    EmbeddingRows,
    Report,
    ScaleFigures,
    Skipped,
    Units,
    Weights,
    ZeroRun,
)
from modelreport.render.format import message
from tests.factories import make_report, skipped_report
from tests.judge.cases import finding, plain_report, trace_of

RULES = ("W022", "W023", "W024", "W025")
CONV, NORM = "layers.3.conv1.weight", "bn1.weight"
NORMS = (1.0, 1.0, 1.0, 1.0, 1.0)


def with_units(report: Report, **changes: Any) -> Report:
    """The report with these units, and none besides."""
    assert isinstance(report.weights, Weights)
    return replace(report, weights=replace(report.weights, units=Units(**changes)))


def clean() -> Report:
    return with_units(plain_report())


@pytest.mark.parametrize("rule", RULES)
def test_a_model_without_such_units_has_none_to_check_and_one_without_values_is_not_checked(rule: str) -> None:
    assert finding(clean(), rule).state == ("clean" if rule == "W025" else "not_applicable")
    assert finding(skipped_report(), rule).state == "not_checked"


@pytest.mark.parametrize("rule", ["W022", "W023", "W024", "W025"])
def test_units_that_were_not_looked_at_are_not_checked(rule: str) -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    left = replace(report, weights=replace(report.weights, units=Skipped(stage="measure", reason="No time.")))
    assert finding(left, rule).message.values["reason"] == "No time."


def scales(**changes: Any) -> ScaleFigures:
    return ScaleFigures(
        **({"name": NORM, "kind": "batch", "channels": 100, "scales": NORMS, "zero": 0, "weak": 0} | changes)
    )


def test_healthy_scales_and_rows_are_clean() -> None:
    report = with_units(clean(), scales=(scales(),), embeddings=(rows(),))
    assert [finding(report, rule).state for rule in ("W022", "W023", "W024")] == ["clean"] * 3


def test_weak_channels_are_a_note_from_one_in_a_hundred() -> None:
    found = finding(with_units(clean(), scales=(scales(weak=1),)), "W022")
    assert (found.state, found.severity, found.message.values["weak_count"]) == ("found", "note", 1)
    assert finding(with_units(clean(), scales=(scales(weak=1), scales(channels=400))), "W022").state == "clean"
    assert finding(with_units(clean(), scales=(scales(weak=6), scales(channels=4000))), "W022").state == "found"


def test_one_weak_channel_of_a_small_layer_is_not_worth_a_note() -> None:
    report = with_units(clean(), scales=(scales(weak=1, channels=16), scales(channels=800)))
    found = finding(report, "W022")
    assert (found.state, message(found.message)) == ("clean", "Only 1 of 816 normalised channels has next to no scale.")


def test_zero_scales_are_dead_and_not_prunable_and_layer_norms_are_neither() -> None:
    assert finding(with_units(clean(), scales=(scales(weak=9, zero=9),)), "W022").state == "clean"
    assert finding(with_units(clean(), scales=(scales(weak=9, kind="other"),)), "W022").state == "not_applicable"


@pytest.mark.parametrize(("shut", "severity"), [(3, "note"), (30, "warning")])
def test_channels_shut_by_a_relu_are_found_where_the_pass_shows_one(shut: int, severity: str) -> None:
    report = with_units(clean(), scales=(scales(shut=shut, shut_units=(7,)),))
    found = finding(report, "W023")
    assert (found.state, found.severity, found.message.values["shut_count"]) == ("found", severity, shut)


def test_a_norm_that_something_else_reads_too_is_not_shut() -> None:
    report = with_units(clean(), scales=(scales(shut=30, shut_units=(7,)),))
    trace = trace_of(report)
    renamed = tuple(replace(o, name="gelu") if o.name == "relu" else o for o in trace.operations)
    assert finding(replace(report, trace=replace(trace, operations=renamed)), "W023").state == "not_applicable"
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
        ({"zero": 501}, "are all zero"),
        ({"zero": 2501, "zero_tail": 2000}, "are all zero"),
    ],
)
def test_untrained_rows_are_a_note_that_says_how_it_is_known(changes: dict[str, Any], words: str) -> None:
    found = finding(with_units(clean(), embeddings=(rows(**changes),)), "W024")
    assert (found.state, found.severity) == ("found", "note")
    assert words in found.message.text
    assert found.message.values["row_count"] in (500, 2500)


def test_tokens_that_are_known_are_named() -> None:
    table = rows(untrained=500, how="together", indices=(4, 9), tokens=("[unused1]", ""), low=0.4, high=0.5, median=1.0)
    detail = finding(with_units(clean(), embeddings=(table,)), "W024").evidence[0].detail
    assert detail is not None
    assert detail.text.endswith("; such as {token_0}")
    assert detail.values["token_0"] == "[unused1]"


def test_the_first_row_of_zeros_is_named() -> None:
    table = rows(zero=501, zero_rows=(17, 90))
    detail = finding(with_units(clean(), embeddings=(table,)), "W024").evidence[0].detail
    assert detail is not None
    assert (detail.text, detail.values["first"]) == ("{row_count} rows are all zero, the first is {first}", 17)


def test_a_few_special_tokens_are_normal() -> None:
    assert finding(with_units(clean(), embeddings=(rows(untrained=9, how="together"),)), "W024").state == "clean"


def test_rows_of_zeros_at_the_end_are_padding() -> None:
    table = rows(zero=65, zero_tail=64)
    assert finding(with_units(clean(), embeddings=(table,)), "W024").state == "clean"


def test_a_part_that_was_never_written_is_a_warning() -> None:
    run = ZeroRun(name=CONV, first=500, count=5000, total=10_000, outside=0, following_bytes=1 << 20)
    found = finding(with_units(clean(), runs=(run,)), "W025")
    assert (found.state, found.severity, found.evidence[0].name) == ("found", "warning", CONV)

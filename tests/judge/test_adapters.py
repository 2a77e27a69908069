"""Adapters without effect or larger than their base are found; trained ones and plain models are not."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from modelreport.facts import AdapterDelta, AdapterEffect, Report, Skipped, Weights
from modelreport.render.format import message
from tests.factories import make_report
from tests.judge.cases import finding


def delta(target: str, relative: float | None = 0.02, *, fresh: bool = False) -> AdapterDelta:
    return AdapterDelta(target=target, rank=8, scale=2.0, norm=1.0, stable_rank=3.0, relative=relative, fresh=fresh)


def report_on(*deltas: AdapterDelta) -> Report:
    report = make_report()
    assert isinstance(report.weights, Weights)
    return replace(report, weights=replace(report.weights, adapter=AdapterEffect(kind="LoRA", deltas=deltas)))


def test_a_trained_adapter_is_clean() -> None:
    report = report_on(delta("a", 0.004), delta("b", 0.11))
    assert [finding(report, rule).state for rule in ("W045", "W046")] == ["clean", "clean"]
    assert finding(report, "W046").message.values["change_share"] == 0.11


def test_an_adapter_saved_before_training_is_found() -> None:
    found = finding(report_on(delta("a", 0.0, fresh=True), delta("b", 0.0, fresh=True)), "W045")
    assert (found.state, found.severity, found.evidence_count) == ("found", "warning", 2)
    assert found.message.text == "The adapter changes nothing: in {layer_count} layers, all it has, a factor is zero."


def test_single_layers_without_effect_are_noted() -> None:
    found = finding(report_on(delta("a"), delta("b", 0.0, fresh=True)), "W045")
    assert (found.state, found.severity) == ("found", "note")
    assert [each.name for each in found.evidence] == ["b"]


def test_a_change_larger_than_its_weight_is_found() -> None:
    found = finding(report_on(delta("a", 1.7), delta("b", 0.9), delta("c", 2.4)), "W046")
    assert (found.state, found.severity) == ("found", "warning")
    assert [each.name for each in found.evidence] == ["c", "a"]


def test_without_the_base_nothing_is_compared() -> None:
    found = finding(report_on(delta("a", None)), "W046")
    assert (found.state, "not at hand" in str(found.message.values)) == ("not_checked", True)


@pytest.mark.parametrize("rule", ["W045", "W046"])
def test_a_model_that_is_no_adapter_has_nothing_to_check(rule: str) -> None:
    found = finding(make_report(), rule)
    assert (found.state, message(found.message)) == ("not_applicable", "The weights are not those of an adapter.")


def test_a_part_that_failed_is_not_checked() -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    failed = Skipped(stage="measure", reason="This part failed: MemoryError: no message")
    report = replace(report, weights=replace(report.weights, adapter=failed))
    assert finding(report, "W045").state == "not_checked"

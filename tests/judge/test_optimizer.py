"""Findings on the optimizer's state and on averaged weights."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from modelreport.facts import (
    AverageDrift,
    Finding,
    Item,
    LayerUpdate,
    OptimizerEvidence,
    ParameterGroup,
    Report,
    Skipped,
    Weights,
)
from modelreport.render.format import message
from tests.factories import skipped_report
from tests.judge.cases import finding, plain_report

RULES = ["W050", "W051", "W052", "W053", "W054", "W055"]


def matrices(report: Report) -> list[str]:
    return [t.name for t in report.structure.tensors if len(t.shape) > 1]


def layer(name: str, **changes: Any) -> LayerUpdate:
    values: dict[str, Any] = {
        "step": 500, "gradient_rms": 1e-3, "momentum_rms": 1e-4, "update_ratio": 1e-3, "weight_rms": 0.05, "group": 0,
    }  # fmt: skip
    return LayerUpdate(name=name, **{**values, **changes})


def with_evidence(changes: dict[str, dict[str, Any]] | None = None, **fields: Any) -> Report:
    """A report with the state of an AdamW that trained every matrix well, changed for some."""
    report = plain_report()
    layers = tuple(layer(name, **(changes or {}).get(name, {})) for name in matrices(report))
    groups = (ParameterGroup(settings=(Item(name="eps", value="1e-08"),), parameters=len(layers), learning_rate=1e-3),)
    values: dict[str, Any] = {
        "kind": "AdamW", "layers": layers, "without_state": (), "outside": (), "groups": groups, "matched": "In order.",
    }  # fmt: skip
    assert isinstance(report.weights, Weights)
    return replace(report, weights=replace(report.weights, optimizer=OptimizerEvidence(**{**values, **fields})))


def found(report: Report, rule: str) -> Finding:
    result = finding(report, rule)
    assert result.state == "found", result
    return result


@pytest.mark.parametrize("rule", RULES)
def test_a_healthy_training_is_clean_and_a_file_without_an_optimizer_has_none_to_check(rule: str) -> None:
    assert finding(with_evidence(), rule).state == "clean"
    assert message(finding(plain_report(), rule).message) == "The file holds no optimizer state."
    assert finding(plain_report(), rule).state == "not_applicable"
    assert finding(skipped_report(), rule).state == "not_checked"


def test_a_gradient_that_was_always_zero_is_a_warning() -> None:
    name = matrices(plain_report())[2]
    result = found(with_evidence(zero_state=(name,)), "W050")
    assert (result.severity, [e.name for e in result.evidence]) == ("warning", [name])
    assert "1 of" in message(result.message)


def test_a_parameter_without_state_is_a_note_since_it_may_be_frozen() -> None:
    result = found(with_evidence(without_state=("extra.a", "extra.b")), "W050")
    assert (result.severity, result.evidence_count) == ("note", 2)
    assert "extra.a and others are as at the start" in message(result.message)


def test_parameters_outside_the_optimizer_are_frozen() -> None:
    report = plain_report()
    name = report.structure.tensors[0].name
    result = found(with_evidence(outside=(name,)), "W051")
    assert result.severity == "note"
    assert "was frozen" in message(result.message)
    assert message(result.message).count("9,408") or report.structure.tensors[0].count < 10**6


@pytest.mark.parametrize(("gradient", "word"), [(1e-8, "vanish"), (1e2, "explode")])
def test_a_gradient_far_from_the_median_is_a_warning(gradient: float, word: str) -> None:
    name = matrices(plain_report())[0]
    result = found(with_evidence({name: {"gradient_rms": gradient}}), "W052")
    assert (result.severity, [e.name for e in result.evidence]) == ("warning", [name])
    assert word in message(result.message)


def test_three_orders_of_magnitude_are_usual() -> None:
    name = matrices(plain_report())[0]
    assert finding(with_evidence({name: {"gradient_rms": 1e-6}}), "W052").state == "clean"


def test_gradients_below_epsilon_are_a_note() -> None:
    names = matrices(plain_report())
    result = found(with_evidence({name: {"gradient_rms": 2e-9} for name in names}), "W052")
    assert (result.severity, result.evidence_count) == ("note", len(names))
    assert "below epsilon" in message(result.message)


def test_few_matrices_have_no_median() -> None:
    report = with_evidence(layers=tuple(layer(name) for name in matrices(plain_report())[:3]))
    assert "Fewer than 5" in message(finding(report, "W052").message)


def test_a_large_update_counts_once_the_training_has_settled() -> None:
    name = matrices(plain_report())[1]
    result = found(with_evidence({name: {"update_ratio": 0.3}}), "W053")
    assert (result.severity, [e.name for e in result.evidence]) == ("warning", [name])
    assert finding(with_evidence({name: {"update_ratio": 0.3, "step": 20}}), "W053").state == "clean"
    assert finding(with_evidence({name: {"update_ratio": 0.09}}), "W053").state == "clean"


def test_a_bound_from_above_is_no_large_update_and_one_from_below_is() -> None:
    name = matrices(plain_report())[1]
    result = finding(with_evidence({name: {"update_ratio": 0.3, "update_told": "most"}}), "W053")
    assert result.state == "clean"
    assert "A step changes" in message(result.message)
    for told, words in {"usual": "a usual step changes it by 0.300", "least": "a step changes it by at least"}.items():
        result = found(with_evidence({name: {"update_ratio": 0.3, "update_told": told}}), "W053")
        assert message(result.message).startswith("A step changes 1 of")
        assert message(result.evidence[0].detail).startswith(words)


@pytest.mark.parametrize(
    ("told", "words"), [("usual", "by about 0.00100"), ("least", "by at least"), ("most", "by at most")]
)
def test_what_a_step_comes_to_is_told_as_what_is_known_of_it(told: str, words: str) -> None:
    names = matrices(plain_report())
    result = finding(with_evidence({name: {"update_told": told} for name in names}), "W053")
    assert (result.state, words in message(result.message)) == ("clean", True)


def test_without_updates_the_reason_is_given() -> None:
    names = matrices(plain_report())
    report = with_evidence({name: {"update_ratio": None} for name in names}, notes=("RMSprop needs it.",))
    assert message(finding(report, "W053").message) == "RMSprop needs it."


def test_a_state_with_nan_is_a_warning() -> None:
    result = found(with_evidence(non_finite=("a",)), "W054")
    assert (result.severity, result.evidence[0].name) == ("warning", "a")


def test_fewer_steps_than_the_others_are_noted() -> None:
    name = matrices(plain_report())[1]
    result = found(with_evidence({name: {"step": 100}}), "W055")
    assert (result.severity, result.evidence_count) == ("note", 1)
    assert "the 500 of the others" in message(result.message)


def with_average(**values: Any) -> Report:
    report = plain_report()
    assert isinstance(report.weights, Weights)
    drift = AverageDrift(key="ema", **values)
    return replace(report, weights=replace(report.weights, average=drift))


def test_an_average_equal_to_the_raw_weights_is_noted() -> None:
    result = found(with_average(layers=(("a", 0.0), ("b", 0.0)), equal=2), "W056")
    assert (result.severity, result.evidence[0].name) == ("note", "ema")


def test_an_average_that_moved_is_clean() -> None:
    report = with_average(layers=(("a", 0.01), ("b", 0.0)), equal=1)
    assert finding(report, "W056").state == "clean"
    assert finding(plain_report(), "W056").state == "not_applicable"


def test_a_part_that_failed_is_not_checked() -> None:
    report = plain_report()
    assert isinstance(report.weights, Weights)
    failed = Skipped(stage="measure", reason="This part failed: KeyError: 'x'")
    report = replace(report, weights=replace(report.weights, optimizer=failed))
    assert finding(report, "W050").state == "not_checked"

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from modelreport.facts import Report
from tests.factories import make_report, skipped_report
from tests.judge.cases import finding, plain_report, trace_of, with_trace


@pytest.mark.parametrize("rule", ["S007", "S008", "S009", "S010"])
def test_a_plain_model_is_clean(rule: str) -> None:
    assert finding(plain_report(), rule).state == "clean"


@pytest.mark.parametrize("rule", ["S007", "S008", "S010"])
def test_without_an_architecture_they_are_not_checked(rule: str) -> None:
    assert finding(skipped_report(), rule).state == "not_checked"


def identified(**changes: Any) -> Report:
    report = plain_report()
    return replace(report, identification=replace(report.identification, how="keys and shapes", **changes))


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({"missing": ("fc.bias",)}, "warning"),
        ({"unexpected": ("head.weight",)}, "warning"),
        ({"changed": ("fc.weight",)}, "note"),
    ],
)
def test_keys_that_differ_are_found(changes: dict[str, Any], severity: str) -> None:
    found = finding(identified(**changes), "S007")
    assert (found.state, found.severity, found.evidence_count) == ("found", severity, 1)
    assert found.evidence[0].kind == "key"


def test_buffers_that_come_and_go_between_versions_do_not_differ() -> None:
    report = identified(missing=("bn1.num_batches_tracked",), unexpected=("embeddings.position_ids",))
    assert finding(report, "S007").state == "clean"


def test_a_live_model_has_no_other_keys() -> None:
    assert finding(make_report(), "S007").state == "not_applicable"


def test_unused_parameters_are_a_warning_when_they_are_many() -> None:
    few = finding(with_trace(plain_report(), untouched=("fc.bias",)), "S008")
    many = finding(with_trace(plain_report(), untouched=("layers.3.conv2.weight",)), "S008")
    assert (few.state, few.severity, many.severity) == ("found", "note", "warning")


@pytest.mark.parametrize("name", ["AuxLogits.fc.weight", "experts.3.up.weight"])
def test_auxiliary_heads_and_experts_that_were_not_chosen_are_expected_to_rest(name: str) -> None:
    report = with_trace(plain_report(), untouched=(name,))
    tensors = tuple(replace(t, name=name) if t.name == "layers.3.conv2.weight" else t for t in report.structure.tensors)
    found = finding(replace(report, structure=replace(report.structure, tensors=tensors)), "S008")
    assert (found.state, found.severity) == ("found", "note")


def test_a_pass_that_ended_early_says_nothing_about_unused_parameters() -> None:
    found = finding(with_trace(plain_report(), complete=False, error="a shape did not fit"), "S008")
    assert found.state == "not_checked"
    assert "a shape did not fit" in str(found.message.values["reason"])


def test_a_module_with_most_parameters_is_noted() -> None:
    report = plain_report()
    modules = tuple(
        replace(m, own_parameters=report.structure.parameters * 3 // 4) if m.path == "fc" else m
        for m in report.structure.modules
    )
    found = finding(replace(report, structure=replace(report.structure, modules=modules)), "S009")
    assert (found.state, found.evidence[0].name) == ("found", "fc")


def test_few_modules_always_have_a_largest() -> None:
    report = plain_report()
    modules = tuple(m for m in report.structure.modules if m.path in ("", "fc", "conv1"))
    assert (
        finding(replace(report, structure=replace(report.structure, modules=modules)), "S009").state == "not_applicable"
    )


def with_bias(report: Report) -> Report:
    """The first convolution reads a bias as well."""
    bias = replace(next(t for t in report.structure.tensors if t.name == "fc.bias"), name="conv1.bias", shape=(16,))
    report = replace(report, structure=replace(report.structure, tensors=(*report.structure.tensors, bias)))
    operations = tuple(
        replace(o, parameters=(*o.parameters, "conv1.bias")) if o.parameters == ("conv1.weight",) else o
        for o in trace_of(report).operations
    )
    return with_trace(report, operations=operations)


def test_a_bias_before_a_batch_normalisation_is_noted() -> None:
    found = finding(with_bias(plain_report()), "S010")
    assert (found.state, [e.name for e in found.evidence]) == ("found", ["conv1.bias"])


def test_a_bias_that_something_else_reads_too_is_needed() -> None:
    report = with_bias(plain_report())
    operations = trace_of(report).operations
    conv = next(o for o in operations if "conv1.bias" in o.parameters)
    last = replace(operations[-1], sources=(*operations[-1].sources, conv.id))
    assert finding(with_trace(report, operations=(*operations[:-1], last)), "S010").state == "clean"


def test_a_graph_without_batch_normalisation_has_no_needless_bias() -> None:
    report = plain_report()
    operations = tuple(
        replace(o, name="layer_norm") if o.name == "batch_norm" else o for o in trace_of(report).operations
    )
    assert finding(with_trace(report, operations=operations), "S010").state == "not_applicable"

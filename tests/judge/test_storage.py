from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from modelreport.facts import ModelChoice
from tests.factories import make_report, skipped_report
from tests.judge.cases import finding, plain_report, with_array, with_each, with_fact, with_source, with_values


@pytest.mark.parametrize("rule", ["S001", "S002", "S003", "S004", "S005", "S006"])
def test_plain_storage_is_clean(rule: str) -> None:
    assert finding(plain_report(), rule).state == "clean"


def test_copies_need_digests_to_be_found() -> None:
    assert finding(skipped_report(), "S001").state == "not_checked"


@pytest.mark.parametrize(
    ("first", "second", "severity"),
    [
        ("layers.0.conv1.weight", "layers.0.conv2.weight", "note"),
        ("layers.3.conv2.weight", "layers.3.conv1.weight", "warning"),
    ],
)
def test_equal_parameters_are_copies_and_a_warning_when_they_are_large(first: str, second: str, severity: str) -> None:
    report = with_values(with_values(plain_report(), first, digest="same"), second, digest="same")
    found = finding(report, "S001")
    assert (found.state, found.severity, found.evidence_count) == ("found", severity, 1)


def test_tied_constant_and_small_tensors_are_no_copies() -> None:
    report = plain_report()
    report = with_values(with_values(report, "layers.0.conv1.weight", digest="a"), "layers.0.conv2.weight", digest="a")
    assert finding(with_fact(report, "layers.0.conv2.weight", tied_to="x"), "S001").state == "clean"
    constant = with_values(report, "layers.0.conv2.weight", minimum=0.0, maximum=0.0)
    assert finding(constant, "S001").state == "clean"
    small = with_values(with_values(plain_report(), "bn1.weight", digest="a"), "bn1.bias", digest="a")
    assert finding(small, "S001").state == "clean"


def test_small_buffers_are_copied_by_design() -> None:
    report = plain_report()
    for name in ("layers.0.conv1.weight", "layers.0.conv2.weight"):
        report = with_fact(with_values(report, name, digest="a"), name, role="buffer", stored_bytes=100)
    assert finding(report, "S001").state == "clean"


def test_tied_tensors_are_noted_with_their_partner() -> None:
    found = finding(with_fact(plain_report(), "fc.weight", tied_to="conv1.weight"), "S002")
    assert (found.state, found.severity) == ("found", "note")
    assert found.evidence[0].detail is not None
    assert found.evidence[0].detail.values["first"] == "conv1.weight"


@pytest.mark.parametrize("change", [{"contiguous": False}, {"expanded": True}, {"overlaps": "conv1.weight"}])
def test_odd_views_are_noted(change: dict[str, object]) -> None:
    found = finding(with_fact(plain_report(), "fc.weight", **change), "S003")
    assert (found.state, found.evidence[0].name) == ("found", "fc.weight")


def test_bytes_of_no_tensor_are_noted() -> None:
    report = plain_report()
    found = finding(with_source(report, size_bytes=report.source.size_bytes * 3), "S004")
    assert (found.state, found.evidence[0].kind) == ("found", "file")


def test_bytes_are_not_compared_when_other_things_are_in_the_file() -> None:
    assert finding(make_report(), "S004").state == "not_checked"
    choices = tuple(ModelChoice(name=n, tensors=1, parameters=1, chosen=n == "a") for n in "ab")
    assert finding(with_source(plain_report(), choices=choices), "S004").state == "not_checked"


def test_parameters_in_double_precision_are_a_warning() -> None:
    found = finding(with_fact(plain_report(), "fc.weight", dtype="float64"), "S005")
    assert (found.state, found.severity, found.evidence_count) == ("found", "warning", 1)


def test_float64_buffers_and_integers_are_no_double_precision_parameters() -> None:
    assert finding(with_fact(plain_report(), "bn1.running_var", dtype="float64"), "S005").state == "clean"
    assert finding(with_each(plain_report(), lambda _: {"dtype": "int8"}), "S005").state == "not_applicable"
    assert finding(with_each(plain_report(), lambda _: {"dtype": "int8"}), "S006").state == "not_applicable"


def test_the_minority_of_a_mixture_is_the_evidence() -> None:
    report = with_each(plain_report(), lambda t: {"dtype": "bfloat16"} if t.dtype == "float32" else {})
    found = finding(with_fact(report, "bn1.weight", dtype="float32"), "S006")
    assert (found.state, [e.name for e in found.evidence]) == ("found", ["bn1.weight"])
    assert (found.message.values["main"], found.message.values["others"]) == ("bfloat16", "float32")


def test_values_of_random_weights_are_not_copies_of_each_other() -> None:
    rng = np.random.default_rng(0)
    report = plain_report()
    for name in ("layers.0.conv1.weight", "layers.0.conv2.weight"):
        report = with_array(report, name, rng.standard_normal((16, 16, 3, 3)))
    assert finding(replace(report, title="x"), "S001").state == "clean"


def test_index_tables_are_copied_by_design_whatever_their_size() -> None:
    """Such as the ``g_idx`` of GPTQ, equal for all layers of one width."""
    report = plain_report()
    for name in ("layers.0.conv1.weight", "layers.0.conv2.weight"):
        report = with_fact(with_values(report, name, digest="a"), name, role="buffer", dtype="int32")
    assert finding(report, "S001").state == "clean"

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from msgspec.structs import replace

from modelreport.facts import Precision, Report, SchemeError, Weights
from modelreport.judge.precision import FOUR_BITS, error_of, matrices
from modelreport.render import format as text
from tests.factories import make_report, skipped_report
from tests.factories_precision import make_values, with_formats
from tests.judge.cases import finding, with_values

CONV = "layers.3.conv1.weight"
RULES = ("W030", "W031", "W032")


def formatted(**changes: np.ndarray) -> Report:
    """A small report whose values are made; ``changes`` replaces those of ``CONV`` or of ``fc.weight``."""
    names = {"conv": CONV, "fc": "fc.weight"}
    return with_formats(make_report(), {names[key]: values for key, values in changes.items()})


def conv() -> np.ndarray:
    return make_values(make_report().structure)[CONV]


@pytest.mark.parametrize("rule", RULES)
def test_ordinary_values_are_clean(rule: str) -> None:
    assert finding(formatted(), rule).state == "clean"


@pytest.mark.parametrize("rule", RULES)
def test_without_values_nothing_is_checked(rule: str) -> None:
    assert finding(skipped_report(), rule).state == "not_checked"


def test_a_layer_of_tiny_values_is_too_small_for_float16() -> None:
    found = finding(formatted(conv=conv() * np.float32(1e-6)), "W030")
    assert (found.state, found.severity) == ("found", "note")
    assert [each.name for each in found.evidence] == [CONV]
    assert "dB left" in text.message(found.evidence[0].detail)


def test_tiny_values_beside_ordinary_ones_are_not() -> None:
    values = conv()
    values[::2] *= np.float32(1e-7)
    assert finding(formatted(conv=values), "W030").state == "clean"


def test_a_layer_that_overflows_is_left_to_the_rule_on_range() -> None:
    values = conv() * np.float32(1e-6)
    values.flat[0] = 1e6
    assert finding(formatted(conv=values), "W030").state == "clean"


def test_the_rule_on_range_tells_how_many_values_overflow() -> None:
    values = conv()
    values[0, :3, 0, 0] = 1e5
    report = with_values(formatted(conv=values), CONV, maximum=1e5)
    (evidence,) = finding(report, "W006").evidence
    assert text.message(evidence.detail).startswith("3 values would become infinite, the largest 100,000;")


def test_one_outlier_spoils_a_scale_for_the_whole_tensor() -> None:
    values = conv()
    values[5, 3, 0, 0] = 6.0
    found = finding(formatted(conv=values), "W031")
    assert (found.state, found.severity) == ("found", "note")
    assert [each.name for each in found.evidence] == [CONV]
    assert text.message(found.message).startswith(
        "int8 with one scale per tensor would spoil layers.3.conv1.weight, one of 12 "
    )


def test_a_huge_outlier_that_carries_the_ratio_is_found_by_what_becomes_zero() -> None:
    values = conv()
    values[5, 3, 0, 0] = 1000.0
    report = formatted(conv=values)
    layer = next(layer for fact, layer in matrices(report) if fact.name == CONV)
    error = error_of(layer, "int8_tensor")
    assert isinstance(error, SchemeError)
    assert error.sqnr_db is not None
    assert error.sqnr_db > FOUR_BITS
    assert [each.name for each in finding(report, "W031").evidence] == [CONV]


def test_normal_and_uniform_initialisation_suit_one_scale() -> None:
    rng = np.random.default_rng(0)
    shape = conv().shape
    for values in (rng.standard_normal(shape), rng.uniform(-1, 1, shape), rng.laplace(size=shape)):
        assert finding(formatted(conv=values.astype(np.float32)), "W031").state == "clean"


@pytest.mark.parametrize(("kind", "name"), [(ml_dtypes.bfloat16, "bfloat16"), (np.float16, "float16")])
def test_values_that_were_narrower_before_are_told(kind: type, name: str) -> None:
    report = make_report()
    rounded = {key: array.astype(kind).astype(np.float32) for key, array in make_values(report.structure).items()}
    found = finding(with_formats(report, rounded), "W032")
    assert (found.state, found.severity, found.evidence_count) == ("found", "note", 12)
    assert f"hold values that {name} holds exactly" in text.message(found.message)


def test_one_rounded_layer_of_many_is_no_finding() -> None:
    fc = make_values(make_report().structure)["fc.weight"].astype(np.float16).astype(np.float32)
    assert finding(formatted(fc=fc), "W032").state == "clean"


def test_a_model_in_16_bits_has_no_digits_to_spare() -> None:
    report = formatted()
    tensors = tuple(replace(t, dtype="bfloat16") for t in report.structure.tensors)
    report = replace(report, structure=replace(report.structure, tensors=tensors))
    assert "stored in more than 16 bits" in text.message(finding(report, "W032").message)


def test_a_model_without_matrices_has_none_to_check() -> None:
    report = formatted()
    assert isinstance(report.weights, Weights)
    assert isinstance(report.weights.precision, Precision)
    vectors = tuple(t for t in report.weights.precision.tensors if len(t.errors) == 2)
    weights = replace(report.weights, precision=replace(report.weights.precision, tensors=vectors))
    for rule in RULES:
        assert finding(replace(report, weights=weights), rule).state == "not_applicable"

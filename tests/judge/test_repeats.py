from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from modelreport.facts import (
    ColumnFigures,
    Item,
    Message,
    NearCopy,
    Outline,
    Pattern,
    Report,
    RowCopy,
    RowFigures,
    Units,
    Weights,
)
from tests.factories import skipped_report
from tests.judge.cases import finding, plain_report, with_fact, with_values

RULES = ("W020", "W021")
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
    assert (
        finding(replace(report, structure=replace(report.structure, modules=modules)), "W020").state == "not_applicable"
    )


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
    assert finding(replace(report, outline=Outline()), "W021").state == "not_applicable"


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


def test_heads_that_are_nearly_another_are_a_note() -> None:
    near = NearCopy(name=CONV, first=0, copy=32, rows=16, cosine=0.99)
    found = finding(with_units(with_heads(plain_report(), "layers.3", 4, 16), near=(near,)), "W021")
    assert (found.state, found.severity, found.evidence[0].name) == ("found", "note", CONV)
    copy = RowCopy(first=16, copy=48, rows=16)
    both = with_rows(with_units(with_heads(plain_report(), "layers.3", 4, 16), near=(near,)), CONV, identical=16,
                     copies=(copy,), groups=((16, 48),))  # fmt: skip
    found = finding(both, "W021")
    assert (found.severity, found.message.values["repeat_count"], found.evidence_count) == ("warning", 1, 2)

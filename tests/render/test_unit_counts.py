from __future__ import annotations

from msgspec.structs import replace

from modelreport.facts import ColumnFigures, Report, RowFigures, ScaleFigures, Units, Weights
from modelreport.render.unit_counts import UnitCounts, unit_counts
from tests.factories import make_report

CONV, NORM = "layers.3.conv1.weight", "bn1.weight"


def counts_of(report: Report, name: str) -> UnitCounts:
    assert isinstance(report.weights, Weights)
    return next(each for each in unit_counts(report, report.weights) if each.name == name)


def with_units(report: Report, **changes: object) -> Report:
    assert isinstance(report.weights, Weights)
    return replace(report, weights=replace(report.weights, units=Units(**changes)))  # type: ignore[arg-type]


def with_rows(report: Report, zero: int, **changes: object) -> Report:
    assert isinstance(report.weights, Weights)
    figures = RowFigures(norms=(1.0,) * 5, outlier_ratio=1.0, **changes)  # type: ignore[arg-type]
    tensors = tuple(
        replace(t, rows=figures, zero_channels=zero) if t.name == CONV else t for t in report.weights.tensors
    )
    return replace(report, weights=replace(report.weights, tensors=tensors))


def test_rows_of_a_weight_are_its_units() -> None:
    found = counts_of(with_rows(make_report(), 2, zeros=(4, 6), identical=3, groups=((0, 1, 2, 3),)), CONV)
    assert (found.units, found.dead, found.repeated, found.examples) == (64, 2, 3, (4, 6))
    assert found.any


def test_a_weight_of_zeros_only_is_no_layer_with_dead_units() -> None:
    report = with_rows(make_report(), 64)
    assert isinstance(report.weights, Weights)
    assert CONV not in [each.name for each in unit_counts(report, report.weights)]


def test_columns_take_the_place_of_rows() -> None:
    across = ColumnFigures(name=CONV, units=32, zero=1, zeros=(9,), identical=2, groups=((1, 2, 3),))
    found = counts_of(with_units(with_rows(make_report(), 5), columns=(across,)), CONV)
    assert (found.kind, found.units, found.dead, found.repeated, found.examples) == ("columns", 32, 1, 2, (9,))


def test_a_channel_is_counted_once_as_shut_dead_or_weak() -> None:
    scale = ScaleFigures(
        name=NORM, kind="batch", channels=16, scales=(0.0,) * 5, zero=3, weak=5, shut=2, shut_units=(1, 2)
    )
    found = counts_of(with_units(make_report(), scales=(scale,)), NORM)
    assert (found.shut, found.dead, found.weak) == (2, 1, 2)


def test_scales_of_zeros_only_and_packed_words_are_no_units() -> None:
    scale = ScaleFigures(name=NORM, kind="batch", channels=16, scales=(0.0,) * 5, zero=16, weak=16)
    report = with_units(make_report(), scales=(scale,))
    structure = report.structure
    packed = [replace(t, scheme="GPTQ", dtype="int32") if t.name == CONV else t for t in structure.tensors]
    report = replace(report, structure=replace(structure, tensors=tuple(packed)))
    assert isinstance(report.weights, Weights)
    assert {CONV, NORM}.isdisjoint(each.name for each in unit_counts(report, report.weights))


def test_layers_without_such_units_say_so() -> None:
    assert not counts_of(with_units(make_report()), CONV).any

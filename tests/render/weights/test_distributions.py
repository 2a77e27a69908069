"""Distributions over depth."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from modelreport.facts import Skipped, Weights
from modelreport.render import format as text
from modelreport.render.weights.distributions import context
from modelreport.render.weights.part import Told
from tests.factories import make_report
from tests.factories_deep import deep_arrays, report_of


def test_the_outcome_is_the_range_of_spreads() -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    told = context(report, report.weights)
    assert isinstance(told, Told)
    stds = [t.std or 0 for t in report.weights.tensors if t.channels]
    line = text.message(told.line)
    assert text.number(min(stds)) in line
    assert text.number(max(stds)) in line
    assert f"{len(stds)} weights" in line


def test_the_tails_are_told_as_the_chart_over_depth_draws_them() -> None:
    arrays = deep_arrays()
    arrays["blocks.4.mlp.up.weight"][7] *= 50
    values = arrays["blocks.4.mlp.up.weight"].astype(np.float64).reshape(-1)
    kurtosis = float(((values - values.mean()) ** 4).mean() / values.var() ** 2)
    report = report_of(arrays)
    told = context(report, report.weights)  # type: ignore[arg-type]
    assert isinstance(told, Told)
    assert f"its kurtosis is {text.number(kurtosis)}, where normal values have 3." in text.message(told.sentences[0])


def test_packed_words_have_no_distribution() -> None:
    report = make_report()
    packed = [replace(t, scheme="GPTQ", dtype="int32") for t in report.structure.tensors]
    made = context(replace(report, structure=replace(report.structure, tensors=tuple(packed))), report.weights)  # type: ignore[arg-type]
    assert isinstance(made, Skipped)
    assert "packed" in made.reason


def test_of_complex_numbers_the_magnitude_is_said_to_be_meant() -> None:
    report = make_report()
    wide = [replace(t, dtype="complex64") for t in report.structure.tensors]
    made = context(replace(report, structure=replace(report.structure, tensors=tuple(wide))), report.weights)  # type: ignore[arg-type]
    assert isinstance(made, Told)
    assert any("magnitude" in note for note in made.notes)


def test_one_spread_is_no_range() -> None:
    report = report_of({"a.weight": deep_arrays()["blocks.4.mlp.up.weight"]})
    told = context(report, report.weights)  # type: ignore[arg-type]
    assert isinstance(told, Told)
    assert text.message(told.line).startswith("The standard deviation of every weight is ")


def test_without_finite_values_there_is_nothing_to_show() -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    assert isinstance(context(report, replace(report.weights, tensors=())), Skipped)


def test_tails_and_channels_that_stand_out_are_told() -> None:
    arrays = deep_arrays()
    quiet = context(report_of(arrays), report_of(arrays).weights)  # type: ignore[arg-type]
    assert isinstance(quiet, Told)
    assert [text.message(s)[:30] for s in quiet.sentences] == ["No weight has heavy tails: the"]
    arrays["blocks.4.mlp.up.weight"][7] *= 50
    report = report_of(arrays)
    told = context(report, report.weights)  # type: ignore[arg-type]
    assert isinstance(told, Told)
    tails, channels = map(text.message, told.sentences)
    assert tails.startswith("One weight has heavy tails, blocks.4.mlp.up.weight")
    assert channels.startswith("One weight, blocks.4.mlp.up.weight, has a channel")
    arrays["blocks.5.mlp.up.weight"][7] *= 60
    report = report_of(arrays)
    told = context(report, report.weights)  # type: ignore[arg-type]
    assert isinstance(told, Told)
    assert all(text.message(s).startswith("2 of 48 weights have") for s in told.sentences)

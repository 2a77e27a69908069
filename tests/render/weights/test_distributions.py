"""Distributions over depth."""

from __future__ import annotations

from msgspec.structs import replace

from modelreport.facts import Skipped, Weights
from modelreport.render import format as text
from modelreport.render.weights.distributions import context
from modelreport.render.weights.part import Told
from tests.factories import make_report


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


def test_without_finite_values_there_is_nothing_to_show() -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    assert isinstance(context(report, replace(report.weights, tensors=())), Skipped)

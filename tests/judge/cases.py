"""Reports that differ in one thing from a small complete one, and what a rule says of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from msgspec.structs import replace

from modelreport.facts import Finding, Report, Structure, TensorFact, TensorStatistics, Trace, Units, Weights
from modelreport.judge import RULES, judge
from tests.factories import make_report, make_statistics
from tests.factories_precision import with_usual_formats
from tests.factories_spectra import make_spectra


def finding(report: Report, rule: str) -> Finding:
    """What one rule says."""
    return next(f for f in judge(report, tuple(r for r in RULES if r.id == rule)))


def structure_of(report: Report) -> Structure:
    assert isinstance(report.structure, Structure)
    return report.structure


def trace_of(report: Report) -> Trace:
    assert isinstance(report.trace, Trace)
    return report.trace


def with_values(report: Report, name: str, **changes: Any) -> Report:
    """The report with other statistics of one tensor."""
    weights = report.weights
    assert isinstance(weights, Weights)
    assert any(t.name == name for t in weights.tensors), name
    tensors = tuple(replace(t, **changes) if t.name == name else t for t in weights.tensors)
    return replace(report, weights=replace(weights, tensors=tensors))


def with_array(report: Report, name: str, values: np.ndarray) -> Report:
    """The report with the statistics of other values for one tensor."""
    made = make_statistics(name, values)
    return with_values(report, name, **{f: getattr(made, f) for f in TensorStatistics.__struct_fields__ if f != "name"})


def with_fact(report: Report, name: str, **changes: Any) -> Report:
    """The report with other facts of one tensor."""
    assert any(t.name == name for t in report.structure.tensors), name
    tensors = tuple(replace(t, **changes) if t.name == name else t for t in report.structure.tensors)
    return replace(report, structure=replace(report.structure, tensors=tensors))


def with_each(report: Report, change: Callable[[TensorFact], dict[str, Any]]) -> Report:
    """The report with facts of all tensors changed."""
    tensors = tuple(replace(t, **change(t)) for t in report.structure.tensors)
    return replace(report, structure=replace(report.structure, tensors=tensors))


def with_source(report: Report, **changes: Any) -> Report:
    return replace(report, source=replace(report.source, **changes))


def with_trace(report: Report, **changes: Any) -> Report:
    return replace(report, trace=replace(trace_of(report), **changes))


def plain_report() -> Report:
    """The small report as a clean state_dict without leftovers, so that every rule has facts and few find anything."""
    report = make_report()
    size = sum(t.stored_bytes for t in report.structure.tensors)
    report = with_source(
        report, training=None, choices=(), notes=(), stripped_prefix="", content="state_dict", size_bytes=size + 1000
    )
    identification = replace(report.identification, how="pickled class")
    report = replace(report, identification=identification)
    weights = report.weights
    assert isinstance(weights, Weights)
    report = replace(report, weights=replace(weights, spectra=make_spectra(report.structure)))
    report = with_array(report, "layers.2.conv1.weight", np.random.default_rng(0).standard_t(5, (32, 16, 3, 3)) / 9)
    assert isinstance(report.weights, Weights)
    report = with_usual_formats(replace(report, weights=replace(report.weights, units=Units())))
    return with_trace(report, uncounted=(), guesses=())

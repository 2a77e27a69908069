"""Facts on narrower formats and pruning for reports made by hand: what real code says of made values."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from msgspec.structs import replace

from modelreport.checkpoint import LazyTensor, Storage
from modelreport.facts import Precision, Pruning, Report, Structure, Weights
from modelreport.measure.piece import read_whole
from modelreport.measure.precision import precision
from modelreport.measure.pruning import pruning
from modelreport.measure.walk import walk
from tests.factories import make_report


def make_values(structure: Structure) -> dict[str, np.ndarray]:
    """Heavy-tailed values for every float32 tensor."""
    rng = np.random.default_rng(11)
    floats = [fact for fact in structure.tensors if fact.dtype == "float32"]
    return {fact.name: (rng.standard_t(5, fact.shape) * 0.05).astype(np.float32) for fact in floats}


def with_formats(report: Report, values: dict[str, np.ndarray] | None = None) -> Report:
    """The report with what narrower formats and pruning do to these values, or to made ones."""
    assert isinstance(report.weights, Weights)
    found = make_formats(report.structure, make_values(report.structure) | (values or {}))
    return replace(report, weights=replace(report.weights, precision=found[0], pruning=found[1]))


def with_usual_formats(report: Report) -> Report:
    """As ``with_formats`` for the small complete report with made values, computed once."""
    assert isinstance(report.weights, Weights)
    found = _usual()
    return replace(report, weights=replace(report.weights, precision=found[0], pruning=found[1]))


@cache
def _usual() -> tuple[Precision, Pruning]:
    structure = make_report().structure
    return make_formats(structure, make_values(structure))


def make_formats(structure: Structure, values: dict[str, np.ndarray]) -> tuple[Precision, Pruning]:
    """Both facts for a structure with these values."""
    kept: dict[str, dict[str, Any]] = {}
    tensors = []
    for name, array in values.items():
        data = np.ascontiguousarray(array).tobytes()
        tensors.append(LazyTensor(name, array.dtype.name, array.shape, Storage(memoryview(data), 0, len(data))))
        with np.errstate(all="ignore"):
            kept[name] = read_whole(walk(tensors[-1])).keep
    measured: Any = SimpleNamespace(
        weights=SimpleNamespace(tensors=()),
        structure=structure,
        kept=kept,
        checkpoint=SimpleNamespace(tensors=tuple(tensors)),
    )
    formats, zeros = precision(measured), pruning(measured)
    assert isinstance(formats, Precision), formats
    assert isinstance(zeros, Pruning), zeros
    return formats, zeros

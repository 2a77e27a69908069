"""Which tensors the pictures of all weights show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from modelreport.facts import Skipped, Structure, TensorFact, TensorStatistics, Trace, Weights
from modelreport.render import format as text
from modelreport.render.charts.partition import thin
from modelreport.render.unit_counts import is_packed


class Row(NamedTuple):
    """One tensor in the order of the model."""

    label: str
    statistics: TensorStatistics
    colour: str


def weight_rows(structure: Structure, weights: Weights, trace: Trace | Skipped, limit: int) -> tuple[list[Row], str]:
    """Weights of two or more dimensions (all parameters when there are none) by depth, evenly thinned to ``limit``.

    Depth is the order in which the forward pass reads them, else that of the file. Also a sentence on what is left
    out. Colours are those of the operation family that reads the tensor.
    """
    known = {item.name: item for item in weights.tensors if item.quantiles and item.histogram is not None}
    parameters = [t for t in structure.tensors if t.role == "parameter" and not t.tied_to and t.name in known]
    parameters = [t for t in parameters if not is_packed(t)]
    parameters = by_depth(parameters, trace)
    matrices = [tensor for tensor in parameters if len(tensor.shape) > 1]
    chosen = matrices or parameters
    families = _families(trace)
    rows = [
        Row(_label(tensor.name), known[tensor.name], families.get(tensor.name, "accent"))
        for tensor in thin(chosen, limit)
    ]
    what = "weights with two or more dimensions" if matrices else "parameters"
    left_out = (
        f"{len(rows)} of {text.exact(len(chosen))} {what}, at even distances"
        if len(rows) < len(chosen)
        else f"All {what}"
    )
    order = "of the file" if isinstance(trace, Skipped) else "of execution"
    return rows, f"{left_out}, in the order {order}."


def by_depth(tensors: Sequence[TensorFact], trace: Trace | Skipped) -> list[TensorFact]:
    """Tensors in the order in which the forward pass reads them, those it does not read behind what is before them.

    Without a pass it is the order of the file, with numbers counted where the file is sorted by name: layer 2 is
    before layer 10.
    """
    if isinstance(trace, Skipped):
        names = [tensor.name for tensor in tensors]
        return sorted(tensors, key=lambda tensor: natural(tensor.name)) if names == sorted(names) else list(tensors)
    first: dict[str, int] = {}
    for operation in trace.operations:
        for name in operation.parameters:
            first.setdefault(name, operation.id)
    last, places = -1, []
    for tensor in tensors:
        place = first.get(tensor.name, last)
        last = max(last, place)
        places.append(place)
    return [tensors[i] for i in sorted(range(len(tensors)), key=lambda i: (places[i], i))]


def natural(name: str) -> tuple[tuple[bool, int, str], ...]:
    """A key that sorts names with the numbers in them by their values."""
    parts = re.split(r"(\d{1,18})", name)
    return tuple((i % 2 == 0, int(part) if i % 2 else 0, "" if i % 2 else part) for i, part in enumerate(parts))


def none_drawn(weights: Weights, structure: Structure | None = None) -> str:
    """Why there are no rows."""
    if structure is not None and any(is_packed(fact) for fact in structure.tensors):
        return "Its weights are packed, several in a number: the values of these numbers mean nothing."
    return "No parameter has finite values." if weights.tensors else "No values were read."


def _label(name: str) -> str:
    return text.brief(name.removesuffix(".weight"), 60) or "(no name)"


def _families(trace: Trace | Skipped) -> dict[str, str]:
    if isinstance(trace, Skipped):
        return {}
    found: dict[str, str] = {}
    for operation in trace.operations:
        for parameter in operation.parameters:
            found.setdefault(parameter, operation.family)
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of the values lie, without interpolation."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]

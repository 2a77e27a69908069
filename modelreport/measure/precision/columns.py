"""Weights whose output channels are their second dimension: some whole columns, read a second time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import LazyTensor
from modelreport.facts import ModuleFact, TensorFact
from modelreport.measure.precision.blocks import RowSample
from modelreport.measure.precision.layout import Layout
from modelreport.measure.precision.losses import BLOCK_VALUES, finite
from modelreport.measure.units.columns import columns_of, lies_in_columns
from modelreport.measure.units.reading import evenly, numbers_of, slabs

READ_BYTES = 256 << 20
"""Most that is read a second time, over all tensors."""

_SLAB = 1 << 19


@dataclass(frozen=True, eq=False)
class Turned:
    """Output channels of one weight as rows."""

    values: NDArray[Any]
    """Shape ``(channels, values of a channel)``: some of them, or all."""
    form: Layout
    whole: bool

    @property
    def rows(self) -> RowSample:
        """For schemes with a scale for each channel or block."""
        largest = np.abs(self.values).max(axis=1).astype(np.float64)
        count = self.values.size if self.whole else self.form.rows * self.form.length
        return RowSample(self.values, largest, np.arange(len(self.values)), count)


def turned(
    facts: Iterable[TensorFact], modules: Iterable[ModuleFact], tensors: Iterable[LazyTensor]
) -> Iterator[tuple[str, Turned | None]]:
    """The weights that lie so, by name; ``None`` for those that cannot be read, or not within the budget."""
    types: Mapping[str, ModuleFact] = {module.path: module for module in modules}
    by_name = {tensor.name: tensor for tensor in tensors}
    spent = 0
    for fact in facts:
        tensor = by_name.get(fact.name)
        if not lies_in_columns(fact, types.get(fact.module)) or tensor is None:
            continue
        spent += fact.size_bytes
        yield fact.name, turn(tensor) if spent <= READ_BYTES else None


def turn(tensor: LazyTensor) -> Turned | None:
    """Evenly spaced columns of a weight; ``None`` when they cannot be read."""
    columns = columns_of(tensor)
    if columns is None:
        return None
    plan = columns.plan
    length = plan.rows * columns.rest
    chosen = evenly(columns.units, max(1, BLOCK_VALUES // length))
    parts = []
    for _, slab in slabs(plan, _SLAB):
        some = slab.reshape(len(slab), columns.units, columns.rest)[:, chosen]
        parts.append(numbers_of(plan, np.ascontiguousarray(some)))
    values = np.concatenate(parts).transpose(1, 0, 2).reshape(len(chosen), length)
    rows = finite(np.ascontiguousarray(values), wide=plan.codec.dtype == "float64")
    return Turned(rows, Layout(columns.units, length, columns.rest), whole=len(chosen) == columns.units)

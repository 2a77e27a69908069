"""Weights whose output channels are their second dimension: some whole columns, read a second time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import LazyTensor
from modelreport.facts import ModuleFact, TensorFact
from modelreport.measure.precision.blocks import EveryRow, RowSample
from modelreport.measure.precision.layout import Layout
from modelreport.measure.precision.losses import BLOCK_VALUES, finite, stand_out
from modelreport.measure.units.columns import Columns, columns_of, lies_in_columns
from modelreport.measure.units.reading import as_numbers, evenly, slabs

READ_BYTES = 256 << 20
"""Most that is read a second time, over all tensors."""

_SLAB = 1 << 19


@dataclass(frozen=True, eq=False)
class Turned:
    """Output channels of one weight as rows."""

    values: NDArray[Any]
    """Shape ``(channels, values of a channel)``: some of them, or all."""
    form: Layout
    indices: NDArray[np.int64]
    """Which channels they are."""
    columns: Columns

    @property
    def whole(self) -> bool:
        """Whether these are all channels."""
        return len(self.indices) == self.form.rows

    def rows(self) -> RowSample:
        """For schemes with a scale for each channel or block; reads the weight once more for the channels' largest."""
        count = self.form.rows * self.form.length
        if self.whole:
            return RowSample(self.values, _largest(self.values), self.indices, count)
        largest, energy = _every(self.columns)
        if not np.isfinite(energy.sum()) or not energy.any():
            return RowSample(self.values, _largest(self.values), self.indices, count)
        apart = stand_out(largest, self.form.length)
        values = _read(self.columns, apart) if apart.size else np.empty((0, self.form.length), self.values.dtype)
        return RowSample(
            self.values, largest[self.indices], self.indices, count, EveryRow(largest, energy, apart, values)
        )


def _largest(values: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(np.abs(values).max(axis=1), np.float64)


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
    length = columns.plan.rows * columns.rest
    chosen = np.array(evenly(columns.units, max(1, BLOCK_VALUES // length)), np.int64)
    return Turned(_read(columns, chosen), Layout(columns.units, length, columns.rest), chosen, columns)


def _read(columns: Columns, chosen: NDArray[Any]) -> NDArray[Any]:
    """Channels as rows, finite."""
    plan = columns.plan
    parts = []
    for _, slab in slabs(plan, _SLAB):
        some = slab.reshape(len(slab), columns.units, columns.rest)[:, chosen]
        parts.append(finite(as_numbers(plan, np.ascontiguousarray(some)), wide=plan.codec.dtype == "float64"))
    values = np.concatenate(parts).transpose(1, 0, 2)
    return np.ascontiguousarray(values).reshape(len(chosen), plan.rows * columns.rest)


def _every(columns: Columns) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Largest magnitude and Σx² of every channel."""
    largest, energy = np.zeros(columns.units), np.zeros(columns.units)
    for _, slab in slabs(columns.plan, _SLAB):
        size = np.abs(finite(as_numbers(columns.plan, slab), wide=True)).reshape(len(slab), columns.units, columns.rest)
        np.maximum(largest, size.max(axis=(0, 2)), out=largest)
        energy += np.square(size, out=size).sum(axis=(0, 2))
    return largest, energy

"""What every scheme does to one tensor, told at the end of the pass over its values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.measure.precision.blocks import EveryRow, RowSample, of_rows
from modelreport.measure.precision.elementwise import Effect, Sampled, Values, of_table, of_values
from modelreport.measure.precision.layout import Layout, layout
from modelreport.measure.precision.magnitudes import Magnitudes, magnitudes, places
from modelreport.measure.precision.schemes import PLANS
from modelreport.measure.precision.together import few_values, short_rows
from modelreport.measure.rows import Rows
from modelreport.measure.told import Told

FLOATS = frozenset({"float64", "float32", "float16", "bfloat16"})
"""Dtypes whose tensors could be stored in fewer bits, or in 16 other ones."""

KEPT = "precision"
"""Key of ``Told.keep``."""

BLOCK_VALUES = 1 << 15
"""Values that schemes with blocks are measured on: 256 groups of 128, which tell the noise to about 0.1 dB."""
_ARITHMETIC = 2.0**-44
"""Noise over energy that dividing by a scale in float32 makes by itself, at most: a relative error of 2**-22 each."""

_APART = 64
"""A row stands out when it holds more than this part of the sum of squared steps: an even row of a matrix of as many
rows would hold just that."""
_APART_VALUES = 1 << 17
"""Values of rows that are read again, at most."""
_CHECKED_VALUES = 1 << 14
"""Values that tell whether numbers are evenly spread within the buckets of a table."""


@dataclass(frozen=True)
class Losses:
    """Plain data, kept until all tensors are known."""

    effects: tuple[tuple[str, Effect], ...]
    """By id of the scheme."""
    energy: float
    """Σx² in units of ``largest``²."""
    largest: float
    turned: bool = False
    """Whether the second dimension, not the first, are the output channels."""


def keep_losses(told: Told) -> dict[str, Any]:
    """Keep what narrower formats would do to a tensor of floating-point numbers. Sets no field of the statistics."""
    if told.plan.codec.dtype in FLOATS and told.plan.count:
        found = _losses(told)
        if found is not None:
            told.keep[KEPT] = found
    return {}


def _losses(told: Told) -> Losses | None:
    """``None`` when no value is finite and other than zero."""
    values = finite(told.sample.values, wide=told.plan.codec.dtype == "float64")
    if values.size == told.plan.count:
        table, given = None, Values(values, float(np.abs(values).max(initial=0.0)))
        largest, energy = given.largest, given.energy
    else:
        table, given = magnitudes(told.summary, told.rows.largest if told.rows else None), None
        largest, energy = table.largest, table.energy
    if not largest:
        return None
    form = layout(told.plan.shape)
    rows = _rows(told, form, values) if form else None
    sampled = _sampled(values, table) if table else None
    plans = tuple(p for p in PLANS if (form or p.everything) and told.plan.codec.dtype != _SAME.get(p.id))
    few = few_values(given, tuple(p for p in plans if p.share in ("none", "tensor"))) if given else {}
    few |= short_rows(rows) if rows and given else {}
    effects: list[tuple[str, Effect]] = []
    for plan in plans:
        if plan.id in few:
            effect: Effect | None = few[plan.id]
        elif plan.share in ("channel", "block"):
            effect = of_rows(rows, plan) if rows else None
        elif table:
            effect = of_table(table, plan.format, scaled=plan.share == "tensor", sample=sampled)
        elif given:
            effect = of_values(given, plan.format, scaled=plan.share == "tensor")
        if effect is not None:
            nothing = plan.share != "none" and effect.noise < _ARITHMETIC
            effects.append((plan.id, replace(effect, noise=0.0) if nothing else effect))
    return Losses(tuple(effects), energy, largest)


_SAME = {"fp16": "float16", "bf16": "bfloat16"}
"""Dtype that a scheme changes nothing about."""


def finite(numbers: NDArray[Any], *, wide: bool) -> NDArray[Any]:
    """Numbers as float32, or float64 where they are ``wide``, with zeros in place of what is not finite."""
    values: NDArray[Any] = numbers.astype(np.float64 if wide else np.float32, copy=False)
    good = np.isfinite(values)
    return values if good.all() else np.where(good, values, values.dtype.type(0))


def _sampled(values: NDArray[Any], table: Magnitudes) -> Sampled | None:
    """Some of the sample with its places in the table; ``None`` where the table is exact."""
    if table.exact or not values.size:
        return None
    step = -(-values.size // _CHECKED_VALUES)
    some = np.ascontiguousarray(values.reshape(-1)[::step] if values.shape[1] > step else values[::step])
    keys = places(some)
    buckets = np.zeros(max(int(keys.max()), int(table.key.max(initial=0))) + 1, np.bool_)
    buckets[table.key] = True
    counts = np.bincount(keys, minlength=buckets.size)
    return Sampled(some.reshape(-1)[buckets[keys]], table.largest, counts[table.key])


def _rows(told: Told, form: Layout, values: NDArray[Any]) -> RowSample | None:
    """The sample as rows of the matrix, at most ``BLOCK_VALUES`` of it unless it is the whole tensor."""
    if not values.size:
        return None
    indices, total = told.sample.indices, told.plan.count
    rows = values
    if form.rows != told.plan.rows:  # a stack of matrices: its rows lie within slices
        rows = values[:, : values.shape[1] // form.length * form.length].reshape(-1, form.length)
        indices = np.arange(len(rows))
    if not rows.size:
        return None
    if values.size < total and rows.size > BLOCK_VALUES:
        most = max(1, BLOCK_VALUES // rows.shape[1])
        chosen = np.arange(most) * len(rows) // most
        rows, indices = rows[chosen], indices[chosen]
    known = told.rows
    if known is None or form.rows != told.plan.rows or len(known.largest) != form.rows:
        return RowSample(rows, np.abs(rows).max(axis=1).astype(np.float64), indices, total)
    every = None if rows.size == total else _every(told, known)
    return RowSample(rows, known.largest[indices], indices, total, every)


def _every(told: Told, known: Rows) -> EveryRow | None:
    """What is known of all rows; those that stand out are read again. ``None`` where float64 cannot hold a sum."""
    energy = float(known.energy.sum())
    if not np.isfinite(energy) or not energy:
        return None
    apart = stand_out(known.largest, told.plan.row)
    wide = told.plan.codec.dtype == "float64"
    values = [finite(_read_row(told, int(row)), wide=wide) for row in apart]
    return EveryRow(known.largest, known.energy, apart, np.stack(values) if values else np.empty((0, told.plan.row)))


def stand_out(largest: NDArray[np.float64], length: int) -> NDArray[np.intp]:
    """Rows that hold much of the sum of squared steps, as many as may be read again; not all may be zero."""
    part = np.square(largest / largest.max())
    found = np.flatnonzero(part > part.sum() / _APART)
    return found[np.argsort(-part[found], kind="stable")][: _APART_VALUES // length]


def _read_row(told: Told, row: int) -> NDArray[Any]:
    """One slice along the first dimension, as numbers."""
    codec = told.plan.codec
    parts = [np.ascontiguousarray(raw) for raw in told.plan.blocks(row, row + 1)]
    numbers = [codec.values[part] if codec.values is not None else codec.numbers(part) for part in parts]
    return np.concatenate(numbers)

"""What every scheme does to one tensor, told at the end of the pass over its values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.measure.precision.blocks import RowSample, of_rows
from modelreport.measure.precision.elementwise import Effect, Sampled, of_table, of_values, squares
from modelreport.measure.precision.layout import Layout, layout
from modelreport.measure.precision.magnitudes import Magnitudes, magnitudes, places
from modelreport.measure.precision.schemes import PLANS
from modelreport.measure.rows import Rows
from modelreport.measure.sample import Sample
from modelreport.measure.told import Told

FLOATS = frozenset({"float64", "float32", "float16", "bfloat16"})
"""Dtypes whose tensors could be stored in fewer bits, or in 16 other ones."""

KEPT = "precision"
"""Key of ``Told.keep``."""

_BLOCK_VALUES = 1 << 15
"""Values that schemes with blocks are measured on: 256 groups of 128, which tell the noise to about 0.1 dB."""
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


def keep_losses(told: Told) -> dict[str, Any]:
    """Keep what narrower formats would do to a tensor of floating-point numbers. Sets no field of the statistics."""
    if told.plan.codec.dtype in FLOATS and told.plan.count:
        found = _losses(told)
        if found is not None:
            told.keep[KEPT] = found
    return {}


def _losses(told: Told) -> Losses | None:
    """``None`` when no value is finite and other than zero."""
    values = finite_values(told.sample, wide=told.plan.codec.dtype == "float64")
    whole = values.size == told.plan.count
    table = None if whole else magnitudes(told.summary, told.rows.largest if told.rows else None)
    largest = table.largest if table else float(np.abs(values).max(initial=0.0))
    if not largest:
        return None
    form = layout(told.plan.shape)
    plans = PLANS if form else tuple(plan for plan in PLANS if plan.everything)
    narrower = [plan for plan in plans if told.plan.codec.dtype != _SAME.get(plan.id)]
    effects = []
    sampled = _sampled(values, table) if table else None
    rows = _rows(told, form, values) if form else None
    for plan in narrower:
        if plan.share in ("channel", "block"):
            effect = of_rows(rows, plan) if rows else None
        elif table:
            effect = of_table(table, plan.format, scaled=plan.share == "tensor", sample=sampled)
        else:
            effect = of_values(values, largest, plan.format, scaled=plan.share == "tensor")
        if effect is not None:
            effects.append((plan.id, effect))
    energy = table.energy if table else _energy(values, largest)
    return Losses(tuple(effects), energy, largest)


_SAME = {"fp16": "float16", "bf16": "bfloat16"}
"""Dtype that a scheme changes nothing about."""


def finite_values(sample: Sample, *, wide: bool) -> NDArray[Any]:
    """The sample as float32, or float64 where the tensor is, with zeros in place of what is not finite."""
    values: NDArray[Any] = sample.values if wide else sample.values.astype(np.float32)
    good = np.isfinite(values)
    return values if good.all() else np.where(good, values, values.dtype.type(0))


def _energy(values: NDArray[Any], largest: float) -> float:
    return squares(values / values.dtype.type(largest))


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
    """The sample as rows of the matrix, at most ``_BLOCK_VALUES`` of it unless it is the whole tensor."""
    if not values.size:
        return None
    known, indices = told.rows, told.sample.indices
    whole = values.size == told.plan.count
    if form.rows != told.plan.rows:  # a stack of matrices
        rows = values[:, : values.shape[1] // form.length * form.length].reshape(-1, form.length)
        known = None
        if not rows.size:
            return None
    else:
        rows = values
    if not whole and rows.size > _BLOCK_VALUES:
        most = max(1, _BLOCK_VALUES // rows.shape[1])
        chosen = np.arange(most) * len(rows) // most
        rows, indices = rows[chosen], indices[chosen] if known else indices
    if known is None or len(known.largest) != told.plan.rows:
        return RowSample(rows, np.abs(rows).max(axis=1).astype(np.float64), told.plan.count)
    return RowSample(rows, known.largest[indices], told.plan.count, known.largest, _total_energy(known))


def _total_energy(rows: Rows) -> float:
    """Σx² over all rows; 0 where float64 cannot hold it."""
    total = float(rows.energy.sum())
    return total if np.isfinite(total) else 0.0

"""All schemes at once on a tensor of few values, where calling numpy costs more than the arithmetic.

What comes out is to the last bit what ``elementwise.of_values`` and ``blocks.of_rows`` find one after the other.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.measure.precision.blocks import NEAREST, PARTS, RowSample, half, steps_of_mxfp4
from modelreport.measure.precision.elementwise import FLAT, PLAIN, Effect, Values
from modelreport.measure.precision.formats import E2M1
from modelreport.measure.precision.schemes import PLANS, Plan

MOST_VALUES = 1 << 12
"""Above, the arithmetic costs more than the calls."""

_SHORTEST_BLOCK = min(plan.block for plan in PLANS if plan.share == "block")

_Grid = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


def few_values(given: Values, plans: tuple[Plan, ...]) -> dict[str, Effect]:
    """What schemes without blocks do to these values, by id; nothing where float32 does not hold them all."""
    scales = [given.largest / plan.format.largest if plan.share == "tensor" else 1.0 for plan in plans]
    units = [given.largest / scale for scale in scales]
    plain = all(FLAT < s < 1 / FLAT for s in scales) and all(PLAIN < u < 1 / PLAIN for u in units)
    if not plain or given.values.size > MOST_VALUES:
        return {}
    kind = given.values.dtype
    inner = given.values.reshape(-1) / np.array(scales, kind)[:, None]
    nearest = _rounded(inner, _grid(plans, kind))
    kept = np.count_nonzero(nearest, axis=1).tolist()
    error = np.subtract(inner, nearest, out=inner)
    noises = np.square(error, out=error).sum(axis=1).tolist()
    found = {}
    for plan, noise, unit, left in zip(plans, noises, units, kept, strict=True):
        over = 0
        if plan.share == "none" and given.largest >= plan.format.overflow:
            over = int(np.count_nonzero(np.abs(given.values) >= np.float64(plan.format.overflow)))
        found[plan.id] = Effect(noise / unit / unit / given.energy, over, given.nonzero - left)
    return found


@cache
def _grid(plans: tuple[Plan, ...], kind: np.dtype[Any]) -> _Grid:
    """Smallest normal number, distance within a power of two, and largest number of each scheme, as columns."""
    forms = [plan.format for plan in plans]
    columns = ([2.0**f.lowest for f in forms], [2.0**-f.mantissa for f in forms], [f.largest for f in forms])
    lowest, part, largest = (np.array(column, kind)[:, None] for column in columns)
    return lowest, part, largest


def _rounded(values: NDArray[Any], grid: _Grid) -> NDArray[Any]:
    """``Format.round`` with a format for each row."""
    lowest, part, largest = grid
    single = values.dtype == np.float32
    kind, mask = (np.uint32, 0x7F800000) if single else (np.uint64, 0x7FF0000000000000)
    step = np.bitwise_and(values.view(kind), kind(mask)).view(values.dtype)
    np.maximum(step, lowest, out=step)
    step *= part
    nearest = values / step
    np.rint(nearest, out=nearest)
    with np.errstate(over="ignore"):
        nearest *= step
    np.maximum(nearest, -largest, out=nearest)
    return np.asarray(np.minimum(nearest, largest, out=nearest))


def short_rows(rows: RowSample) -> dict[str, Effect]:
    """What schemes with a scale for each channel or block do to all rows of a tensor, each no longer than a block."""
    count, length = rows.values.shape
    if not rows.top or length > _SHORTEST_BLOCK or rows.values.size > MOST_VALUES or rows.values.size != rows.count:
        return {}
    unit = rows.unit
    low, high = np.minimum.reduce(unit, axis=1), np.maximum.reduce(unit, axis=1)
    most = np.maximum(high, -low)
    step = np.empty((5, count), np.float32)
    step[0] = rows.largest / rows.top / 127
    step[1] = half(most / 7)
    step[2] = half((np.maximum(high, 0) - np.minimum(low, 0)) / 15)
    step[3] = most
    step[4] = steps_of_mxfp4(most)
    step = np.where(step > 0, step, np.float32(1))
    inner = unit / step[:, :, None]
    nearest = _nearest(inner, np.clip(np.rint(-np.minimum(low, 0) / step[2]), 0, 15)[:, None])
    kept = np.count_nonzero(nearest.reshape(5, -1), axis=1).tolist()
    error = np.subtract(inner, nearest, out=inner).reshape(-1, length)
    each = np.einsum("ij,ij->i", error, error).reshape(5, count)
    noises = (each * np.square(step.astype(np.float64))).sum(axis=1).tolist()
    ids = ("int8_channel", "int4_128", "int4_128_zero", "nf4_64", "mxfp4")
    return {
        name: Effect(noise / rows.square_sum, 0, rows.nonzero - left)
        for name, noise, left in zip(ids, noises, kept, strict=True)
    }


def _nearest(inner: NDArray[np.float32], zero: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values in steps, rounded by each of the five schemes."""
    nearest = np.empty_like(inner)
    np.rint(inner[:3], out=nearest[:3])
    np.clip(nearest[1], -7, 7, out=nearest[1])
    np.subtract(np.clip(nearest[2] + zero, 0, 15), zero, out=nearest[2])
    np.clip(inner[3], -1, 1, out=inner[3])
    place = inner[3] * np.float32(PARTS)
    place += np.float32(PARTS)
    np.take(NEAREST, place.astype(np.intp), out=nearest[3], mode="clip")
    nearest[4] = E2M1.round(inner[4])
    return nearest

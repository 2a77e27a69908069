"""Schemes with a scale for each slice or block of neighbouring values: measured on whole rows.

Rows are slices along the first dimension, the output channels of a layer; a block is part of a row, so that its values
meet neighbouring inputs. What does not fill a block makes a shorter one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.measure.precision.elementwise import Effect, count, squares
from modelreport.measure.precision.formats import E2M1
from modelreport.measure.precision.schemes import Plan

Block = NDArray[np.float32]
"""One block a row, in units of a power of two that is larger than any magnitude."""

NF4 = (
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
    -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
)  # fmt: skip
"""Levels of 4-bit NormalFloat (Dettmers et al. 2023, appendix E; bitsandbytes ``create_normal_map``)."""


@dataclass(frozen=True, eq=False)
class EveryRow:
    """What is known of all rows of a tensor, beside those of the sample."""

    largest: NDArray[np.float64]
    """Largest magnitude of each."""
    energy: NDArray[np.float64]
    """Σx² of each, finite."""
    apart: NDArray[np.intp]
    """Rows that would make up much of the noise by themselves."""
    values: NDArray[Any]
    """Their values, shape ``(len(apart), values of a row)``."""

    @cached_property
    def others(self) -> NDArray[np.bool_]:
        """All rows but those."""
        found = np.ones(self.largest.size, np.bool_)
        found[self.apart] = False
        return found

    def weight(self, top: float) -> NDArray[np.float64]:
        """What the noise of blocks in a row goes with, in units of ``top``².

        Mostly its energy, a little the square of its largest magnitude: (Σx²)^¾ · (max x²)^¼. On weights of real
        models this halves the error of a sample against energy alone (int4), or does as well (NF4, MXFP4).
        """
        energy, square = self.energy / top / top, np.square(self.largest / top)
        return np.sqrt(energy * np.sqrt(energy * square))


@dataclass(frozen=True, eq=False)
class RowSample:
    """Whole rows of a tensor."""

    values: NDArray[Any]
    """Shape ``(rows, values of a row)``, finite, float32 or float64."""
    largest: NDArray[np.float64]
    """Largest magnitude of each of these rows as a whole, also where ``values`` holds only its first part."""
    indices: NDArray[np.int64]
    """Which rows of the tensor they are."""
    count: int
    """Values of the whole tensor."""
    every: EveryRow | None = None
    """``None`` where that is not known, or these are all rows."""

    @cached_property
    def top(self) -> float:
        """A power of two above every magnitude: in its units nothing is rounded."""
        known = self.every.largest if self.every else self.largest
        largest = float(known.max(initial=0.0))
        return math.ldexp(1.0, math.frexp(largest)[1]) if largest else 0.0

    @cached_property
    def unit(self) -> NDArray[np.float32]:
        """The values in units of ``top``."""
        return np.asarray(self.values / self.values.dtype.type(self.top), np.float32)

    @cached_property
    def square_sum(self) -> float:
        """Σ``unit``²; 1 where that is nothing."""
        return squares(self.unit) or 1.0

    @cached_property
    def nonzero(self) -> int:
        """Values other than zero."""
        return count(self.unit)


def of_rows(rows: RowSample, plan: Plan) -> Effect:
    """What a scheme with a scale for each channel or block does to a tensor."""
    if not rows.top:
        return Effect(0.0)
    whole = rows.values.size == rows.count
    noise, kept = _channels(rows) if plan.share == "channel" else _blocks(rows, plan)
    lost = rows.nonzero - kept
    if not whole:
        lost = round(lost * (rows.count / rows.values.size))
    return Effect(noise, 0, lost, sampled=0 if whole else rows.values.size)


def into_blocks(values: NDArray[Any], size: int) -> NDArray[Any]:
    """Rows cut into blocks of ``size``, a row's last one filled with zeros; rows shorter than that are a block each."""
    rows, length = values.shape
    if length <= size:
        return values
    left = -length % size
    if left:
        values = np.concatenate((values, np.zeros((rows, left), values.dtype)), axis=1)
    return values.reshape(-1, size)


def _steps(blocks: Block, step: NDArray[np.float32]) -> tuple[Block, NDArray[np.float32]]:
    """Values in steps of each block; blocks of zeros have a step of one."""
    step = np.where(step > 0, step, np.float32(1))
    return blocks / step[:, None], step


def _total(error: Block, step: NDArray[np.float32]) -> float:
    """Σ of the squared errors, given in steps of each block."""
    each = np.einsum("ij,ij->i", error, error)
    return float((each * np.square(step.astype(np.float64))).sum())


def _channels(rows: RowSample) -> tuple[float, int]:
    """Noise over energy of int8 with a scale for each row, and how many values do not become zero.

    A row's noise goes with the square of its step. So where the largest magnitude of every row is known, the sample
    only has to tell the factor between the two, and rows that stand out are measured by themselves.
    """
    top, every = rows.top, rows.every
    noise, kept = _noise_of_rows(rows.unit, rows.largest / top)
    if every is None:
        return float(noise.sum()) / rows.square_sum, kept
    alone, _ = _noise_of_rows((every.values / top).astype(np.float32), every.largest[every.apart] / top)
    seen = every.others[rows.indices]
    step = float(np.square(rows.largest[seen] / top).sum())
    factor = float(noise[seen].sum()) / step / rows.values.shape[1] if step else 0.0
    length = rows.count / every.largest.size
    total = float(alone.sum()) + factor * length * float(np.square(every.largest[every.others] / top).sum())
    return total / (float(every.energy.sum()) / top / top), kept


def _blocks(rows: RowSample, plan: Plan) -> tuple[float, int]:
    """Noise over energy of a scheme with a scale for each block, and how many values do not become zero.

    The sample tells the ratio; rows that stand out are measured by themselves.
    """
    work, every = _BLOCKS[plan.id], rows.every
    error, kept = work(into_blocks(rows.unit, plan.block))
    if every is None:
        return error / rows.square_sum, kept
    alone = 0.0
    seen = every.others[rows.indices]
    if every.apart.size:
        alone, _ = work(into_blocks((every.values / rows.top).astype(np.float32), plan.block))
        if not seen.all():
            error = max(error - work(into_blocks(rows.unit[~seen], plan.block))[0], 0.0)
    weight = every.weight(rows.top)
    part = float(weight[rows.indices[seen]].sum()) * rows.values.shape[1] / (rows.count / every.largest.size)
    rest = error / part * float(weight[every.others].sum()) if part else 0.0
    return (alone + rest) / (float(every.energy.sum()) / rows.top / rows.top), kept


def _noise_of_rows(unit: Block, largest: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """Σ of the squared errors of int8 in each row, and how many values do not become zero."""
    inner, step = _steps(unit, (largest / 127).astype(np.float32))
    whole = np.rint(inner)
    kept = count(whole)
    np.subtract(inner, whole, out=inner)
    return np.einsum("ij,ij->i", inner, inner) * np.square(step.astype(np.float64)), kept


def _int4(blocks: Block) -> tuple[float, int]:
    """−7 … 7 with a scale in float16."""
    inner, step = _steps(blocks, half(np.abs(blocks).max(axis=1) / 7))
    whole = np.rint(inner)
    np.clip(whole, -7, 7, out=whole)
    return _total(inner - whole, step), count(whole)


def _int4_zero(blocks: Block) -> tuple[float, int]:
    """0 … 15 over the range of the block, zero included, with a scale in float16 and a whole zero point."""
    low, high = np.minimum(blocks.min(axis=1), 0), np.maximum(blocks.max(axis=1), 0)
    inner, step = _steps(blocks, half((high - low) / 15))
    zero = np.clip(np.rint(-low / step), 0, 15)[:, None]
    whole = np.clip(np.rint(inner) + zero, 0, 15) - zero
    return _total(inner - whole, step), count(whole)


def half(scale: NDArray[Any]) -> NDArray[np.float32]:
    """A scale as float16 holds it, where the size of the tensor's values suits float16."""
    return scale.astype(np.float16).astype(np.float32)


_LEVELS = np.array(NF4, np.float32)
PARTS = 1 << 12
"""Parts of 0 … 1 by which the nearest level is looked up. Where a border between two levels lies within a part both are
about as far, so that the noise is that of exact rounding to 1e-5."""
NEAREST = _LEVELS[
    np.searchsorted((_LEVELS[:-1] + _LEVELS[1:]) / 2, (np.arange(-PARTS, PARTS + 1) + np.float32(0.5)) / PARTS)
]


def _nf4(blocks: Block) -> tuple[float, int]:
    """The nearest of the 16 levels, scaled by the largest magnitude of the block."""
    inner, step = _steps(blocks, np.abs(blocks).max(axis=1))
    np.clip(inner, -1, 1, out=inner)
    place = inner * np.float32(PARTS)
    place += np.float32(PARTS)
    nearest = np.take(NEAREST, place.astype(np.intp))
    return _total(inner - nearest, step), count(nearest)


def _mxfp4(blocks: Block) -> tuple[float, int]:
    """E2M1 times a power of two: that of the largest magnitude over that of the largest number (OCP MX 1.0, 6.3)."""
    inner, step = _steps(blocks, steps_of_mxfp4(np.abs(blocks).max(axis=1)))
    nearest = E2M1.round(inner)
    return _total(inner - nearest, step), count(nearest)


def steps_of_mxfp4(most: NDArray[np.float32]) -> NDArray[np.float32]:
    """From the largest magnitudes of blocks; 0 for blocks of zeros."""
    step = np.where(most > 0, np.ldexp(np.float32(1), np.frexp(most)[1] - 1 - 2), 0)
    return step.astype(np.float32)


_BLOCKS: dict[str, Callable[[Block], tuple[float, int]]] = {
    "int4_128": _int4,
    "int4_128_zero": _int4_zero,
    "nf4_64": _nf4,
    "mxfp4": _mxfp4,
}

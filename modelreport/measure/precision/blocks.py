"""Schemes with a scale for each slice or block of neighbouring values: measured on whole rows.

Rows are slices along the first dimension, the output channels of a layer; a block is part of a row, so that its values
meet neighbouring inputs. What does not fill a block makes a shorter one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.measure.precision.elementwise import Effect, squares
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
class RowSample:
    """Whole rows of a tensor."""

    values: NDArray[Any]
    """Shape ``(rows, values of a row)``, finite, float32 or float64."""
    largest: NDArray[np.float64]
    """Largest magnitude of each of these rows as a whole, also where ``values`` holds only its first part."""
    count: int
    """Values of the whole tensor."""
    every_largest: NDArray[np.float64] | None = None
    """Largest magnitude of every row of the tensor, where it is known."""
    energy: float = 0.0
    """Σx² over every row, where that is known."""


def of_rows(rows: RowSample, plan: Plan) -> Effect:
    """What a scheme with a scale for each channel or block does to a tensor."""
    largest = float(rows.largest.max(initial=0.0))
    if not largest:
        return Effect(0.0)
    top = math.ldexp(1.0, math.frexp(largest)[1])  # a power of two, so that nothing is rounded
    unit = (rows.values / top).astype(np.float32)
    whole = rows.values.size == rows.count
    if plan.share == "channel":
        noise, kept = _channels(unit, rows, top)
    else:
        blocks = into_blocks(unit, plan.block)
        error, kept = _BLOCKS[plan.id](blocks)
        noise = error / (squares(blocks) or 1.0)
    lost = int(np.count_nonzero(unit)) - kept
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


def _channels(unit: Block, rows: RowSample, top: float) -> tuple[float, int]:
    """Noise over energy of int8 with a scale for each row, and how many values do not become zero.

    A row's noise goes with the square of its step, so where the largest magnitude of every row is known, the sample
    only has to tell the factor between the two.
    """
    inner, step = _steps(unit, (rows.largest / top / 127).astype(np.float32))
    whole = np.rint(inner)
    kept = int(np.count_nonzero(whole))
    np.subtract(inner, whole, out=inner)
    noise, energy = _total(inner, step), squares(unit)
    if rows.every_largest is not None and rows.values.size < rows.count and rows.energy > 0:
        share = float(np.sum((rows.every_largest / top) ** 2) / (np.sum((rows.largest / top) ** 2) or 1.0))
        length = rows.count / rows.every_largest.size / rows.values.shape[1]
        return noise * share * length / (rows.energy / top / top), kept
    return noise / (energy or 1.0), kept


def _int4(blocks: Block) -> tuple[float, int]:
    """−7 … 7 with a scale in float16."""
    inner, step = _steps(blocks, _half(np.abs(blocks).max(axis=1) / 7))
    whole = np.rint(inner)
    np.clip(whole, -7, 7, out=whole)
    return _total(inner - whole, step), int(np.count_nonzero(whole))


def _int4_zero(blocks: Block) -> tuple[float, int]:
    """0 … 15 over the range of the block, zero included, with a scale in float16 and a whole zero point."""
    low, high = np.minimum(blocks.min(axis=1), 0), np.maximum(blocks.max(axis=1), 0)
    inner, step = _steps(blocks, _half((high - low) / 15))
    zero = np.clip(np.rint(-low / step), 0, 15)[:, None]
    whole = np.clip(np.rint(inner) + zero, 0, 15) - zero
    return _total(inner - whole, step), int(np.count_nonzero(whole))


def _half(scale: NDArray[Any]) -> NDArray[np.float32]:
    """A scale as float16 holds it, where the size of the tensor's values suits float16."""
    return scale.astype(np.float16).astype(np.float32)


_LEVELS = np.array(NF4, np.float32)
_BORDERS = (_LEVELS[:-1] + _LEVELS[1:]) / 2
_PARTS = 64
"""Parts of −1 … 1 on each side of zero in which at most one border lies."""
_PLACE = np.searchsorted(_BORDERS, np.arange(-_PARTS, _PARTS + 1) / _PARTS).astype(np.intp)


def _nf4(blocks: Block) -> tuple[float, int]:
    """The nearest of the 16 levels, scaled by the largest magnitude of the block."""
    inner, step = _steps(blocks, np.abs(blocks).max(axis=1))
    np.clip(inner, -1, 1, out=inner)
    place = np.take(_PLACE, ((inner + np.float32(1)) * np.float32(_PARTS)).astype(np.intp))
    place += inner > np.take(_BORDERS, np.minimum(place, _BORDERS.size - 1))
    np.minimum(place, _LEVELS.size - 1, out=place)
    nearest = np.take(_LEVELS, place)
    return _total(inner - nearest, step), int(np.count_nonzero(nearest))


def _mxfp4(blocks: Block) -> tuple[float, int]:
    """E2M1 times a power of two: that of the largest magnitude over that of the largest number (OCP MX 1.0, 6.3)."""
    exponent = np.frexp(np.abs(blocks).max(axis=1))[1] - 1 - 2
    inner, step = _steps(blocks, np.where(blocks.any(axis=1), np.ldexp(np.float32(1), exponent), 0).astype(np.float32))
    nearest = E2M1.round(inner)
    return _total(inner - nearest, step), int(np.count_nonzero(nearest))


_BLOCKS: dict[str, Callable[[Block], tuple[float, int]]] = {
    "int4_128": _int4,
    "int4_128_zero": _int4_zero,
    "nf4_64": _nf4,
    "mxfp4": _mxfp4,
}

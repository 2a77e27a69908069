"""The values of tensors as float64 numbers, block by block, and those of several tensors side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import LazyTensor
from modelreport.measure.kernel import BLOCK
from modelreport.measure.walk import walk

Blocks = dict[str, NDArray[np.float64]]
Decode = Callable[[NDArray[Any], int], NDArray[np.float64]]
"""From raw elements and the place of the first of them to numbers."""


def numbers_of(tensor: LazyTensor, decode: Decode | None = None) -> Iterator[NDArray[np.float64]]:
    """The values in row-major order, ``BLOCK`` at a time, however the tensor is stored.

    ``ValueError`` when they cannot be read, and for an expanded view.
    """
    plan = walk(tensor)
    if plan.weight != 1:
        raise ValueError("it is an expanded view")
    start, held = 0, np.empty(0, np.float64)
    for raw in plan.blocks(0, plan.rows):
        block = np.ascontiguousarray(raw)
        if decode is not None:
            numbers = decode(block, start)
        elif plan.codec.values is not None:
            numbers = plan.codec.values[block]
        else:
            numbers = plan.codec.numbers(block).astype(np.float64)
        start += block.size
        held = np.concatenate([held, numbers]) if held.size else numbers
        while held.size >= BLOCK:
            yield held[:BLOCK]
            held = held[BLOCK:]
    if held.size:
        yield held


def together(streams: Mapping[str, Iterator[NDArray[np.float64]]]) -> Iterator[Blocks]:
    """Blocks of several tensors side by side, by name; ``ValueError`` when they have not the same number of values."""
    for values in zip_longest(*streams.values()):
        if any(value is None for value in values) or len({value.size for value in values}) > 1:
            raise ValueError("the tensors differ in size")
        yield dict(zip(streams, values, strict=True))


def squares(values: NDArray[np.float64]) -> float:
    """Sum of squares, in one order on every machine: BLAS cuts a dot product by its number of threads."""
    return float(np.einsum("i,i->", values, values))

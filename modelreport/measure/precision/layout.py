"""How a weight is laid out as a matrix: outputs, inputs, positions of a kernel."""

from __future__ import annotations

import math
from typing import NamedTuple

_STACK = 32
"""Last dimension from which three dimensions are a stack of matrices, one for each expert, rather than a kernel."""


class Layout(NamedTuple):
    """``rows`` output channels of ``length`` values each: ``length / kernel`` inputs at ``kernel`` positions."""

    rows: int
    length: int
    kernel: int


def layout(shape: tuple[int, ...]) -> Layout | None:
    """The first dimension against the others; of a stack of matrices, their rows. ``None`` for what is no matrix."""
    if sum(n > 1 for n in shape) < 2:
        return None
    if len(shape) == 3 and shape[2] >= _STACK:
        return Layout(shape[0] * shape[1], shape[2], 1)
    return Layout(shape[0], math.prod(shape[1:]), math.prod(shape[2:]))

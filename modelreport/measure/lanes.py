"""Sums in a fixed order that a processor can take several steps of at once.

Element j is added to lane j modulo the number of lanes; at the end the lanes' upper half is added onto the lower half
until one is left. The same numbers give the same sum to the last bit, on any processor and in any implementation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ROW_LANES = 16
"""Of the sum over one row."""

BLOCK_LANES = 32
"""Of the sums over a block."""

RUN = 8192
"""Numbers after which the lanes of a block begin anew."""


def add_lanes(sums: NDArray[np.float64], numbers: NDArray[np.float64]) -> None:
    """Add each row of ``numbers``, of shape ``(rows, columns)``, to its sums by lane, of shape ``(rows, lanes)``."""
    rows, lanes = sums.shape
    whole = numbers.shape[1] // lanes * lanes
    if whole:
        grouped = numbers[:, :whole].reshape(rows, whole // lanes, lanes)
        np.add(sums, grouped[:, 0], out=sums)
        if whole > lanes:
            # Along an outer axis numpy adds one slice after the other.
            np.add.reduce(np.concatenate((sums[:, None], grouped[:, 1:]), axis=1), axis=1, out=sums)
    if whole < numbers.shape[1]:
        sums[:, : numbers.shape[1] - whole] += numbers[:, whole:]


def lane_sums(numbers: NDArray[np.float64], lanes: int) -> NDArray[np.float64]:
    """Sums of each row by lane: of shape ``(rows, columns)`` come ``(rows, lanes)``."""
    rows, size = numbers.shape
    whole = size // lanes * lanes
    sums: NDArray[np.float64] = np.add.reduce(numbers[:, :whole].reshape(rows, whole // lanes, lanes), axis=1)
    if whole < size:
        sums[:, : size - whole] += numbers[:, whole:]
    return sums


def block_sum(numbers: NDArray[np.float64]) -> float:
    """The sum of a block of numbers in ``BLOCK_LANES`` lanes.

    They begin anew with each run of ``RUN`` numbers, so that rounding errors stay small; the runs' lanes are added in
    order.
    """
    whole = numbers.size // RUN * RUN
    runs = lane_sums(numbers[:whole].reshape(whole // RUN, RUN), BLOCK_LANES)
    if whole < numbers.size:
        runs = np.concatenate((runs, lane_sums(numbers[None, whole:], BLOCK_LANES)))
    return float(fold(np.add.reduce(runs, axis=0)[None])[0])


def fold(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum over lanes, of shape ``(rows, lanes)``, for each row."""
    while sums.shape[1] > 1:
        half = sums.shape[1] // 2
        sums = sums[:, :half] + sums[:, half:]
    return sums[:, 0]

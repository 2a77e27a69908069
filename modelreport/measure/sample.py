"""A few of a tensor's values as they stand beside each other: whole rows, chosen by the shape alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.measure.codec import Codec
from modelreport.measure.walk import Walk

SAMPLE_VALUES = 1 << 16
"""Values of a sample, at most."""

RUN = 128
"""Values that are read together at least: short rows come in runs of neighbours."""


@dataclass
class Sample:
    """Whole rows of a tensor, evenly spaced over it; all of a tensor of at most ``SAMPLE_VALUES``.

    A tensor of one dimension counts as one row, or, when it is longer, as runs of ``RUN`` elements. A row longer than
    ``SAMPLE_VALUES`` is cut to its first values.
    """

    indices: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    """Of the rows; of the first elements where there is one dimension."""
    values: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    """Shape ``(rows, values of a row)``; numbers that are not finite are among them, of complex ones the magnitude."""


class Sampler:
    """Gathers what lies of a tensor's sample in some of its rows, while their blocks go by."""

    def __init__(self, plan: Walk, first: int) -> None:
        self._codec = plan.codec
        length = plan.row * plan.codec.per_element
        run, starts = _runs(plan)
        self._low = starts * length
        self._high = self._low + min(run * length, SAMPLE_VALUES)
        self._at = first * length
        self._parts: list[NDArray[np.float64]] = []

    def add(self, block: NDArray[Any]) -> None:
        """Look at the next block of raw elements, patterns where the dtype is tabulated."""
        begin, end = self._at, self._at + block.size
        self._at = end
        first, last = np.searchsorted(self._high, begin, "right"), np.searchsorted(self._low, end, "left")
        for low, high in zip(self._low[first:last].tolist(), self._high[first:last].tolist(), strict=True):
            self._parts.append(_numbers(self._codec, block[max(low - begin, 0) : high - begin]))

    def values(self) -> NDArray[np.float64]:
        """What was gathered, in order; pieces of a tensor are put behind each other."""
        return np.concatenate(self._parts) if self._parts else np.empty(0)


def sample_of(plan: Walk, values: NDArray[np.float64]) -> Sample:
    """The sample of a tensor from all that was gathered in its rows."""
    run, starts = _runs(plan)
    if not values.size:
        return Sample()
    if len(plan.shape) < 2:
        return Sample(starts, values.reshape(len(starts), -1))
    indices = (starts[:, None] + np.arange(run)).reshape(-1)
    return Sample(indices, values.reshape(len(indices), -1))


def _numbers(codec: Codec, block: NDArray[Any]) -> NDArray[np.float64]:
    if codec.values is not None:
        return np.asarray(codec.values[block])
    return np.asarray(codec.numbers(np.ascontiguousarray(block)).astype(np.float64))


def whole_sample(plan: Walk, numbers: NDArray[np.float64]) -> Sample:
    """The sample of a tensor of at most ``SAMPLE_VALUES``: all its ``numbers``."""
    if not numbers.size:
        return Sample()
    if len(plan.shape) < 2:
        return Sample(np.zeros(1, np.int64), numbers.reshape(1, -1))
    return Sample(np.arange(plan.rows), numbers.reshape(plan.rows, -1))


def _runs(plan: Walk) -> tuple[int, NDArray[np.int64]]:
    """How many rows follow each other in a run, and the rows at which runs begin, ascending."""
    length = plan.row * plan.codec.per_element
    if not length or not plan.rows:
        return 0, np.empty(0, np.int64)
    if plan.rows * length <= SAMPLE_VALUES:
        return plan.rows, np.zeros(1, np.int64)
    run = min(plan.rows, max(1, RUN // length))
    count = max(1, SAMPLE_VALUES // (run * length))
    places = plan.rows // run
    if count >= places:
        return run, np.arange(places, dtype=np.int64) * run
    return run, (2 * np.arange(count, dtype=np.int64) + 1) * places // (2 * count) * run

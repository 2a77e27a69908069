"""What one pass tells of a tensor, for those who make more facts of it before it is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.facts import TensorStatistics
from modelreport.measure.rows import Rows
from modelreport.measure.sample import Sample, whole_sample
from modelreport.measure.summary import Buckets, Summary, add_all, buckets, new_summary
from modelreport.measure.walk import Walk


@dataclass
class Told:
    """One tensor at the end of the pass. What costs time is made when it is first asked for."""

    plan: Walk
    statistics: TensorStatistics
    """The statistics so far; the name is the tensor's."""
    rows: Rows | None
    """Of the stored slices; ``None`` for fewer than two dimensions, no values, or more slices than are told apart."""
    make_summary: Callable[[], Summary]
    make_buckets: Callable[[], Buckets]
    make_sample: Callable[[], Sample]
    keep: dict[str, Any] = field(default_factory=dict)
    """What is kept of this tensor for the parts that look at the whole model (``Measured.kept``): small, and plain
    data that can be sent from one process to another."""

    @cached_property
    def summary(self) -> Summary:
        """Counts by pattern or by leading bits. Hundreds of kilobytes, also for small tensors: prefer ``buckets``."""
        return self.make_summary()

    @cached_property
    def buckets(self) -> Buckets:
        """The finite values in ascending order and how often each occurs; exact for small tensors and up to 16 bits."""
        return self.make_buckets()

    @cached_property
    def sample(self) -> Sample:
        """Some whole rows."""
        return self.make_sample()


def told_of_all(plan: Walk, statistics: TensorStatistics, rows: Rows | None, summary: Summary, sample: Sample) -> Told:
    """A tensor that streamed by."""
    return Told(plan, statistics, rows, lambda: summary, lambda: buckets(summary), lambda: sample)


def told_of_small(
    plan: Walk, statistics: TensorStatistics, rows: Rows | None, block: NDArray[Any], numbers: NDArray[np.float64]
) -> Told:
    """A tensor held whole: its raw elements (patterns where the dtype is tabulated) and its numbers."""

    def summary() -> Summary:
        made = new_summary(plan.codec.dtype)
        add_all(made, block if plan.codec.values is not None else plan.codec.numbers(block))
        return made

    def counted() -> Buckets:
        values, counts = np.unique(numbers[np.isfinite(numbers)] + 0.0, return_counts=True)
        return Buckets(values, values, values, counts)

    return Told(plan, statistics, rows, summary, counted, lambda: whole_sample(plan, numbers))

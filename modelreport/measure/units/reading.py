"""Chosen rows of a tensor, read a second time within a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import LazyTensor
from modelreport.measure.walk import Walk, walk

LONGEST_ROW = 1 << 24
"""Values of a row that is held in memory: 128 MiB as float64. The widest layers known have some 200,000 inputs."""

_NEIGHBOURS = 1 << 19
"""Values that are read together where those of one row lie apart."""


def plan_of(tensor: LazyTensor) -> Walk | None:
    """How to read the rows of a tensor; ``None`` when its values cannot be read in rows of whole bytes."""
    try:
        plan = walk(tensor)
    except (ValueError, OSError):
        return None
    whole = plan.codec.element_bits >= 8 and plan.codec.per_element == 1
    return plan if whole and plan.rows and plan.row and plan.weight == 1 else None


def raw_rows(plan: Walk, first: int, last: int) -> NDArray[Any]:
    """Rows ``first`` to ``last`` (excluded) as stored, shape ``(last - first, row)``, copied."""
    parts = [np.array(block) for block in plan.blocks(first, last)]
    joined = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return joined.reshape(last - first, plan.row)


def as_numbers(plan: Walk, raw: NDArray[Any]) -> NDArray[np.float64]:
    """Stored elements as float64 numbers, in the same shape."""
    if plan.codec.values is not None:
        return np.asarray(plan.codec.values[raw], np.float64)
    with np.errstate(all="ignore"):
        flat = plan.codec.numbers(np.ascontiguousarray(raw).reshape(-1))
        return np.asarray(flat, np.float64).reshape(raw.shape)


def rows_of(plan: Walk, first: int, last: int) -> NDArray[np.float64]:
    """Rows ``first`` to ``last`` (excluded) as float64 numbers."""
    return as_numbers(plan, raw_rows(plan, first, last))


def row_reader(plan: Walk) -> Callable[[int], NDArray[Any]]:
    """Reads one row after the other, as stored and of shape ``(1, row)``.

    In a view the elements of a row may lie far apart, those of its neighbours between them: rows are then read together
    and a few of them held.
    """
    if plan.strides is None:
        return lambda index: raw_rows(plan, index, index + 1)
    step = max(1, _NEIGHBOURS // plan.row)

    @lru_cache(maxsize=2)  # a row, and the one that it is compared with
    def neighbours(place: int) -> NDArray[Any]:
        return raw_rows(plan, place * step, min((place + 1) * step, plan.rows))

    return lambda index: neighbours(index // step)[index % step :][:1]


def chosen_rows(plan: Walk, indices: Sequence[int]) -> NDArray[np.float64]:
    """The rows at ``indices``, in that order."""
    read = row_reader(plan)
    return np.stack([as_numbers(plan, read(index))[0] for index in indices])


def slabs(plan: Walk, values: int) -> Iterator[tuple[int, NDArray[Any]]]:
    """All rows as stored, in slabs of about ``values`` values: the first row's index and the slab."""
    step = max(1, values // plan.row)
    for first in range(0, plan.rows, step):
        yield first, raw_rows(plan, first, min(first + step, plan.rows))


def evenly(count: int, most: int) -> list[int]:
    """At most ``most`` of ``count`` places, evenly spaced, the first among them."""
    return list(range(count)) if count <= most else [i * count // most for i in range(most)]

"""Long runs of zeros that no training leaves: a part of the file that was never written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import LazyTensor
from modelreport.facts import Item, TensorFact, TensorStatistics, ZeroRun
from modelreport.measure.units.reading import as_numbers, plan_of, slabs
from modelreport.measure.walk import Walk

SHORTEST = 1024
"""Zeros in a row from which a run counts: 4 kB of float32, the page of a file that was laid out and never filled."""

_ELSEWHERE = 0.01
"""Share of zeros outside the run up to which they are no pattern of the tensor itself: masks, filter banks and pruned
weights have zeros all over."""

READ_BYTES = 256 << 20
_SLAB = 1 << 20


def survey_blanks(
    facts: Iterable[TensorFact], tensors: Mapping[str, LazyTensor], statistics: Mapping[str, TensorStatistics]
) -> tuple[tuple[ZeroRun, ...], tuple[Item, ...]]:
    """Runs of every parameter of two dimensions or more that has enough zeros, and what was left out."""
    found, left, spent = [], [], 0
    for fact in facts:
        values, tensor = statistics.get(fact.name), tensors.get(fact.name)
        if values is None or tensor is None or fact.role != "parameter" or fact.tied_to or len(fact.shape) < 2:
            continue
        plan = plan_of(tensor) if SHORTEST <= values.zeros < values.count else None
        if plan is None:
            continue
        spent += plan.size_bytes
        if spent > READ_BYTES:
            left.append(Item(name=fact.name, value="its zeros were not looked at: more than 256 MiB had been read"))
            continue
        first, count = longest_run(plan)
        outside = values.zeros - count
        crooked = first % plan.row or (first + count) % plan.row
        if count >= SHORTEST and crooked and outside <= _ELSEWHERE * (values.count - count):
            following = _following(tensor, tensors, statistics) if first + count == values.count else 0
            found.append(ZeroRun(name=fact.name, first=first, count=count, total=values.count, outside=outside,
                                 following_bytes=following))  # fmt: skip
    return tuple(found), tuple(left)


def longest_run(plan: Walk) -> tuple[int, int]:
    """First index and length of the longest run of zeros in row-major order; the first of several."""
    best, start, at = (0, 0), 0, 0  # ``start``: where the run that reaches ``at`` began
    for _, slab in slabs(plan, _SLAB):
        places = np.flatnonzero(as_numbers(plan, slab).reshape(-1) != 0)
        best, start = _longer(best, places + at, start)
        at += slab.size
    return (start, at - start) if at - start > best[1] else best


def _longer(best: tuple[int, int], places: NDArray[np.int64], start: int) -> tuple[tuple[int, int], int]:
    """The longest run so far, and where the next begins, after values that are not zero at ``places``."""
    if not places.size:
        return best, start
    borders = np.concatenate(([start - 1], places))
    lengths = np.diff(borders) - 1
    longest = int(np.argmax(lengths))
    if int(lengths[longest]) > best[1]:
        best = (int(borders[longest]) + 1, int(lengths[longest]))
    return best, int(places[-1]) + 1


def _following(
    tensor: LazyTensor, tensors: Mapping[str, LazyTensor], statistics: Mapping[str, TensorStatistics]
) -> int:
    """Bytes of the tensors right behind this one in its file that hold nothing but zeros."""
    behind: defaultdict[int, list[LazyTensor]] = defaultdict(list)
    own = _place(tensor)
    for other in tensors.values():
        if other.storage is not None and own is not None and other.storage.file == own[0]:
            place = _place(other)
            if place is not None and place[1] > own[1]:
                behind[place[1]].append(other)
    size = 0
    for _, group in sorted(behind.items()):
        values = [statistics.get(each.name) for each in group]
        if any(each is None or each.zeros < each.count for each in values):
            break
        size += max(each.size_bytes for each in group)
    return size


def _place(tensor: LazyTensor) -> tuple[int, int] | None:
    """File and first byte of a tensor's storage."""
    return None if tensor.storage is None else (tensor.storage.file, tensor.storage.offset)

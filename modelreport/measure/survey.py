"""One pass over all tensors of a checkpoint: pieces on a thread pool, merged in file order, memory flat."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np

from modelreport.checkpoint import Checkpoint, LazyTensor
from modelreport.facts import Item, Skipped, Weights
from modelreport.measure.piece import Finished, Piece, finish, read_piece, read_whole
from modelreport.measure.walk import Walk, walk
from modelreport.options import Options

PIECE_BYTES = 32 << 20
"""Work for one thread at a time: whole rows of one tensor, or several small tensors."""

_TASK_TENSORS = 256
_MOST_THREADS = 8
_MOST_VIEWS = 16
"""How often the bytes of one storage are read for different views: a small file can claim endless ones."""

_FREE = 16 << 20

Outcome = Finished | str
"""What is known of one tensor, or why nothing is."""


@dataclass(frozen=True)
class _Task:
    """Some tensors whole; or rows ``first`` to ``last`` of a large one."""

    indices: tuple[int, ...]
    walks: tuple[Walk, ...]
    first: int = 0
    last: int = 0
    split: bool = False
    more: bool = False
    """Whether further rows of the same tensor follow."""


def measure(
    checkpoint: Checkpoint,
    options: Options,
    executor: Executor | None = None,
    kept: dict[str, dict[str, Any]] | None = None,
) -> Weights | Skipped:
    """Statistics of all tensors of the chosen model, in file order; one that fails costs only itself.

    A tied tensor is read once and reported under each name. Progress counts bytes under the stage ``measure``. Any
    executor whose workers share memory will do; by default threads: numpy and hashlib release the interpreter lock.
    ``kept`` receives what is kept of tensors beside their statistics, by name.
    """
    if not checkpoint.tensors:
        return Skipped(stage="measure", reason="The checkpoint holds no tensors.")
    walks, twins, outcomes = _prepare(checkpoint.tensors)
    total = sum(plan.size_bytes for plan in walks.values())
    done = read = 0
    with ThreadPoolExecutor(min(_MOST_THREADS, _processors())) as threads:
        for index, outcome, size in _run(executor or threads, walks):
            done += size
            options.progress("measure", done, total)
            if outcome is not None:
                outcomes[index] = outcome
    found, unread = [], []
    for index, tensor in enumerate(checkpoint.tensors):
        outcome = outcomes[twins.get(index, index)]
        if isinstance(outcome, str):
            unread.append(Item(name=tensor.name, value=outcome))
        else:
            found.append(msgspec.structs.replace(outcome.statistics, name=tensor.name))
            if outcome.keep and kept is not None:
                kept[tensor.name] = outcome.keep
            read += walks[index].size_bytes if index in walks else 0
    return Weights(tensors=tuple(found), read_bytes=read, unread=tuple(unread))


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _prepare(tensors: tuple[LazyTensor, ...]) -> tuple[dict[int, Walk], dict[int, int], dict[int, Outcome]]:
    """What to walk, by index; for tensors tied to an earlier one, its index; and why others have no statistics."""
    walks: dict[int, Walk] = {}
    twins: dict[int, int] = {}
    outcomes: dict[int, Outcome] = {}
    seen: dict[tuple[object, ...], int] = {}
    spent: Counter[int] = Counter()
    for index, tensor in enumerate(tensors):
        try:
            plan = walk(tensor)
            key = (tensor.big_endian, *(tensor.view_key or ()))
        except Exception as error:
            outcomes[index] = _reason(error)
            continue
        if key in seen:
            twins[index] = seen[key]
            continue
        spent[id(tensor.storage)] += plan.size_bytes
        if tensor.storage is not None and spent[id(tensor.storage)] > _MOST_VIEWS * tensor.storage.size_bytes + _FREE:
            outcomes[index] = f"more than {_MOST_VIEWS} views show the same bytes; only the first ones are read"
            continue
        seen[key] = index
        walks[index] = plan
    return walks, twins, outcomes


def _reason(error: BaseException) -> str:
    text = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
    return text[:300]


def _run(executor: Executor, walks: dict[int, Walk]) -> Iterator[tuple[int, Outcome | None, int]]:
    """Index, outcome (``None`` until a tensor's last piece) and bytes of what was walked; few pieces are in flight."""
    waiting: deque[tuple[_Task, Future[list[Outcome | Piece]]]] = deque()
    partial: dict[int, Piece | str] = {}
    in_flight = 2 * min(_MOST_THREADS, _processors()) + 2
    for task in _tasks(walks):
        waiting.append((task, executor.submit(_work, task)))
        if len(waiting) >= in_flight:
            yield from _collect(*waiting.popleft(), partial)
    while waiting:
        yield from _collect(*waiting.popleft(), partial)


def _collect(
    task: _Task, future: Future[list[Outcome | Piece]], partial: dict[int, Piece | str]
) -> Iterator[tuple[int, Outcome | None, int]]:
    """Merge what a task found into what is known of its tensors."""
    outcomes = future.result()
    for index, plan, outcome in zip(task.indices, task.walks, outcomes, strict=True):
        if isinstance(outcome, Finished):
            yield index, outcome, plan.size_bytes
            continue
        merged = partial.pop(index, None)
        if isinstance(merged, Piece) and isinstance(outcome, Piece):
            merged.merge(outcome)
        elif not isinstance(merged, str):
            merged = outcome
        size = (task.last - task.first) * plan.size_bytes // plan.rows if task.split else plan.size_bytes
        if task.more:
            partial[index] = merged
            yield index, None, size
        else:
            yield index, _finished(plan, merged), size


def _finished(plan: Walk, merged: Piece | str) -> Outcome:
    try:
        with np.errstate(all="ignore"):
            return merged if isinstance(merged, str) else finish(plan, merged)
    except Exception as error:
        return _reason(error)


def _tasks(walks: dict[int, Walk]) -> Iterator[_Task]:
    """The work in file order: large tensors in pieces of whole rows, small ones together."""
    small: dict[int, Walk] = {}
    size = 0
    for index, plan in walks.items():
        large = plan.size_bytes > PIECE_BYTES
        if small and (large or size >= PIECE_BYTES or len(small) >= _TASK_TENSORS):
            yield _Task(tuple(small), tuple(small.values()))
            small, size = {}, 0
        if large:
            borders = _borders(plan)
            for first, last in pairwise(borders):
                yield _Task((index,), (plan,), first, last, split=True, more=last < plan.rows)
        else:
            small[index] = plan
            size += plan.size_bytes
    if small:
        yield _Task(tuple(small), tuple(small.values()))


def _borders(plan: Walk) -> list[int]:
    """Rows at which pieces begin, and the end; a single piece when elements are narrower than a byte."""
    if plan.codec.element_bits < 8:
        return [0, plan.rows]
    step = max(1, PIECE_BYTES // (plan.row * plan.codec.stored.itemsize))
    return [*range(0, plan.rows, step), plan.rows]


def _work(task: _Task) -> list[Outcome | Piece]:
    """Run a task. A tensor that fails yields its reason."""
    outcomes: list[Outcome | Piece] = []
    for plan in task.walks:
        try:
            with np.errstate(all="ignore"):  # signalling NaN and infinities are counted, not warned of
                outcomes.append(read_piece(plan, task.first, task.last) if task.split else read_whole(plan))
        except Exception as error:
            outcomes.append(_reason(error))
    return outcomes

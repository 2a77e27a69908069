"""One pass over all tensors of a checkpoint: pieces on any executor, merged in file order, memory flat."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np

from modelreport.checkpoint import Checkpoint, LazyTensor
from modelreport.errors import ModelReportError
from modelreport.facts import Item, Skipped, Weights
from modelreport.measure.crew import Crew, Lane, crew
from modelreport.measure.fast import pays
from modelreport.measure.leaf import root
from modelreport.measure.piece import Finished, Piece, finish, read_piece, read_whole
from modelreport.measure.walk import Walk, walk
from modelreport.options import Options

PIECE_BYTES = 32 << 20
"""Work for one thread at a time: whole rows of one tensor, or several small tensors."""

_TASK_TENSORS = 256
_MOST_VIEWS = 16
"""How often the bytes of one storage are read for different views: a small file can claim endless ones."""

_FREE = 16 << 20

Outcome = Finished | str
"""What is known of one tensor, or why nothing is."""


@dataclass(frozen=True)
class _Task:
    """Some tensors whole; or rows ``first`` to ``last`` of a large one. Can be sent to another process."""

    indices: tuple[int, ...]
    walks: tuple[Walk, ...]
    first: int = 0
    last: int = 0
    split: bool = False
    more: bool = False
    """Whether further rows of the same tensor follow."""
    compiled: bool = False
    """Whether compiled code is worth loading; the facts are the same."""


def measure(
    checkpoint: Checkpoint,
    options: Options,
    executor: Executor | None = None,
    kept: dict[str, dict[str, Any]] | None = None,
) -> Weights | Skipped:
    """Statistics of all tensors of the chosen model, in file order; one that fails costs only itself.

    A tied tensor is read once and reported under each name. Progress counts bytes under the stage ``measure``. Work on
    files goes to any ``executor``, or to what the options ask for: threads, or the workers of a cluster; the facts are
    the same. ``kept`` receives what is kept of tensors beside their statistics, by name.
    """
    if not checkpoint.tensors:
        return Skipped(stage="measure", reason="The checkpoint holds no tensors.")
    walks, twins, outcomes = _prepare(checkpoint.tensors)
    total = sum(plan.size_bytes for plan in walks.values())
    done = read = 0
    with crew(options, checkpoint.files, executor) as workers:
        for index, outcome, size in _Survey(workers, compiled=pays(total)).run(walks):
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
    shapes = {tensor.name: (tensor.dtype, tensor.shape) for tensor in checkpoint.tensors}
    leaves = [(one.name, *shapes[one.name], one.digest) for one in found]
    return Weights(tensors=tuple(found), read_bytes=read, unread=tuple(unread), hash="" if unread else root(leaves))


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


@dataclass
class _Survey:
    """The pass: tasks to the crew, what comes back merged, tensors finished on the threads of this process."""

    crew: Crew
    compiled: bool = False
    _partial: dict[int, Piece | str] = field(default_factory=dict)
    _finishing: deque[tuple[int, int, Future[Outcome]]] = field(default_factory=deque)
    """Index, bytes of the last piece, and what becomes of the tensor."""

    def run(self, walks: dict[int, Walk]) -> Iterator[tuple[int, Outcome | None, int]]:
        """Index, outcome (``None`` until a tensor's last piece) and bytes of what was walked."""
        queues: dict[Lane, dict[int, Walk]] = {}
        for index, plan in walks.items():
            storage = plan.tensor.storage
            lane = self.crew.lane(storage.source, storage.file) if storage is not None else self.crew.here
            queues.setdefault(lane, {})[index] = plan
        for task, outcomes in self.crew.run(
            _work, {lane: _tasks(plans, self.compiled) for lane, plans in queues.items()}
        ):
            yield from self._collect(task, outcomes)
            yield from self._finished(self.crew.here.most)
        yield from self._finished(0)

    def _collect(self, task: _Task, outcomes: list[Outcome | Piece]) -> Iterator[tuple[int, Outcome | None, int]]:
        """Merge what a task found into what is known of its tensors; a tensor's pieces come in their order."""
        for index, plan, outcome in zip(task.indices, task.walks, outcomes, strict=True):
            if isinstance(outcome, Finished) or not (task.split or isinstance(outcome, Piece)):
                yield index, outcome, plan.size_bytes
                continue
            merged = _merge(self._partial.pop(index, None), outcome)
            size = (task.last - task.first) * plan.size_bytes // plan.rows
            if task.more:
                self._partial[index] = merged
                yield index, None, size
            else:
                self._finishing.append((index, size, self.crew.here.executor.submit(_finish, plan, merged)))

    def _finished(self, most: int) -> Iterator[tuple[int, Outcome | None, int]]:
        """Tensors whose facts are complete; waits until at most ``most`` are not."""
        while self._finishing and (len(self._finishing) > most or self._finishing[0][2].done()):
            index, size, future = self._finishing.popleft()
            yield index, future.result(), size


def _merge(merged: Piece | str | None, part: Piece | str) -> Piece | str:
    """The rows so far and those after them; a reason stays one."""
    if isinstance(merged, Piece) and isinstance(part, Piece):
        merged.merge(part)
        return merged
    return merged if isinstance(merged, str) else part


def _finish(plan: Walk, merged: Piece | str) -> Outcome:
    """All of a tensor from its pieces: charts and tables of a large one take as long as reading a piece."""
    try:
        with np.errstate(all="ignore"):
            return merged if isinstance(merged, str) else finish(plan, merged)
    except ModelReportError:
        raise
    except Exception as error:
        return _reason(error)


def _tasks(walks: dict[int, Walk], compiled: bool = False) -> Iterator[_Task]:
    """The work in file order: large tensors in pieces of whole rows, small ones together."""
    small: dict[int, Walk] = {}
    size = 0
    for index, plan in walks.items():
        large = plan.size_bytes > PIECE_BYTES
        if small and (large or size >= PIECE_BYTES or len(small) >= _TASK_TENSORS):
            yield _Task(tuple(small), tuple(small.values()), compiled=compiled)
            small, size = {}, 0
        if large:
            borders = _borders(plan)
            for first, last in pairwise(borders):
                yield _Task((index,), (plan,), first, last, split=True, more=last < plan.rows, compiled=compiled)
        else:
            small[index] = plan
            size += plan.size_bytes
    if small:
        yield _Task(tuple(small), tuple(small.values()), compiled=compiled)


def _borders(plan: Walk) -> list[int]:
    """Rows at which pieces begin, and the end; a single piece when elements do not follow each other byte by byte."""
    if plan.codec.element_bits < 8 or plan.strides is not None or plan.tensor.big_endian:
        return [0, plan.rows]
    rows = PIECE_BYTES // (plan.row * plan.codec.stored.itemsize)
    step = max(1, rows // plan.together) * plan.together
    return [*range(0, plan.rows, step), plan.rows]


def _work(task: _Task) -> list[Outcome | Piece]:
    """Run a task, in whatever process. A tensor that fails yields its reason; a file that is lost ends the survey."""
    outcomes: list[Outcome | Piece] = []
    for plan in task.walks:
        try:
            with np.errstate(all="ignore"):  # signalling NaN and infinities are counted, not warned of
                outcomes.append(
                    read_piece(plan, task.first, task.last, task.compiled)
                    if task.split
                    else read_whole(plan, task.compiled)
                )
        except ModelReportError:
            raise
        except Exception as error:
            outcomes.append(_reason(error))
    return outcomes

"""Who does the work: threads of this process, any executor, or the workers of a Dask cluster.

Work goes out in lanes. The jobs of a lane begin in their order, few at a time, and their results come back in it; which
lane is ahead of which does not matter to any result. When anything goes wrong, or the user stops, what has not begun is
dropped and what runs is told to stop.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from modelreport.files import OpenFile
from modelreport.options import Options

MOST_THREADS = 8
"""Threads where the caller did not say: reading and hashing are seldom faster with more."""
_LOOK_S = 1.0
"""How often an executor is asked for its health while nothing comes back."""

Job = TypeVar("Job")
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Lane:
    """A place where jobs run: an executor, and how many of them may be under way or waiting to be fetched."""

    executor: Executor
    most: int


def _healthy() -> None:
    """Threads of this process need no looking after."""


@dataclass
class Crew:
    """The threads of this process and the lanes for work on files.

    ``lanes`` is not empty; ``lane_of`` gives the lane of a source file by its index.
    """

    here: Lane
    lanes: tuple[Lane, ...]
    lane_of: Mapping[int, Lane] = field(default_factory=dict)
    files: tuple[OpenFile, ...] = ()
    check: Callable[[], None] = _healthy
    """Raises ``ModelReportError`` when nothing can come back any more."""
    translate: Callable[[Exception], Exception] = lambda error: error
    """What to raise for an error of the executor itself."""

    def lane(self, source: OpenFile | memoryview | None, file: int) -> Lane:
        """The lane for what lies in ``source``: bytes in this process's memory are measured faster than sent."""
        if not isinstance(source, OpenFile) or not source.travels:
            return self.here
        return self.lane_of.get(file, self.lanes[0])

    def run(self, work: Callable[[Job], Result], queues: Mapping[Lane, Iterable[Job]]) -> Iterator[tuple[Job, Result]]:
        """Every job with its result: those of a lane in order, the lanes as they come."""
        runs: list[_Run[Job, Result]] = [_Run(lane, iter(jobs)) for lane, jobs in queues.items()]
        while True:
            for run in runs:
                run.fill(work)
            heads = [run.waiting[0][1] for run in runs if run.waiting]
            if not heads:
                return
            if not wait(heads, timeout=_LOOK_S, return_when=FIRST_COMPLETED).done:
                self.check()
            for run in runs:
                while run.waiting and run.waiting[0][1].done():
                    job, future = run.waiting.popleft()
                    try:
                        result = future.result()
                    except Exception as error:
                        if (ours := self.translate(error)) is not error:
                            raise ours from error
                        raise
                    yield job, result


@dataclass
class _Run(Generic[Job, Result]):
    """The jobs of one lane under way."""

    lane: Lane
    jobs: Iterator[Job]
    waiting: deque[tuple[Job, Future[Result]]] = field(default_factory=deque)

    def fill(self, work: Callable[[Job], Result]) -> None:
        """Let as many jobs begin as may be under way."""
        while len(self.waiting) < self.lane.most:
            job = next(self.jobs, None)
            if job is None:
                return
            self.waiting.append((job, self.lane.executor.submit(work, job)))


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def thread_count(wanted: int) -> int:
    """So many threads, or one for each processor; eight at most: for work that holds a tensor in memory each."""
    return min(MOST_THREADS, wanted or processors())


@contextmanager
def crew(options: Options, files: Iterable[OpenFile] = (), executor: Executor | None = None) -> Iterator[Crew]:
    """The crew that the options ask for; ``executor`` takes the place of the threads for work on files.

    Raises ``OptionsError`` when the Dask cluster cannot be used and ``MissingDependencyError`` without the package.
    """
    opened = tuple(files)
    for file in opened:
        file.begin_walk(ahead=not options.dask)
    threads = options.workers or min(MOST_THREADS, processors())
    here = Lane(ThreadPoolExecutor(threads, thread_name_prefix="measure"), 2 * threads + 2)
    try:
        if options.dask and executor is None:
            from modelreport.measure.cluster import cluster

            with cluster(options.dask, opened) as found:
                lanes, lane_of = found.lanes, found.lane_of
                yield Crew(here, lanes, lane_of, opened, found.check, found.translate)
        else:
            away = here if executor is None else Lane(executor, here.most)
            yield Crew(here, (away,), {}, opened)
        for file in opened:
            file.check_unchanged()
    except BaseException:
        here.executor.shutdown(wait=False, cancel_futures=True)
        for file in opened:
            file.stop()
        raise
    finally:
        here.executor.shutdown(wait=True, cancel_futures=True)


def greet(options: Options, files: Iterable[OpenFile]) -> None:
    """Raise ``OptionsError`` for a cluster that cannot be used with these files: told before any other work."""
    with crew(options, files):
        pass

"""Lanes of work: order, windows, and what is left when something goes wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest

from modelreport.errors import OptionsError
from modelreport.files import OpenFile
from modelreport.measure.crew import Crew, Lane, crew, processors, thread_count
from modelreport.options import Options


class Waiting(OpenFile):
    """A file whose reads wait until it is told to stop."""

    def __init__(self) -> None:
        self.path, self.size_bytes = "nowhere", 1
        self.stopped = threading.Event()
        self.waited_in_vain = False

    def pread(self, size: int, offset: int) -> bytes:
        if not self.stopped.wait(120):
            self.waited_in_vain = True
        raise OSError(f"{size} bytes at {offset} were not read")

    def view(self, offset: int, size: int) -> memoryview:
        return memoryview(self.pread(size, offset))

    def close(self) -> None:
        pass

    def stop(self) -> None:
        self.stopped.set()


def lane(threads: int, most: int) -> Lane:
    return Lane(ThreadPoolExecutor(threads), most)


def test_results_of_a_lane_come_in_the_order_of_its_jobs_and_few_jobs_are_under_way() -> None:
    begun: list[int] = []

    def jobs() -> Iterator[int]:
        for number in range(40):
            begun.append(number)
            yield number

    def work(number: int) -> int:
        time.sleep(0.002 * (number % 3))
        return -number

    only = lane(4, 6)
    with only.executor:
        came = []
        for job, result in Crew(only, (only,)).run(work, {only: jobs()}):
            came.append((job, result))
            assert len(begun) <= len(came) + 6
    assert came == [(n, -n) for n in range(40)]


def test_a_slow_lane_does_not_keep_another_waiting() -> None:
    first_done = threading.Event()
    slow, quick = lane(1, 2), lane(1, 2)

    def work(job: str) -> str:
        if job == "slow":
            assert first_done.wait(120)
        return job

    with slow.executor, quick.executor:
        came = []
        for job, _ in Crew(slow, (slow, quick)).run(work, {slow: ["slow"], quick: ["a", "b", "c", "d", "e"]}):
            came.append(job)
            if job == "e":
                first_done.set()
    assert came == ["a", "b", "c", "d", "e", "slow"]


def test_an_error_of_the_executor_is_told_in_our_words_and_one_of_the_work_is_left_alone() -> None:
    only = lane(1, 2)

    def work(job: type[Exception]) -> None:
        raise job("as it was")

    def translate(error: Exception) -> Exception:
        return OptionsError("told") if isinstance(error, OSError) else error

    with only.executor:
        made = Crew(only, (only,), translate=translate)
        with pytest.raises(OptionsError, match="told"):
            list(made.run(work, {only: [OSError]}))
        with pytest.raises(ValueError, match="as it was"):
            list(made.run(work, {only: [ValueError]}))


def test_an_executor_from_which_nothing_comes_is_asked_for_its_health(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(ThreadPoolExecutor):
        def submit(self, *_: Any, **__: Any) -> Future[Any]:
            return Future()

    monkeypatch.setattr("modelreport.measure.crew._LOOK_S", 0.01)

    def check() -> None:
        raise OptionsError("gone")

    with Silent(1) as executor:
        only = Lane(executor, 2)
        with pytest.raises(OptionsError, match="gone"):
            list(Crew(only, (only,), check=check).run(str, {only: ["job"]}))


def test_after_an_interrupt_nothing_in_the_queue_begins_and_no_thread_is_left() -> None:
    before = set(threading.enumerate())
    file = Waiting()
    begun: list[int] = []

    def work(job: int) -> bytes:
        begun.append(job)
        return file.pread(1, 0) if job else b""

    with pytest.raises(KeyboardInterrupt), crew(Options(workers=2), [file]) as made:  # noqa: PT012 - as a user stops it
        for _ in made.run(work, {made.here: range(1000)}):
            raise KeyboardInterrupt
    assert set(begun) <= {0, 1, 2}  # the first, and one for each thread, of six that were handed over
    assert set(threading.enumerate()) <= before


def test_an_interrupt_wakes_whoever_waits_for_bytes() -> None:
    file = Waiting()

    def work(job: int) -> bytes:
        return file.pread(1, 0) if job else b""

    with pytest.raises(KeyboardInterrupt), crew(Options(workers=2), [file]) as made:  # noqa: PT012 - as a user stops it
        for _ in made.run(work, {made.here: range(10)}):
            raise KeyboardInterrupt
    assert file.stopped.is_set()
    assert not file.waited_in_vain


def test_what_lies_in_memory_stays_here_and_files_go_to_the_executor_that_was_given() -> None:
    file = Waiting()
    with ProcessPoolExecutor(1) as executor, crew(Options(workers=3), [file], executor) as made:
        assert made.lane(file, 0).executor is executor
        assert made.lane(memoryview(b""), 0) is made.here
        assert made.lane(None, 0) is made.here
        assert made.here.most == 8


def test_threads_are_as_many_as_asked_for_or_as_processors() -> None:
    with crew(Options(workers=5)) as made:
        assert made.here.executor._max_workers == 5  # type: ignore[attr-defined]
        assert made.lane(Waiting(), 3) is made.here
    with crew(Options()) as made:
        assert made.here.executor._max_workers == min(8, processors())  # type: ignore[attr-defined]


def test_threads_that_hold_tensors_are_eight_at_most() -> None:
    assert (thread_count(3), thread_count(99), thread_count(0)) == (3, 8, min(8, processors()))

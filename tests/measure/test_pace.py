from __future__ import annotations

import threading
import time

from modelreport.measure.pace import Pace, free_memory, window_of

Calls = list[tuple[str, int, int]]


def told(file_bytes: int, window: int = 0, *, in_step: bool = False) -> tuple[Pace, Calls]:
    calls: Calls = []
    return Pace(lambda *call: calls.append(call), file_bytes, window, in_step=in_step), calls


def test_both_readers_make_half_of_the_way_each() -> None:
    pace, calls = told(1000)
    pace.hashed(400)  # before the pass begins another stage is shown
    pace.measured("measure", 40, 80)
    pace.hashed(600)
    pace.measured("measure", 80, 80)
    pace.finish()
    assert calls == [("measure", 450, 1000), ("measure", 750, 1000), ("measure", 1000, 1000)]


def test_other_stages_and_weights_without_files_are_told_as_they_are() -> None:
    pace, calls = told(0)
    pace.measured("measure", 1, 2)
    pace.measured("load", 0, 0)
    pace.finish()
    assert calls == [("measure", 1, 2), ("load", 0, 0)]


def test_a_pass_that_was_skipped_tells_nothing() -> None:
    pace, calls = told(1000)
    pace.hashed(1000)
    pace.finish()
    assert calls == []


def test_in_step_the_hashes_wait_for_the_pass_and_the_pass_for_them() -> None:
    pace, _ = told(1000, 100, in_step=True)
    ahead = threading.Thread(target=pace.hashed, args=(300,))
    ahead.start()
    time.sleep(0.05)
    assert ahead.is_alive()
    pace.measured("measure", 25, 100)
    ahead.join(120)
    assert not ahead.is_alive()
    walking = threading.Thread(target=pace.measured, args=("measure", 60, 100))
    walking.start()
    time.sleep(0.05)
    assert walking.is_alive()
    pace.let_go()
    walking.join(120)
    assert not walking.is_alive()


def test_files_that_fit_into_memory_need_no_step() -> None:
    assert window_of(1 << 30, 4 << 30) == 0
    assert window_of(3 << 30, 4 << 30) == 512 << 20
    assert window_of(3 << 30, 1 << 20) == 64 << 20


def test_free_memory_is_something_a_machine_can_have() -> None:
    assert 1 << 20 < free_memory() < 1 << 50

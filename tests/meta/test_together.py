"""Changes of the process under threads that come and go, interrupts and forks."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from modelreport.meta import Together
from modelreport.trace.child import in_child
from tests.overlap import overlap

PLACE = {"value": "before"}


def _change(undo: ExitStack) -> None:
    undo.callback(PLACE.__setitem__, "value", PLACE["value"])
    PLACE["value"] = "changed"


def test_the_last_to_leave_puts_back_what_the_first_found():
    assert overlap(Together(_change), lambda: PLACE["value"]) == "changed"
    assert PLACE["value"] == "before"


def test_it_may_be_entered_again_inside():
    changed = Together(_change)
    with changed():
        with changed():
            pass
        assert PLACE["value"] == "changed"
    assert PLACE["value"] == "before"


def test_an_interrupt_leaves_nothing_behind_whenever_it_comes():
    def interrupted(undo: ExitStack) -> None:
        _change(undo)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Together(interrupted)():
        raise AssertionError
    assert PLACE["value"] == "before"
    with pytest.raises(KeyboardInterrupt), Together(_change)():
        raise KeyboardInterrupt
    assert PLACE["value"] == "before"


def test_what_nobody_wants_any_more_is_undone_when_it_is_noticed():
    changed = Together(_change)
    with changed():
        users = set(changed._users)
        changed._users.clear()  # as if it had been interrupted on the way out
        changed.settle()
        assert PLACE["value"] == "before"
        changed._users.update(users)


def test_a_lock_that_a_thread_holds_does_not_count_in_a_forked_child():
    changed = Together(_change)
    held, done = threading.Event(), threading.Event()

    def hold():
        with changed._lock:
            held.set()
            done.wait(60)

    def enter() -> bytes:
        with changed():
            return PLACE["value"].encode()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(60)
    try:
        assert in_child(enter) == b"changed"
    finally:
        done.set()
        holder.join()

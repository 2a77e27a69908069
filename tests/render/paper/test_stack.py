"""Tests of the room that a layout has on the stack."""

from __future__ import annotations

import pytest

from modelreport.render.paper.stack import WORDS, _roomy, with_room


def _depth(left: int) -> int:
    return 0 if left == 0 else 1 + _depth(left - 1)


def test_what_the_work_returns_comes_back() -> None:
    assert with_room(lambda: _depth(300)) == 300


def test_what_the_work_raises_comes_through() -> None:
    def failing() -> None:
        raise ValueError("of the work")

    with pytest.raises(ValueError, match="of the work"):
        with_room(failing)


def test_the_calling_frame_asks_for_the_room_itself() -> None:
    assert _roomy.__code__.co_stacksize == WORDS > 100 * with_room.__code__.co_stacksize

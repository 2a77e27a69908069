"""The collector rests while a map is made, and only then."""

from __future__ import annotations

import gc

import pytest

from modelreport.render.map.undisturbed import undisturbed


def fail_undisturbed() -> None:
    with undisturbed():
        assert not gc.isenabled()
        raise ValueError("inside")


def test_the_collector_rests_inside_and_works_after_also_after_an_error() -> None:
    with pytest.raises(ValueError, match="inside"):
        fail_undisturbed()
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with undisturbed():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()

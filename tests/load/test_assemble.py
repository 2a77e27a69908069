"""The chosen model in front, everything else beside it."""

from __future__ import annotations

import pytest

from modelreport.checkpoint import LazyTensor
from modelreport.errors import CorruptFileError, OptionsError
from modelreport.facts import Security
from modelreport.load.assemble import Opened, assemble, choose
from modelreport.load.contents import Candidate, Contents
from modelreport.options import Options


def candidate(path: str, count: int, kind: str = "state_dict") -> Candidate:
    return Candidate(path, kind, [LazyTensor("w", "int8", (count,), None)])  # type: ignore[arg-type]


def test_the_largest_is_chosen_and_the_first_of_equals() -> None:
    assert choose([candidate("a", 3), candidate("b", 5), candidate("c", 5)], "").path == "b"
    assert choose([candidate("a", 5, "list"), candidate("b", 5)], "").path == "b"
    assert choose([candidate("a", 3), candidate("b", 5)], "a").path == "a"
    with pytest.raises(OptionsError, match="--pick x: the file holds no model"):
        choose([candidate("a", 3)], "x")


def test_without_tensors_there_is_no_checkpoint() -> None:
    with pytest.raises(CorruptFileError, match=r"x\.pth is a readable Test file that holds no tensor"):
        assemble(Opened("x.pth", "test", "Test"), Contents(), Options())


def test_without_tensors_a_warning_is_still_worth_a_report() -> None:
    opened = Opened("x.pth", "test", "Test", security=Security(calls=(), executes=True, pickles=1))
    checkpoint = assemble(opened, Contents(), Options())
    assert checkpoint.tensors == ()
    assert "The file holds no tensors." in checkpoint.source.notes


def test_other_models_are_extra_under_their_key() -> None:
    contents = Contents(candidates=[candidate("a", 3), candidate("b", 5)])
    checkpoint = assemble(Opened("x", "test", "Test"), contents, Options())
    assert [(t.name, t.role) for t in checkpoint.extra] == [("a.w", "other")]
    assert [(c.name, c.chosen) for c in checkpoint.source.choices] == [("a", False), ("b", True)]

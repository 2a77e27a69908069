"""Recorded values."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelreport.checkpoint import LocalFile
from modelreport.load.pickle_values import Blob, Group, Made, Name, Pairs, Persistent, key_text, mapping, state_of


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("a", "a"), (3, "3"), (True, "True"), (None, "None"), (1.5, "1.5"), (b"ab", "ab"), (b"\xff", "\\xff"),
        ((0, "x"), "0.x"), ([1], "<list>"), (Group(), "<Group>"), (([],), "<tuple>"),
    ],
)  # fmt: skip
def test_keys_become_text(key: object, expected: str) -> None:
    assert key_text(key) == expected


def test_a_later_key_wins() -> None:
    assert mapping(Pairs([("a", 1), ("b", 2), ("a", 3)])) == {"a": 3, "b": 2}


def test_a_call_of_a_class_given_with_its_source_is_one_of_the_class() -> None:
    kind = Name("models", "Net")
    made = Made(Persistent(("module", kind, "net.py", "class Net: ...")), (1,), "call")
    assert (made.callee, made.path, made.positional) == (kind, "models.Net", (1,))


def test_arguments_that_are_no_tuple_count_as_none() -> None:
    assert Made(Name("x", "Y"), [1], "call").positional == ()


def test_only_dicts_are_mappings() -> None:
    assert mapping(Made(Name("collections", "OrderedDict"), (), "call")) == {}
    assert mapping(Made(Name("x", "Y"), (), "new")) is None
    assert mapping(Made(Name("x", "Y"), (), "new", pairs=[("a", 1)])) == {"a": 1}
    assert mapping([1]) is None


def test_state_joins_attributes_and_slots() -> None:
    made = Made(Name("x", "Y"), (), "new", state=(Pairs([("a", 1)]), Pairs([("b", 2)])))
    assert state_of(made) == {"a": 1, "b": 2}
    made.state = (None, Pairs([("b", 2)]))
    assert state_of(made) == {"b": 2}
    made.state = 3
    assert state_of(made) == {}


def test_paths_of_calls() -> None:
    old = Persistent(("module", Name("net", "Net"), "net.py", "class Net: ..."))
    assert Made(old, (), "new").path == "net.Net"
    assert Made(Made(Name("a", "b"), (), "call"), (), "call").path == "<computed callable>"


def test_blobs_are_read_up_to_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"0123456789")
    file = LocalFile(path)
    assert Blob(file, 2, 5).read(3) == b"234"
    file.close()
    assert Blob(memoryview(b"0123456789"), 2, 5).read(30) == b"23456"

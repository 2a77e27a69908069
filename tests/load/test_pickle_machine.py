"""The pickle machine against Python's own pickle, and against damage."""

from __future__ import annotations

import collections
import pickle
import pickletools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelreport.load import pickle_machine
from modelreport.load.pickle_machine import OPERATION_LIMIT, PickleRead, looks_embedded, python2_text, read_pickle, text
from modelreport.load.pickle_stream import Stream
from modelreport.load.pickle_values import Blob, Group, Made, Pairs
from tests.load.files import read

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(max_size=300)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=5)
        | st.sets(st.integers(), max_size=5)
        | st.frozensets(st.text(), max_size=5)
    ),
    max_leaves=30,
)


def revived(value: Any) -> Any:
    """What the recorded data would have been, for the few builtins that old protocols call."""
    if isinstance(value, Pairs):
        return {revived(key): revived(item) for key, item in value.pairs}
    if isinstance(value, Group):
        return {revived(item) for item in value.items}
    if isinstance(value, Blob):
        return value.read(value.size_bytes)
    if isinstance(value, list):
        return [revived(item) for item in value]
    if isinstance(value, tuple):
        return tuple(revived(item) for item in value)
    if isinstance(value, Made):
        arguments = revived(value.arguments)
        name = value.path.rpartition(".")[2]
        builtins = {"set": set, "frozenset": frozenset, "bytes": bytes, "encode": lambda x, codec: x.encode(codec)}
        return builtins[name](*arguments)
    return value


@pytest.mark.parametrize("protocol", range(6))
@settings(deadline=None)
@given(value=VALUES)
def test_data_is_read_as_python_reads_it(protocol: int, value: Any) -> None:
    data = pickle.dumps(value, protocol)
    found = read(data)
    assert found.error == ""
    assert found.end == len(data)
    assert revived(found.value) == value


def test_every_operation_of_python_is_known() -> None:
    known = {code for code, operation in enumerate(pickle_machine._TABLE) if operation} | {ord(".")}
    assert known == {ord(opcode.code) for opcode in pickletools.opcodes}
    assert len(known) == 68


def test_objects_keep_arguments_state_items_and_pairs() -> None:
    value = collections.OrderedDict(a=1)
    value.extra = "x"  # type: ignore[attr-defined]
    made = read(pickle.dumps(value, 2)).value
    assert isinstance(made, Made)
    assert made.path == "collections.OrderedDict"
    assert made.pairs == [("a", 1)]
    assert revived(made.state) == {"extra": "x"}
    queue = read(pickle.dumps(collections.deque([1, 2]), 4)).value
    assert queue.items == [1, 2]


def test_names_are_recorded_once_and_calls_in_order() -> None:
    found = read(b"\x80\x02cos\nsystem\nq\0X\1\0\0\0a\x85Rcos\nsystem\nX\1\0\0\0b\x85R\x86.")
    assert [name.path for name in found.names] == ["os.system"]
    assert [made.arguments for made in found.calls] == [("a",), ("b",)]


def test_calls_before_damage_survive() -> None:
    found = read(b"\x80\x02cos\nsystem\nX\1\0\0\0a\x85R\xff")
    assert "0xff" in found.error
    assert [made.path for made in found.calls] == ["os.system"]


@pytest.mark.parametrize(
    ("change", "target"),
    [
        (b"}X\1\0\0\0aK\1sb", "os.environ.__setstate__"),
        (b"X\1\0\0\0aK\1s", "os.environ.__setitem__"),
        (b"K\1a", "os.environ.append"),
    ],
)
def test_changes_to_imported_objects_are_recorded(change: bytes, target: str) -> None:
    found = read(b"\x80\x02cos\nenviron\n" + change + b".")
    assert [effect.target for effect in found.effects] == [target]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b".", "empty stack"),
        (b"\x80\x02h\x05.", "never stored"),
        (b"\x80\x02t.", "never opened"),
        (b"\x80\x02K\1K\2a.", "appends to a int"),
        (b"\x80\x02](K\1u.", "key without a value"),
        (b"\x80\x02N}b.", "sets attributes of a NoneType"),
        (b"\x80\x02(o.", "without a class"),
        (b"\x80\x02K\1(K\2\x90.", "no set"),
        (b"\x80\x05\x97.", "outside the file"),
        (b"\x80\x02S'open\n.", "no quotes"),
        (b"\x80\x02Fpi\n.", "malformed"),
        (b"\x80\x02X\xff\xff\xff\xffabc.", "ends in the middle"),
        (b"\x80\x02T\xff\xff\xff\xffabc.", "negative length"),
        (b"", "ends in the middle"),
    ],
)
def test_malformed_streams_say_why(data: bytes, words: str) -> None:
    assert words in read(data).error


def test_operations_are_limited() -> None:
    data = b"\x80\x02" + b"N0" * 100 + b"N."
    assert "more than 50 operations" in read_pickle(Stream(memoryview(data), 0, len(data)), 50).error
    assert read(data).error == ""
    assert OPERATION_LIMIT == 10_000_000


def test_names_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickle_machine, "NAME_LIMIT", 3)
    data = b"".join(b"cm\nn%d\n" % i for i in range(5)) + b"."
    assert "more than 3 names" in read(data).error


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_result(data: bytes) -> None:
    found = read(b"\x80\x04" + data)
    assert isinstance(found, PickleRead)
    assert found.end <= len(data) + 2


def test_embedded_pickles_are_kept_aside() -> None:
    inner = pickle.dumps({"a": 1}, 4)
    assert read(pickle.dumps([inner, b"plain"], 4)).embedded == [inner]
    assert not looks_embedded(b"abcd")
    assert looks_embedded(b"PK\3\4")


def test_text_that_is_not_utf8_stays_readable() -> None:
    assert text(b"\xff") == "\\xff"
    assert text("\ud800".encode("utf-8", "surrogatepass")) == "\ud800"
    assert python2_text(b"\xff") == b"\xff"
    assert python2_text(b"ok") == "ok"

"""Short text of hostile values."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from modelreport.checkpoint import LazyTensor
from modelreport.load.describe import describe, short
from modelreport.load.pickle_values import Blob, Group, Made, Name, Pairs, Persistent

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
NESTED = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.lists(inner).map(Group)
        | inner.map(Persistent)
        | st.lists(st.tuples(inner, inner)).map(Pairs)
        | inner.map(lambda x: Made(Name("os", "system"), (x,), "call"))
    ),
)


@given(NESTED)
def test_text_is_always_short(value: Any) -> None:
    text = describe(value, 80)
    assert len(text) <= 80
    assert "\n" not in text


def test_arguments_are_shown_as_in_a_call() -> None:
    assert describe(("touch x", 3, None)) == "'touch x', 3, None"
    assert describe((Name("os", "system"), ["a"])) == "os.system, ['a']"
    assert describe((Made(Name("a", "f"), (1,), "call"),)) == "a.f(1)"
    assert describe(Pairs([("k", 1.5)])) == "{'k': 1.5}"


def test_endless_values_end() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert describe(loop) == "[[[[…]]]]"
    assert describe(10**1000).startswith("an integer of 3322 bits")
    assert describe(list(range(100))) == "[0, 1, 2, 3, 4, 5, …]"
    assert describe(Blob(memoryview(bytes(99_999)), 0, 99_999)).startswith("99,999 bytes")
    assert describe(LazyTensor("", "int8", (2, 3), None)) == "tensor int8 2×3"


def test_cut_text_says_how_long_it_was() -> None:
    assert short("abc", 30) == "abc"
    assert short("x" * 5000, 50).endswith("… (5,000 characters)")

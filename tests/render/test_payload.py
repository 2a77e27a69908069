"""Packed data comes back and cannot be mistaken for markup."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.render.payload import pack, pack_stream, pack_text, unpack

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(plain)
def test_data_comes_back_as_it_was(data: object) -> None:
    assert unpack(pack(data)) == data


@given(st.binary(max_size=300))
def test_no_character_means_anything_in_markup(stream: bytes) -> None:
    assert not set(pack_stream(stream)) & set("<>&\"'/\\ \n")


def test_every_length_is_packed_without_padding() -> None:
    for size in range(20):
        assert len(pack_stream(bytes(size))) == size // 4 * 5 + (size % 4 + 1 if size % 4 else 0)


def test_equal_data_gives_equal_text_whatever_its_order() -> None:
    assert pack({"a": 1, "b": 2}) == pack({"b": 2, "a": 1})


def test_lone_surrogates_survive() -> None:
    assert unpack(pack(["\ud800", "</script>"])) == ["\ud800", "</script>"]


def test_a_number_that_json_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        pack([float("nan")])


def test_text_is_deflated() -> None:
    assert len(pack_text(string.ascii_letters * 100)) < 200

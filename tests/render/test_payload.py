"""Packed data comes back and cannot be mistaken for markup."""

from __future__ import annotations

import base64
import json
import lzma
import string
import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.render.payload import (
    SHARED,
    TOGETHER,
    Packer,
    names_of,
    pack,
    pack_solid,
    pack_stream,
    unpack,
    unpack_all,
)

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


def test_text_is_packed() -> None:
    assert len(pack_solid(string.ascii_letters * 100)) < 200


WORDS = [f"layer{i // 7}.{i % 7}.weight" for i in range(3000)]


def test_small_data_travel_together_and_large_ones_alone() -> None:
    data = {"table-a": WORDS[:50], "table-b": WORDS[:60], "map": [1], "large": WORDS * 3}
    packed = Packer()(data)
    assert set(packed) == {SHARED, "map", "large"}
    assert names_of(data, packed) == "table-a table-b"
    assert unpack_all(packed) == data
    assert len(str(data["large"])) > TOGETHER


def test_what_small_data_have_in_common_is_packed_once() -> None:
    data = {f"table-{i}": WORDS[:200] for i in range(10)}
    assert sum(map(len, Packer()(data).values())) < 2 * len(pack(WORDS[:200]))


def test_a_page_without_data_carries_none() -> None:
    assert Packer()({}) == {}
    assert unpack_all({}) == {}


def test_names_that_mean_something_in_json_come_back() -> None:
    assert unpack_all(Packer()({'a"\\': 1, "é": [2]})) == {'a"\\': 1, "é": [2]}


def test_lzma_is_smaller_and_a_python_without_it_still_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    small = pack(WORDS)
    monkeypatch.setitem(sys.modules, "lzma", None)
    large = pack(WORDS)
    assert len(small) < 0.8 * len(large)
    assert unpack(large) == WORDS


def test_the_map_travels_as_browsers_inflate_it_by_themselves() -> None:
    packed = Packer()({"map": WORDS, "map-details": WORDS[1:]})
    streams = {name: base64.b85decode(text.translate(str.maketrans("[]:", "<>&"))) for name, text in packed.items()}
    assert json.loads(zlib.decompress(streams["map"])) == WORDS
    assert json.loads(lzma.decompress(streams["map-details"])) == WORDS[1:]


def test_what_was_packed_before_is_not_packed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from modelreport.render import payload

    asked: list[str] = []
    for packing in ("pack_solid", "pack_quick"):
        monkeypatch.setattr(payload, packing, lambda text: asked.append(text) or text)
    packer, data = Packer(), {"map": [1], "large": WORDS * 3, "small": [2], "smaller": [3]}
    first = packer(data)
    second = packer({name: each for name, each in data.items() if name != "small"})
    assert len(asked) == 4
    assert second["large"] is first["large"]
    assert second["map"] is first["map"]

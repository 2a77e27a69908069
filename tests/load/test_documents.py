"""JSON and front matter with bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.errors import CorruptFileError, LoadError
from modelreport.load.documents import flatten, make_item, parse_json, read_bytes, read_front_matter, read_json


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[" * 200_000, "nests too deeply"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": Infinity}', "Infinity is not JSON"),
        (b"9" * 5000, "not valid JSON"),
        (b"\xff{}", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"", "not valid JSON"),
    ],
)
def test_json_that_cannot_be_read_is_one_clear_line(data: bytes, reason: str) -> None:
    with pytest.raises(CorruptFileError, match=reason) as caught:
        parse_json(data, "x.json")
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 300


def test_repeated_keys_are_kept_on_request() -> None:
    assert parse_json(b'{"a": 1, "a": {"b": 2}}', "x", unique=True) == [("a", 1), ("a", [("b", 2)])]


def test_a_file_over_its_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "big.json").write_bytes(b" " * 100)
    with pytest.raises(LoadError, match="longer than"):
        read_json(tmp_path, "big.json", 99)
    assert len(read_bytes(tmp_path, "big.json", 100)) == 100


def test_nested_values_get_dotted_names_and_lists_one_line() -> None:
    items = flatten({"a": {"b": 1, "c": [1, "x", None]}, "d": True, "e": None, "f": [{"g": 1}]}, "config")
    assert [(i.name, i.value) for i in items] == [
        ("config.a.b", "1"),
        ("config.a.c", "1, x, null"),
        ("config.d", "true"),
        ("config.e", "null"),
        ("config.f", " … (1 entries)"),
    ]


def test_endless_configurations_are_cut() -> None:
    assert len(flatten({str(i): i for i in range(10_000)})) == 500
    assert make_item("n", "v" * 9999).value.endswith("… (9999 characters)")


def test_front_matter_gives_scalars_and_lists_and_leaves_blocks_out() -> None:
    text = (
        "---\nlicense: mit\ntags:\n- a\n- 'b'\nlanguage: [en, de]\nmodel-index:\n- name: x\n  results: []\n---\na: b\n"
    )
    assert [(i.name, i.value) for i in read_front_matter(text)] == [
        ("license", "mit"),
        ("tags", "a, b"),
        ("language", "en, de"),
    ]


def test_a_readme_without_front_matter_has_none() -> None:
    assert read_front_matter("# Title\nlicense: mit\n") == ()
    assert read_front_matter("") == ()


@given(st.text(max_size=300))
def test_any_text_is_front_matter_or_nothing(text: str) -> None:
    assert isinstance(read_front_matter(f"---\n{text}"), tuple)


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_a_corrupt_file(data: bytes) -> None:
    try:
        parse_json(data, "x.json", unique=True)
    except CorruptFileError as error:
        assert error.message.startswith("x.json")  # noqa: PT017

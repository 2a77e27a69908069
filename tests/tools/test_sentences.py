"""Texts for people told from other strings, and f-strings as messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.sentences import looks_like_text, sentences


def collect(tmp_path: Path, source: str) -> list[str]:
    path = tmp_path / "room.py"
    path.write_text(source, encoding="utf-8")
    return list(sentences(path))


def test_a_sentence_is_collected_and_a_docstring_is_not(tmp_path: Path) -> None:
    assert collect(tmp_path, '"""What it is for."""\nREASON = "There is no file."\n') == ["There is no file."]


def test_values_become_names_in_braces(tmp_path: Path) -> None:
    source = "def f(a, items):\n    return f'{a.name} has {len(items)} parts of {items[0].size}.'\n"
    assert collect(tmp_path, source) == ["{a_name} has {items_count} parts of {size}."]


def test_fixed_words_stand_behind_the_name(tmp_path: Path) -> None:
    source = (
        "def f(n):\n    word = 'is' if n == 1 else 'are'\n"
        "    return f\"{n} {'tensor' if n == 1 else 'tensors'} {word} missing\"\n"
    )
    assert collect(tmp_path, source) == ["{n} {n_2:tensor|tensors} {word:is|are} missing".replace("n_2", "value")]


def test_what_is_added_to_a_sentence_is_a_message_of_its_own(tmp_path: Path) -> None:
    source = "def f(n):\n    text = 'It has parts'\n    text += f'; {n} of them are gone'\n    return text\n"
    assert collect(tmp_path, source) == ["It has parts", "{n} of them are gone"]


def test_placeholders_of_messages_stay(tmp_path: Path) -> None:
    source = "say('{tensor_count} {tensor_count:tensor is|tensors are} constant.', tensor_count=1)\n"
    assert collect(tmp_path, source) == ["{tensor_count} {tensor_count:tensor is|tensors are} constant."]


def test_errors_that_end_the_program_are_left_out(tmp_path: Path) -> None:
    assert collect(tmp_path, "raise OptionsError('This is not a choice.')\n") == []


@pytest.mark.parametrize(
    "text",
    ["There is no file.", "{count} of {total} tensors are finite.", "its dtype is unknown", "{n} steps", "no chart"],
)
def test_words_with_spaces_are_text(text: str) -> None:
    assert looks_like_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "weight",
        "layer1.conv",
        "pip install timm",
        "input weight_bias",
        "map-edge map-skip",
        "^a b$",
        "Conv{d}d",
        "{a} {b}",
    ],
)
def test_names_patterns_and_commands_are_none(text: str) -> None:
    assert not looks_like_text(text)

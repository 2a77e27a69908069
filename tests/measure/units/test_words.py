from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelreport.measure.units import words
from modelreport.measure.units.words import words_beside


def test_vocab_txt_names_a_row_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[PAD]\n[unused0]\nthe\n", encoding="utf-8")
    assert words_beside(tmp_path, 4) == ("[PAD]", "[unused0]", "the", "")


def test_tokenizer_json_is_preferred_and_its_added_tokens_count(tmp_path: Path) -> None:
    content = {"model": {"vocab": {"a": 1, "b": 0}}, "added_tokens": [{"id": 2, "content": "<pad>"}, {"id": "3"}]}
    (tmp_path / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    (tmp_path / "vocab.txt").write_text("x\ny\nz\n", encoding="utf-8")
    assert words_beside(tmp_path, 3) == ("b", "a", "<pad>")


def test_a_unigram_vocabulary_is_a_list_of_pairs(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text('{"model": {"vocab": [["<s>", 0.0], ["▁a", -1.5]]}}', encoding="utf-8")
    assert words_beside(tmp_path, 3) == ("<s>", "▁a", "")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"model": 3}', '{"model": {"vocab": {"a": true, "b": -1}}}', "[" * 100_000]
)
def test_what_is_no_vocabulary_names_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "tokenizer.json").write_text(content, encoding="utf-8")
    assert words_beside(tmp_path, 3) == ()


def test_a_vocabulary_of_another_model_names_nothing(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("\n".join(map(str, range(100))), encoding="utf-8")
    assert words_beside(tmp_path, 50) == ()
    assert words_beside(tmp_path, 500) == ()
    assert len(words_beside(tmp_path, 100)) == 100


def test_long_tokens_and_long_files_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vocab.txt").write_text("x" * 1000 + "\ny", encoding="utf-8")
    assert words_beside(tmp_path, 2) == ("x" * 64, "y")
    monkeypatch.setattr(words, "MOST_BYTES", 100)
    assert words_beside(tmp_path, 2) == ()


def test_without_a_folder_there_are_no_words() -> None:
    assert words_beside(None, 3) == ()


def test_a_link_names_rows_within_its_repository_only(tmp_path: Path) -> None:
    snapshot = tmp_path / "cache" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    blob = tmp_path / "cache" / "blobs" / "123"
    blob.parent.mkdir()
    blob.write_text("a\nb\nc\n", encoding="utf-8")
    (snapshot / "vocab.txt").symlink_to(blob)
    assert words_beside(snapshot, 3) == ("a", "b", "c")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "vocab.txt").symlink_to(blob)
    assert words_beside(tmp_path / "folder", 3) == ()

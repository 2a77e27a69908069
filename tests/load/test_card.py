"""Tokenizer and README facts."""

from __future__ import annotations

import json
from pathlib import Path

from modelreport.load.card import read_card
from modelreport.load.parts import Parts


def facts(folder: Path, notes: list[str] | None = None) -> dict[str, str]:
    names = tuple(sorted(path.name for path in folder.iterdir()))
    parts = Parts(folder, notes=[] if notes is None else notes)
    return {item.name: item.value for item in read_card(parts, names)}


def test_tokenizer_and_readme_are_summed_up(tmp_path: Path) -> None:
    tokenizer = {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"]}, "added_tokens": [{}]}
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    settings = {"tokenizer_class": "LlamaTokenizer", "bos_token": {"content": "<s>"}, "chat_template": "{{ x }}"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    (tmp_path / "vocab.txt").write_text("a\nb\nc")
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n")
    assert facts(tmp_path) == {
        "tokenizer.tokenizer_class": "LlamaTokenizer",
        "tokenizer.bos_token": "<s>",
        "tokenizer.algorithm": "BPE",
        "tokenizer.vocabulary entries": "2",
        "tokenizer.merges": "1",
        "tokenizer.added tokens": "1",
        "vocab.txt lines": "3",
        "readme.license": "mit",
    }


def test_damaged_files_cost_a_note_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{")
    (tmp_path / "tokenizer_config.json").write_text("[1]")
    (tmp_path / "README.md").write_bytes(b"---\nlicense: \xff\n---\n")
    notes: list[str] = []
    assert facts(tmp_path, notes) == {"readme.license": "\ufffd"}
    assert len(notes) == 1
    assert "tokenizer.json" in notes[0]

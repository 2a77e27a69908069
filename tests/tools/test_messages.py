"""The catalogues: every message of the source is there, translated, with its values."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polib
import pytest

from tools import messages
from tools.messages import CATALOGUES, Key, begun, faults, read, same_values, updated


@cache
def collected() -> dict[Key, set[str]]:
    return messages.collect()


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("*.po")), ids=lambda path: path.stem)
def test_a_catalogue_is_whole(path: Path) -> None:
    """``python -m tools.messages`` updates it, and says what is left to translate."""
    assert faults(read(path), collected()) == []


def test_messages_of_every_kind_are_collected() -> None:
    found = collected()
    assert ("The dummy forward pass was switched off.", "") in found  # a reason, finished where it is made
    assert ("Findings", "") in found  # a constant
    assert ("{count} tensor", "{count} tensors") in found  # what is counted
    assert ("Filter the rows of: {table}", "") in found  # of a script
    assert ("{tensors} read, {size}. Statistics are over finite values.", "") in found  # of a template, with values


def test_an_update_keeps_translations_and_order_and_is_the_same_twice() -> None:
    book = begun("xx")
    book.append(polib.POEntry(msgid="b", msgstr="B"))
    book.append(polib.POEntry(msgid="gone", msgstr="G"))
    book.append(polib.POEntry(msgid="never said", msgstr=""))
    found: dict[Key, set[str]] = {("c", ""): {"z.py", "a.py"}, ("b", ""): {"a.py"}}
    made = updated(book, found)
    assert [(entry.msgid, entry.msgstr, entry.obsolete) for entry in made] == [
        ("b", "B", 0), ("c", "", 0), ("gone", "G", 1),
    ]  # fmt: skip
    assert made[1].occurrences == [("a.py", ""), ("z.py", "")]
    assert str(updated(made, found)) == str(made)


def test_what_is_missing_empty_fuzzy_or_lost_is_a_fault() -> None:
    book = begun("xx")
    book.append(polib.POEntry(msgid="said no more", msgstr="x"))
    book.append(polib.POEntry(msgid="empty", msgstr=""))
    book.append(polib.POEntry(msgid="doubtful", msgstr="x", flags=["fuzzy"]))
    book.append(polib.POEntry(msgid="{count} parts", msgstr="parts"))
    found: dict[Key, set[str]] = {(m, ""): {"a.py"} for m in ("empty", "doubtful", "{count} parts", "new")}
    assert [line.partition(":")[0] for line in faults(book, found)] == [
        "missing", "no longer said", "fuzzy", "empty", "placeholders",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("message", "translation", "same"),
    [
        ("{a} of {b}", "{b}: {a}", True),
        ("{a} of {b}", "{a}", False),
        ("{a}", "{a} {b}", False),
        ("{n} {n:tensor is|tensors are} gone", "{n} 个丢失", True),
        ("{kind:causal|open} attention", "{kind:因果|开放}注意力", True),
        ("{kind:causal|open} attention", "{kind}注意力", False),
        ("{kind:causal|open} attention", "{kind:一|二|三}注意力", False),
    ],
)
def test_a_translation_has_the_values_of_its_message(message: str, translation: str, same: bool) -> None:
    assert same_values(message, translation) is same


def test_a_check_changes_nothing_and_fails_where_something_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(messages, "CATALOGUES", tmp_path)
    monkeypatch.setattr(messages, "collect", lambda: {("new", ""): {"a.py"}})
    begun("xx").save(str(tmp_path / "xx.po"))
    before = (tmp_path / "xx.po").read_bytes()
    assert messages.main(["--check"]) == 1
    assert (tmp_path / "xx.po").read_bytes() == before
    assert "missing: new" in capsys.readouterr().out
    assert messages.main([]) == 0
    assert read(tmp_path / "xx.po")[0].msgid == "new"


def test_a_language_begins_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "CATALOGUES", tmp_path)
    monkeypatch.setattr(messages, "collect", lambda: {("new", ""): {"a.py"}})
    assert messages.main(["--new", "de"]) == 0
    book = read(tmp_path / "de.po")
    assert book.metadata["Language"] == "de"
    assert [entry.msgid for entry in book] == ["new"]

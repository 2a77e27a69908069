"""Files that are something else are called what they are."""

from __future__ import annotations

import pytest

from modelreport.load.foreign import _MAGIC, name_foreign
from modelreport.load.probe import Probe


@pytest.mark.parametrize("magic", [entry[0] for entry in _MAGIC])
def test_magic_numbers_are_named(magic: bytes) -> None:
    what, _ = name_foreign(Probe(magic + bytes(50), (), is_folder=False, size_bytes=60))
    assert what == next(entry[1] for entry in _MAGIC if entry[0] == magic)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"  <html><body>", "an HTML page"),
        (b"<?xml version='1.0'?>\n<!DOCTYPE html>", "an HTML page"),
        ("Größe\n".encode(), "a text file"),
        (b"[1, 2]", "a JSON text"),
        (bytes(20), "zero bytes"),
        (b"\x18\0\0\0ET12", "ExecuTorch"),
        (b"\xfe\xfe\x01", "no format"),
        (b"abc\x07", "no format"),
        (b'{"findings":[{"advice":""', "a report of this program"),
        (b'<!doctype html><meta name="generator" content="modelreport 1">', "a report of this program"),
        ("ü".encode() * 2047 + b"a" + "ü".encode()[:1], "a text file"),
    ],
)
def test_other_heads_are_named(head: bytes, words: str) -> None:
    assert words in name_foreign(Probe(head, (), is_folder=False, size_bytes=len(head)))[0]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("word/document.xml",), "office document"),
        (("META-INF/MANIFEST.MF", "a.class"), "Java archive"),
        (("config.json", "metadata.json", "model.weights.h5"), "Keras"),
        (("arr_0.npy",), ".npz"),
        (("a.txt", "b.txt", "c.txt", "d.txt"), "it holds a.txt, b.txt, c.txt …"),
    ],
)
def test_zips_are_named_by_their_members(names: tuple[str, ...], words: str) -> None:
    assert words in name_foreign(Probe(b"PK\3\4", names, is_folder=False, size_bytes=4))[0]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), "an empty folder"),
        (("saved_model.pb", "variables"), "SavedModel"),
        ((".metadata", "__0_0.distcp"), "distributed checkpoint"),
        (("a.py",), "without a model in it (it holds a.py)"),
    ],
)
def test_folders_are_named_by_their_entries(names: tuple[str, ...], words: str) -> None:
    assert words in name_foreign(Probe(b"", names, is_folder=True, size_bytes=0))[0]


def test_a_folder_with_single_checkpoints_names_one_to_give() -> None:
    what, hint = name_foreign(Probe(b"", ("notes.txt", "net.onnx"), is_folder=True, size_bytes=0))
    assert what == "a folder without a configuration or an index (it holds notes.txt, net.onnx)"
    assert hint == "Give one file, such as net.onnx in it."

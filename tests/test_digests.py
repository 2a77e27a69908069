"""Hashes of models."""

from __future__ import annotations

import os
from importlib import metadata
from multiprocessing import get_context
from pathlib import Path

import pytest

from modelreport.digests import Digests, files_of, short, versions
from tests.site.models import write_model, write_repository, write_sharded


def digest(path: Path, *, whole: bool = True) -> str:
    return Digests({}, whole=whole).of_model(path)


def test_the_digest_follows_the_bytes_and_nothing_else(tmp_path: Path) -> None:
    one, other = write_model(tmp_path / "a.safetensors"), write_model(tmp_path / "b.safetensors")
    assert digest(one) == digest(other)
    before = digest(one)
    os.utime(one, (1, 1))
    assert digest(one) == before
    write_model(one, width=5)
    assert digest(one) != before


def test_the_digest_of_a_folder_sees_every_file_and_its_name(tmp_path: Path) -> None:
    folder = write_repository(tmp_path / "bert")
    before = digest(folder)
    (folder / "config.json").rename(folder / "other.json")
    renamed = digest(folder)
    (folder / "vocab.txt").write_text("a")
    assert len({before, renamed, digest(folder)}) == 3


def test_a_file_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    path = write_model(tmp_path / "a.safetensors")
    first = Digests({}, whole=True)
    first.of(path)
    forged = dict.fromkeys(first.seen, "as told")
    assert Digests(forged, whole=True).of(path) == "as told"
    os.utime(path, (1, 1))
    assert Digests(forged, whole=True).of(path) != "as told"


def test_what_is_kept_does_not_confirm_a_path_that_is_guessed(tmp_path: Path) -> None:
    path = write_model(tmp_path / "secret.safetensors")
    kept = Digests({}, whole=True)
    kept.of(path)
    guesses = {short(str(path), True), short(str(path)), short(path.name), short(str(path), True, path.stat().st_size)}
    assert not guesses & set(kept.seen)


def test_a_model_in_several_files_follows_all_of_them(tmp_path: Path) -> None:
    folder = write_sharded(tmp_path / "sharded")
    index = folder / "model.safetensors.index.json"
    assert [path.name[:11] for path in files_of(index)] == ["model.safet", "model-00001", "model-00002"]
    before = digest(index)
    write_model(folder / "model-00002-of-00002.safetensors")
    assert digest(index) != before
    index.write_text("[")
    assert files_of(index) == [index]
    for name in ("a.onnx", "a.onnx.data", "a.onnx_data_1", "a.data", "a.report.html", "ab.data", "b.onnx.data"):
        (tmp_path / name).write_text(name)
    assert [path.name for path in files_of(tmp_path / "a.onnx")] == ["a.onnx", "a.data", "a.onnx.data", "a.onnx_data_1"]


def test_an_index_names_no_files_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    index = tmp_path / "below" / "model.safetensors.index.json"
    index.parent.mkdir()
    index.write_text('{"weight_map": {"a": "../secret", "b": "/etc/passwd", "c": 3}}')
    assert files_of(index) == [index]


def test_of_headers_alone_only_the_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "large.safetensors"
    path.write_bytes(b"a" * (3 << 20))
    before = digest(path, whole=False)
    path.write_bytes(b"a" * (1 << 20) + b"b" * (1 << 20) + b"a" * (1 << 20))
    assert digest(path, whole=False) == before
    path.write_bytes(b"a" * ((3 << 20) + 1))
    assert digest(path, whole=False) != before


def test_what_cannot_be_read_has_no_digest(tmp_path: Path) -> None:
    assert digest(tmp_path / "nowhere.pth") == ""


def test_versions_name_this_program_and_no_library_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"modelreport": "1.2.3", "torch": "2.6.0"}

    def version(name: str) -> str:
        if name not in known:
            raise metadata.PackageNotFoundError(name)
        return known[name]

    monkeypatch.setattr(metadata, "version", version)
    assert versions() == ["modelreport 1.2.3", "torch 2.6.0"]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # Python 3.12 and newer
def test_a_forked_process_reads_large_files_too(tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(range(256)) * (3 << 12))
    expected = digest(path)
    fork = get_context("fork")
    told = fork.Queue()
    child = fork.Process(target=lambda: told.put(digest(path)))
    child.start()
    try:
        assert told.get(timeout=300) == expected
    finally:
        child.kill()
        child.join()

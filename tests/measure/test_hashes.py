from __future__ import annotations

import hashlib
from pathlib import Path

from modelreport.facts import SourceFile
from modelreport.measure import hash_files
from modelreport.options import Options
from tests.measure.tensors import make_checkpoint, map_file


def test_a_file_is_hashed_whole_with_progress_in_bytes(tmp_path: Path) -> None:
    data = bytes(range(256)) * 40_000
    file, _ = map_file(tmp_path / "model.bin", data)
    calls: list[tuple[str, int, int]] = []
    source = (SourceFile(name="model.bin", size_bytes=len(data)),)
    (found,) = hash_files(
        make_checkpoint(source_files=source, files=[file]), Options(progress=lambda *c: calls.append(c))
    )
    file.close()
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert calls[-1] == ("hash", len(data), len(data))


def test_files_of_a_folder_are_found_by_their_relative_names(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "config.json").write_bytes(b"{}")
    (tmp_path / "sub" / "config.json").write_bytes(b"[]")
    source = tuple(SourceFile(name=n, size_bytes=2) for n in ("config.json", "sub/config.json"))
    found = hash_files(make_checkpoint(source_files=source, folder=tmp_path), Options())
    assert [f.sha256 for f in found] == [hashlib.sha256(b).hexdigest() for b in (b"{}", b"[]")]


def test_a_name_that_leads_outside_or_nowhere_has_no_hash(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    names = ("../secret", str(tmp_path / "secret"), "gone")
    source = tuple(SourceFile(name=n, size_bytes=6) for n in names)
    found = hash_files(make_checkpoint(source_files=source, folder=tmp_path / "inside"), Options())
    assert [f.sha256 for f in found] == [None, None, None]


def test_an_object_without_files_has_nothing_to_hash() -> None:
    assert hash_files(make_checkpoint(), Options()) == ()

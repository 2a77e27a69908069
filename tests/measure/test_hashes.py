from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from modelreport.checkpoint import LazyTensor
from modelreport.errors import OptionsError
from modelreport.facts import SourceFile
from modelreport.measure import hash_files, hashing, measure
from modelreport.measure import hashes as hashes_module
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
    assert not calls  # nobody waits for the hashes alone


@pytest.mark.parametrize("free", [1 << 40, 1 << 20])
def test_hashes_and_the_pass_over_the_weights_are_told_as_one_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int
) -> None:
    monkeypatch.setattr(hashes_module, "free_memory", lambda: free)
    values = np.arange(3_000_000, dtype=np.float32)
    file, storage = map_file(tmp_path / "model.bin", values.tobytes())
    calls: list[tuple[str, int, int]] = []
    source = (SourceFile(name="model.bin", size_bytes=storage.size_bytes),)
    tensors = [LazyTensor(str(i), "float32", (1_000_000,), storage, offset=i * 1_000_000) for i in range(3)]
    checkpoint = make_checkpoint(*tensors, source_files=source, files=[file])
    with hashing(checkpoint, Options(progress=lambda *call: calls.append(call))) as hashes:
        measure(checkpoint, hashes.options)
        (found,) = hashes.files()
    file.close()
    assert found.sha256 == hashlib.sha256(values.tobytes()).hexdigest()
    assert {(stage, total) for stage, _, total in calls} == {("measure", storage.size_bytes)}
    done = [done for _, done, _ in calls]
    assert done == sorted(done)
    assert done[-1] == storage.size_bytes


def test_what_goes_wrong_beside_it_ends_the_hashing(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.touch()
    os.truncate(path, 1 << 40)  # no bytes on the disk, but hours of reading
    source = (SourceFile(name="model.bin", size_bytes=1 << 40),)
    checkpoint = make_checkpoint(source_files=source, folder=tmp_path)
    with pytest.raises(KeyboardInterrupt), hashing(checkpoint, Options()):
        raise KeyboardInterrupt


def test_without_weights_nothing_is_read(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"{}")
    source = (SourceFile(name="model.bin", size_bytes=2),)
    assert hash_files(make_checkpoint(source_files=source, folder=tmp_path), Options(weights=False)) == source


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


def test_a_cluster_that_cannot_be_used_is_told_before_any_other_work() -> None:
    with pytest.raises(OptionsError, match="no scheduler answers"), hashing(make_checkpoint(), Options(dask="x://y")):
        pytest.fail("work has begun")

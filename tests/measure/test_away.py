"""Files hashed by the threads or workers of a crew."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from modelreport.errors import LoadError
from modelreport.files import LocalFile, LostFile
from modelreport.measure.away import hash_away
from modelreport.options import Options
from tests.measure.clusters import cluster_of


def made(folder: Path, count: int) -> tuple[dict[int, LocalFile], dict[int, str]]:
    files, expected = {}, {}
    for number in range(count):
        data = bytes([number]) * (100_000 + number)
        (folder / f"f{number}").write_bytes(data)
        files[number * 2] = LocalFile(folder / f"f{number}")
        expected[number * 2] = hashlib.sha256(data).hexdigest()
    return files, expected


def test_files_are_hashed_by_the_workers_of_a_cluster(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    files, expected = made(tmp_path, 5)
    calls: list[tuple[str, int, int]] = []
    for file in files.values():
        request.addfinalizer(file.close)
    with cluster_of(tmp_path, [("one", "127.0.0.1")]) as cluster:
        assert hash_away(files, Options(dask=cluster.address, progress=lambda *c: calls.append(c))) == expected
    total = sum(file.size_bytes for file in files.values())
    assert calls[-1] == ("hash", total, total)
    assert len(calls) == 5
    assert hash_away(files, Options(workers=2)) == expected


def test_a_file_that_cannot_be_read_again_has_no_hash_and_a_lost_one_is_told(tmp_path: Path) -> None:
    files, expected = made(tmp_path, 2)
    files[2].path.unlink()
    assert hash_away(files, Options()) == {**expected, 2: None}
    lost = LostFile("gone", "cannot be opened there", ("gone", 1, 1))
    with pytest.raises(LoadError, match="cannot be opened there"):
        hash_away({0: lost}, Options())  # type: ignore[dict-item]
    for file in files.values():
        file.close()

"""Names that lead out of a folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelreport.errors import MissingFileError
from modelreport.load.siblings import RefusedPathError, find_sibling, show_name


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../secret",
        "a/../../secret",
        "\\\\host\\share",
        "C:\\secret",
        "..\\secret",
        "",
        "a\0b",
        "x" * 5000,
    ],
)
def test_names_out_of_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("s")
    folder = tmp_path / "model"
    folder.mkdir()
    with pytest.raises(RefusedPathError):
        find_sibling(folder, name)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret").write_text("s")
    (folder / "weights").symlink_to(tmp_path / "secret")
    (folder / "sub").symlink_to(tmp_path)
    for name in ("weights", "sub/secret"):
        with pytest.raises(RefusedPathError, match="leads out of the folder"):
            find_sibling(folder, name)


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("r")
    (tmp_path / "weights").symlink_to("real")
    assert find_sibling(tmp_path, "weights") == (tmp_path / "real").resolve()


def test_the_links_of_a_download_cache_are_followed_into_its_own_blobs_only(tmp_path: Path) -> None:
    snapshot = tmp_path / "models--a--b" / "snapshots" / "abc"
    blobs = tmp_path / "models--a--b" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    (blobs / "1f").write_text("w")
    (tmp_path / "models--a--b" / "other").write_text("o")
    (snapshot / "weights").symlink_to("../../blobs/1f")
    (snapshot / "bad").symlink_to("../../other")
    assert find_sibling(snapshot, "weights").read_text() == "w"
    with pytest.raises(RefusedPathError):
        find_sibling(snapshot, "bad")


def test_what_is_not_a_regular_file_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "sub").mkdir()
    for name in ("pipe", "sub", "."):
        with pytest.raises(RefusedPathError, match="not a regular file"):
            find_sibling(tmp_path, name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"'model-2\.bin' is missing"):
        find_sibling(tmp_path, "model-2.bin")


def test_names_are_shown_escaped_and_cut() -> None:
    assert show_name("a\x1b[31m\u202eb") == r"'a\x1b[31m\u202eb'"
    assert len(show_name("n" * 10_000)) == 120

"""Addresses: what is one, how they are shown, and the interface of paths."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.errors import LoadError, OptionsError
from modelreport.remote import RemotePath, locate
from modelreport.remote.path import hide, is_address


def memory(name: str) -> RemotePath:
    path = locate(f"memory://{name}")
    assert isinstance(path, RemotePath)
    return path


@pytest.mark.parametrize(
    "text", ["model.pth", "./a b/c", "/x/y", "C:\\models\\m.pth", "weights:0", "a//b", "", "http:/one-slash"]
)
def test_paths_stay_paths(text: str) -> None:
    assert locate(text) == Path(text)


def test_a_path_object_is_never_taken_for_an_address() -> None:
    assert locate(Path("s3://bucket/x")) == Path("s3://bucket/x")


def test_addresses_of_local_files_are_paths() -> None:
    assert locate("file:///tmp/a%20b.pth") == Path("/tmp/a b.pth")


@pytest.mark.parametrize("text", ["simplecache::s3://bucket/x", "https://", "zip://a::file.zip"])
def test_what_is_no_single_address_is_refused(text: str) -> None:
    assert is_address(text)
    with pytest.raises(OptionsError, match="not an address"):
        locate(text)


@pytest.mark.parametrize(
    ("text", "shown", "name"),
    [
        ("s3://bucket/a/m.safetensors", "s3://bucket/a/m.safetensors", "m.safetensors"),
        ("HTTPS://u:p@host:8/a%20b.pth?sig=1#f", "https://host:8/a%20b.pth", "a b.pth"),
        ("hf://user/repo@v1/m.bin", "hf://user/repo@v1/m.bin", "m.bin"),
        ("hf://gpt2@main", "hf://gpt2@main", "gpt2@main"),
        ("sftp://me@host/m.pth", "sftp://host/m.pth", "m.pth"),
        ("s3://bucket/prefix/", "s3://bucket/prefix/", "prefix"),
        ("https://huggingface.co/u/m/blob/a/x.bin", "https://huggingface.co/u/m/resolve/a/x.bin", "x.bin"),
    ],
)  # fmt: skip
def test_an_address_is_shown_without_its_secrets(text: str, shown: str, name: str) -> None:
    path: Any = locate(text)
    assert (str(path), path.name) == (shown, name)
    assert shown in repr(path)
    assert not isinstance(path, os.PathLike)  # nothing of the system may take it for a file here


@given(secret=st.text("abcXYZ0189%=&+-_.~", min_size=3, max_size=20), quote=st.sampled_from("'\" "))
def test_texts_of_libraries_lose_the_secrets_of_addresses(secret: str, quote: str) -> None:
    text = f"cannot get {quote}https://me:{secret}QQ@host/a/b.pth?token={secret}QQ{quote} now"
    assert f"{secret}QQ" not in hide(text)
    assert hide(text).endswith("now")
    assert "https://host/a/b.pth" in hide(text)


def test_an_address_has_the_interface_of_a_path() -> None:
    folder = memory("test-path/models")
    assert not (folder / "x.pth").exists()
    with folder.store.fs.open("test-path/models/a.tar.gz", "wb") as file:
        file.write(b"0123456789" * 5000)
    folder = memory("test-path/models")
    path = folder / "a.tar.gz"
    assert (path.name, path.stem, path.suffix, path.parent) == ("a.tar.gz", "a.tar", ".gz", memory("test-path/models/"))
    assert path.parts == ("test-path", "models", "a.tar.gz")
    assert path.is_file()
    assert folder.is_dir()
    assert not path.is_dir()
    assert not path.is_symlink()
    assert path.is_absolute()
    assert path.absolute() is path is path.resolve()
    assert path.stat().st_size == 50_000
    assert list(folder.iterdir()) == [path]
    assert len({path, memory("test-path/models/a.tar.gz")}) == 1
    assert path.read_bytes() == b"0123456789" * 5000
    with path.open("rb") as stream:
        stream.seek(-3, os.SEEK_END)
        assert (stream.read(), stream.tell()) == (b"789", 50_000)
    with pytest.raises(ValueError, match="mode"):
        path.open("wb")
    with pytest.raises(LoadError, match="is a folder"):
        folder.read_bytes()


def test_archives_are_listed_through_a_stream() -> None:
    store = memory("test-path/z.zip").store
    with store.fs.open("test-path/z.zip", "wb") as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr("one", "1" * 100_000)
    with memory("test-path/z.zip").open() as stream, zipfile.ZipFile(stream) as found:
        assert found.namelist() == ["one"]
        assert len(found.read("one")) == 100_000

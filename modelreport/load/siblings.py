"""Files that another file refers to by name: strictly inside the folder, regular, opened by their real path."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from modelreport.errors import LoadError, MissingFileError
from modelreport.remote import Location, RemotePath

NAME_LIMIT = 4096


class RefusedPathError(MissingFileError):
    """A name that leads out of the folder, or to something that is not a regular file."""


def find_sibling(folder: Location, name: str) -> Location:
    """The real path of ``name`` inside ``folder``.

    Raises ``RefusedPathError`` for an absolute name, for ``..``, for a link that leaves the folder and for anything
    that is not a regular file; ``MissingFileError`` when there is no such file. Links of a Hugging Face cache, from
    ``snapshots/<revision>`` into the ``blobs`` of the same model, are followed: that is how the cache stores files.
    """
    shown = show_name(name)
    parts = name.replace("\\", "/").split("/")
    if not name or "\0" in name or len(name) > NAME_LIMIT:
        raise RefusedPathError(f"{shown} is not a file name.")
    if name.startswith(("/", "\\")) or (len(name) > 1 and name[1] == ":") or ".." in parts:
        raise RefusedPathError(f"{shown} leads out of the folder and was not opened.")
    if isinstance(folder, RemotePath):
        return _find_remote(folder / name, shown)
    root = Path(os.path.realpath(folder))
    real = Path(os.path.realpath(root / name))
    if not real.is_relative_to(root) and not _in_cache(root, real):
        raise RefusedPathError(f"{shown} is a link that leads out of the folder and was not opened.")
    try:
        status = os.lstat(real)
    except OSError as error:
        raise MissingFileError(f"{shown} is missing.") from error
    if not stat.S_ISREG(status.st_mode):
        raise RefusedPathError(f"{shown} is not a regular file and was not opened.")
    return real


def _find_remote(path: RemotePath, shown: str) -> RemotePath:
    """The address of a file that its store has; ``MissingFileError`` otherwise."""
    try:
        there = path.is_file()
    except LoadError as error:
        raise MissingFileError(error.message, error.hint) from error
    if not there:
        raise MissingFileError(f"{shown} is missing.")
    return path


def show_name(name: str) -> str:
    """A name from a file as quoted text for a message: control characters escaped, cut at 120 characters."""
    text = ascii(name) if not name.isprintable() else f"'{name}'"
    return text if len(text) <= 120 else f"{text[:119]}…"


def _in_cache(root: Path, real: Path) -> bool:
    """Whether ``real`` is a blob of the Hugging Face cache entry that ``root`` is (part of) a snapshot of."""
    for parent in (root, *root.parents):
        if parent.parent.name == "snapshots":
            return real.parent == parent.parent.parent / "blobs"
    return False

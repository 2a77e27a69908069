"""A first look at a path: the first bytes, and the names inside a zip or a folder."""

from __future__ import annotations

import difflib
import os
import stat
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelreport.errors import CorruptFileError, MissingFileError
from modelreport.remote import RemotePath

if TYPE_CHECKING:
    from modelreport.remote import Location

HEAD_BYTES = 4096
ENTRY_LIMIT = 200_000
"""Most members of a zip or entries of a folder that are looked at."""


@dataclass(frozen=True)
class Probe:
    """What recognisers may look at."""

    head: bytes
    """The first 4,096 bytes of a file, empty for a folder."""
    names: tuple[str, ...]
    """Members of a zip, entries of a folder (not recursive), otherwise empty."""
    is_folder: bool
    size_bytes: int


def probe(path: Location) -> Probe:
    """Look at ``path``.

    Raises ``MissingFileError`` when it cannot be opened, ``CorruptFileError`` for an empty file or a broken zip.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            return Probe(b"", _folder_names(path), is_folder=True, size_bytes=0)
        if not stat.S_ISREG(status.st_mode):
            raise MissingFileError(f"{path} is not a regular file or a folder.", "Give the path of a checkpoint file.")
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError as error:
        if path.is_symlink():
            raise MissingFileError(
                f"{path} is a link to a file that does not exist.", "Check what it points to."
            ) from error
        raise MissingFileError(f"{path} does not exist.", _near(path)) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise MissingFileError(f"{path} cannot be opened: {reason}.") from error
    if not head:
        raise CorruptFileError(f"{path} is empty (0 bytes).", "The download or copy was probably interrupted.")
    names = _zip_names(path) if head[:4] in (b"PK\3\4", b"PK\5\6") else ()
    return Probe(head, names, is_folder=False, size_bytes=status.st_size)


def _folder_names(path: Location) -> tuple[str, ...]:
    names: list[str] = []
    if isinstance(path, RemotePath):
        return path.store.names(path)[:ENTRY_LIMIT]
    with os.scandir(path) as entries:
        for entry in entries:
            names.append(entry.name)
            if len(names) >= ENTRY_LIMIT:
                break
    return tuple(sorted(names))


def _zip_names(path: Location) -> tuple[str, ...]:
    try:
        with path.open("rb") as handle, zipfile.ZipFile(handle) as archive:
            return tuple(info.filename for info in archive.infolist()[:ENTRY_LIMIT])
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, IndexError) as error:
        raise CorruptFileError(
            f"{path} starts as a zip archive, but its directory at the end cannot be read ({error}).",
            "The file is probably truncated: compare its size with the original and copy it again.",
        ) from error


def _near(path: Location) -> str:
    if isinstance(path, RemotePath):
        return ""
    try:
        names = _folder_names(path.parent)
    except OSError:
        return f"The folder {path.parent} does not exist either." if str(path.parent) != "." else ""
    close = difflib.get_close_matches(path.name, names, n=1, cutoff=0.7)
    return f"Did you mean {path.parent / close[0]}?" if close else ""

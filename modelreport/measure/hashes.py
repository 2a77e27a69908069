"""SHA-256 of the files a checkpoint was read from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from modelreport.checkpoint import Checkpoint
from modelreport.facts import SourceFile
from modelreport.options import Options
from modelreport.remote import Location, RemotePath

_CHUNK = 4 << 20


def hash_files(checkpoint: Checkpoint, options: Options) -> tuple[SourceFile, ...]:
    """The source's files with their SHA-256 filled in; a file that cannot be read again keeps ``None``.

    Independent of ``measure``: both release the interpreter lock while they work, so that they may run side by side.
    Progress is reported under the stage ``hash``, in bytes.
    """
    files = checkpoint.source.files
    total = sum(file.size_bytes for file in files)
    done = [0] * len(files)

    def one(index: int) -> SourceFile:
        path = _path(checkpoint, files[index].name)
        if path is None:
            return files[index]
        if isinstance(path, RemotePath):
            return msgspec.structs.replace(files[index], sha256=path.store.file(path).sha256(tell_of(index)))
        digest = hashlib.sha256()
        buffer = bytearray(_CHUNK)
        try:
            with path.open("rb", buffering=0) as stream:
                while size := stream.readinto(buffer):
                    digest.update(memoryview(buffer)[:size])
                    done[index] += size
                    options.progress("hash", min(sum(done), total), total)
        except OSError:
            return files[index]
        return msgspec.structs.replace(files[index], sha256=digest.hexdigest())

    def tell_of(index: int) -> Callable[[int], None]:
        def tell(size: int) -> None:
            done[index] = size
            options.progress("hash", min(sum(done), total), total)

        return tell

    with ThreadPoolExecutor(2) as pool:
        return tuple(pool.map(one, range(len(files))))


def _path(checkpoint: Checkpoint, name: str) -> Location | None:
    """Where a source file lies: an opened file of that name, or a file below the folder."""
    parts = Path(name).parts
    for file in checkpoint.files:
        if file.path.parts[-len(parts) :] == parts:
            path: Location = file.path
            return path
    if checkpoint.folder is not None and ".." not in parts and not Path(name).is_absolute():
        below = checkpoint.folder / name
        return below if below.is_file() else None
    return None

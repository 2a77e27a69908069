"""SHA-256 of the files a checkpoint was read from."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from modelreport.checkpoint import Checkpoint
from modelreport.facts import SourceFile
from modelreport.options import Options

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

    with ThreadPoolExecutor(2) as pool:
        return tuple(pool.map(one, range(len(files))))


def _path(checkpoint: Checkpoint, name: str) -> Path | None:
    """Where a source file lies: an opened file of that name, or a file below the folder."""
    parts = Path(name).parts
    for file in checkpoint.files:
        if file.path.parts[-len(parts) :] == parts:
            return Path(file.path)
    if checkpoint.folder is not None and ".." not in parts and not Path(name).is_absolute():
        path = checkpoint.folder / name
        return path if path.is_file() else None
    return None

"""SHA-256 of the files a checkpoint was read from, computed beside everything else that is done with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec

from modelreport.checkpoint import Checkpoint
from modelreport.errors import ChangedError
from modelreport.facts import SourceFile
from modelreport.files import LocalFile, OpenFile
from modelreport.measure.away import hash_away
from modelreport.measure.crew import greet, processors
from modelreport.measure.pace import Pace, free_memory, window_of
from modelreport.options import Options
from modelreport.remote import Location, RemotePath

_MOST_THREADS = 4


class Hashes:
    """The hashes of a checkpoint's files, under way on threads of their own.

    Files that fit into memory are hashed as fast as they can be, several side by side. Larger ones are hashed one after
    the other, in step with the pass over the weights, so that each byte is read from the disk once. Where a cluster
    measures, its workers hash.
    """

    def __init__(self, checkpoint: Checkpoint, options: Options) -> None:
        self._files = checkpoint.source.files
        self._paths = [_path(checkpoint, file.name) for file in self._files]
        self._told = options
        self._stopped = threading.Event()
        self._open = _opened(checkpoint, self._paths)
        self._away = self._open if options.dask and options.weights else {}
        if options.dask and options.weights:
            greet(options, self._away.values())
        near = (i for i, path in enumerate(self._paths) if isinstance(path, Path) and i not in self._away)
        local = [*near] if options.weights else []
        size = sum(self._files[i].size_bytes for i in local)
        window = window_of(size, free_memory())
        self._pace = Pace(options.progress, size, window, in_step=window > 0)
        self.options = replace(options, progress=self._pace.measured)
        """For the pass over the weights: how far it is and how far the hashes are is told as one."""
        self._threads = ThreadPoolExecutor(1 if window else min(_MOST_THREADS, processors()), "hash")
        self._under_way: dict[int, Future[str | None]] = {i: self._threads.submit(self._one, i) for i in local}
        for future in self._under_way.values():
            future.add_done_callback(lambda _: self._let_go())

    def files(self) -> tuple[SourceFile, ...]:
        """The source's files with their SHA-256 filled in; a file that cannot be read again keeps ``None``.

        Waits for what is not ready. The hash of a file behind an address comes from the pass; what it left out is
        fetched now, and told under the stage ``hash``.
        """
        if not self._told.weights:
            return self._files
        self._pace.finish()
        hashed = hash_away(self._away, self._told) if self._away else {}
        return tuple(
            msgspec.structs.replace(file, sha256=hashed[i] if i in hashed else self._hash(i))
            for i, file in enumerate(self._files)
        )

    def stop(self) -> None:
        """Let go of everything."""
        self._stopped.set()
        self._pace.let_go()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _hash(self, index: int) -> str | None:
        path = self._paths[index]
        if isinstance(path, RemotePath):
            return path.store.file(path).sha256(self._tell_of(index))
        return self._under_way[index].result() if index in self._under_way else None

    def _tell_of(self, index: int) -> Callable[[int], None]:
        """Progress over the files behind addresses; those before this one are done."""
        remote = [i for i, path in enumerate(self._paths) if isinstance(path, RemotePath)]
        total = sum(self._files[i].size_bytes for i in remote)
        before = sum(self._files[i].size_bytes for i in remote if i < index)
        return lambda size: self._told.progress("hash", min(before + size, total), total)

    def _let_go(self) -> None:
        if not wait(self._under_way.values(), timeout=0).not_done:
            self._pace.let_go()

    def _check_same(self, file: LocalFile, index: int) -> None:
        """``ChangedError`` when another file lies where the one was opened whose weights are measured."""
        opened = self._open.get(index)
        if isinstance(opened, LocalFile) and (opened.size_bytes, opened.changed_ns) != (
            file.size_bytes,
            file.changed_ns,
        ):
            raise ChangedError(file.path)

    def _one(self, index: int) -> str | None:
        """SHA-256 in hex; ``None`` when the file cannot be read again. Raises ``ChangedError``."""
        done = 0

        def tell(size: int) -> None:
            nonlocal done
            if self._stopped.is_set():
                raise InterruptedError
            self._pace.hashed(size - done)
            done = size

        try:
            with closing(LocalFile(Path(str(self._paths[index])))) as file:
                self._check_same(file, index)
                return file.sha256(tell)
        except OSError:
            return None


@contextmanager
def hashing(checkpoint: Checkpoint, options: Options) -> Iterator[Hashes]:
    """Hashes that are under way while the block runs, and dropped when it is left by an error."""
    hashes = Hashes(checkpoint, options)
    try:
        yield hashes
    finally:
        hashes.stop()


def hash_files(checkpoint: Checkpoint, options: Options) -> tuple[SourceFile, ...]:
    """The source's files with their SHA-256 filled in, with nothing beside."""
    with hashing(checkpoint, options) as hashes:
        return hashes.files()


def _opened(checkpoint: Checkpoint, paths: list[Location | None]) -> dict[int, OpenFile]:
    """Those of the places whose files are open, by index."""
    known = {str(file.path): file for file in checkpoint.files if file.travels}
    return {i: known[str(path)] for i, path in enumerate(paths) if path is not None and str(path) in known}


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

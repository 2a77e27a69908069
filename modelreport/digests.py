"""Hashes of models: of every file that one is in, read again only where a file changed."""

from __future__ import annotations

import hashlib
import json
import os
import re
from importlib import metadata
from pathlib import Path
from typing import Final

_ENDS: Final = 1 << 20
_AT_ONCE: Final = 8 << 20
_STATES: Final = re.compile(r"(?:checkpoint|step|epoch|global_step)[-_]?\d+")
_DATA: Final = re.compile(r"(?P<stem>.+?)[._-](?:data|weights|bin)(?:[._-]?\d+)?")
_INDEX_LIMIT: Final = 64 << 20
_FILES_LIMIT: Final = 200_000
_THREADS: Final = 8
_LIBRARIES: Final = ("modelreport", "torch", "torchvision", "timm", "transformers")


class Digests:
    """Hashes of files, read again only where size or time of change are not those of the last run."""

    def __init__(self, known: dict[str, str], *, whole: bool) -> None:
        self._known = known
        self._whole = whole
        self.seen: dict[str, str] = {}
        """What this run saw, for the next one: by a hash of path, size and time of change, so that nobody who guesses a
        path finds it in what was published."""

    @property
    def all(self) -> dict[str, str]:
        """What this run saw and what earlier ones did: for after one that was stopped."""
        return self._known | self.seen

    def of(self, path: Path) -> str:
        """The hash of a file; of its size and both ends where only headers are read. ``OSError`` as reading raises."""
        status = path.stat()
        key = short(str(path.resolve()), self._whole, status.st_size, status.st_mtime_ns)
        digest = self._known.get(key) or self._read(path, status.st_size)
        self.seen[key] = digest
        return digest

    def of_model(self, path: Path) -> str:
        """The hash of a model: of its files with their names below it. Empty where one cannot be read."""
        made = hashlib.sha256()
        root = path if path.is_dir() else path.parent
        try:
            for file in files_of(path):
                name = file.relative_to(root).as_posix() if file != path else ""
                made.update(f"{name}\0{self.of(file)}\n".encode("utf-8", "surrogateescape"))
        except OSError:
            return ""
        return made.hexdigest()

    def _read(self, path: Path, size: int) -> str:
        from blake3 import blake3

        if self._whole or size <= 2 * _ENDS:
            # Threads of its own: those that blake3.AUTO shares do not live on in a forked process, which then waits.
            made = blake3(max_threads=min(_THREADS, os.cpu_count() or 1) if size > _ENDS else 1)
            with path.open("rb", buffering=0) as file:  # not mapped: a file that becomes shorter would end the process
                buffer = memoryview(bytearray(min(size, _AT_ONCE)))
                while read := file.readinto(buffer):
                    made.update(buffer[:read])
            return str(made.hexdigest())
        with path.open("rb") as file:
            head = file.read(_ENDS)
            file.seek(-_ENDS, 2)
            return str(blake3(head + file.read() + str(size).encode()).hexdigest())


def files_of(path: Path) -> list[Path]:
    """The files that a model is in: itself and those it is continued in, or its folder's.

    Of a folder hidden files are left out, and states of training below it.
    """
    if not path.is_dir():
        return [path, *_continued_in(path)]
    found: list[Path] = []
    for folder, below, names in os.walk(path):
        below[:] = sorted(n for n in below if not n.startswith(".") and not is_state(n))
        found += [Path(folder) / name for name in sorted(names) if not name.startswith(".") or name == ".metadata"]
        if len(found) > _FILES_LIMIT:
            break
    return found


def _continued_in(path: Path) -> list[Path]:
    """The shards that an index beside them names; the external data of an ONNX file, by the names exporters give it."""
    names: set[str] = set()
    try:
        if path.name.endswith(".index.json") and path.stat().st_size <= _INDEX_LIMIT:
            listed = json.loads(path.read_bytes())["weight_map"]
            names = {name for name in listed.values() if isinstance(name, str) and Path(name).name == name}
        elif path.suffix.lower() == ".onnx":
            stems = {path.name, path.stem}
            there = [each.name for each in path.parent.iterdir()]
            names = {name for name in there if (found := _DATA.fullmatch(name)) and found["stem"] in stems}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []
    return [file for name in sorted(names) if (file := path.parent / name).is_file()]


def is_state(name: str) -> bool:
    """Whether a folder of this name inside a model's is a state of its training: a model of its own."""
    return _STATES.fullmatch(name) is not None


def short(*parts: object) -> str:
    """A hash of plain values, 32 hexadecimal digits."""
    return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]


def versions() -> list[str]:
    """What a report follows from beside the model: this program and the libraries that it runs models with."""
    found = []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return found

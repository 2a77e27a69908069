"""What a page of the catalogue depends on, as hashes: the bytes of the model, the options, the versions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import msgspec

from modelreport.options import RenderOptions
from modelreport.render.folders import templates_folder
from modelreport.site.find import files_of
from modelreport.site.plan import Plan

_ENDS: Final = 1 << 20
_LIBRARIES: Final = ("modelreport", "torch", "torchvision", "timm", "transformers")


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """A file as it was when it was hashed."""

    size: int
    mtime_ns: int
    digest: str


class Digests:
    """Hashes of files, read again only where size or time of change are not those of the last run."""

    def __init__(self, known: dict[str, Seen], *, whole: bool) -> None:
        self._known = known
        self._whole = whole
        self.seen: dict[str, Seen] = {}
        """What this run saw, by a hash of the path: for the next one."""

    @property
    def all(self) -> dict[str, Seen]:
        """What this run saw and what earlier ones did: for after one that was stopped."""
        return self._known | self.seen

    def of(self, path: Path) -> str:
        """The hash of a file; of its size and both ends where only headers are read. ``OSError`` as reading raises."""
        status = path.stat()
        key = _short(str(path.resolve()), self._whole)
        known = self._known.get(key)
        if known is None or (known.size, known.mtime_ns) != (status.st_size, status.st_mtime_ns):
            known = Seen(status.st_size, status.st_mtime_ns, self._read(path, status.st_size))
        self.seen[key] = known
        return known.digest

    def _read(self, path: Path, size: int) -> str:
        from blake3 import blake3

        if self._whole or size <= 2 * _ENDS:
            made = blake3(max_threads=blake3.AUTO)
            made.update_mmap(path)
            return str(made.hexdigest())
        with path.open("rb") as file:
            head = file.read(_ENDS)
            file.seek(-_ENDS, 2)
            return str(blake3(head + file.read() + str(size).encode()).hexdigest())


def model_digest(path: Path, digests: Digests) -> str:
    """The hash of a model: of its files with their names below it. Empty where one cannot be read."""
    made = hashlib.sha256()
    try:
        for file in files_of(path):
            name = file.relative_to(path).as_posix() if file != path else ""
            made.update(f"{name}\0{digests.of(file)}\n".encode("utf-8", "surrogateescape"))
    except OSError:
        return ""
    return made.hexdigest()


def report_key(name: str, digest: str, plan: Plan) -> str:
    """What the facts of a report follow from."""
    return _short(name, digest, sorted(plan.build.items()), sorted(plan.look.redact), _versions())


def page_key(report: str, look: RenderOptions, shared: Iterable[str]) -> str:
    """What a page follows from: the report's facts, how it is written, the templates and the shared files."""
    own = _contents(Path(look.template_dir)) if look.template_dir else ""
    return _short(report, _told(look), sorted(shared), _contents(templates_folder()), own)


def _told(look: RenderOptions) -> list[tuple[str, Any]]:
    return [
        (name, sorted(value) if isinstance(value, frozenset) else value) for name, value in sorted(vars(look).items())
    ]


def _contents(folder: Path) -> str:
    """Names and hashes of all files in a folder of templates."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return _short(*((p.relative_to(folder).as_posix(), hashlib.sha256(p.read_bytes()).hexdigest()) for p in files))


def _versions() -> list[str]:
    found = []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return found


def _short(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]

"""Which models a folder holds: every checkpoint once, however many files it is in; nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modelreport.digests import is_state
from modelreport.errors import LoadError, OptionsError
from modelreport.load import FORMATS
from modelreport.load.documents import read_json
from modelreport.load.format import REPOSITORY, Format
from modelreport.load.huggingface import find_weights
from modelreport.load.probe import probe
from modelreport.load.sharded import find_indexes

SURE: Final = frozenset({".pth", ".pt", ".pt2", ".ckpt", ".safetensors", ".onnx", ".gguf", ".h5", ".keras", ".tflite"})
"""Endings that only checkpoints have: one that cannot be read is told, not passed over."""
_LOOKED_AT: Final = SURE | {suffix for each in FORMATS for suffix in each.suffixes} | {""}
_FOLDERS: Final = frozenset({"huggingface", "torch-dcp", "deepspeed-zero", "torch-ranks", "safetensors-shards"})
_LEFT_OUT: Final = frozenset({"__pycache__", "node_modules", "venv", "site-packages"})


@dataclass(frozen=True)
class Found:
    """A model of the folder."""

    path: Path
    name: str
    """Its path below the folder, with ``/``; the folder's own name for the folder itself."""
    sure: bool
    """Whether it is listed also when it turns out not to be readable."""


def find_models(root: Path, leave_out: frozenset[Path] = frozenset()) -> list[Found]:
    """The models below ``root``, by name. ``leave_out`` are folders not to look into, resolved.

    Hidden files and folders are passed over, and links to folders that were seen. ``OptionsError`` where ``root`` is
    not a folder.
    """
    if not root.is_dir():
        what = "not a folder" if root.exists() else "there is no such folder"
        raise OptionsError(f"{root}: {what}.", "Name a folder of models; 'modelreport build' reports on one.")
    seen = {path.resolve() for path in leave_out}
    return sorted(_walk(root, root, seen), key=lambda found: found.name)


def _walk(root: Path, folder: Path, seen: set[Path]) -> Iterator[Found]:
    real = folder.resolve()
    if real in seen:
        return
    seen.add(real)
    try:
        names = tuple(name for name in probe(folder).names if not name.startswith(".") or name == ".metadata")
    except LoadError:
        return  # a folder that may not be opened
    format_ = next((each for each in FORMATS if each.recognises(b"", names)), None)
    own = _own_files(folder, names, format_)
    if own is not None and format_ is not None:
        yield _found(root, folder, sure=True)
    for name in names:
        path = folder / name
        if path.is_dir():
            if name not in _LEFT_OUT and (own != "all" or is_state(name)):
                yield from _walk(root, path, seen)
        elif own is None or (own != "all" and name not in own):
            yield from _file(root, path)


def _own_files(folder: Path, names: tuple[str, ...], format_: Format | None) -> frozenset[str] | str | None:
    """The entries that belong to the one model of a folder: ``"all"`` of them, some, or ``None`` where it is none."""
    if format_ is None:
        return None
    if format_.id in _FOLDERS and (format_.id != "huggingface" or REPOSITORY & set(names)):
        return "all"
    indexes = find_indexes(names)
    if indexes:
        return frozenset(name for index in indexes for name in (index, *_shards(folder, index)))
    weights = find_weights(names)
    return frozenset(weights) if len(weights) > 1 else None


def _shards(folder: Path, index: str) -> set[str]:
    """The files that an index names; none where it cannot be read, which opening it will tell."""
    try:
        listed = read_json(folder, index)
    except LoadError:
        return set()
    shards = listed.get("weight_map") if isinstance(listed, dict) else None
    return {str(name) for name in shards.values()} if isinstance(shards, dict) else set()


def _file(root: Path, path: Path) -> Iterator[Found]:
    sure = path.suffix.lower() in SURE
    if path.suffix.lower() not in _LOOKED_AT or not (path.is_file() or path.is_symlink()):
        return
    try:
        seen = probe(path)
        known = any(each.recognises(seen.head, seen.names) for each in FORMATS)
    except LoadError:
        known = False
    if known or sure:
        yield _found(root, path, sure=sure)


def _found(root: Path, path: Path, *, sure: bool) -> Found:
    name = path.relative_to(root).as_posix()
    return Found(path, name if name != "." else root.resolve().name or "model", sure)

"""Weights in several files, listed by an index: ``model.safetensors.index.json`` or ``pytorch_model.bin.index.json``.

The index is a JSON object with ``weight_map`` (tensor name to file name) and ``metadata`` (``total_size`` in bytes):
https://huggingface.co/docs/safetensors/index#sharded. File names are resolved strictly inside the folder.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import Checkpoint
from modelreport.errors import CorruptFileError, LoadError, MissingFileError
from modelreport.facts import Item, Source
from modelreport.load.documents import JSON_LIMIT, flatten, read_json
from modelreport.load.format import Format
from modelreport.load.opening import close_on_failure
from modelreport.load.parts import Parts
from modelreport.load.siblings import show_name
from modelreport.remote import RemotePath

if TYPE_CHECKING:
    from modelreport.options import Options
    from modelreport.remote import Location

INDEX_LIMIT = JSON_LIMIT * 4
SHARDS_LIMIT = 10_000
MISSING_SHOWN = 20
UNREADABLE_LIMIT = 100_000
_INDEX = re.compile(rb'^\s*\{.*"weight_map"\s*:\s*\{', re.DOTALL)
_TOTALS = re.compile(rb'^\s*\{\s*"metadata"\s*:\s*\{[^{}]*"total_size"\s*:')


def recognises(head: bytes, names: tuple[str, ...]) -> bool:
    """Whether this is an index file, or a folder that has an index but no ``config.json``."""
    if head:
        return not names and b"\0" not in head[:8] and bool(_INDEX.match(head) or _TOTALS.match(head))
    return bool(find_indexes(names)) and not {"config.json", "modules.json", "model_index.json"} & set(names)


def find_indexes(names: tuple[str, ...]) -> list[str]:
    """The index files among the entries of a folder, safetensors first, then as transformers looks for them."""
    found = [name for name in names if name.endswith((".safetensors.index.json", ".bin.index.json"))]
    return sorted(found, key=lambda name: (not name.endswith(".safetensors.index.json"), len(name), name))


def read(path: Location, options: Options) -> Checkpoint:
    """Open all shards of an index, given as the index file or its folder.

    A shard that is missing, refused or damaged is named in the notes with the number of its tensors, the others are
    reported; ``LoadError`` only when no shard can be read.
    """
    if path.is_dir():
        folder, index = path, find_indexes(tuple(entry.name for entry in path.iterdir()))[0]
    else:
        folder, index = path.parent, path.name
    parts = Parts(folder)
    with close_on_failure(parts.files):
        read_index(parts, index, options)
    source = Source(
        name=path.name or path.resolve().name,
        kind="folder" if path.is_dir() else "file",
        format=FORMAT.id,
        format_title=FORMAT.title,
        content="weights",
        files=tuple(parts.source_files),
        size_bytes=sum(file.size_bytes for file in parts.source_files),
        metadata=tuple(parts.metadata),
        unreadable=tuple(parts.unreadable),
        notes=tuple(parts.notes),
    )
    return Checkpoint(
        source, parts.security, tuple(parts.tensors), extra=tuple(parts.extra), optimizers=tuple(parts.optimizers),
        folder=folder, files=parts.files, named=parts.named,
    )  # fmt: skip


def read_index(parts: Parts, index: str, options: Options) -> None:
    """Add the index and every shard it names to ``parts``; ``LoadError`` when nothing is readable."""
    content = read_json(parts.folder, index, INDEX_LIMIT)
    places = _read_map(content, index)
    shards = list(dict.fromkeys(places.values()))
    if len(shards) > SHARDS_LIMIT:
        raise CorruptFileError(f"{index} names {len(shards)} files; at most {SHARDS_LIMIT} are read.")
    parts.metadata += flatten(content.get("metadata"), "metadata")
    if shards and (parts.folder / "config.json").is_file() and not any(_is_there(parts.folder, s) for s in shards):
        parts.add_file(index)
        _note_absence(parts, content, places, index)
        return
    failed: dict[str, str] = {}
    for number, shard in enumerate(shards):
        options.progress("load", number, len(shards))
        try:
            parts.add_weights(shard)
        except LoadError as error:
            failed[shard] = error.message
        except OSError as error:
            failed[shard] = f"{show_name(shard)} cannot be opened ({error.strerror or error})."
    if shards and len(failed) == len(shards):
        reasons = " ".join(list(failed.values())[:3])
        raise MissingFileError(
            f"None of the {len(shards)} files that {index} names can be read: {reasons}",
            "Put all shards beside the index.",
        )
    parts.add_file(index)
    _note_failures(parts, failed, places)
    _compare(parts, content, places, failed, index)


def _is_there(folder: Location, shard: str) -> bool:
    """Whether a shard, or a link that should lead to it, is in the folder at all."""
    path = folder / shard
    if isinstance(path, RemotePath):
        return path.exists()
    return os.path.lexists(path) if path.parent == folder else True


def _note_absence(parts: Parts, content: Any, places: dict[str, str], index: str) -> None:
    """Only the names in the index are known: what the configuration beside it says of them is for the second room."""
    parts.named = tuple(places)[:UNREADABLE_LIMIT]
    metadata = content.get("metadata")
    total = metadata.get("total_size") if isinstance(metadata, dict) else None
    size = f", {total} bytes in all" if isinstance(total, int) else ""
    count = len(set(places.values()))
    files = "the file" if count == 1 else f"the {count} files"
    parts.notes.append(f"None of {files} that {index} names is here ({len(places)} tensors{size}): no value was read.")


def _read_map(content: Any, index: str) -> dict[str, str]:
    places = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(places, dict) or not all(isinstance(name, str) for name in places.values()):
        raise CorruptFileError(f"{index} is damaged: its weight_map does not give a file name for each tensor.")
    return places


def _note_failures(parts: Parts, failed: dict[str, str], places: dict[str, str]) -> None:
    counts: dict[str, int] = {}
    for shard in places.values():
        counts[shard] = counts.get(shard, 0) + 1
    parts.unreadable += [
        Item(name=name, value=failed[shard])
        for name, shard in list(places.items())[:UNREADABLE_LIMIT]
        if shard in failed
    ]
    for shard, reason in list(failed.items())[:MISSING_SHOWN]:
        noun = "tensor is" if counts[shard] == 1 else "tensors are"
        parts.notes.append(f"{reason} Its {counts[shard]} {noun} missing from this report.")
    if len(failed) > MISSING_SHOWN:
        parts.notes.append(f"{len(failed) - MISSING_SHOWN} more shards could not be read.")


def _compare(parts: Parts, content: Any, places: dict[str, str], failed: dict[str, str], index: str) -> None:
    """Notes on where the index and the shards disagree."""
    absent = [name for name, shard in places.items() if name not in parts.owner and shard not in failed]
    if absent:
        parts.notes.append(f"{_names(absent)} named in {index} but in no shard.")
    unlisted = [name for name in parts.owner if name not in places]
    if unlisted:
        parts.notes.append(f"{_names(unlisted)} in a shard but not named in {index}.")
    moved = [name for name, shard in parts.owner.items() if places.get(name, shard) != shard]
    if moved:
        parts.notes.append(f"{_names(moved)} in another shard than {index} says.")
    metadata = content.get("metadata")
    total = metadata.get("total_size") if isinstance(metadata, dict) else None
    held = sum(tensor.size_bytes for tensor in parts.tensors)
    if isinstance(total, int) and not failed and total != held:
        parts.notes.append(f"{index} states a total size of {total} bytes, the shards hold {held}.")


def _names(names: list[str]) -> str:
    shown = ", ".join(show_name(name) for name in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{shown}{more} {'is' if len(names) == 1 else 'are'}"


FORMAT = Format(
    id="sharded",
    title="Sharded weights",
    suffixes=(".index.json",),
    summary="model.safetensors.index.json or pytorch_model.bin.index.json, with its shards beside it.",
    recognises=recognises,
    read=read,
)

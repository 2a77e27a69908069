"""Shards of ``torch.distributed.checkpoint`` in safetensors: ``shard-00001-model-00001-of-00001.safetensors``.

``HuggingFaceStorageWriter`` with ``save_distributed`` writes one such file for each process. Where a shard begins in
the whole stands in the header's ``DCP_SHARDING_INFO`` (``hf_storage.py`` of torch 2.13); sizes of the whole do not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import Checkpoint, LazyTensor, Storage
from modelreport.errors import LoadError, MissingFileError
from modelreport.facts import DTYPE_BITS, Item, Security, Source, SourceFile
from modelreport.files import OpenFile, open_file
from modelreport.load.describe import short
from modelreport.load.documents import parse_json
from modelreport.load.format import REPOSITORY, Format
from modelreport.load.joined import Joined, Piece, PiecesError
from modelreport.load.opening import close_on_failure
from modelreport.load.safetensors import read_header, read_shard
from modelreport.load.siblings import find_sibling, show_name

if TYPE_CHECKING:
    from modelreport.options import Options
    from modelreport.remote import Location

_SHARD = re.compile(r"shard-(\d{5})-model-\d{5}-of-\d{5}\.safetensors")
_INFO = "DCP_SHARDING_INFO"
Place = tuple[tuple[int, ...], LazyTensor]
"""First element in the whole, and the tensor of the shard."""


def recognises(head: bytes, names: tuple[str, ...]) -> bool:
    """Whether a folder holds several such shards and neither an index nor a configuration."""
    if head or REPOSITORY & set(names) or any(name.endswith(".index.json") for name in names):
        return False
    return sum(bool(_SHARD.fullmatch(name)) for name in names) > 1


def read(path: Location, options: Options) -> Checkpoint:
    """Open all shards; weights stay lazy. A damaged one costs the tensors it has a part of.

    Raises ``LoadError`` when none can be read.
    """
    names = sorted(entry.name for entry in path.iterdir() if _SHARD.fullmatch(entry.name))
    files: list[OpenFile] = []
    parts: dict[str, list[Place]] = {}
    notes: list[str] = []
    with close_on_failure(files):
        for number, name in enumerate(names):
            options.progress("load", number, len(names))
            try:
                files.append(open_file(find_sibling(path, name)))
                _read_parts(files[-1], len(files) - 1, parts, notes)
            except LoadError as error:
                notes.append(error.message)
            except OSError as error:
                notes.append(f"{show_name(name)} cannot be opened ({error.strerror or error}).")
        if not parts:
            raise MissingFileError(f"None of the {len(names)} shards can be read. {' '.join(notes[:3])}")
        tensors = [_whole(name, found) for name, found in parts.items()]
    joined = sum(len(found) > 1 for found in parts.values())
    if joined:
        notes.append(
            f"{joined} tensors are put together from shards. Their sizes are those the shards reach: whether some are "
            "missing at the end is not in the files."
        )
    source = Source(
        name=path.name or path.resolve().name,
        kind="folder",
        format=FORMAT.id,
        format_title=FORMAT.title,
        content="weights",
        files=tuple(SourceFile(name=file.path.name, size_bytes=file.size_bytes) for file in files),
        size_bytes=sum(file.size_bytes for file in files),
        unreadable=tuple(Item(name=short(t.name), value=t.missing) for t in tensors if t.missing),
        notes=tuple(notes),
    )
    security = Security(calls=(), executes=False, pickles=0)
    return Checkpoint(source, security, tuple(tensors), folder=path, files=files)


def _read_parts(file: OpenFile, index: int, parts: dict[str, list[Place]], notes: list[str]) -> None:
    """Add the tensors of one shard with their places; ``LoadError`` when its header cannot be read."""
    shard = read_shard(file, index)
    notes += shard.notes
    label = show_name(file.path.name)
    metadata: Any = next((value for key, value in read_header(file, label)[1] if key == "__metadata__"), None)
    text = next((value for key, value in metadata or () if key == _INFO), None)
    info = parse_json(text.encode(), f"{_INFO} of {label}") if isinstance(text, str) else {}
    for tensor in shard.tensors:
        entry = info.get(tensor.name) if isinstance(info, dict) else None
        start = entry.get("saved_offsets") if isinstance(entry, dict) else None
        known = isinstance(start, list) and len(start) == len(tensor.shape)
        if known and all(type(n) is int and 0 <= n < 1 << 62 for n in start or ()):
            parts.setdefault(tensor.name, []).append((tuple(start or ()), tensor))
        else:
            parts.setdefault(tensor.name, []).append(((0,) * len(tensor.shape), tensor))


def _whole(name: str, found: list[Place]) -> LazyTensor:
    """One tensor of all its shards; those at one place are replicas, of which the first counts."""
    distinct = list(dict(reversed(found)).items())
    dimensions = {len(start) for start, _ in distinct}
    kinds = {tensor.dtype for _, tensor in distinct}
    dtype = found[0][1].dtype
    if len(distinct) == 1 and not any(distinct[0][0]):
        return distinct[0][1]
    reason = "its shards differ in dtype or dimensions" if len(kinds) > 1 or len(dimensions) > 1 else ""
    if DTYPE_BITS[dtype] < 8 or any(tensor.storage is None for _, tensor in distinct):
        reason = reason or "a shard has no plain values"
    shape: tuple[int, ...] = ()
    if not reason:
        ends = [tuple(s + n for s, n in zip(start, tensor.shape, strict=True)) for start, tensor in distinct]
        shape = tuple(max(sizes) for sizes in zip(*ends, strict=True))
        pieces = [Piece(s, t.shape, t.storage, t.offset) for s, t in distinct if t.storage is not None]
        try:
            joined = Joined(shape, DTYPE_BITS[dtype] // 8, pieces)
        except PiecesError as error:
            reason = str(error)
        else:
            file = min(piece.storage.file for piece in pieces)
            return LazyTensor(name, dtype, shape, Storage(joined, 0, joined.size_bytes, file))
    return LazyTensor(name, "unknown", shape, None, missing=f"unreadable: {reason}", layout="meta")


FORMAT = Format(
    id="safetensors-shards",
    title="Distributed safetensors",
    suffixes=("folder",),
    summary="Folder of shard-…-model-….safetensors as torch.distributed.checkpoint writes them, put together.",
    recognises=recognises,
    read=read,
)

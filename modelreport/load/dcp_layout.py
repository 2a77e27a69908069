"""The ``.metadata`` of ``torch.distributed.checkpoint``: which boxes of which tensor lie where.

Source of the layout: ``metadata.py``, ``filesystem.py`` and ``_nested_dict.py`` in ``torch/distributed/checkpoint`` of
torch 2.13; the fields are those of 2.1. The pickle is read as data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from modelreport.errors import CorruptFileError
from modelreport.load.pickle_values import Made, Pairs, mapping, state_of
from modelreport.load.storages import TensorError, dtype_of
from modelreport.load.tensors import shape_of

KEY_CHARACTERS = 2000
DEPTH_LIMIT = 40
_MODULE = "torch.distributed.checkpoint.metadata."


@dataclass(frozen=True)
class Place:
    """A range of a file."""

    file: str
    """Relative to the folder, as the metadata names it."""
    offset: int
    length: int
    coded: bool = False
    """Whether the bytes went through an extension such as compression."""


@dataclass(frozen=True)
class Chunk:
    """A box of a tensor."""

    start: tuple[int, ...]
    shape: tuple[int, ...]
    place: Place | None
    """``None`` when the metadata does not say where it lies."""


@dataclass(frozen=True)
class Entry:
    """One value of the saved state."""

    key: str
    path: tuple[str | int, ...]
    """Keys and indices that lead to it in the nested state."""
    dtype: str = ""
    """Empty for a value that is no tensor."""
    shape: tuple[int, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    error: str = ""
    """Why it cannot be read."""

    def below(self, folder: str) -> Entry:
        """The same entry, its files named from the folder above."""
        if not folder:
            return self
        chunks = [
            replace(c, place=replace(c.place, file=folder + c.place.file) if c.place else None) for c in self.chunks
        ]
        return replace(self, chunks=tuple(chunks))


def read_layout(value: Any, name: str) -> list[Entry]:
    """The entries in their order in the metadata; ``CorruptFileError`` when ``value`` is no metadata."""
    state = state_of(value) if isinstance(value, Made) and value.path == f"{_MODULE}Metadata" else {}
    entries = state.get("state_dict_metadata")
    if not isinstance(entries, Pairs):
        raise CorruptFileError(f"{name} does not describe a checkpoint of torch.distributed.checkpoint.")
    places = _places(state.get("storage_data"))
    paths = mapping(state.get("planner_data")) or {}
    found = []
    for full, item in entries.entries().items():
        key = full[:KEY_CHARACTERS]
        path = _path(paths.get(full), key)
        try:
            found.append(_entry(key, path, item, places))
        except TensorError as error:
            found.append(Entry(key, path, "unknown", error=str(error)))
    _refuse_overlaps(found)
    return found


def _path(value: Any, key: str) -> tuple[str | int, ...]:
    """The path of a key; the key itself where there is none (a state that was not nested)."""
    if not isinstance(value, tuple) or not 0 < len(value) <= DEPTH_LIMIT:
        return (key,)
    if not all(isinstance(part, str) or (type(part) is int and 0 <= part < 1 << 20) for part in value):
        return (key,)
    return value


def _entry(key: str, path: tuple[str | int, ...], item: Any, places: dict[tuple[Any, ...], Place]) -> Entry:
    kind = item.path.removeprefix(_MODULE) if isinstance(item, Made) else ""
    if kind == "BytesStorageMetadata":
        return Entry(key, path, chunks=(Chunk((), (), places.get((key, None))),))
    if kind != "TensorStorageMetadata":
        raise TensorError("the metadata does not say what it is")
    state = state_of(item)
    properties = state.get("properties")
    facts = properties.state if isinstance(properties, Made) else None
    if not isinstance(facts, tuple) or not facts:
        raise TensorError("the metadata does not give its dtype")
    shape, chunks = shape_of(state.get("size")), state.get("chunks")
    if not isinstance(chunks, list):
        raise TensorError("the metadata does not say where its values lie")
    found = [state_of(chunk) for chunk in chunks if isinstance(chunk, Made)]
    boxes = [(shape_of(chunk.get("offsets")), shape_of(chunk.get("sizes"))) for chunk in found]
    alone = places.get((key, None)) if len(boxes) == 1 else None
    return Entry(
        key,
        path,
        dtype_of(facts[0])[0],
        shape,
        tuple(Chunk(start, size, places.get((key, start), alone)) for start, size in boxes),
    )


def _places(value: Any) -> dict[tuple[Any, ...], Place]:
    """Where each chunk lies, by key and first element (``None`` for values that are no tensors)."""
    found: dict[tuple[Any, ...], Place] = {}
    for index, info in value.pairs if isinstance(value, Pairs) else ():
        if not isinstance(index, Made) or not isinstance(info, Made):
            continue
        where, what = state_of(info), state_of(index)
        file, offset, length = where.get("relative_path"), where.get("offset"), where.get("length")
        key, start = what.get("fqn"), what.get("offset")
        if not isinstance(key, str) or not isinstance(file, str) or type(offset) is not int or type(length) is not int:
            continue
        try:
            begin = None if start is None else shape_of(start)
        except TensorError:
            continue
        found[key[:KEY_CHARACTERS], begin] = Place(file, offset, length, bool(where.get("transform_descriptors")))
    return found


def _refuse_overlaps(entries: list[Entry]) -> None:
    """Mark every entry of which a chunk shares bytes with another chunk: a small file could claim endless tensors."""
    ranges = [
        (chunk.place, number)
        for number, entry in enumerate(entries)
        for chunk in entry.chunks
        if chunk.place is not None and chunk.place.length > 0
    ]
    ranges.sort(key=lambda pair: (pair[0].file, pair[0].offset))
    for number in set(_sharing(ranges)):
        entry = entries[number]
        entries[number] = Entry(
            entry.key, entry.path, entry.dtype, entry.shape, error="its bytes are those of another chunk as well"
        )


def _sharing(ranges: list[tuple[Place, int]]) -> Iterator[int]:
    """Numbers of the entries whose ranges run into one another, in ranges sorted by place."""
    file, end, owner = "", 0, -1
    for place, number in ranges:
        if place.file == file and place.offset < end:
            yield from (owner, number)
        if place.file != file or place.offset + place.length > end:
            file, end, owner = place.file, place.offset + place.length, number

"""A folder of ``torch.distributed.checkpoint``: ``.metadata`` beside ``__<rank>_<n>.distcp`` files.

FSDP, torchtitan, Lightning and accelerate write these. Each chunk is a small file of ``torch.save`` inside a
``.distcp`` file; the chunks of a sharded tensor make one tensor of the model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from modelreport.checkpoint import LazyTensor, Storage
from modelreport.errors import CorruptFileError, LoadError, MissingFileError
from modelreport.facts import DTYPE_BITS, Item, SourceFile
from modelreport.files import OpenFile, open_file
from modelreport.load.assemble import Opened, assemble, require
from modelreport.load.contents import Finder
from modelreport.load.dcp_layout import Chunk, Entry, Place, read_layout
from modelreport.load.describe import short
from modelreport.load.format import REPOSITORY, Format
from modelreport.load.joined import Joined, Piece, PiecesError
from modelreport.load.nested import nest
from modelreport.load.opening import close_on_failure
from modelreport.load.pickle_machine import read_pickle
from modelreport.load.pickle_stream import Stream
from modelreport.load.security import Scan
from modelreport.load.siblings import find_sibling, show_name
from modelreport.load.storages import TensorError, no_storages
from modelreport.load.tensors import Tensors
from modelreport.load.torch_zip import TorchArchive
from modelreport.load.window import Window

if TYPE_CHECKING:
    from modelreport.checkpoint import Checkpoint
    from modelreport.options import Options
    from modelreport.remote import Location

METADATA = ".metadata"
METADATA_LIMIT = 1 << 30
FILES_LIMIT = 100_000
VALUE_LIMIT = 64 << 20
"""Most bytes of a value that is no tensor."""
MISSING_SHOWN = 20
_MODEL, _OPTIMIZER = re.compile(r"pytorch_model_fsdp_\d+"), re.compile(r"optimizer_\d+")


def recognises(head: bytes, names: tuple[str, ...]) -> bool:
    """Whether a folder's entries are those of such a checkpoint, or the folders that accelerate keeps them in."""
    if head or REPOSITORY & set(names):
        return False
    return (METADATA in names and any(name.endswith(".distcp") for name in names)) or bool(find_parts(names))


def find_parts(names: Sequence[str]) -> list[str]:
    """The folders in which accelerate saves model and optimizer (``pytorch_model_fsdp_0``, ``optimizer_0``), if any."""
    if METADATA in names:
        return []
    models = sorted(name for name in names if _MODEL.fullmatch(name))[:1]
    return [*models, *(name for name in sorted(names) if models and _OPTIMIZER.fullmatch(name))]


@dataclass
class Reader:
    """Reads the chunks of one folder; every file is opened once."""

    folder: Location
    files: list[OpenFile] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """Of the files, relative to the folder."""
    scan: Scan = field(default_factory=Scan)
    failed: dict[str, str] = field(default_factory=dict)
    """Files that cannot be opened, each with the reason."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """Keys of the tensors without values, each with the reason."""
    _places: dict[str, int] = field(default_factory=dict)

    def open(self, name: str) -> int:
        """Index of a file of the folder in ``files``; ``TensorError`` when it cannot be opened."""
        if name in self.failed:
            raise TensorError(self.failed[name])
        if name not in self._places:
            try:
                if len(self.files) >= FILES_LIMIT:
                    raise MissingFileError(f"More than {FILES_LIMIT} files are not opened.")
                self.files.append(open_file(find_sibling(self.folder, name)))
                self.names.append(name)
            except LoadError as error:
                self.failed[name] = error.message.removesuffix(".")
                raise TensorError(self.failed[name]) from error
            except OSError as error:
                self.failed[name] = f"{show_name(name)} cannot be opened ({error.strerror or error})"
                raise TensorError(self.failed[name]) from error
            self._places[name] = len(self.files) - 1
        return self._places[name]

    def value(self, entry: Entry) -> Any:
        """What an entry stands for: a tensor, or a value of its own small pickle; ``None`` when it is unreadable."""
        if entry.dtype or entry.error:
            return self.tensor(entry)
        place = entry.chunks[0].place
        try:
            value, _ = self._load(place, VALUE_LIMIT)
        except TensorError as error:
            self.unreadable[entry.key] = str(error)
            return None
        return value

    def tensor(self, entry: Entry) -> LazyTensor:
        """The whole tensor; without values, and with the reason, when one of its chunks cannot be read."""
        try:
            storage, strides, offset, big = self._storage(entry)
        except (TensorError, PiecesError) as error:
            self.unreadable[entry.key] = str(error)
            return LazyTensor("", entry.dtype, entry.shape, None, missing=f"unreadable: {error}", layout="meta")
        return LazyTensor("", entry.dtype, entry.shape, storage, strides, offset, big_endian=big)

    def _storage(self, entry: Entry) -> tuple[Storage, tuple[int, ...] | None, int, bool]:
        """Storage, strides, first element and byte order of a tensor."""
        if entry.error:
            raise TensorError(entry.error)
        if DTYPE_BITS[entry.dtype] < 8:
            raise TensorError(f"chunks of {entry.dtype} are not put together")
        parts = [(chunk, self._part(entry, chunk)) for chunk in entry.chunks]
        if len(parts) == 1 and parts[0][0].shape == entry.shape:
            part = parts[0][1]
            if part.storage is None:
                raise TensorError(part.missing or "it has no values")
            return part.storage, part.strides, part.offset, part.big_endian
        orders = {part.big_endian for _, part in parts}
        if len(orders) > 1:
            raise TensorError("its chunks differ in byte order")
        pieces = [
            Piece(chunk.start, chunk.shape, part.storage, part.offset, part.strides)
            for chunk, part in parts
            if part.storage is not None
        ]
        joined = Joined(entry.shape, DTYPE_BITS[entry.dtype] // 8, pieces)
        file = min((piece.storage.file for piece in pieces), default=0)
        return Storage(joined, 0, joined.size_bytes, file), None, 0, orders == {True}

    def _part(self, entry: Entry, chunk: Chunk) -> LazyTensor:
        """The tensor of one chunk, checked to be what the metadata says."""
        value, tensors = self._load(chunk.place)
        parts = tensors.read(value, entry.key)
        if parts is None or parts.main.missing or parts.main.layout != "dense":
            raise TensorError(parts.main.missing if parts and parts.main.missing else "a chunk holds no plain tensor")
        if (parts.main.dtype, parts.main.shape) != (entry.dtype, chunk.shape):
            raise TensorError("a chunk has another dtype or shape than the metadata says")
        return parts.main

    def _load(self, place: Place | None, limit: int = 0) -> tuple[Any, Tensors]:
        """The pickle at a place as data, and what reads its tensors."""
        if place is None:
            raise TensorError("the metadata does not say where it lies")
        if place.coded:
            raise TensorError(f"its bytes in {show_name(place.file)} went through an extension (compression)")
        index = self.open(place.file)
        if limit and place.length > limit:
            raise TensorError(f"it has {place.length:,} bytes, more than is read into memory")
        try:
            window = Window(self.files[index], place.offset, place.length)
            archive = TorchArchive(window, index, self.scan, place.file)
        except (ValueError, CorruptFileError) as error:
            reason = error.message.removesuffix(".") if isinstance(error, LoadError) else str(error)
            raise TensorError(f"its chunk in {show_name(place.file)} is damaged ({reason})") from error
        found = archive.read(archive.pickle_name)
        if found.error:
            raise TensorError(f"its pickle in {show_name(place.file)} cannot be read, {found.error}")
        return found.value, Tensors(archive.storages())


def read(path: Location, options: Options) -> Checkpoint:
    """Open a folder; weights stay lazy.

    A file that is missing or damaged costs the tensors that have a chunk in it. Raises ``LoadError`` when the metadata
    cannot be read.
    """
    reader = Reader(path)
    with close_on_failure(reader.files):
        below = find_parts([entry.name for entry in path.iterdir()])
        entries = [entry for part in below or [""] for entry in read_metadata(reader, f"{part}/" if part else "")]
        tree: list[tuple[tuple[str | int, ...], Any]] = []
        for number, entry in enumerate(entries):
            options.progress("load", number, len(entries))
            tree.append((entry.path, reader.value(entry)))
        contents = Finder(Tensors(no_storages("it lies outside the metadata"))).find(nest(tree))
        opened = Opened(path.name or path.resolve().name, FORMAT.id, FORMAT.title, "folder", reader.files)
        opened.security = reader.scan.security()
        opened.size_bytes = sum(file.size_bytes for file in reader.files)
        opened.notes = notes_of(reader, entries)
        checkpoint = assemble(opened, contents, options)
    checkpoint.folder = path
    checkpoint.source = replace(
        checkpoint.source,
        files=tuple(
            SourceFile(name=name, size_bytes=file.size_bytes)
            for name, file in zip(reader.names, reader.files, strict=True)
        ),
        unreadable=tuple(Item(name=short(key), value=reason) for key, reason in reader.unreadable.items()),
    )
    return checkpoint


def read_metadata(reader: Reader, below: str = "") -> list[Entry]:
    """The entries of the metadata of the folder, or of one below it; ``LoadError`` when it cannot be read."""
    file = open_file(find_sibling(reader.folder, below + METADATA))
    reader.files.append(file)
    reader.names.append(below + METADATA)
    if file.size_bytes > METADATA_LIMIT:
        raise CorruptFileError(f"{METADATA} has {file.size_bytes:,} bytes, more than any checkpoint needs.")
    found = read_pickle(Stream(file, 0, file.size_bytes))
    reader.scan.add(found, below + METADATA)
    require(found, reader.scan, METADATA)
    return [entry.below(below) for entry in read_layout(found.value, METADATA)]


def notes_of(reader: Reader, entries: list[Entry]) -> list[str]:
    """What a reader of the report should know about the chunks."""
    sharded = [entry for entry in entries if len(entry.chunks) > 1]
    notes = []
    if sharded:
        most = max(len(entry.chunks) for entry in sharded)
        notes.append(f"{len(sharded)} tensors are put together from chunks, {most} at most.")
    for name, reason in list(reader.failed.items())[:MISSING_SHOWN]:
        lost = sum(any(c.place is not None and c.place.file == name for c in entry.chunks) for entry in entries)
        noun = "value has" if lost == 1 else "values have"
        notes.append(f"{reason}: {lost} {noun} a part there and {'is' if lost == 1 else 'are'} not reported.")
    rest = len(reader.failed) - MISSING_SHOWN
    if rest > 0:
        notes.append(f"{rest} more files could not be read.")
    return notes


FORMAT = Format(
    id="torch-dcp",
    title="PyTorch distributed checkpoint",
    suffixes=("folder",),
    summary="Folder of torch.distributed.checkpoint (FSDP, DTensor): .metadata beside .distcp files, as one model.",
    recognises=recognises,
    read=read,
)

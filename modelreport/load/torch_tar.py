"""PyTorch files before 0.1.10: a tar of ``storages``, ``tensors`` and ``pickle``.

Source: ``legacy_load`` in ``torch/serialization.py``. Nothing is extracted; members are ranges of the file.
"""

from __future__ import annotations

import struct
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import Storage
from modelreport.errors import CorruptFileError
from modelreport.facts import DTYPE_BITS
from modelreport.files import OpenFile, open_file
from modelreport.load.assemble import Opened, assemble, broken, contents_of
from modelreport.load.format import Format
from modelreport.load.opening import close_on_failure
from modelreport.load.pickle_machine import read_pickle
from modelreport.load.pickle_stream import Stream
from modelreport.load.pickle_values import Name
from modelreport.load.security import Scan
from modelreport.load.storages import STORAGE_DTYPES, TensorError, no_storages
from modelreport.load.tensors import Parts, Tensors, view

if TYPE_CHECKING:
    from modelreport.checkpoint import Checkpoint
    from modelreport.options import Options
    from modelreport.remote import Location

MEMBER_LIMIT = 1000
COUNT_LIMIT = 1_000_000
_NEEDED = ("storages", "tensors", "pickle")


def recognises(head: bytes, names: tuple[str, ...]) -> bool:
    """Whether it is a tar archive; whether it is torch's is seen when reading."""
    return not names and head[257:262] == b"ustar"


@dataclass
class _Tar:
    """The members of the archive and what was read from them."""

    file: OpenFile
    spans: dict[str, tuple[int, int]]
    scan: Scan = field(default_factory=Scan)
    storages: dict[int, tuple[Storage, str, int]] = field(default_factory=dict)
    """By number: the storage, its dtype, and the first element of a view."""

    def stream(self, member: str, offset: int = 0) -> Stream:
        start, size = self.spans[member]
        return Stream(self.file, start + offset, start + size)

    def value(self, stream: Stream, where: str) -> Any:
        """The value of the next pickle of a member; ``CorruptFileError`` when it breaks off."""
        read = read_pickle(stream)
        self.scan.add(read, where)
        if read.error:
            raise broken(f"{self.file.path.name}, member {where}", read.error, self.scan)
        return read.value


def _members(file: OpenFile) -> dict[str, tuple[int, int]]:
    spans: dict[str, tuple[int, int]] = {}
    try:
        with file.path.open("rb") as handle, tarfile.open(fileobj=handle, mode="r:") as archive:
            for index, info in enumerate(archive):
                if index >= MEMBER_LIMIT:
                    break
                if info.isreg() and info.offset_data + info.size <= file.size_bytes:
                    spans.setdefault(info.name.removeprefix("./"), (info.offset_data, info.size))
    except (tarfile.TarError, OSError, ValueError, OverflowError) as error:
        raise CorruptFileError(f"{file.path.name} is a damaged tar archive ({error}).") from error
    return spans


def _require_members(tar: _Tar) -> None:
    if any(name not in tar.spans for name in _NEEDED):
        shown = ", ".join(list(tar.spans)[:4])[:200] or "nothing"
        raise CorruptFileError(
            f"{tar.file.path.name} is a tar archive, but no PyTorch checkpoint (it holds {shown}).",
            "Unpack it and give the checkpoint inside.",
        )


def _count(value: Any, name: str) -> int:
    if type(value) is not int or not 0 <= value <= COUNT_LIMIT:
        raise CorruptFileError(f"{name} gives an impossible number of storages or tensors.")
    return value


def _read_storages(tar: _Tar) -> None:
    name = tar.file.path.name
    stream = tar.stream("storages")
    for _ in range(_count(tar.value(stream, "storages"), name)):
        entry = tar.value(stream, "storages")
        if not isinstance(entry, tuple) or len(entry) != 3 or not isinstance(entry[2], Name):
            raise CorruptFileError(f"{name} describes a storage otherwise than torch does.")
        dtype = STORAGE_DTYPES.get(entry[2].name)
        head = stream.take(8) if stream.remaining >= 8 else b""
        count = int.from_bytes(head, "little", signed=True) if head else -1
        size = count * DTYPE_BITS[dtype] // 8 if dtype else -1
        if dtype is None or not isinstance(entry[0], int) or not 0 <= size <= stream.remaining:
            raise CorruptFileError(f"{name} holds a storage that runs past its end or is of an unknown type.")
        tar.storages[entry[0]] = (Storage(tar.file, stream.offset, size), dtype, 0)
        start, length = tar.spans["storages"]
        stream = Stream(tar.file, stream.offset + size, start + length)
    views = tar.value(stream, "storages") if stream.remaining else []
    for entry in views if isinstance(views, list) else []:
        if isinstance(entry, tuple) and len(entry) == 4 and all(type(part) is int for part in entry):
            root = tar.storages.get(entry[1])
            if root is not None and entry[2] >= 0:
                tar.storages[entry[0]] = (root[0], root[1], root[2] + entry[2])


def _read_tensors(tar: _Tar, notes: list[str]) -> dict[str, Parts]:
    name = tar.file.path.name
    stream = tar.stream("tensors")
    found: dict[str, Parts] = {}
    for _ in range(_count(tar.value(stream, "tensors"), name)):
        entry = tar.value(stream, "tensors")
        dimensions = struct.unpack("<i", stream.take(4))[0] if stream.remaining >= 8 else -1
        if not 0 <= dimensions <= 64 or stream.remaining < 16 * dimensions + 12:
            raise CorruptFileError(f"{name} describes a tensor of {dimensions} dimensions, or ends inside it.")
        stream.take(4)  # the number of dimensions was once written as 8 bytes
        shape = struct.unpack(f"<{dimensions}q", stream.take(8 * dimensions))
        strides = struct.unpack(f"<{dimensions}q", stream.take(8 * dimensions))
        offset = struct.unpack("<q", stream.take(8))[0]
        try:
            key, storage_key = entry[0], entry[1]
            storage, dtype, first = tar.storages[storage_key]
            found[str(int(key))] = Parts((("", view(storage, dtype, shape, strides, offset + first)),))
        except (TensorError, KeyError, TypeError, IndexError, ValueError) as error:
            if len(notes) < 20:
                notes.append(f"A tensor cannot be read: {str(error)[:200]}.")
    return found


def read(path: Location, options: Options) -> Checkpoint:
    """Open a tar checkpoint; values stay in the file. Raises ``CorruptFileError``."""
    file = open_file(path)
    with close_on_failure([file]):
        tar = _Tar(file, _members(file))
        _require_members(tar)
        notes: list[str] = []
        found = read_pickle(tar.stream("pickle"))
        tar.scan.add(found, "pickle")
        persistent: dict[str, Parts] = {}
        try:
            _read_storages(tar)
            persistent = _read_tensors(tar, notes)
        except CorruptFileError as error:
            if not tar.scan.executes:
                raise
            notes.append(error.message)
        tensors = Tensors(no_storages("a tar checkpoint refers to tensors by number only"), persistent)
        contents = contents_of(found, tensors, tar.scan, path.name)
        opened = Opened.of(file, FORMAT)
        opened.security, opened.notes = tar.scan.security(), notes
        return assemble(opened, contents, options)


FORMAT = Format(
    id="torch-tar",
    title="PyTorch checkpoint (tar, before 0.1.10)",
    suffixes=(".tar", ".pth.tar"),
    summary="torch.save of PyTorch before 0.1.10.",
    recognises=recognises,
    read=read,
)

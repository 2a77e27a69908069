"""PyTorch files of 0.1.10 to 1.5: five pickles, then the storages one after the other.

Source: ``_legacy_save`` and ``_legacy_load`` in ``torch/serialization.py``. Each storage is its number of elements as a
64-bit integer, then its bytes; the order is that of the fifth pickle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import Storage
from modelreport.facts import DTYPE_BITS, Item
from modelreport.files import OpenFile, open_file
from modelreport.load.assemble import Opened, assemble, contents_of
from modelreport.load.describe import short
from modelreport.load.format import Format
from modelreport.load.opening import close_on_failure
from modelreport.load.pickle_machine import PickleRead, read_pickle
from modelreport.load.pickle_stream import Stream
from modelreport.load.pickle_values import Name, mapping
from modelreport.load.security import Scan
from modelreport.load.storages import STORAGE_DTYPES, Storages, TensorError, no_storages
from modelreport.load.tensors import Tensors

if TYPE_CHECKING:
    from modelreport.checkpoint import Checkpoint
    from modelreport.options import Options
    from modelreport.remote import Location

MAGIC = 0x1950A86A20F9469CFC6C
_MAGIC_BYTES = MAGIC.to_bytes(10, "little")
SOURCE_LIMIT = 200
SOURCE_CHARACTERS = 200_000


def recognises(head: bytes, names: tuple[str, ...]) -> bool:
    """Whether the first pickle is torch's magic number."""
    return not names and (_MAGIC_BYTES in head[:24] or head.startswith(b"L%dL\n." % MAGIC))


@dataclass
class LegacyFile:
    """The pickles of one legacy stream and where its storages lie."""

    found: PickleRead
    """The fourth pickle: the object."""
    error: str
    storages: Storages
    notes: list[str]


def read_stream(source: OpenFile | memoryview, start: int, end: int, scan: Scan | None, where: str) -> LegacyFile:
    """Read the pickles and locate the storages; the values stay where they are."""
    reads: list[PickleRead] = []
    for index in range(5):
        stream = Stream(source, reads[-1].end if reads else start, end)
        reads.append(read_pickle(stream))
        if scan is not None:
            scan.add(reads[-1], f"{where}, pickle {index + 1}" if index != 3 else where)
        if reads[-1].error:
            break
    broken = next((read.error for read in reads if read.error), "")
    found = reads[3] if len(reads) > 3 else PickleRead(error=broken)
    if len(reads) < 5 or broken:
        return LegacyFile(found, broken, no_storages("the list of storages cannot be read"), [])
    system = mapping(reads[2].value) or {}
    places, note = _places(source, reads, end)
    notes = [note] if note else []

    def locate(key: str) -> Storage:
        if key not in places:
            raise TensorError(f"its storage {short(key, 100)} is not in the file" + (f": {note}" if note else ""))
        return Storage(source, *places[key])

    return LegacyFile(found, "", Storages(locate, big_endian=system.get("little_endian") is False), notes)


def _places(source: OpenFile | memoryview, reads: list[PickleRead], end: int) -> tuple[dict[str, tuple[int, int]], str]:
    """Offset and size of each storage, and a note when the list breaks off."""
    widths = _widths(reads[3])
    places: dict[str, tuple[int, int]] = {}
    offset = reads[4].end
    keys = reads[4].value if isinstance(reads[4].value, (list, tuple)) else ()
    if isinstance(source, OpenFile):
        source.expect(_counts(reads[3], [_key(key) for key in keys], offset))
    for key in keys:
        width = widths.get(_key(key), 0)
        head = source.pread(8, offset) if isinstance(source, OpenFile) else bytes(source[offset : offset + 8])
        count = int.from_bytes(head, "little", signed=True) if len(head) == 8 else -1
        if not width or count < 0 or offset + 8 + count * width > end:
            return places, f"the file ends before storage {len(places) + 1:,} of {len(keys):,} is complete"
        places[_key(key)] = (offset + 8, count * width)
        offset += 8 + count * width
    return places, (f"{end - offset:,} bytes follow the last storage." if offset < end else "")


def _counts(read: PickleRead, keys: list[str], offset: int) -> Iterator[tuple[int, int]]:
    """Where the number of elements of each storage should stand, by what the references to it say, and its bytes."""
    widths, claimed = _widths(read), dict[str, int]()
    for reference in read.persistent:
        value = reference.value
        if isinstance(value, tuple) and len(value) >= 5 and type(value[4]) is int and 0 <= value[4] < 1 << 48:
            claimed.setdefault(_key(value[2]), value[4])
    for key in keys:
        yield offset, 8
        offset += 8 + claimed.get(key, 0) * widths.get(key, 0)


def _key(key: Any) -> str:
    return key if isinstance(key, str) else str(key) if isinstance(key, int) else "?"


def _widths(read: PickleRead) -> dict[str, int]:
    """Bytes of one element of each storage, from the references to it."""
    widths: dict[str, int] = {}
    for reference in read.persistent:
        value = reference.value
        if isinstance(value, tuple) and len(value) >= 5 and isinstance(value[1], Name):
            dtype = STORAGE_DTYPES.get(value[1].name)
            if dtype:
                widths.setdefault(_key(value[2]), DTYPE_BITS[dtype] // 8)
    return widths


def sources(read: PickleRead) -> list[Item]:
    """Source text of module classes that old files carry along."""
    texts: dict[str, str] = {}
    for reference in read.persistent:
        value = reference.value
        if not isinstance(value, tuple) or len(value) != 4 or value[0] != "module" or len(texts) >= SOURCE_LIMIT:
            continue
        if isinstance(value[1], Name) and isinstance(value[3], str) and value[3]:
            texts.setdefault(value[1].path, short(value[3], SOURCE_CHARACTERS))
    return [Item(name=short(name), value=text) for name, text in texts.items()]


def read(path: Location, options: Options) -> Checkpoint:
    """Open a legacy file; only its pickles and the lengths of its storages are read. Raises ``CorruptFileError``."""
    file = open_file(path)
    with close_on_failure([file]):
        scan = Scan()
        legacy = read_stream(file, 0, file.size_bytes, scan, path.name)
        legacy.found.error = legacy.found.error or legacy.error
        contents = contents_of(legacy.found, Tensors(legacy.storages), scan, path.name)
        opened = Opened.of(file, FORMAT)
        opened.security, opened.notes, opened.code = scan.security(), legacy.notes, sources(legacy.found)
        return assemble(opened, contents, options)


FORMAT = Format(
    id="torch-legacy",
    title="PyTorch checkpoint (before 1.6)",
    suffixes=(".pth", ".pt", ".bin", ".pth.tar"),
    summary="torch.save of PyTorch 0.1.10 to 1.5, or with _use_new_zipfile_serialization=False.",
    recognises=recognises,
    read=read,
)

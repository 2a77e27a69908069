"""Plain pickles that hold tensors or NumPy arrays: ``pickle.dump``, joblib without compression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelreport.files import open_file
from modelreport.load import torch_legacy
from modelreport.load.allowlist import EXPECTED_NAMES, canonical
from modelreport.load.assemble import Opened, assemble, contents_of
from modelreport.load.format import Format
from modelreport.load.numpy_values import bytes_of
from modelreport.load.opening import close_on_failure
from modelreport.load.pickle_machine import PickleRead, read_pickle
from modelreport.load.pickle_stream import Stream
from modelreport.load.pickle_values import Blob, Made
from modelreport.load.probe import HEAD_BYTES
from modelreport.load.security import Scan
from modelreport.load.storages import Storages, TensorError, TypedStorage
from modelreport.load.tensors import Tensors

if TYPE_CHECKING:
    from modelreport.checkpoint import Checkpoint
    from modelreport.options import Options
    from modelreport.remote import Location

_PROBE_OPERATIONS = 5000
_STARTS = frozenset(b"c(]}IJKMLFGNUTSVXild)\x8c\x8d")
"""First bytes of pickles of protocols 0 and 1, which have no mark of their own."""


def recognises(head: bytes, names: tuple[str, ...]) -> bool:
    """Whether the bytes are operations of a pickle, up to its end or the end of the head."""
    if names or len(head) < 2 or torch_legacy.recognises(head, names):
        return False
    if not (head[0] == 0x80 and head[1] <= 5) and head[0] not in _STARTS:
        return False
    read = read_pickle(Stream(memoryview(head), 0, len(head)), _PROBE_OPERATIONS)
    if head[0] == 0x80:
        return read.operations > 2 or (read.operations == 2 and "no pickle operation" not in read.error)
    if any(_is_dotted(made.path) for made in read.calls):
        return True
    if not read.error:
        return True
    known = any(canonical(name.path) in EXPECTED_NAMES or name.module == "torch.storage" for name in read.names)
    return len(head) >= HEAD_BYTES and "in the middle" in read.error and (known or read.operations > 20)


def _is_dotted(path: str) -> bool:
    return all(part.isidentifier() for part in path.split("."))


class NestedStorages(Storages):
    """Storages that were pickled by themselves: each is a small legacy file inside the bytes of a call."""

    def __init__(self) -> None:
        super().__init__(self._nowhere)
        self._inner: dict[int, tuple[Any, TypedStorage]] = {}

    @staticmethod
    def _nowhere(key: str) -> Any:
        raise TensorError(f"its storage {key[:100]} is outside the file")

    def resolve(self, reference: Any) -> TypedStorage:
        """As for any storage, and for ``torch.storage._load_from_bytes(bytes)``."""
        if not isinstance(reference, Made) or reference.path != "torch.storage._load_from_bytes":
            return super().resolve(reference)
        known = self._inner.get(id(reference))
        if known is None:
            known = (reference, self._open(reference))
            self._inner[id(reference)] = known
        return known[1]

    def _open(self, reference: Made) -> TypedStorage:
        arguments = reference.positional
        data = bytes_of(arguments[0]) if len(arguments) == 1 else None
        if isinstance(data, Blob):
            legacy = torch_legacy.read_stream(data.source, data.offset, data.offset + data.size_bytes, None, "")
        elif data is not None:
            legacy = torch_legacy.read_stream(memoryview(data), 0, len(data), None, "")
        else:
            raise TensorError("its storage has no bytes")
        if legacy.error:
            raise TensorError(f"its storage cannot be read: {legacy.error}")
        return legacy.storages.resolve(legacy.found.value)


def read(path: Location, options: Options) -> Checkpoint:
    """Open a pickle; long values stay in the file. Raises ``CorruptFileError``."""
    file = open_file(path)
    with close_on_failure([file]):
        scan = Scan()
        stream = Stream(file, 0, file.size_bytes)
        found = read_pickle(stream)
        scan.add(found, path.name)
        notes = _judge_rest(stream, found, scan, path.name)
        contents = contents_of(found, Tensors(NestedStorages()), scan, path.name)
        opened = Opened.of(file, FORMAT)
        opened.security, opened.notes = scan.security(), notes
        return assemble(opened, contents, options)


def _judge_rest(stream: Stream, found: PickleRead, scan: Scan, name: str) -> list[str]:
    """Judge further pickles after the first; torch.load opens the first alone, other loaders go on."""
    if found.error or not stream.remaining:
        return []
    before, left = scan.pickles, stream.remaining
    scan.scan_stream(stream, f"{name}, after the first pickle")
    more = scan.pickles - before
    return [f"{left:,} bytes follow the first pickle" + (f"; {more} more pickles are in them." if more else ".")]


FORMAT = Format(
    id="pickle",
    title="Python pickle",
    suffixes=(".pkl", ".pickle", ".joblib"),
    summary="A plain pickle with tensors or NumPy arrays in it; read as data.",
    recognises=recognises,
    read=read,
)

"""PyTorch's zip format since 1.6: ``data.pkl`` beside one member for each storage.

Source: ``_save`` and ``_load`` in ``torch/serialization.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelreport.checkpoint import Storage
from modelreport.errors import CorruptFileError
from modelreport.files import OpenFile, open_file
from modelreport.load.archive import Archive
from modelreport.load.assemble import Opened, assemble, contents_of
from modelreport.load.format import Format
from modelreport.load.opening import close_on_failure
from modelreport.load.pickle_machine import PickleRead, read_pickle
from modelreport.load.pickle_stream import Stream
from modelreport.load.security import Scan
from modelreport.load.siblings import show_name
from modelreport.load.storages import Storages, TensorError
from modelreport.load.tensors import Tensors
from modelreport.load.window import Window

if TYPE_CHECKING:
    from modelreport.checkpoint import Checkpoint
    from modelreport.options import Options
    from modelreport.remote import Location

OTHER_PICKLE_BYTES = 16 << 20


def has_data_pickle(names: tuple[str, ...]) -> bool:
    """Whether an archive has a ``data.pkl`` where torch puts it: at its root or in a folder."""
    return any(name == "data.pkl" or (name.endswith("/data.pkl") and name.count("/") == 1) for name in names)


def has_code(names: tuple[str, ...]) -> bool:
    """Whether an archive holds TorchScript code."""
    return any("/code/" in f"/{name}" and name.endswith(".py") for name in names)


def recognises(head: bytes, names: tuple[str, ...]) -> bool:
    """Whether it is a zip with torch's pickle and without TorchScript code."""
    return head[:2] == b"PK" and has_data_pickle(names) and not has_code(names)


class TorchArchive:
    """An open archive as torch writes it: its folder, its byte order, its storages."""

    def __init__(self, file: OpenFile, index: int = 0, scan: Scan | None = None, label: str = "") -> None:
        self.index = index
        """Of the file in ``Source.files``."""
        self.label = label
        """Where the archive's pickles are said to be, when it is one of several files."""
        self.archive = Archive(file, show_name(label) if label else file.path.name)
        self.scan = Scan() if scan is None else scan
        names = [name for name in self.archive.members if name == "data.pkl" or name.endswith("/data.pkl")]
        if len(names) != 1:
            raise CorruptFileError(f"{self.archive.label} holds {len(names)} members named data.pkl instead of one.")
        self.pickle_name = names[0]
        self.folder = names[0].removesuffix("data.pkl")
        self.big_endian = self._byte_order() == "big"

    def _byte_order(self) -> str:
        name = f"{self.folder}byteorder"
        if name not in self.archive.members:
            return "little"
        try:
            return self.archive.read(name, 64).decode("ascii", "replace").strip()
        except CorruptFileError as error:
            self.archive.note(f"The byte order cannot be read ({error.message}); little-endian is assumed.")
            return "little"

    def read(self, name: str) -> PickleRead:
        """Read one pickle of the archive as data, and judge it."""
        info = self.archive.members[name]
        try:
            if info.compress_type == 0:
                start, size = self.archive.span(name)
                if size <= OTHER_PICKLE_BYTES:
                    self.archive.read(name, check=True)
                stream = Stream(self.archive.file, start, start + size)
            else:
                data = self.archive.read(name, check=True)
                stream = Stream(memoryview(data), 0, len(data))
        except CorruptFileError as error:
            return PickleRead(error=error.message)
        found = read_pickle(stream)
        self.scan.add(found, self.label or name)
        if stream.remaining and not found.error:
            self.scan.scan_stream(stream, f"{self.label or name}, after its end")
        return found

    def judge_others(self) -> None:
        """Judge the other pickles of the archive, which other readers may open."""
        for name, info in list(self.archive.members.items())[:20_000]:
            if info.filename.endswith((".pkl", ".pickle")) and name != self.pickle_name and "/code/" not in f"/{name}":
                try:
                    data = self.archive.read(name, OTHER_PICKLE_BYTES)
                except CorruptFileError as error:
                    self.scan.note(f"{name[:100]} was not read: {error.message}.")
                    continue
                self.scan.scan_bytes(data, name[:100], 1)

    def storages(self, folder: str = "data/") -> Storages:
        """The storages in a folder of the archive."""

        def locate(key: str) -> Storage:
            name = f"{self.folder}{folder}{key}"
            if name not in self.archive.members:
                raise TensorError(
                    f"its storage {key[:100]} is not in {show_name(self.label) if self.label else 'the archive'}"
                )
            try:
                if self.archive.members[name].compress_type and not self.label:  # of many files it would be no bound
                    data = self.archive.read(name)
                    return Storage(memoryview(data), 0, len(data), self.index)
                file = self.archive.file
                storage = Storage(file, *self.archive.span(name), self.index)
                return file.outside(storage, self.index) if isinstance(file, Window) else storage
            except CorruptFileError as error:
                raise TensorError(error.message) from error

        return Storages(locate, big_endian=self.big_endian)

    def opened(self, format_: Format) -> Opened:
        """What is known of the file, after everything was read."""
        opened = Opened.of(self.archive.file, format_)
        opened.security = self.scan.security()
        opened.notes = list(self.archive.notes)
        return opened


def read(path: Location, options: Options) -> Checkpoint:
    """Open a zip checkpoint; only its directory and its pickle are read. Raises ``CorruptFileError``."""
    file = open_file(path)
    with close_on_failure([file]):
        archive = TorchArchive(file)
        found = archive.read(archive.pickle_name)
        contents = contents_of(found, Tensors(archive.storages()), archive.scan, path.name)
        archive.judge_others()
        return assemble(archive.opened(FORMAT), contents, options)


FORMAT = Format(
    id="torch-zip",
    title="PyTorch checkpoint",
    suffixes=(".pth", ".pt", ".bin", ".ckpt"),
    summary="state_dict, training checkpoint or whole module of torch.save (1.6 and later).",
    recognises=recognises,
    read=read,
)

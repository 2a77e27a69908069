"""Several files of ``torch.save`` in one folder, read as data: every file opened once, all pickles judged together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import Storage
from modelreport.errors import CorruptFileError, LoadError
from modelreport.files import OpenFile, open_file
from modelreport.load.archive import Archive
from modelreport.load.pickle_machine import read_pickle
from modelreport.load.pickle_stream import Stream
from modelreport.load.security import Scan
from modelreport.load.siblings import find_sibling, show_name
from modelreport.load.storages import Storages, TensorError
from modelreport.load.tensors import Tensors

if TYPE_CHECKING:
    from modelreport.remote import Location


@dataclass
class TorchFile:
    """One file: its value as the pickle says it, and what reads the tensors in it."""

    value: Any
    tensors: Tensors


@dataclass
class TorchFiles:
    """The files of a folder that were opened so far; the index of a file is that in ``files``."""

    folder: Location
    files: list[OpenFile] = field(default_factory=list)
    scan: Scan = field(default_factory=Scan)
    failed: dict[str, str] = field(default_factory=dict)
    """Files that could not be read, each with the reason."""
    notes: list[str] = field(default_factory=list)

    def read(self, name: str) -> TorchFile | None:
        """The file ``name`` of the folder; ``None``, and the reason in ``failed``, when it cannot be read."""
        try:
            file = open_file(find_sibling(self.folder, name))
        except LoadError as error:
            self.failed[name] = error.message.removesuffix(".")
            return None
        except OSError as error:
            self.failed[name] = f"{show_name(name)} cannot be opened ({error.strerror or error})"
            return None
        self.files.append(file)
        try:
            return self._unpickle(file, name, len(self.files) - 1)
        except CorruptFileError as error:
            self.failed[name] = f"{show_name(name)} is damaged ({error.message.removesuffix('.')})"
            return None

    def _unpickle(self, file: OpenFile, name: str, index: int) -> TorchFile:
        archive = Archive(file, show_name(name))
        members = [m for m in archive.members if m == "data.pkl" or m.endswith("/data.pkl")]
        if len(members) != 1:
            raise CorruptFileError("it is not as torch.save writes it")
        folder = members[0].removesuffix("data.pkl")

        def locate(key: str) -> Storage:
            try:
                return Storage(file, *archive.span(f"{folder}data/{key}"), index)
            except KeyError as error:
                raise TensorError(f"its storage {key[:100]} is not in {show_name(name)}") from error
            except CorruptFileError as error:
                raise TensorError(error.message) from error

        start, size = archive.span(members[0])
        order = f"{folder}byteorder"
        big = order in archive.members and archive.read(order, 64).strip() == b"big"
        found = read_pickle(Stream(file, start, start + size))
        self.scan.add(found, name)
        self.notes += archive.notes
        if found.error:
            raise CorruptFileError(f"its pickle cannot be read to the end, {found.error}")
        return TorchFile(found.value, Tensors(Storages(locate, big_endian=big)))

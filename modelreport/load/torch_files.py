"""Several files of ``torch.save`` in one folder, read as data: every file opened once, all pickles judged together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelreport.errors import CorruptFileError, LoadError
from modelreport.files import OpenFile, open_file
from modelreport.load.security import Scan
from modelreport.load.siblings import find_sibling, show_name
from modelreport.load.tensors import Tensors
from modelreport.load.torch_zip import TorchArchive

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
        archive = TorchArchive(file, index, self.scan, name)
        found = archive.read(archive.pickle_name)
        self.notes += archive.archive.notes
        if found.error:
            raise CorruptFileError(f"its pickle cannot be read to the end, {found.error}")
        return TorchFile(found.value, Tensors(archive.storages()))

"""Zip archives as PyTorch writes them: members found by their local header, read where they lie."""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

from modelreport.errors import CorruptFileError
from modelreport.load.probe import ENTRY_LIMIT

if TYPE_CHECKING:
    from modelreport.files import OpenFile

INFLATE_LIMIT = 256 << 20
"""Most bytes that one compressed member may unpack to."""
INFLATED_LIMIT = 1 << 30
"""Most bytes that all members of an archive may unpack to: they stay in memory."""
NOTE_LIMIT = 20


class Archive:
    """An open zip file. Nothing is extracted; a stored member is a range of the file."""

    def __init__(self, file: OpenFile, label: str) -> None:
        self.file = file
        self.label = label
        self.notes: list[str] = []
        """Oddities: two readers of the same file could see different things."""
        self.members: dict[str, zipfile.ZipInfo] = {}
        with file.path.open("rb") as handle:
            try:
                infos = zipfile.ZipFile(handle).infolist()
            except (
                zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, IndexError, struct.error,
            ) as error:  # fmt: skip
                raise CorruptFileError(f"{label} is a damaged zip archive ({error}).") from error
        if len(infos) > ENTRY_LIMIT:
            raise CorruptFileError(f"{label} is a zip archive of {len(infos):,} members, more than any checkpoint has.")
        for info in infos:
            self._note_oddities(info)
            again = info.filename in self.members  # torch reads the first of two
            self.members[f"{info.filename} (again)" if again else info.filename] = info
        self._spans: dict[str, tuple[int, int]] = {}
        self._inflated = 0
        file.expect((max(info.header_offset, 0), header_bytes(info)) for info in infos)

    def note(self, text: str) -> None:
        """Keep an oddity for the report, up to a limit."""
        if len(self.notes) < NOTE_LIMIT and text not in self.notes:
            self.notes.append(text)

    def _note_oddities(self, info: zipfile.ZipInfo) -> None:
        if info.filename in self.members:
            self.note(
                f"The archive holds two members named {info.filename[:100]}: readers may disagree which one counts."
            )
        if info.flag_bits & 1:
            self.note(f"The archive marks {info.filename[:100]} as encrypted; it is read as it is.")

    def span(self, name: str) -> tuple[int, int]:
        """Offset and size of a stored member in the file; ``CorruptFileError`` if it is compressed or out of range."""
        known = self._spans.get(name)
        if known is not None:
            return known
        info = self.members[name]
        if info.compress_type != zipfile.ZIP_STORED:
            raise CorruptFileError(f"member {name[:100]} is compressed")
        start = self._start(info)
        if info.file_size < 0 or start + info.file_size > self.file.size_bytes:
            raise CorruptFileError(f"member {name[:100]} runs past the end of the file")
        self._spans[name] = (start, info.file_size)
        return self._spans[name]

    def _start(self, info: zipfile.ZipInfo) -> int:
        header = self.file.pread(header_bytes(info), max(info.header_offset, 0))
        if info.header_offset < 0 or len(header) < 30 or header[:4] != b"PK\3\4":
            raise CorruptFileError(f"member {info.filename[:100]} has no header where the archive says")
        name_length, extra_length = struct.unpack("<HH", header[26:30])
        local = header[30 : 30 + name_length]
        if local.decode("utf-8", "replace") != info.orig_filename:
            self.note(f"The archive calls a member {info.filename[:100]} in its directory and otherwise in its place.")
        return int(info.header_offset + 30 + name_length + extra_length)

    def read(self, name: str, limit: int = INFLATE_LIMIT, *, check: bool = False) -> bytes:
        """The bytes of a member, unpacked if need be, at most ``limit``; ``check`` compares the checksum and notes."""
        info = self.members[name]
        if info.compress_type == zipfile.ZIP_STORED:
            start, size = self.span(name)
            if size > limit:
                raise CorruptFileError(f"member {name[:100]} has {size:,} bytes, more than is read into memory")
            data = self.file.pread(size, start)
        else:
            data = self._inflate(info, limit)
        if check and zlib.crc32(data) != info.CRC:
            self.note(f"The checksum of {name[:100]} is wrong.")
        return data

    def _inflate(self, info: zipfile.ZipInfo, limit: int) -> bytes:
        name = info.filename[:100]
        if info.compress_type != zipfile.ZIP_DEFLATED:
            raise CorruptFileError(f"member {name} is compressed by method {info.compress_type}, which is not read")
        start = self._start(info)
        size = min(info.compress_size, self.file.size_bytes - start)
        if size > limit:
            raise CorruptFileError(f"member {name} has {size:,} bytes, more than is read into memory")
        unpack = zlib.decompressobj(-15)
        try:
            data = unpack.decompress(self.file.pread(size, start), limit + 1)
        except zlib.error as error:
            raise CorruptFileError(f"member {name} cannot be unpacked ({error})") from error
        if len(data) > limit:
            raise CorruptFileError(f"member {name} unpacks to more than {limit >> 20} MiB")
        self._inflated += len(data)
        if self._inflated > INFLATED_LIMIT:
            raise CorruptFileError(f"the compressed members unpack to more than {INFLATED_LIMIT >> 20} MiB together")
        return data


def header_bytes(info: zipfile.ZipInfo) -> int:
    """What is read of a member's local header: its fixed part and its name."""
    return 30 + len(info.orig_filename.encode("utf-8", "replace")) + 16

"""An ONNX file walked on the wire: a small message for the parser, and where the large tensors lie in the file.

Protobuf copies every tensor when it parses, and stops at 2 GiB. Here only the lengths of messages are followed; the
data of large tensors is left in the file and replaced by a reference, so that opening costs the graph, not the weights.
Encoding: https://protobuf.dev/programming-guides/encoding; field numbers: onnx.proto.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from modelreport.errors import CorruptFileError

if TYPE_CHECKING:
    from modelreport.files import OpenFile

INLINE_LIMIT = 1024
"""Tensor data up to this many bytes stays in the message: shapes and scalars that later rooms evaluate."""
GRAPH_LIMIT = 1 << 30
"""Longest message handed to the parser, weights not counted."""
DEPTH_LIMIT = 100
"""Nesting of messages that protobuf itself accepts."""

Kind = Literal["model", "graph", "node", "attribute", "tensor", "sparse", "function", "training"]
INSIDE: dict[Kind, dict[int, Kind]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "function": {7: "node", 11: "attribute"},
    "training": {1: "graph", 2: "graph"},
    "tensor": {},
}
"""Fields that can hold tensors, by the message they are in."""
DATA_FIELDS = {9: "raw", 4: "float", 10: "double"}
"""Fields of a tensor that are plain little-endian values: raw_data, and float_data and double_data when packed."""


@dataclass(frozen=True)
class Span:
    """Data of one tensor, left in the file."""

    offset: int
    size_bytes: int
    field: str
    """``raw``, ``float`` or ``double``: the field it came from."""


@dataclass
class Wire:
    """The message without large data, and the spans that its references stand for."""

    message: bytes = b""
    spans: list[Span] = field(default_factory=list)
    nonce: bytes = field(default_factory=lambda: os.urandom(16))
    """Starts every reference; random, so that no file can contain one."""

    def reference(self, span: Span) -> bytes:
        """Bytes that stand for the span in ``raw_data``."""
        self.spans.append(span)
        return self.nonce + struct.pack("<Q", len(self.spans) - 1)

    def resolve(self, raw: bytes) -> Span | None:
        """The span that ``raw`` refers to, ``None`` when it is plain data."""
        if len(raw) != 24 or not raw.startswith(self.nonce):
            return None
        return self.spans[int.from_bytes(raw[16:], "little")]


def walk(file: OpenFile, name: str) -> Wire:
    """Walk the file ``name`` (for messages). Raises ``CorruptFileError`` when a length leads out of its message."""
    wire = Wire()
    walker = _Walker(file, name, wire)
    wire.message = walker.message(0, file.size_bytes, "model", 0)
    return wire


class _Walker:
    """Reads through a small window, never through the map: read-ahead would drag the weights in."""

    def __init__(self, file: OpenFile, name: str, wire: Wire) -> None:
        self.file, self.name, self.wire = file, name, wire
        self.base, self.window = 0, b""
        self.kept = 0

    def message(self, start: int, end: int, kind: Kind, depth: int) -> bytes:
        """The message at ``start`` up to ``end`` with references in place of large data."""
        if depth > DEPTH_LIMIT:
            raise CorruptFileError(f"{self.name} nests more than {DEPTH_LIMIT} levels deep and was not read.")
        inside = INSIDE[kind]
        chunks: list[bytes] = []
        position = plain = start  # everything from plain to position is to be copied as it is
        while position < end:
            at = position
            number, wire_type, position = self.tag(position, end)
            if wire_type != 2:
                position = self.skip(position, end, wire_type)
                continue
            length, position = self.varint(position, end)
            if length > end - position:
                self.truncated(position, length, end)
            sub = inside.get(number)
            if length > INLINE_LIMIT and (sub is not None or (kind == "tensor" and number in DATA_FIELDS)):
                chunks.append(self.copy(plain, at))
                if sub is not None:
                    body, number_out = self.message(position, position + length, sub, depth + 1), number
                else:
                    body, number_out = self.wire.reference(Span(position, length, DATA_FIELDS[number])), 9
                chunks += [_varint_bytes(number_out << 3 | 2), _varint_bytes(len(body)), body]
                plain = position + length
            position += length
        chunks.append(self.copy(plain, end))
        return b"".join(chunks)

    def tag(self, position: int, end: int) -> tuple[int, int, int]:
        """Field number, wire type, next position."""
        key, position = self.varint(position, end)
        if key >> 3 == 0 or key >> 3 >= 1 << 29:
            raise CorruptFileError(f"{self.name} is damaged: byte {position - 1} is not a field of an ONNX file.")
        return key >> 3, key & 7, position

    def skip(self, position: int, end: int, wire_type: int) -> int:
        """The position after a field of fixed or variable width."""
        if wire_type == 0:
            return self.varint(position, end)[1]
        width = {1: 8, 5: 4}.get(wire_type)
        if width is None:
            raise CorruptFileError(f"{self.name} is damaged: byte {position - 1} is not a field of an ONNX file.")
        if position + width > end:
            self.truncated(position, width, end)
        return position + width

    def varint(self, position: int, end: int) -> tuple[int, int]:
        """A variable-length integer and the position after it."""
        value = shift = 0
        while position < end and shift < 70:
            offset = position - self.base
            if not 0 <= offset < len(self.window):
                self.base, self.window, offset = position, self.file.pread(4096, position), 0
                if not self.window:
                    break
            byte = self.window[offset]
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, position
            shift += 7
        raise CorruptFileError(f"{self.name} is damaged: it ends or breaks off inside a number at byte {position}.")

    def copy(self, start: int, end: int) -> bytes:
        """The bytes from ``start`` to ``end``, counted against the limit."""
        self.kept += end - start
        if self.kept > GRAPH_LIMIT:
            raise CorruptFileError(
                f"The graph of {self.name} takes more than {GRAPH_LIMIT >> 30} GiB without its weights; not read."
            )
        low, high = start - self.base, end - self.base
        return self.window[low:high] if low >= 0 and high <= len(self.window) else self.file.pread(end - start, start)

    def truncated(self, position: int, length: int, end: int) -> None:
        """Raise for a length that leads out of its message."""
        raise CorruptFileError(
            f"{self.name} is truncated or damaged: byte {position} announces {length} bytes, {end - position} follow.",
            "The download or copy was probably interrupted: compare its size with the original.",
        )


def _varint_bytes(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)

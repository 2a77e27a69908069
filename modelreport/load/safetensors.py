"""safetensors: eight bytes of header length, a JSON header, the tensors' bytes one after another.

Read here without the library, so that files it refuses or misreads (repeated keys, headers over 100 MB) are still
reported. Format: https://huggingface.co/docs/safetensors/index#format
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import Checkpoint, LazyTensor, Storage
from modelreport.errors import CorruptFileError
from modelreport.facts import DTYPE_BITS, Item, Security, Source, SourceFile
from modelreport.files import OpenFile, open_file
from modelreport.load.documents import Pairs, make_item, parse_json
from modelreport.load.format import Format
from modelreport.load.opening import close_on_failure
from modelreport.load.siblings import show_name

if TYPE_CHECKING:
    from modelreport.options import Options
    from modelreport.remote import Location

HEADER_LIMIT = 256 << 20
"""Longest header read; the library stops at 100 MB, which refuses honest files of a million tensors."""
DIMENSIONS_LIMIT = 64
NOTES_LIMIT = 50

DTYPES = {
    "BOOL": "bool", "F4": "float4_e2m1fn", "F6_E2M3": "float6_e2m3", "F6_E3M2": "float6_e3m2",
    "U8": "uint8", "I8": "int8", "F8_E5M2": "float8_e5m2", "F8_E4M3": "float8_e4m3fn", "F8_E8M0": "float8_e8m0fnu",
    "F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2FNUZ": "float8_e5m2fnuz",
    "I16": "int16", "U16": "uint16", "F16": "float16", "BF16": "bfloat16",
    "I32": "int32", "U32": "uint32", "F32": "float32", "C64": "complex64",
    "F64": "float64", "I64": "int64", "U64": "uint64",
}  # fmt: skip
"""The format's dtype names (safetensors 0.8) and ours."""


@dataclass
class Shard:
    """What one safetensors file holds."""

    tensors: list[LazyTensor]
    metadata: tuple[Item, ...]
    notes: tuple[str, ...]


def recognises(head: bytes, names: tuple[str, ...]) -> bool:
    """Whether the bytes start like a safetensors file: a header length below 2**40, then ``{``."""
    return not names and len(head) > 8 and head[5:8] == b"\0\0\0" and head[8:9] == b"{"


def read(path: Location, options: Options) -> Checkpoint:
    """Open a safetensors file; nothing but the header is read. Raises ``CorruptFileError``."""
    del options
    file = open_file(path)
    with close_on_failure([file]):
        shard = read_shard(file, 0)
    source = Source(
        name=path.name,
        kind="file",
        format=FORMAT.id,
        format_title=FORMAT.title,
        content="weights",
        files=(SourceFile(name=path.name, size_bytes=file.size_bytes),),
        size_bytes=file.size_bytes,
        metadata=shard.metadata,
        notes=shard.notes,
    )
    security = Security(calls=(), executes=False, pickles=0)
    return Checkpoint(source, security, tuple(shard.tensors), files=[file])


def read_shard(file: OpenFile, index: int) -> Shard:
    """The tensors, metadata and oddities of one file; ``index`` is its place in ``Source.files``."""
    name = show_name(file.path.name)
    start, header = read_header(file, name)
    alone = file.size_bytes == start  # the header was fetched without the values, to look at the model
    room = 1 << 62 if alone else file.size_bytes - start
    notes: list[str] = []
    metadata: tuple[Item, ...] = ()
    spans: dict[str, tuple[str, tuple[int, ...], int, int]] = {}
    for key, value in header:
        if key == "__metadata__":
            metadata = _read_metadata(value, name)
        elif key in spans:
            notes.append(
                f"{name} names the tensor {show_name(key)} twice; the last entry is used, as the library does."
            )
            spans[key] = _read_entry(key, value, room, name)
        else:
            spans[key] = _read_entry(key, value, room, name)
    held = max((high for *_, high in spans.values()), default=0)
    alone = alone and held > 0
    notes += _check_cover(spans, held if alone else file.size_bytes - start, name)
    if alone:
        notes.append(f"{name} is a header alone: its {held} bytes of values are not here.")
    storages: dict[tuple[int, int], Storage] = {}
    tensors = []
    for key, (dtype, shape, low, high) in spans.items():
        if alone:
            tensors.append(LazyTensor(key, dtype, shape, None, missing=f"{name} holds its header only, not the values"))
            continue
        storage = Storage(file, start + low, high - low, index)
        if high > low:  # two names for one span are one tensor, as in a tied model; empty ones share nothing
            storage = storages.setdefault((low, high), storage)
        tensors.append(LazyTensor(key, dtype, shape, storage))
    return Shard(tensors, metadata, tuple(notes[:NOTES_LIMIT]))


def read_header(file: OpenFile, name: str) -> tuple[int, Pairs]:
    """Where the values begin, and the header as it is; ``CorruptFileError`` when there is none."""
    head = file.pread(8, 0)
    length = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
    if length < 2 or length > file.size_bytes - 8:
        raise CorruptFileError(
            f"{name} is damaged: its header should take {length} bytes, the file has {file.size_bytes}.",
            "The download or copy was probably interrupted: compare its size with the original.",
        )
    if length > HEADER_LIMIT:
        raise CorruptFileError(f"{name} has a header of {length >> 20} MiB; at most {HEADER_LIMIT >> 20} are read.")
    header = parse_json(file.pread(length, 8), f"The header of {name}", unique=True)
    if not isinstance(header, Pairs):
        raise CorruptFileError(f"The header of {name} is not a JSON object.")
    return 8 + length, header


def _read_metadata(value: Any, name: str) -> tuple[Item, ...]:
    if not isinstance(value, Pairs):
        raise CorruptFileError(f"The metadata in the header of {name} is not a JSON object.")
    return tuple(make_item(key, text if isinstance(text, str) else str(text)[:2000]) for key, text in value[:500])


def _read_entry(key: str, value: Any, room: int, name: str) -> tuple[str, tuple[int, ...], int, int]:
    """Dtype, shape, first and one-past-last byte of a tensor, checked against each other and the file."""
    where = f"{name} is damaged: the tensor {show_name(key)}"
    entry = dict(value) if isinstance(value, Pairs) else {}
    if not entry.keys() >= {"dtype", "shape", "data_offsets"}:
        raise CorruptFileError(f"{where} has no dtype, shape and data_offsets.")
    code, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    dtype = DTYPES.get(code) if isinstance(code, str) else None
    if dtype is None:
        raise CorruptFileError(f"{where} has the dtype {show_name(str(code))}, which the format does not know.")
    if not _whole(shape, DIMENSIONS_LIMIT):
        raise CorruptFileError(f"{where} has a shape that is not a list of whole numbers.")
    if not _whole(offsets, 2) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise CorruptFileError(f"{where} has offsets that are not two ascending whole numbers.")
    bits = math.prod(shape) * DTYPE_BITS[dtype]
    low, high = offsets
    if bits != (high - low) * 8 and -(-bits // 8) != high - low:
        needed = str(-(-bits // 8)) if bits < 1 << 70 else "absurdly many"
        raise CorruptFileError(f"{where} needs {needed} bytes for its shape, its offsets give {high - low}.")
    if high > room:
        raise CorruptFileError(
            f"{where} ends {high - room} bytes past the end of the file.",
            "The download or copy was probably interrupted: compare its size with the original.",
        )
    return dtype, tuple(shape), low, high


def _whole(value: Any, most: int) -> bool:
    """A list of at most ``most`` non-negative integers (no booleans, no floats)."""
    return isinstance(value, list) and len(value) <= most and all(type(n) is int and 0 <= n < 1 << 63 for n in value)


def _check_cover(spans: dict[str, tuple[str, tuple[int, ...], int, int]], room: int, name: str) -> list[str]:
    """Notes on bytes that no tensor or more than one tensor covers; the format allows neither."""
    notes = []
    end, last = 0, ""
    for low, high, key in sorted((low, high, key) for key, (_, _, low, high) in spans.items() if high > low):
        if low > end:
            notes.append(f"{name} has {low - end} bytes before {show_name(key)} that belong to no tensor.")
        elif low < end:
            notes.append(f"In {name}, {show_name(key)} and {show_name(last)} share {min(high, end) - low} bytes.")
        if high >= end:
            end, last = high, key
    if end < room:
        notes.append(f"{name} has {room - end} bytes after the last tensor that belong to no tensor.")
    if notes:
        notes.append(f"The safetensors library refuses {name} for its layout; it was read here all the same.")
    return notes


FORMAT = Format(
    id="safetensors",
    title="safetensors",
    suffixes=(".safetensors",),
    summary="Tensors with a JSON header; no code. All dtypes, metadata, files the library refuses.",
    recognises=recognises,
    read=read,
)

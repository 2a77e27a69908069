"""Tensors of an ONNX model as lazy tensors: values in the file itself, in files beside it, or in typed fields."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import ONNX_DTYPES, LazyTensor, Storage
from modelreport.errors import LoadError
from modelreport.facts import DTYPE_BITS, SourceFile
from modelreport.files import OpenFile, open_file
from modelreport.load.siblings import find_sibling, show_name

if TYPE_CHECKING:
    from modelreport.load.wire import Wire
    from modelreport.remote import Location

SELF = "."
"""Location of external data that lies in the model file itself (no file can be called so)."""
KNOWN_KEYS = {"location", "offset", "length", "checksum", "basepath"}
ELEMENTS_LIMIT = 1 << 62

DATA_OF_FIELD = {"float": ("float32", "complex64"), "double": ("float64", "complex128")}


@dataclass
class Tensors:
    """Lazy tensors made so far, and the files they lie in; the first file is the model itself."""

    folder: Location
    wire: Wire
    files: list[OpenFile]
    source_files: list[SourceFile]
    notes: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Why external data was not opened, once for each file."""
    places: dict[str, int | str] = field(default_factory=lambda: {SELF: 0})
    """Index of the file of each location, or why there is none."""
    views: dict[tuple[int, int, int], Storage] = field(default_factory=dict)

    def make(self, proto: Any, name: str) -> LazyTensor | None:
        """The tensor called ``name``; values may be missing with a reason. ``None`` for a shape that cannot be."""
        dtype = ONNX_DTYPES.get(proto.data_type, "unknown")
        shape = tuple(proto.dims)
        if len(shape) > 64 or any(n < 0 for n in shape) or math.prod(shape) > ELEMENTS_LIMIT:
            self.notes.append(f"The tensor {show_name(name)} has an impossible shape and was left out.")
            return None
        tensor = LazyTensor(name, dtype, shape, None)
        try:
            tensor.storage = self._find(proto, tensor)
        except _UnreadableError as error:
            tensor.missing = str(error)
        return tensor

    def _find(self, proto: Any, tensor: LazyTensor) -> Storage:
        """Where the values lie; large inline data is turned into a reference to the model file."""
        needed = tensor.size_bytes
        if tensor.dtype == "string":
            raise _UnreadableError("it holds text")
        if tensor.dtype == "unknown":
            raise _UnreadableError(f"its data type {proto.data_type} is unknown")
        if proto.data_location == 1:
            return self._external(proto, needed)
        raw = proto.raw_data if proto.HasField("raw_data") else None
        span = self.wire.resolve(raw) if raw is not None else None
        if span is not None:
            if tensor.dtype not in DATA_OF_FIELD.get(span.field, (tensor.dtype,)):
                raise _UnreadableError(f"its values are stored as {span.field}, its type is {tensor.dtype}")
            proto.ClearField("raw_data")
            proto.data_location = 1
            for key, value in (("location", SELF), ("offset", span.offset), ("length", span.size_bytes)):
                proto.external_data.add(key=key, value=str(value))
            _check_size(span.size_bytes, needed)
            return self._view(0, span.offset, span.size_bytes)
        data = raw if raw is not None else typed_bytes(proto, tensor.dtype)
        _check_size(len(data), needed)
        return Storage(memoryview(data), 0, len(data), 0)

    def _external(self, proto: Any, needed: int) -> Storage:
        entries = {entry.key: entry.value for entry in proto.external_data}
        location = entries.get("location", "")
        unknown = sorted(set(entries) - KNOWN_KEYS)
        if unknown:
            self.notes.append(
                f"External data of {show_name(location)} has unknown keys: {show_name(', '.join(unknown))}."
            )
        index = self.places.get(location)
        if index is None:
            index = self.places[location] = self._open(location)
        if isinstance(index, str):
            raise _UnreadableError(index)
        offset = _whole(entries.get("offset", "0"), "offset")
        length = _whole(entries["length"], "length") if "length" in entries else needed
        _check_size(length, needed)
        size = self.files[index].size_bytes
        if offset + length > size:
            raise _UnreadableError(
                f"its data ends {offset + length - size} bytes past the end of {show_name(location)}"
            )
        return self._view(index, offset, length)

    def _open(self, location: str) -> int | str:
        """Index of the file called ``location`` beside the model, opened; or why it was not."""
        try:
            path = find_sibling(self.folder, location)
            file = open_file(path)
        except LoadError as error:
            self.refused.append(f"External data: {error.message}")
            return f"its data is in another file: {error.message}"
        except OSError as error:
            self.refused.append(f"External data: {show_name(location)} cannot be opened ({error.strerror or error}).")
            return f"its data is in {show_name(location)}, which cannot be opened"
        if path.stat().st_nlink > 1:
            self.notes.append(
                f"{show_name(location)} has several hard links: its bytes may belong to another file as well."
            )
        self.files.append(file)
        self.source_files.append(SourceFile(name=location, size_bytes=file.size_bytes))
        return len(self.files) - 1

    def _view(self, index: int, offset: int, size: int) -> Storage:
        """The storage of a span; two tensors at the same span share it, empty ones do not."""
        storage = Storage(self.files[index], offset, size, index)
        return self.views.setdefault((index, offset, size), storage) if size else storage


class _UnreadableError(Exception):
    """Why a tensor has no values."""


def _check_size(have: int, needed: int) -> None:
    if have != needed:
        raise _UnreadableError(f"it has {have} bytes of data, its shape needs {needed}")


def _whole(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise _UnreadableError(f"the {what} of its external data is not a whole number")
    return int(text)


def typed_bytes(proto: Any, dtype: str) -> bytes:
    """Values of a tensor in typed fields (``float_data``, ``int32_data`` …) as the bytes ``raw_data`` would hold."""
    import numpy as np

    bits = DTYPE_BITS[dtype]
    if dtype in ("float32", "complex64"):
        return np.array(proto.float_data, "<f4").tobytes()
    if dtype in ("float64", "complex128"):
        return np.array(proto.double_data, "<f8").tobytes()
    if dtype == "int64":
        return np.array(proto.int64_data, "<i8").tobytes()
    if dtype in ("uint32", "uint64"):
        return np.array(proto.uint64_data, "<u8").astype(f"<u{bits // 8}").tobytes()
    values = np.array(proto.int32_data, "<i4")
    if dtype.startswith("float6"):  # one element for each entry, six bits of it
        unpacked = np.unpackbits(values.astype(np.uint8)[:, None], axis=1, count=6, bitorder="little")
        return np.packbits(unpacked.reshape(-1), bitorder="little").tobytes()
    return values.astype({32: "<u4", 16: "<u2"}.get(bits, "u1")).tobytes()

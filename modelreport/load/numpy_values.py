"""NumPy arrays and scalars inside pickles, read without NumPy.

Source: ``ndarray.__reduce__`` and ``numpy/_core/numeric.py``.
"""

from __future__ import annotations

import struct
from typing import Any

from modelreport.checkpoint import LazyTensor, Storage
from modelreport.facts import DTYPE_BITS
from modelreport.load.pickle_values import Blob, Made, Name
from modelreport.load.storages import TensorError

_RECONSTRUCT = frozenset({"numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"})
_FROM_BUFFER = frozenset({"numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer"})
_SCALAR = frozenset({"numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"})
_KINDS = {"f": "float", "i": "int", "u": "uint", "c": "complex"}
_FORMATS = {"float64": "d", "float32": "f", "float16": "e", "bool": "?"}


def is_array(value: Any) -> bool:
    """Whether a value of a pickle is a NumPy array."""
    return isinstance(value, Made) and (value.path in _RECONSTRUCT or value.path in _FROM_BUFFER)


def read_array(value: Made, storages: dict[int, Storage]) -> LazyTensor | None:
    """A NumPy array as a nameless tensor, or ``None`` for arrays of objects and texts; ``TensorError`` if malformed.

    ``storages`` keeps one storage for each buffer, by its identity.
    """
    if value.path in _FROM_BUFFER:
        if len(value.positional) != 4:
            raise TensorError("its array is not given as NumPy gives it")
        raw, dtype, shape, order = value.positional
        fortran = order == "F" if isinstance(order, str) else False
    else:
        state = value.state
        if not isinstance(state, tuple) or len(state) < 4:
            raise TensorError("its array has no values")
        shape, dtype, fortran, raw = state[-4:]
    name, big_endian = _dtype(dtype)
    if not name:
        return None
    if not isinstance(shape, tuple) or not all(type(size) is int and 0 <= size < 2**63 for size in shape):
        raise TensorError("its array has an impossible shape")
    storage = _storage(raw, storages)
    strides = _fortran_strides(shape) if fortran is True and len(shape) > 1 else None
    tensor = LazyTensor("", name, shape, storage, strides, big_endian=big_endian)
    if tensor.size_bytes > storage.size_bytes:
        raise TensorError(f"its array needs {tensor.size_bytes:,} bytes of {storage.size_bytes:,}")
    return tensor


def read_scalar(value: Made) -> int | float | bool | None:
    """A NumPy scalar as a plain number, ``None`` when it is none."""
    if value.path not in _SCALAR or len(value.positional) != 2:
        return None
    try:
        name, big_endian = _dtype(value.positional[0])
        data = bytes_of(value.positional[1])
    except TensorError:
        return None
    width = DTYPE_BITS.get(name, 0) // 8
    if not isinstance(data, bytes) or not width or len(data) != width:
        return None
    if name in _FORMATS:
        number: int | float | bool = struct.unpack((">" if big_endian else "<") + _FORMATS[name], data)[0]
        return number
    if name.startswith(("int", "uint")):
        return int.from_bytes(data, "big" if big_endian else "little", signed=name.startswith("int"))
    return None


def bytes_of(value: Any) -> bytes | Blob | None:
    """The bytes that a value stands for: as such, as Python 2 text, or as Latin-1 text to be encoded."""
    if isinstance(value, (bytes, Blob)):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, Made) and isinstance(value.arguments, tuple):
        arguments = value.arguments
        if value.path == "_codecs.encode" and len(arguments) == 2 and isinstance(arguments[0], str):
            try:
                return arguments[0].encode("latin-1")
            except UnicodeEncodeError as error:
                raise TensorError("its bytes are not Latin-1") from error
        if value.path.endswith(("builtins.bytes", "__builtin__.bytes", "builtins.bytearray", "__builtin__.bytearray")):
            return bytes_of(arguments[0]) if arguments else b""
    return None


def memory(value: bytes | Blob) -> Storage:
    """A storage over bytes of a pickle."""
    if isinstance(value, Blob):
        return Storage(value.source, value.offset, value.size_bytes)
    return Storage(memoryview(value), 0, len(value))


def _storage(raw: Any, storages: dict[int, Storage]) -> Storage:
    known = storages.get(id(raw))
    if known is not None:
        return known
    data = bytes_of(raw)
    if data is None:
        raise TensorError("its array has no bytes")
    storages[id(raw)] = memory(data)
    return storages[id(raw)]


def _dtype(value: Any) -> tuple[str, bool]:
    """Name in ``DTYPE_BITS`` (empty for objects, texts and records) and whether it is big-endian."""
    if not isinstance(value, Made) or value.path != "numpy.dtype" or not isinstance(value.arguments, tuple):
        raise TensorError("its dtype is not given as NumPy gives it")
    code = value.arguments[0] if value.arguments else None
    if isinstance(code, Name):
        return (code.name, False) if code.module == "ml_dtypes" and code.name in DTYPE_BITS else ("", False)
    if not isinstance(code, str):
        raise TensorError("its dtype is not given as NumPy gives it")
    state = value.state
    order = state[1] if isinstance(state, tuple) and len(state) > 1 and isinstance(state[1], str) else code[:1]
    code = code.lstrip("<>|=")
    if code == "b1":
        return "bool", False
    kind = _KINDS.get(code[:1])
    name = f"{kind}{int(code[1:]) * 8}" if kind and code[1:].isdecimal() and len(code) < 4 else ""
    return (name if name in DTYPE_BITS else ""), order == ">"


def _fortran_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides, step = [], 1
    for size in shape:
        strides.append(step)
        step *= max(size, 1)
    return tuple(strides)

"""Where the values of torch tensors lie: storages by key, whatever the container."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from modelreport.checkpoint import Storage
from modelreport.facts import DTYPE_BITS
from modelreport.load.pickle_values import Name, Persistent

STORAGE_DTYPES: dict[str, str] = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "ComplexDoubleStorage": "complex128",
    "ComplexFloatStorage": "complex64",
    "QInt8Storage": "qint8",
    "QUInt8Storage": "quint8",
    "QInt32Storage": "qint32",
    "QUInt4x2Storage": "quint4x2",
    "QUInt2x4Storage": "quint2x4",
    "UntypedStorage": "uint8",
}
"""torch's typed storage classes; newer dtypes use ``UntypedStorage`` and name the dtype with the tensor."""
DTYPE_ALIASES = {
    "double": "float64",
    "float": "float32",
    "half": "float16",
    "long": "int64",
    "int": "int32",
    "short": "int16",
    "chalf": "complex32",
    "cfloat": "complex64",
    "cdouble": "complex128",
}


class TensorError(Exception):
    """One tensor cannot be read; the others can."""


@dataclass(frozen=True)
class TypedStorage:
    """A storage as a tensor refers to it."""

    storage: Storage | None
    """``None`` when it holds nothing (saved from the meta device)."""
    dtype: str
    offset: int = 0
    """Elements to skip, for a view of a storage in old files."""
    missing: str = ""


@dataclass
class Storages:
    """Finds storages by key; the same key gives the same ``Storage`` object, so that ties are visible."""

    locate: Callable[[str], Storage]
    """Storage of a key; raises ``TensorError`` when there is none."""
    known: dict[str, Storage] = field(default_factory=dict)
    big_endian: bool = False

    def resolve(self, reference: Any) -> TypedStorage:
        """The storage that a persistent id ``("storage", class, key, location, count[, view])`` stands for."""
        value = reference.value if isinstance(reference, Persistent) else None
        if not isinstance(value, tuple) or len(value) < 5 or value[0] != "storage":
            raise TensorError("its storage is not given as torch gives it")
        _, kind, key, location, count = value[:5]
        if isinstance(key, int) and not isinstance(key, bool):
            key = str(key)
        if not isinstance(kind, Name) or not isinstance(key, str) or not isinstance(count, int) or count < 0:
            raise TensorError("its storage is not given as torch gives it")
        dtype = STORAGE_DTYPES.get(kind.name)
        if dtype is None:
            raise TensorError(f"its storage is of the unknown class {kind.path[:100]}")
        if location == "meta":
            return TypedStorage(None, dtype, missing="saved from the meta device: the file holds no values")
        if key not in self.known:
            self.known[key] = self.locate(key)
        storage = self.known[key]
        needed = count * DTYPE_BITS[dtype] // 8
        if needed > storage.size_bytes:
            raise TensorError(f"its storage claims {needed:,} bytes, the file holds {storage.size_bytes:,}")
        return TypedStorage(storage, dtype, _view_offset(value))


def no_storages(reason: str) -> Storages:
    """For files that hold no storages by key: each key raises ``TensorError`` with the reason."""

    def locate(_: str) -> Storage:
        raise TensorError(reason)

    return Storages(locate)


def _view_offset(value: tuple[Any, ...]) -> int:
    """Offset of a storage view, in elements (files before 1.6 only)."""
    view = value[5] if len(value) > 5 else None
    if not isinstance(view, tuple):
        return 0
    if len(view) != 3 or not isinstance(view[1], int) or view[1] < 0:
        raise TensorError("it uses a view of a storage that is not given as torch gives it")
    return view[1]


def dtype_of(value: Any) -> tuple[str, str]:
    """Dtype that a name such as ``torch.uint16`` stands for, and a note; ``TensorError`` when unknown."""
    if not isinstance(value, Name) or value.module != "torch":
        raise TensorError("its dtype is not given as torch gives it")
    name = DTYPE_ALIASES.get(value.name, value.name)
    digits = name.lstrip("uint")
    if digits.isdigit() and int(digits) < 8 and name[: -len(digits)] in ("int", "uint"):
        whole = f"{name[: -len(digits)]}8"
        return whole, f"declared as {name}, which PyTorch keeps one to a byte"
    if name not in DTYPE_BITS or name in ("unknown", "string"):
        raise TensorError(f"its dtype {value.path[:100]} is unknown")
    return name, ""

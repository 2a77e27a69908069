"""How the stored bits of each dtype become numbers.

Dtypes of at most 16 bits are *tabulated*: every bit pattern has one value, so counts of patterns hold everything.
Wider ones are *blockwise*: float32 as it is, float64 and the wide integers as float64 (exact to 2**53), complex
numbers as their magnitude.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import numpy_dtype
from modelreport.facts import DTYPE_BITS

PACKED: dict[str, tuple[str, int]] = {
    "float4_e2m1fn_x2": ("float4_e2m1fn", 4),
    "quint4x2": ("uint4", 4),
    "quint2x4": ("uint2", 2),
    "bits4x2": ("uint4", 4),
    "bits2x4": ("uint2", 2),
    "bits1x8": ("uint1", 1),
}
"""Dtypes whose stored element holds several numbers: dtype and width in bits of each number."""

_WIDE = {"int32", "int64", "uint32", "uint64", "qint32", "float64"}
_COMPLEX = {"complex32", "complex64", "complex128"}


@dataclass(frozen=True, eq=False)
class Codec:
    """How one dtype is read.

    ``kind`` is ``table`` (patterns of ``bits`` bits, valued by ``values``), ``float32``, or ``float64`` (everything
    else, converted). ``per_element`` numbers lie in one stored element.
    """

    dtype: str
    kind: Literal["table", "float32", "float64"]
    bits: int
    stored: np.dtype[Any]
    """Native numpy dtype of the raw elements; ``uint8`` bytes when elements are narrower than a byte."""
    values: NDArray[np.float64] | None = None
    """Value of each pattern, shape ``(2**bits,)``."""
    order: NDArray[np.intp] | None = None
    """Patterns with a finite value, ascending by value."""
    smallest_normal: float = 0.0
    """Below it a non-zero magnitude is subnormal; 0 for integers."""
    per_element: int = 1

    def __reduce__(self) -> tuple[Any, ...]:
        return codec, (self.dtype,)  # another process has the tables itself

    @property
    def element_bits(self) -> int:
        """Bits of one stored element."""
        return DTYPE_BITS[self.dtype]

    def numbers(self, raw: Any) -> NDArray[Any]:
        """The raw elements as float32 or float64 numbers (blockwise kinds only)."""
        if self.dtype == "complex32":
            real, imaginary = raw.view(np.float16).astype(np.float64).reshape(-1, 2).T
            return np.asarray(np.hypot(real, imaginary))
        if raw.dtype.kind == "c":
            wide = raw.astype(np.complex128)
            with np.errstate(over="ignore", invalid="ignore"):
                return np.asarray(np.hypot(wide.real, wide.imag))
        return np.asarray(raw if self.kind == "float32" else raw.astype(np.float64))


@cache
def codec(dtype: str) -> Codec:
    """The codec of one of ``facts.DTYPE_BITS``; ``ValueError`` for dtypes that are not numbers."""
    number, bits = PACKED.get(dtype, (dtype, DTYPE_BITS.get(dtype, 0)))
    if bits == 0:
        raise ValueError(f"values of dtype {dtype} are not numbers")
    if dtype in _COMPLEX or dtype in _WIDE:
        normal = float(np.finfo(np.float64).smallest_normal) if dtype == "float64" else 0.0
        return Codec(dtype, "float64", 64, numpy_dtype(dtype), smallest_normal=normal)
    if dtype == "float32":
        return Codec(
            dtype, "float32", 32, numpy_dtype(dtype), smallest_normal=float(np.finfo(np.float32).smallest_normal)
        )
    values, normal = _pattern_values(number, bits)
    order = np.argsort(values, kind="stable")
    order = order[np.isfinite(values[order])]
    stored = np.dtype(np.uint16 if bits == 16 else np.uint8)
    return Codec(dtype, "table", bits, stored, values, order, normal, DTYPE_BITS[dtype] // bits)


def _pattern_values(dtype: str, bits: int) -> tuple[NDArray[np.float64], float]:
    """Value of every pattern of a dtype of at most 16 bits, and the smallest normal magnitude (0 for integers)."""
    patterns = np.arange(2**bits, dtype=np.uint16 if bits == 16 else np.uint8)
    if dtype == "bool":
        return (patterns != 0).astype(np.float64), 0.0
    if dtype.startswith(("float", "bfloat")):
        import ml_dtypes

        named = {"float6_e2m3": "float6_e2m3fn", "float6_e3m2": "float6_e3m2fn"}.get(dtype, dtype)
        kind = np.dtype(np.float16) if dtype == "float16" else np.dtype(getattr(ml_dtypes, named))
        with np.errstate(invalid="ignore"):
            values = patterns.view(kind).astype(np.float64)
        return values, float(ml_dtypes.finfo(kind).smallest_normal)
    signed = dtype.startswith(("int", "qint"))
    values = patterns.astype(np.float64)
    return (np.where(values >= 2 ** (bits - 1), values - 2**bits, values) if signed else values), 0.0


def unpack(raw: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """Patterns of ``bits`` bits from packed bytes, the lowest bits of a byte first (as torch and ONNX pack them)."""
    if bits == 4:
        out = np.empty(raw.size * 2, np.uint8)
        np.bitwise_and(raw, 15, out=out[0::2])
        np.right_shift(raw, 4, out=out[1::2])
        return out
    single = np.unpackbits(raw, bitorder="little")
    whole = single[: single.size // bits * bits].reshape(-1, bits)
    return np.packbits(whole, axis=1, bitorder="little")[:, 0]

"""Values that flow through an ONNX graph while it is walked: type, shape, and small contents that shapes depend on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import ONNX_DTYPES
from modelreport.facts import DTYPE_BITS, FormulaKind, TensorSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

DATA_LIMIT = 4096
"""Elements up to which contents are followed: shapes, axes, scales."""

CODES = {name: code for code, name in ONNX_DTYPES.items()}
PLAIN = {
    "float32",
    "float64",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "bool",
    "float16",
}
"""Dtypes whose contents are followed."""


@dataclass(eq=False)
class Value:
    """One value of the graph."""

    name: str
    dtype: str = "unknown"
    shape: tuple[int, ...] | None = None
    """``None`` when even the rank is unknown; -1 for an unknown dimension."""
    data: NDArray[Any] | None = None
    constant: bool = False
    """Whether it is stored in the file, or follows from nothing but stored tensors."""
    parameters: tuple[str, ...] = ()
    """Names of the stored tensors that it is or follows from; only for constants."""
    step: Step | None = None
    """The step that made it."""
    model_input: int = -1
    root: Value | None = None
    """The value whose memory it shares (a reshape of it)."""
    proto: Any = None
    """The ``TypeProto`` of anything but a tensor: sequence, optional, map."""

    @property
    def known(self) -> bool:
        """Whether every dimension is known."""
        return self.shape is not None and all(n >= 0 for n in self.shape)

    @property
    def count(self) -> int | None:
        """Elements, ``None`` when unknown."""
        return math.prod(self.shape) if self.shape is not None and self.known else None

    @property
    def size_bytes(self) -> int:
        """Bytes, 0 when unknown."""
        return ((self.count or 0) * DTYPE_BITS.get(self.dtype, 0) + 7) // 8

    @property
    def spec(self) -> TensorSpec:
        """As a fact; an unknown rank is one unknown dimension."""
        return TensorSpec(shape=self.shape if self.shape is not None else (-1,), dtype=self.dtype, name=self.name)

    @property
    def buffer(self) -> Value:
        """The value whose memory this one is."""
        value, hops = self, 0
        while value.root is not None and hops < 100_000:
            value, hops = value.root, hops + 1
        return value


@dataclass(eq=False)
class Step:
    """One node as it is executed once."""

    op: str
    domain: str
    inputs: list[Value | None]
    outputs: list[Value]
    attributes: dict[str, Any]
    frames: tuple[Frame, ...]
    """Module calls it is in, outermost first, the root left out."""
    flops: int | None = None
    macs: int | None = None
    formula: FormulaKind = "none"
    """How ``flops`` were counted."""
    guessed: bool = False
    id: int = -1

    @property
    def kernel(self) -> str:
        """Operator name with its domain when that is not the standard one."""
        return f"{self.domain}.{self.op}" if self.domain not in ("", "ai.onnx") else self.op


class UnknownCostError(Exception):
    """A shape that a formula needs is not known, or does not fit the operator."""


def shape_of(step: Step, place: int, *, output: bool = False) -> tuple[int, ...]:
    """Shape of an input or output; ``UnknownCostError`` when any of it is not known."""
    values: list[Any] = list(step.outputs if output else step.inputs)
    value = values[place] if place < len(values) else None
    if value is None or value.shape is None or not value.known:
        raise UnknownCostError
    shape: tuple[int, ...] = value.shape
    return shape


@dataclass(frozen=True)
class Frame:
    """One level of the module hierarchy that a node's name or metadata gives."""

    path: str
    type: str = ""
    instance: int = 0
    """Different for two calls of the same function or sub-graph."""


def read_tensor(proto: Any) -> NDArray[Any] | None:
    """The contents of a small stored tensor of a plain dtype, ``None`` otherwise."""
    from onnx import numpy_helper

    shape = tuple(proto.dims)
    if proto.data_location == 1 or ONNX_DTYPES.get(proto.data_type) not in PLAIN or len(shape) > 8:
        return None
    if any(n < 0 for n in shape) or math.prod(shape) > DATA_LIMIT:
        return None
    try:
        values: NDArray[Any] = numpy_helper.to_array(proto)
    except Exception:  # a damaged tensor is reported where it is loaded
        return None
    return values if values.shape == shape else None


def read_attributes(node: Any) -> dict[str, Any]:
    """Attributes as plain values; graphs are left out, tensors stay as they are."""
    out: dict[str, Any] = {}
    for attribute in node.attribute:
        if attribute.type == 3:
            out[attribute.name] = attribute.s.decode("utf-8", "replace")
        elif attribute.type in _FIELDS:
            value = getattr(attribute, _FIELDS[attribute.type])
            out[attribute.name] = tuple(value) if attribute.type in (6, 7) else value
    return out


def whole(attributes: dict[str, Any], name: str, default: int = 0) -> int:
    """A whole-number attribute, the default when it is missing or something else."""
    value = attributes.get(name, default)
    return value if isinstance(value, int) else default


_FIELDS = {1: "f", 2: "i", 4: "t", 6: "floats", 7: "ints"}
"""AttributeProto.AttributeType and the field it is in."""

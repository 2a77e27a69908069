"""Which weight matrices a model has, and their values in float64, a slab at a time."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import Checkpoint, LazyTensor, Storage, numpy_dtype
from modelreport.facts import ModuleFact, Structure, TensorFact, TensorStatistics, Weights
from modelreport.files import OpenFile
from modelreport.measure.adapter.factors import factors_in
from modelreport.measure.codec import Codec, codec
from modelreport.measure.kernel import scratch
from modelreport.measure.roles import places

SMALLEST_SIDE = 8
"""A matrix with a shorter side has too few singular values to speak of a spectrum."""

SLAB = 1 << 20
"""Elements that are held in float64 at a time: 8 MiB."""

_MOST_SLICES = 1024
"""Matrices of one stack that are listed, at even distances."""

_FLOATS = ("float", "bfloat")
_GATES = {4: ("gate i", "gate f", "gate g", "gate o"), 3: ("gate r", "gate z", "gate n")}
"""Order of the gates in a weight of torch's LSTM and GRU (documentation of ``torch.nn.LSTM`` and ``GRU``)."""
_RECURRENT = re.compile(r"(?P<before>.*)weight_(?P<which>ih|hh)(?P<after>_l\d+(?:_reverse)?|)")
_LAYER = re.compile(r"weight_(?:ih|hh|hr)_l(\d{1,4})(?:_reverse)?$")
_KERNEL = 32
"""Last dimension from which a tensor of three dimensions without a known module is a stack rather than a kernel."""


_Place = tuple[str, int]
"""A role and a depth in it."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """One weight matrix: the first dimension of a tensor, or of a part of it, against all others."""

    tensor: LazyTensor
    codec: Codec
    part: str
    first: int
    """Where the part begins along the tensor's first dimension."""
    index: int
    """Which of a stack; -1 when the tensor is not one."""
    rows: int
    columns: int
    kernel: int
    """Positions of a convolution's kernel, 1 for other layers."""
    role: str
    """The same for matrices that do the same work at other depths: their name with ``#`` for the index."""
    depth: int
    """Place among the tensors of its role, from 0."""
    scale: int
    """Values are multiplied by 2**scale, so that their squares neither overflow nor vanish."""

    @property
    def short(self) -> int:
        """The number of singular values."""
        return min(self.rows, self.columns)

    @property
    def long(self) -> int:
        """The longer side."""
        return max(self.rows, self.columns)

    @property
    def count(self) -> int:
        """Elements."""
        return self.rows * self.columns

    @property
    def narrow(self) -> np.dtype[Any]:
        """The narrower of float32 and float64 that holds the values."""
        return np.dtype(np.float64 if self.codec.dtype == "float64" else np.float32)

    def numbers(self, raw: NDArray[Any], dtype: np.dtype[Any] | type = np.float64) -> NDArray[Any]:
        """Raw elements as scaled numbers, aligned: BLAS takes no others."""
        if self.codec.dtype == "bfloat16":  # the upper half of a float32: quicker than a table
            wide: NDArray[Any] = (raw.astype(np.uint32) << 16).view(np.float32)
        elif self.codec.values is not None:
            wide = self.codec.values[raw]
        else:
            wide = np.require(raw, requirements="A")
        return (np.ldexp(wide.astype(np.float64), self.scale) if self.scale else wide).astype(dtype, copy=False)

    def row_slabs(self, most: int = SLAB, dtype: np.dtype[Any] | type = np.float64) -> Iterator[NDArray[Any]]:
        """Some rows at a time, each array rows × ``columns``; it may be overwritten when the next one is asked for."""
        for raw in self._raw_rows(max(1, most // self.columns)):
            yield self.numbers(raw, dtype).reshape(-1, self.columns)

    def column_slabs(self, most: int = SLAB) -> Iterator[NDArray[np.float64]]:
        """Some columns at a time, each array ``rows`` × columns."""
        inputs = self.columns // self.kernel
        step = max(1, most // (self.rows * self.kernel))
        for at in range(0, inputs, step):
            part = (self.rows, min(step, inputs - at), *self._shape[2:])
            yield self.numbers(self._gathered(part, at * self._strides[1])).reshape(self.rows, -1)

    def positions(self) -> Iterator[NDArray[np.float64]]:
        """The matrix of each kernel position, rows × inputs; the matrix itself where there is no kernel."""
        step = max(1, SLAB // self.columns)
        for place in np.ndindex(*self._shape[2:]):
            made = np.empty(self._shape[:2])
            for number, raw in enumerate(self._raw_rows(step)):
                made[number * step : number * step + len(raw)] = self.numbers(raw[(slice(None), slice(None), *place)])
            yield made

    @property
    def _shape(self) -> tuple[int, ...]:
        """Rows × inputs × kernel."""
        return (self.rows, *(self.tensor.shape[2:] if self.index >= 0 else self.tensor.shape[1:]))

    @property
    def _strides(self) -> tuple[int, ...]:
        strides = self.tensor.element_strides
        return strides[1:] if self.index >= 0 else strides

    def _gathered(self, shape: tuple[int, ...], offset: int) -> NDArray[Any]:
        """The raw elements of a part, in memory; ``offset`` is that of its first one in the matrix, in elements."""
        first = self.tensor.offset + max(self.index, self.first) * self.tensor.element_strides[0] + offset
        storage = self._storage
        return storage.gather(first * self._kind.itemsize, self._kind, shape, self._strides)

    def _raw_rows(self, step: int) -> Iterator[NDArray[Any]]:
        """The raw elements some rows at a time; those of a file are read into the same memory again and again."""
        storage, shape, kind = self._storage, self._shape, self._kind
        straight = self.tensor.is_contiguous and isinstance(storage.source, OpenFile)
        begin = self.tensor.offset + max(self.index, self.first) * self.tensor.element_strides[0]
        for at in range(0, self.rows, step):
            part = (min(step, self.rows - at), *shape[1:])
            if not straight:
                yield self._gathered(part, at * self._strides[0])
                continue
            buffer = scratch.read(math.prod(part) * kind.itemsize)
            storage.read_into(buffer.data, (begin + at * self._strides[0]) * kind.itemsize)
            yield buffer.view(kind).reshape(part)

    @property
    def _storage(self) -> Storage:
        if self.tensor.storage is None:
            raise ValueError("the file holds no values for this tensor")
        return self.tensor.storage

    @property
    def _kind(self) -> np.dtype[Any]:
        """The dtype of the raw elements."""
        stored = self.codec.stored if self.codec.values is not None else numpy_dtype(self.tensor.dtype)
        return stored.newbyteorder(">") if self.tensor.big_endian else stored


@dataclass(frozen=True)
class Found:
    """The matrices of a model in its order, and why others are not among them."""

    matrices: tuple[Matrix, ...]
    notes: tuple[str, ...]


def matrices(checkpoint: Checkpoint, structure: Structure, weights: Weights) -> Found:
    """Every parameter of two dimensions or more with finite floating-point values that differ, tied ones once.

    Recurrent layers are split by gate, stacks of experts by expert. Grouped convolutions are no one matrix, and tensors
    with values that are not finite have no singular values: both are left out and said.
    """
    facts = {fact.name: fact for fact in structure.tensors}
    modules = {module.path: module for module in structure.modules}
    statistics = {each.name: each for each in weights.tensors}
    gates = _gates(facts)
    where = _depths(checkpoint)
    first = next((f.name for f in structure.tensors if _is_kernel(f)), "")
    found: list[Matrix] = []
    left: dict[str, list[str]] = {"quantised": [], "factors": [], "grouped": [], "not finite": [], "not stored": []}
    factors = {id(t) for made in factors_in(checkpoint.tensors)[0] for t in made.parts.values()}
    for tensor in checkpoint.tensors:
        fact, values = facts.get(tensor.name), statistics.get(tensor.name)
        if fact is None or values is None or not _is_weight(fact, values):
            continue
        module = modules.get(fact.module)
        if fact.scheme:
            left["quantised"].append(tensor.name)
        elif id(tensor) in factors:
            left["factors"].append(tensor.name)
        elif _is_grouped(fact, module, first):
            left["grouped"].append(tensor.name)
        elif values.nan or values.positive_infinity or values.negative_infinity:
            left["not finite"].append(tensor.name)
        elif tensor.is_expanded or tensor.storage is None or tensor.storage.size_bytes < tensor.size_bytes:
            left["not stored"].append(tensor.name)
        else:
            found += _split(
                tensor, values, where[tensor.name], gates.get(tensor.name, 1), stack=_is_stack(fact.shape, module)
            )
    return Found(tuple(found), tuple(_note(reason, names) for reason, names in left.items() if names))


def _depths(checkpoint: Checkpoint) -> dict[str, _Place]:
    """Role and depth of each tensor; one that is not repeated is its own role."""
    found = places((tensor.name, tensor.shape) for tensor in checkpoint.tensors)
    members: Counter[str] = Counter()
    depths: dict[str, _Place] = {}
    for name in sorted(found, key=lambda name: found[name].indices):
        role = found[name].role
        depths[name] = (role, members[role])
        members[role] += 1
    return {tensor.name: depths.get(tensor.name, _alone(tensor.name)) for tensor in checkpoint.tensors}


def _alone(name: str) -> _Place:
    """A tensor that is not repeated is its own role, but for the numbered layers of torch's recurrent networks."""
    layer = _LAYER.search(name[-30:])
    return (name.replace(f"_l{layer[1]}", "_l#"), int(layer[1])) if layer and len(name) < 1000 else (name, 0)


def _is_weight(fact: TensorFact, values: TensorStatistics) -> bool:
    return (
        fact.role == "parameter"
        and len(fact.shape) > 1
        and fact.dtype.startswith(_FLOATS)
        and fact.layout == "dense"
        and not fact.tied_to
        and values.count == fact.count  # not packed
        and codec(fact.dtype).element_bits >= 8
        and (_flawed(values) or values.minimum != values.maximum)
    )


def _is_kernel(fact: TensorFact) -> bool:
    """Whether it may be that of a convolution; class tokens and positions have one row."""
    return len(fact.shape) > 2 and fact.shape[0] > 1 and fact.role == "parameter"


def _flawed(values: TensorStatistics) -> bool:
    return bool(values.nan or values.positive_infinity or values.negative_infinity)


def _is_grouped(fact: TensorFact, module: ModuleFact | None, first: str) -> bool:
    """Whether it is the weight of a convolution whose outputs see only some inputs each.

    A kernel of one input channel is a depthwise one, unless it is the ``first`` of the model, whose input has one
    channel, or its module says so.
    """
    if module is not None and "Conv" in module.type:
        groups = next((item.value for item in module.attributes if item.name == "groups"), "")
        if groups:
            return groups != "1"
    return len(fact.shape) > 2 and fact.shape[1] == 1 and fact.shape[0] > 1 and fact.name != first


def _gates(facts: Mapping[str, TensorFact]) -> dict[str, int]:
    """Gates in each weight of a recurrent layer, from the shape of its hidden one: gates · hidden × hidden."""
    found: dict[str, int] = {}
    for name, fact in facts.items():
        match = _RECURRENT.fullmatch(name) if len(name) < 1000 and len(fact.shape) == 2 else None
        if match is None:
            continue
        hidden = facts.get(f"{match['before']}weight_hh{match['after']}")
        if hidden is not None and len(hidden.shape) == 2 and hidden.shape[1] > 0:
            count, rest = divmod(hidden.shape[0], hidden.shape[1])
            if rest == 0 and count in _GATES and fact.shape[0] == hidden.shape[0]:
                found[name] = count
    return found


def _split(tensor: LazyTensor, values: TensorStatistics, place: _Place, gates: int, *, stack: bool) -> Iterator[Matrix]:
    """The matrices of one tensor that have a spectrum worth the name."""
    shape = tensor.shape

    def made(part: str, first: int, index: int, rows: int, kernel: int) -> Matrix:
        return Matrix(
            tensor=tensor, codec=codec(tensor.dtype), part=part, first=first, index=index, rows=rows,
            columns=inputs * kernel, kernel=kernel, role=f"{place[0]}, {part}" if gates > 1 else place[0],
            depth=place[1], scale=_scale(values),
        )  # fmt: skip

    inputs = shape[2] if stack else shape[1]
    if stack:
        if min(shape[1:]) >= SMALLEST_SIDE:
            for index in range(0, shape[0], -(-shape[0] // _MOST_SLICES)):
                yield made(f"slice {index}" if shape[0] > 1 else "", 0, index, shape[1], 1)
        return
    rows = shape[0] // gates
    kernel = math.prod(shape[2:])
    if min(rows, inputs * kernel) >= SMALLEST_SIDE:
        for gate in range(gates):
            yield made(_GATES[gates][gate] if gates > 1 else "", gate * rows, -1, rows, kernel)


def _is_stack(shape: tuple[int, ...], module: ModuleFact | None) -> bool:
    """Whether a tensor of three dimensions is a row of matrices, rather than the kernel of a convolution."""
    if len(shape) != 3 or (module is not None and "Conv" in module.type):
        return False
    return shape[0] == 1 or min(shape[1], shape[2]) >= _KERNEL


def _scale(values: TensorStatistics) -> int:
    """The power of two that brings the largest magnitude near 1, where it is so far from it that squares could fail."""
    largest = max(abs(values.minimum or 0.0), abs(values.maximum or 0.0))
    exponent = int(np.frexp(largest)[1])
    return -exponent if abs(exponent) > 30 else 0


_REASONS = {
    "quantised": "{} of quantised weights, whose codes have no spectrum",
    "factors": "{} that {} of an adapter, whose product counts",
    "grouped": "{} of grouped convolutions: {} no one matrix",
    "not finite": "{} with NaN or infinite values",
    "not stored": "{} whose elements are not all stored",
}


def _note(reason: str, names: list[str]) -> str:
    many = len(names) != 1
    what = f"{len(names)} tensor{'s' if many else ''}"
    is_one = ("they are" if many else "it is") if reason == "grouped" else ("are factors" if many else "is a factor")
    listed = ", ".join(name[:80] for name in names[:3]) + (" …" if len(names) > 3 else "")
    return f"Left out: {_REASONS[reason].format(what, is_one)} ({listed})."

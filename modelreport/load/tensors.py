"""From recorded calls to lazy tensors.

Source of the layouts: ``torch/_tensor.py`` (``_reduce_ex_internal``) and ``torch/_utils.py`` of torch 2.13.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from modelreport.checkpoint import LazyTensor, Storage
from modelreport.facts import DTYPE_BITS, Role
from modelreport.load.numpy_values import is_array, read_array
from modelreport.load.pickle_values import Made, Name, Persistent, mapping
from modelreport.load.storages import Storages, TensorError, dtype_of

NEST_LIMIT = 20
"""Deepest nesting of rebuild calls that is followed."""
INSIDE_LIMIT = 64
"""Most tensors that are looked for inside one wrapper."""
NOTE_LIMIT = 20
PACKED = {"quint4x2": 2, "quint2x4": 4}
"""Quantised dtypes that put several elements into a byte."""


@dataclass(frozen=True)
class Parts:
    """One tensor of the file: usually a single dense one; sparse and wrapped ones consist of several."""

    tensors: tuple[tuple[str, LazyTensor], ...]
    """Suffix of the name (empty for the tensor itself) and the tensor, nameless."""

    @property
    def main(self) -> LazyTensor:
        """The tensor that carries the values."""
        return self.tensors[0][1]

    def named(self, name: str, role: Role | None = None) -> list[LazyTensor]:
        """The tensors under ``name``; parts after the first are constants of the layout."""
        return [
            replace(tensor, name=f"{name}.{suffix}" if suffix else name, role=tensor.role or role)
            for suffix, tensor in self.tensors
        ]


@dataclass
class Tensors:
    """Reads the tensors of one pickle; the same value gives the same parts."""

    storages: Storages
    persistent: dict[str, Parts] = field(default_factory=dict)
    """Tensors that are referred to by number (.tar files)."""
    notes: list[str] = field(default_factory=list)
    broken: int = 0
    """Tensors that could not be read."""
    _known: dict[int, tuple[Any, Parts | None]] = field(default_factory=dict)
    _arrays: dict[int, Storage] = field(default_factory=dict)

    def read(self, value: Any, where: str = "") -> Parts | None:
        """The tensor that ``value`` stands for, ``None`` when it stands for something else."""
        if isinstance(value, LazyTensor):
            return Parts((("", value),))
        if isinstance(value, Persistent):
            return self.persistent.get(value.value) if isinstance(value.value, str) else None
        if not isinstance(value, Made):
            return None
        known = self._known.get(id(value))
        if known is None:
            known = (value, self._read_once(value, where))  # the value is kept, so that its id stays its own
            self._known[id(value)] = known
        return known[1]

    def _read_once(self, value: Made, where: str) -> Parts | None:
        try:
            parts = self.maybe(value, 0)
        except TensorError as error:
            return self._unreadable(where, str(error))
        except (IndexError, TypeError, ValueError, AttributeError):
            return self._unreadable(where, "it is not given as torch gives it")
        if parts is not None and (value.items or value.pairs):
            self.note(f"The file writes items into the tensor {where or '?'} after making it; they are ignored.")
        return parts

    def _unreadable(self, where: str, reason: str) -> Parts:
        self.broken += 1
        self.note(f"The tensor {where[:200] or '?'} cannot be read: {reason}.")
        return Parts((("", LazyTensor("", "unknown", (0,), None, missing=f"unreadable: {reason}", layout="meta")),))

    def note(self, text: str) -> None:
        """Keep a note for the report, up to a limit."""
        if len(self.notes) < NOTE_LIMIT:
            self.notes.append(text)

    def maybe(self, value: Any, depth: int) -> Parts | None:
        """As ``read`` at a depth of nesting; ``TensorError`` when the tensor is malformed."""
        if depth > NEST_LIMIT:
            raise TensorError("it is wrapped too many times")
        if isinstance(value, (LazyTensor, Persistent)):
            return self.read(value)
        if not isinstance(value, Made):
            return None
        if is_array(value):
            array = read_array(value, self._arrays)
            return Parts((("", array),)) if array is not None else None
        reader = _READERS.get(value.path)
        if reader is None:
            return None
        if not isinstance(value.arguments, tuple):
            raise TensorError("it is not given as torch gives it")
        return reader(self, value, depth)

    def inner(self, value: Any, depth: int) -> Parts:
        """The tensor inside another; ``TensorError`` when there is none."""
        parts = self.maybe(value, depth + 1)
        if parts is None:
            raise TensorError("it wraps something that is no tensor")
        return parts


def shape_of(value: Any) -> tuple[int, ...]:
    """Sizes or indices as torch pickles them; ``TensorError`` when they are not whole numbers of bounded product."""
    if isinstance(value, Made) and value.path == "torch.Size" and isinstance(value.arguments, tuple):
        value = value.arguments[0] if value.arguments else ()
    if not isinstance(value, (tuple, list)) or len(value) > 64:
        raise TensorError("its shape is not given as torch gives it")
    if not all(type(size) is int and 0 <= size < 2**63 for size in value):
        raise TensorError("its shape has a dimension that is no size")
    if math.prod(value) >= 2**63:
        raise TensorError("its shape has more elements than memory can address")
    return tuple(value)


def view(storage: Storage | None, dtype: str, shape: Any, strides: Any, offset: Any) -> LazyTensor:
    """A dense tensor over ``storage``, checked to lie inside it."""
    sizes = shape_of(shape)
    steps = shape_of(strides) if math.prod(shape_of(shape)) else (0,) * len(sizes)
    if len(steps) != len(sizes) or type(offset) is not int or not 0 <= offset < 2**63:
        raise TensorError("its strides do not fit its shape")
    count = math.prod(sizes)
    last = offset + sum((n - 1) * s for n, s in zip(sizes, steps, strict=True)) + 1 if count else 0
    needed = -(-last // PACKED[dtype]) if dtype in PACKED else last * DTYPE_BITS[dtype] // 8
    if storage is not None and needed > storage.size_bytes:
        raise TensorError(f"it reaches {needed:,} bytes into a storage of {storage.size_bytes:,}")
    if dtype in PACKED:
        shown = "×".join(str(size) for size in sizes)
        note = f"{shown} elements, {PACKED[dtype]} to a byte; shown as its bytes"
        return LazyTensor("", dtype, (-(-count // PACKED[dtype]),), storage, note=note)
    tensor = LazyTensor("", dtype, sizes, storage, steps if count else None, offset)
    if tensor.is_contiguous:
        tensor.strides = None
    return tensor


def _strided(tensors: Tensors, made: Made, _: int) -> Parts:
    """``_rebuild_tensor[_v2|_v3](storage, offset, size, stride, requires_grad, hooks[, dtype], metadata)``."""
    arguments = made.arguments
    typed = tensors.storages.resolve(arguments[0])
    dtype, note, rest = typed.dtype, "", arguments[6:]
    if made.path.endswith("_v3"):
        dtype, note = dtype_of(arguments[6])
        rest = arguments[7:]
    tensor = view(typed.storage, dtype, arguments[2], arguments[3], arguments[1] + typed.offset)
    flags = mapping(rest[0]) if rest else None
    marked = [flag for flag in ("conj", "neg") if flags and flags.get(flag) is True]
    if marked:
        note = f"stored with the {' and '.join(marked)} bit set: the values are those before it"
    tensor.note, tensor.missing = tensor.note or note, typed.missing
    tensor.layout = "dense" if typed.storage is not None else "meta"
    tensor.big_endian = tensors.storages.big_endian and DTYPE_BITS[dtype] > 8
    if len(arguments) > 4 and isinstance(arguments[4], bool):
        tensor.trainable = arguments[4] or None  # False in a state_dict says nothing: it is detached
    return Parts((("", tensor),))


def _parameter(tensors: Tensors, made: Made, depth: int) -> Parts:
    """``_rebuild_parameter(data, requires_grad, hooks[, state])``."""
    parts = tensors.inner(made.arguments[0], depth)
    trainable = made.arguments[1] if isinstance(made.arguments[1], bool) else None
    first, *others = parts.tensors
    return Parts(((first[0], replace(first[1], trainable=trainable, role="parameter")), *others))


def _subclass(tensors: Tensors, made: Made, depth: int) -> Parts:
    """``_rebuild_from_type_v2(function, class, args, state)``: what ``function(*args)`` gives, as a subclass."""
    function, kind, arguments, state = made.arguments
    name = kind.path if isinstance(kind, Name) else "an unknown class"
    note = "" if name in ("torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer") else f"of the class {name[:120]}"
    parts = tensors.inner(Made(function, arguments, "call"), depth)
    inside = _inside(tensors, state, depth) if parts.main.storage is None else []
    main = replace(parts.main, note="; ".join(text for text in (note, parts.main.note) if text))
    if name == "torch.nn.parameter.Parameter":
        main.role = "parameter"
    if inside:
        main.missing = "made of the tensors inside it"
    return Parts((("", main), *parts.tensors[1:], *inside))


def _inside(tensors: Tensors, state: Any, depth: int) -> list[tuple[str, LazyTensor]]:
    """Tensors among the attributes of a wrapper subclass."""
    states = state if isinstance(state, tuple) else (state,)
    found: list[tuple[str, LazyTensor]] = []
    for part in states:
        for key, value in list((mapping(part) or {}).items())[:INSIDE_LIMIT]:
            inner = tensors.maybe(value, depth + NEST_LIMIT // 3)
            if inner is not None and len(found) < INSIDE_LIMIT:
                found += [(f"{key}.{suffix}" if suffix else key, tensor) for suffix, tensor in inner.tensors]
    return found


def _wrapper(_: Tensors, made: Made, __: int) -> Parts:
    """``_rebuild_wrapper_subclass(class, dtype, size, stride, offset, layout, device, requires_grad)``."""
    kind = made.arguments[0]
    dtype, note = dtype_of(made.arguments[1])
    missing = f"a wrapper of the class {kind.path[:120] if isinstance(kind, Name) else '?'}"
    return Parts(
        (("", LazyTensor("", dtype, shape_of(made.arguments[2]), None, missing=missing, layout="meta", note=note)),)
    )


def _meta(_: Tensors, made: Made, __: int) -> Parts:
    """``_rebuild_meta_tensor_no_storage(dtype, size, stride, requires_grad)``."""
    dtype, note = dtype_of(made.arguments[0])
    tensor = view(None, dtype, made.arguments[1], made.arguments[2], 0)
    tensor.layout, tensor.note = "meta", note
    tensor.missing = "saved from the meta device: the file holds no values"
    return Parts((("", tensor),))


def _quantised(tensors: Tensors, made: Made, depth: int) -> Parts:
    """``_rebuild_qtensor(storage, offset, size, stride, quantizer, requires_grad, hooks)``."""
    arguments = made.arguments
    typed = tensors.storages.resolve(arguments[0])
    tensor = view(typed.storage, typed.dtype, arguments[2], arguments[3], arguments[1])
    tensor.layout = "quantized"
    scheme, *values = arguments[4]
    name = scheme.name if isinstance(scheme, Name) else "unknown"
    parts: list[tuple[str, LazyTensor]] = []
    if name.startswith("per_channel") and len(values) == 3:
        text = f"quantised {name} along dimension {values[2] if isinstance(values[2], int) else '?'}"
        for suffix, value in (("scales", values[0]), ("zero_points", values[1])):
            parts.append((suffix, replace(tensors.inner(value, depth).main, role="constant")))
    else:
        scale, zero = (value if isinstance(value, (int, float)) else "?" for value in (*values, "?", "?")[:2])
        text = (
            f"quantised {name}, scale {scale:.6g}" if isinstance(scale, float) else f"quantised {name}, scale {scale}"
        )
        text += f", zero point {zero}"
    tensor.note = "; ".join(part for part in (text, tensor.note) if part)
    return Parts((("", tensor), *parts))


def _sparse(tensors: Tensors, made: Made, depth: int) -> Parts:
    """``_rebuild_sparse_tensor(layout, data)``.

    ``data`` is (indices, values, size[, coalesced]) for COO, else (outer indices, inner indices, values, size).
    """
    layout, data = made.arguments[:2]
    kind = layout if isinstance(layout, Made) else Made(layout, (), "call")
    name = (
        next((a for a in kind.arguments if isinstance(a, str)), kind.path)
        .removeprefix("torch.")
        .removeprefix("sparse_")
    )
    values_at = 1 if name == "coo" else 2
    shape = shape_of(data[values_at + 1])
    values = tensors.inner(data[values_at], depth).main
    shown = "×".join(str(size) for size in shape)
    note = f"sparse ({name}) {shown}: {values.shape[0] if values.shape else 0:,} stored values"
    parts = [("values", replace(values, layout="sparse", note=note))]
    labels = ("indices",) if name == "coo" else ("outer_indices", "inner_indices")
    for label, value in zip(labels, data, strict=False):
        parts.append((label, replace(tensors.inner(value, depth).main, role="constant", layout="sparse")))
    return Parts(tuple(parts))


def _nested(tensors: Tensors, made: Made, depth: int) -> Parts:
    """``_rebuild_nested_tensor(buffer, sizes, strides, offsets)``."""
    buffer = tensors.inner(made.arguments[0], depth).main
    sizes = tensors.inner(made.arguments[1], depth).main
    count = sizes.shape[0] if sizes.shape else 0
    return Parts((("", replace(buffer, note=f"nested tensor of {count} tensors, shown as the buffer of all values")),))


def _from_device(tensors: Tensors, made: Made, depth: int) -> Parts:
    """``_rebuild_device_tensor_from_…(data, dtype, device, requires_grad)``."""
    parts = tensors.inner(made.arguments[0], depth)
    device = made.arguments[2]
    return Parts(
        (("", replace(parts.main, note=f"saved from the device {device if isinstance(device, str) else '?'}")),)
    )


def _uninitialised(_: Tensors, made: Made, __: int) -> Parts:
    """A lazy module's parameter that has no shape yet."""
    trainable = made.arguments[0] if made.arguments and isinstance(made.arguments[0], bool) else None
    missing = "not initialised: a lazy module that never saw an input"
    return Parts((("", LazyTensor("", "unknown", (0,), None, missing=missing, layout="meta", trainable=trainable)),))


_READERS: dict[str, Callable[[Tensors, Made, int], Parts]] = {
    "torch._utils._rebuild_tensor": _strided,
    "torch._utils._rebuild_tensor_v2": _strided,
    "torch._utils._rebuild_tensor_v3": _strided,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch._tensor._rebuild_from_type": lambda t, m, d: t.inner(Made(m.arguments[0], m.arguments[2], "call"), d),
    "torch._tensor._rebuild_from_type_v2": _subclass,
    "torch._utils._rebuild_wrapper_subclass": _wrapper,
    "torch._utils._rebuild_meta_tensor_no_storage": _meta,
    "torch._utils._rebuild_qtensor": _quantised,
    "torch._utils._rebuild_sparse_tensor": _sparse,
    "torch._utils._rebuild_sparse_csr_tensor": _sparse,
    "torch._utils._rebuild_nested_tensor": _nested,
    "torch._utils._rebuild_device_tensor_from_numpy": _from_device,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": _from_device,
    "torch._utils._rebuild_xla_tensor": _from_device,
    "torch.nn.parameter.UninitializedParameter": _uninitialised,
    "torch.nn.parameter.UninitializedBuffer": _uninitialised,
}

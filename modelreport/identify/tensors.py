"""Facts of each tensor: what it is for, whose it is, and what it shares with others."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelreport.checkpoint import LazyTensor
from modelreport.facts import DTYPE_BITS, Role, TensorFact
from modelreport.identify.quantised import NONE, Quantised

BUFFER_NAME = re.compile(
    r"(^|[._])(running_mean|running_var|num_batches_tracked|position_ids|token_type_ids|inv_freq|relative_position_index"
    r"|relative_coords_table|attn_mask|masked_bias|total_ops|total_params|pixel_mean|pixel_std|anchors?|\w*_buffer"
    r"|quant_map|absmax|nested_\w+|SCB|[gq]_idx|qzeros|zero_points?|quant_state\.\w+|mel_filters?|window)$"
)
"""Last parts of names that libraries register as buffers."""
_PACKED = re.compile(r"(^|\.)(qweight|weight_packed|weight|\w+_blocks|packed_weight)$")
_LONGEST = 200
"""Characters at the end of a name that tell its role."""
_CHECKED = 64
"""Earlier tensors of the same storage that one is compared with, so that hostile files cost no quadratic time."""


def role_of(tensor: LazyTensor, roles: Mapping[str, Role], quantised: Quantised = NONE) -> Role:
    """What a tensor is for: as the file says, else as the identified module says, else by its name and dtype.

    What belongs to a quantised weight (scales, zero points) is a buffer.
    """
    if tensor.role is not None:
        return tensor.role
    if tensor.name in quantised.weights:
        return "parameter"
    if tensor.name in quantised.parts:
        return "buffer"
    if (known := roles.get(tensor.name)) is not None:
        return known
    end = tensor.name[-_LONGEST:]  # a name of a megabyte must not keep the patterns busy
    if BUFFER_NAME.search(end):
        return "buffer"
    whole = not tensor.dtype.startswith(("float", "bfloat", "complex", "qint", "quint", "bits"))
    return "buffer" if whole and not _PACKED.search(end) else "parameter"


@dataclass(frozen=True)
class Sharing:
    """What one tensor shares with earlier ones."""

    first: int
    """Index of the earliest tensor that is the same view; its own index when there is none."""
    overlaps: int
    """Index of an earlier tensor that shares part of the storage; -1 when there is none."""
    stored_bytes: int
    """Bytes it adds to the file."""


def sharing_of(tensors: Sequence[LazyTensor]) -> list[Sharing]:
    """For each tensor in file order, what it shares with earlier ones."""
    views: dict[tuple[object, ...], int] = {}
    storages: dict[int, _Covered] = {}
    found = []
    for index, tensor in enumerate(tensors):
        key = tensor.view_key
        if key is None or tensor.storage is None or tensor.count == 0:
            found.append(Sharing(index, -1, 0 if tensor.count == 0 else stored_size(tensor)))
            continue
        if key in views:
            found.append(Sharing(views[key], -1, 0))
            continue
        views[key] = index
        covered = storages.setdefault(id(tensor.storage), _Covered())
        overlaps, added = covered.add(index, tensor, tensors)
        found.append(
            Sharing(index, overlaps, min(added, stored_size(tensor)) if overlaps >= 0 else stored_size(tensor))
        )
    return found


def stored_size(tensor: LazyTensor) -> int:
    """Bytes of the elements that are stored, each once: an expanded dimension counts one."""
    return (math.prod(tensor.stored_shape) * DTYPE_BITS[tensor.dtype] + 7) // 8


class _Covered:
    """The byte ranges of one storage that tensors have covered so far."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._members: list[tuple[int, int, int]] = []

    def add(self, index: int, tensor: LazyTensor, tensors: Sequence[LazyTensor]) -> tuple[int, int]:
        """Index of an earlier tensor that shares elements, or -1, and how many bytes are new."""
        start, end = span_of(tensor)
        other = -1
        for earlier, low, high in self._members[:_CHECKED]:
            if low < end and start < high and shares_memory(tensors[earlier], tensor):
                other = earlier
                break
        if len(self._members) < _CHECKED:
            self._members.append((index, start, end))
        return other, self._cover(start, end)

    def _cover(self, start: int, end: int) -> int:
        first = bisect_left(self._ends, start)
        last, new, low, high = first, end - start, start, end
        while last < len(self._starts) and self._starts[last] <= end:
            new -= max(0, min(end, self._ends[last]) - max(start, self._starts[last]))
            low, high = min(low, self._starts[last]), max(high, self._ends[last])
            last += 1
        self._starts[first:last], self._ends[first:last] = [low], [high]
        return new


def span_of(tensor: LazyTensor) -> tuple[int, int]:
    """First byte and the one past the last byte that a tensor touches in its storage."""
    bits = DTYPE_BITS[tensor.dtype]
    last = sum((n - 1) * s for n, s in zip(tensor.shape, tensor.element_strides, strict=True))
    return tensor.offset * bits // 8, ((tensor.offset + last + 1) * bits + 7) // 8


def shares_memory(one: LazyTensor, two: LazyTensor) -> bool:
    """Whether two views of one storage have an element in common (undecided cases count as shared)."""
    import numpy as np

    base = np.empty(1, np.uint8)

    def view(tensor: LazyTensor) -> Any:
        width = max(DTYPE_BITS[tensor.dtype] // 8, 1)
        address = base.__array_interface__["data"][0] + span_of(tensor)[0]
        fake = {
            "data": (address, True), "shape": tensor.stored_shape,
            "strides": tuple(s * width for s in tensor.element_strides),
            "typestr": f"|V{width}", "version": 3,
        }  # fmt: skip
        return np.asarray(type("Address", (), {"__array_interface__": fake})())  # never read

    try:
        return bool(np.shares_memory(view(one), view(two), max_work=10_000))  # type: ignore[arg-type]  # any effort is allowed
    except Exception:  # too hard, or more dimensions than numpy has
        return True


def parameters_in(fact: TensorFact) -> int:
    """Parameters that a tensor stands for: its elements, those of the unpacked weight where it is packed."""
    if fact.role != "parameter":
        return 0
    return fact.count if fact.stands_for is None else fact.stands_for


def fact_of(
    tensor: LazyTensor,
    tensors: Sequence[LazyTensor],
    sharing: Sharing,
    index: int,
    role: Role,
    module: str,
    quantised: Quantised = NONE,
) -> TensorFact:
    """The fact of one tensor."""
    stands_for = quantised.stands_for(tensor.name)
    return TensorFact(
        name=tensor.name,
        shape=tensor.shape,
        dtype=tensor.dtype,
        role=role,
        module=module,
        count=tensor.count,
        size_bytes=tensor.size_bytes,
        stored_bytes=sharing.stored_bytes if tensor.storage is not None else 0,
        trainable=tensor.trainable,
        tied_to=tensors[sharing.first].name if sharing.first != index else "",
        overlaps=tensors[sharing.overlaps].name if sharing.overlaps >= 0 else "",
        contiguous=tensor.is_contiguous,
        expanded=tensor.is_expanded,
        layout=tensor.layout,
        scheme=quantised.scheme(tensor.name),
        stands_for=None if stands_for == tensor.count else stands_for,
        file=tensor.storage.file if tensor.storage is not None else 0,
        note=tensor.note or tensor.missing or quantised.note(tensor.name),
    )

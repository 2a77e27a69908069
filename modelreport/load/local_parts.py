"""Parameters inside the flat vectors that FSDP's ``LOCAL_STATE_DICT`` saves, found by the memory they share with them.

With ``use_orig_params=True`` each process saves, beside its part of a unit's ``_flat_param``, what it holds of each
parameter: a view of that part, in the same storage of the file. Where it lies in the vector is where the view begins,
so that the parts of all processes make the parameter. Its shape is in no file. Without ``use_orig_params`` there is the
vector alone. As torch 2.13 writes it: ``_local_pre_state_dict_hook`` and ``_local_post_state_dict_hook`` of
``torch/distributed/fsdp/_state_dict_utils.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from modelreport.checkpoint import LazyTensor, Storage
from modelreport.facts import DTYPE_BITS
from modelreport.load.joined import Joined, Piece

FLAT = "flat_param"
_PADDING_BYTES = 16
"""FSDP lets each parameter begin at a multiple of so many bytes."""

Held = tuple[int, LazyTensor]
"""What one process holds of a vector: its first element in the whole, and the tensor."""


def parameters_in(vector: Mapping[int, Held], views: Mapping[str, Mapping[int, LazyTensor]]) -> dict[str, LazyTensor]:
    """Those of the views, by name and process, that are parameters in the vector: as vectors of all their elements."""
    found: dict[str, LazyTensor] = {}
    for name, parts in views.items():
        places = [_place(vector.get(rank), part) for rank, part in parts.items() if part.count]
        known = sorted((place for place in places if place is not None), key=lambda place: place[0])
        if known and len(known) == len(places) and _follow(known):
            found[name] = _whole(known)
    return found


def is_covered(vector: LazyTensor, parameters: Iterable[LazyTensor], processes: int) -> bool:
    """Whether the parameters are all of a vector, but for what fills it up."""
    held = [parameter.count for parameter in parameters]
    spare = _PADDING_BYTES * 8 // DTYPE_BITS[vector.dtype] * len(held) + processes
    return bool(held) and vector.count - sum(held) <= spare


def _place(held: Held | None, part: LazyTensor) -> Held | None:
    """Where a view begins in the whole vector; ``None`` for what is no part of it."""
    if held is None or part.storage is None or part.storage is not held[1].storage:
        return None
    at = part.offset - held[1].offset
    inside = len(part.shape) == 1 and part.is_contiguous and 0 <= at <= held[1].count - part.count
    return (held[0] + at, part) if inside and part.dtype == held[1].dtype else None


def _follow(places: list[Held]) -> bool:
    return all(at + part.count == after for (at, part), (after, _) in pairwise(places))


def _whole(places: list[Held]) -> LazyTensor:
    first, dtype = places[0][0], places[0][1].dtype
    count = sum(part.count for _, part in places)
    pieces = [
        Piece((at - first,), part.shape, part.storage, part.offset) for at, part in places if part.storage is not None
    ]
    joined = Joined((count,), DTYPE_BITS[dtype] // 8, pieces)
    storage = Storage(joined, 0, joined.size_bytes, min(piece.storage.file for piece in pieces))
    return LazyTensor("", dtype, (count,), storage, big_endian=places[0][1].big_endian)

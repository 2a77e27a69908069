"""Parameters that lie in flat vectors spread over processes, put together again.

The layouts are those that ``deepspeed/utils/zero_to_fp32.py`` of DeepSpeed 0.19 reads back. ZeRO 1 and 2 lay the
parameters of a group one after the other and cut the whole into equal parts, one for each process; ZeRO 3 cuts every
parameter by itself, so that each process holds a part of each, the last one padded.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelreport.checkpoint import LazyTensor, Storage
from modelreport.facts import DTYPE_BITS
from modelreport.load.joined import Joined, Piece
from modelreport.load.storages import TensorError

Shape = tuple[int, ...]
Vector = Sequence[LazyTensor | None]
"""One process's part: flat tensors one after the other; ``None`` where the file is missing."""


@dataclass(frozen=True)
class Span:
    """Elements of a parameter that one process holds."""

    rank: int
    at: int
    """First element in the process's vector."""
    start: int
    """First element in the parameter."""
    count: int


def cut_together(offset: int, count: int, ends: Sequence[int]) -> Iterator[Span]:
    """Where ``count`` elements from ``offset`` on of a group lie, whose parts end at these places (ZeRO 1 and 2)."""
    for rank in range(bisect_right(ends, offset), len(ends)):
        begin = ends[rank - 1] if rank else 0
        if begin >= offset + count:
            return
        first, last = max(offset, begin), min(offset + count, ends[rank])
        if first < last:
            yield Span(rank, first - begin, first - offset, last - first)


def cut_each(offset: int, count: int, ranks: int) -> Iterator[Span]:
    """Where a parameter lies of which every process holds an equal part at ``offset`` (ZeRO 3).

    One after the other: how many processes there were is only claimed, and the first part that is missing is the last
    one looked for.
    """
    part = -(-count // ranks)
    held = -(-count // part) if part else 0
    return (Span(rank, offset, rank * part, min(part, count - rank * part)) for rank in range(held))


def offsets(shapes: Mapping[str, Shape], paddings: Sequence[int] = ()) -> Iterator[tuple[str, Shape, int]]:
    """Name, shape and first element of each parameter of a group, laid one after the other."""
    at = 0
    for index, (name, shape) in enumerate(shapes.items()):
        yield name, shape, at
        at += math.prod(shape) + (paddings[index] if index < len(paddings) else 0)


def gather(shape: Shape, spans: Iterable[Span], vectors: Sequence[Vector]) -> LazyTensor:
    """The parameter as one tensor; ``TensorError`` when a part of it is missing or does not fit.

    ``vectors`` may end before the last process: what is not there is missing.
    """
    pieces: list[Piece] = []
    dtypes: set[tuple[str, bool]] = set()
    for span in spans:
        vector = vectors[span.rank] if span.rank < len(vectors) else (None,)
        for tensor, at, start, count in _inside(span, vector):
            if tensor is None:
                raise TensorError(f"the part that process {span.rank} holds is missing")
            if tensor.storage is None or len(tensor.shape) != 1 or not tensor.is_contiguous:
                raise TensorError(f"the part that process {span.rank} holds is no flat vector")
            dtypes.add((tensor.dtype, tensor.big_endian))
            pieces.append(Piece((start,), (count,), tensor.storage, tensor.offset + at))
    if len(dtypes) != 1:
        raise TensorError("its parts differ in dtype" if dtypes else "no process holds a part of it")
    dtype, big_endian = dtypes.pop()
    if DTYPE_BITS[dtype] < 8:
        raise TensorError(f"parts of {dtype} are not put together")
    if len(pieces) == 1 and pieces[0].shape == (math.prod(shape),):
        return LazyTensor("", dtype, shape, pieces[0].storage, None, pieces[0].offset, big_endian=big_endian)
    try:
        joined = Joined((math.prod(shape),), DTYPE_BITS[dtype] // 8, pieces)
    except ValueError as error:
        raise TensorError(str(error)) from error
    file = min(piece.storage.file for piece in pieces)
    return LazyTensor("", dtype, shape, Storage(joined, 0, joined.size_bytes, file), big_endian=big_endian)


def _inside(span: Span, vector: Vector) -> Iterator[tuple[LazyTensor | None, int, int, int]]:
    """Tensor, first element in it, first element in the parameter and count, for each tensor that a span crosses."""
    begin, left = 0, span.count
    for tensor in vector:
        if tensor is None:
            yield None, 0, 0, 0
            return
        first, last = max(span.at, begin), min(span.at + span.count, begin + tensor.count)
        if first < last:
            yield tensor, first - begin, span.start + first - span.at, last - first
            left -= last - first
        begin += tensor.count
        if not left:
            return
    if left:
        raise TensorError(f"the part that process {span.rank} holds is too short")

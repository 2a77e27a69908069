"""From a lazy tensor to blocks of raw elements: each stored element once, in row-major order."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import LazyTensor
from modelreport.files import OpenFile
from modelreport.measure.codec import Codec, codec, unpack
from modelreport.measure.kernel import BLOCK, scratch

AHEAD_BYTES = 16 << 20
"""Bytes of a far file that are asked for at a time."""

_TOGETHER = 1 << 22
"""Elements that do not follow each other and are gathered at a time: rows of a turned matrix lie in its columns."""

_MOST_DIMENSIONS = 60  # numpy's limit for a view is 64


@dataclass(frozen=True, eq=False)
class Walk:
    """A tensor seen as ``rows`` rows of ``row`` stored elements.

    ``weight`` elements of the shape stand behind each stored one (1 unless expanded), ``row_weight`` channels behind
    each row.
    """

    tensor: LazyTensor
    codec: Codec
    shape: tuple[int, ...]
    """Stored shape: expanded dimensions are 1."""
    strides: tuple[int, ...] | None
    """``None`` when the elements follow each other."""
    rows: int
    row: int
    weight: int
    row_weight: int

    @property
    def count(self) -> int:
        """Stored elements."""
        return self.rows * self.row

    @property
    def size_bytes(self) -> int:
        """Bytes that the stored elements take."""
        return (self.count * self.codec.element_bits + 7) // 8

    @property
    def together(self) -> int:
        """Rows of one block; pieces begin at multiples of it, so that blocks are the same however a tensor is cut."""
        return max(1, BLOCK // max(1, self.row * self.codec.per_element))

    @property
    def raw(self) -> bool:
        """Whether blocks have the elements as they are stored, one behind the other."""
        return self.strides is None and self.codec.element_bits >= 8 and self.codec.per_element == 1

    def blocks(self, first: int, last: int, span: int = 1, *, passing: bool = False) -> Iterator[NDArray[Any]]:
        """Rows ``first`` to ``last`` (excluded) as flat arrays of at most ``kernel.BLOCK`` native raw elements.

        Each holds whole rows, or a part of one that begins at a multiple of ``kernel.BLOCK``. Tabulated dtypes come as
        patterns, ``uint8`` or ``uint16``. With ``span`` up to that many blocks come as one array, where they follow
        each other in memory. With ``passing`` an array may be overwritten when the thread asks for the next one.
        """
        if first >= last:
            return iter(())
        if self.raw:
            return self._straight(first, last, span, passing=passing)
        blocks = self._packed if self.codec.element_bits < 8 else self._scattered if self.strides else self._straight
        return _aligned(blocks(first, last), self.row * self.codec.per_element)

    def _straight(self, first: int, last: int, span: int = 1, *, passing: bool = False) -> Iterator[NDArray[Any]]:
        """Blocks of elements that follow each other."""
        steps = self._passing if passing else self._bytes
        size, most = self.codec.stored.itemsize, BLOCK // self.codec.per_element
        together = last - first if self.row <= most else 1
        step = (most // self.row * self.row if 0 < self.row <= most else most) * span
        for row in range(first, last, together):
            start = (self.tensor.offset + row * self.row) * size
            for raw in steps(start, start + together * self.row * size, step * size):
                yield self._patterns(raw.view(self._kind))

    def _packed(self, first: int, last: int) -> Iterator[NDArray[Any]]:
        """Blocks of elements narrower than a byte, unpacked."""
        bits = self.codec.element_bits
        start, end = first * self.row * bits, last * self.row * bits
        base = self.tensor.offset * bits
        left = (last - first) * self.row
        step = BLOCK * bits // 8 // 3 * 3  # whole groups of 6-bit numbers
        for raw in self._bytes((base + start) // 8, (base + end + 7) // 8, step):
            patterns = unpack(raw, bits)[:left]
            left -= patterns.size
            yield patterns

    def _bytes(self, start: int, end: int, step: int) -> Iterator[NDArray[np.uint8]]:
        """The storage's bytes in steps; far ones are fetched ahead."""
        storage = self.tensor.storage
        if storage is None:  # checked when the walk was made
            return
        if storage.near:
            for at in range(start, end, step):
                yield np.frombuffer(storage.view(at, min(step, end - at)), np.uint8)
            return
        for chunk in range(start, end, AHEAD_BYTES // step * step):
            stop = min(chunk + AHEAD_BYTES // step * step, end)
            if isinstance(storage.source, OpenFile) and stop - chunk > 1 << 17:
                storage.source.prefetch(storage.offset + chunk, stop - chunk)
            view = storage.view(chunk, stop - chunk)
            for at in range(0, stop - chunk, step):
                yield np.frombuffer(view, np.uint8, min(step, stop - chunk - at), at)

    def _passing(self, start: int, end: int, step: int) -> Iterator[NDArray[np.uint8]]:
        """As ``_bytes``, files of this machine read into memory of this thread that stays in its cache."""
        storage = self.tensor.storage
        if storage is None or not isinstance(storage.source, OpenFile) or not storage.near:
            yield from self._bytes(start, end, step)
            return
        for at in range(start, end, step):
            buffer = scratch.read(min(step, end - at))
            storage.read_into(buffer.data, at)
            yield buffer

    def _scattered(self, first: int, last: int) -> Iterator[NDArray[Any]]:
        """Blocks of a view with gaps or another order of dimensions, copied together."""
        storage = self.tensor.storage
        if storage is None or self.strides is None:  # checked when the walk was made
            return
        size = self.codec.stored.itemsize
        rows = (last - first, *self.shape[1:])
        begin = self.tensor.offset + first * self.strides[0]
        for shape, offset in _boxes(rows, self.strides, begin, _TOGETHER):
            strides = self.strides[len(self.strides) - len(shape) :]
            gathered = storage.gather(offset * size, self._kind, shape, strides)
            for part in _slabs(gathered, BLOCK // self.codec.per_element):
                yield self._patterns(np.ascontiguousarray(part).reshape(-1))

    @property
    def _kind(self) -> np.dtype[Any]:
        return self.codec.stored.newbyteorder(">") if self.tensor.big_endian else self.codec.stored

    def _patterns(self, raw: NDArray[Any]) -> NDArray[Any]:
        if self.tensor.big_endian:
            raw = raw.astype(self.codec.stored)
        return raw if self.codec.per_element == 1 else unpack(raw, self.codec.bits)


def _aligned(blocks: Iterator[NDArray[Any]], size: int) -> Iterator[NDArray[Any]]:
    """The same elements in blocks of whole rows of ``size``, or, of longer rows, parts of ``BLOCK``."""
    held: list[NDArray[Any]] = []
    gathered = filled = 0
    for block in blocks:
        rest = block
        while rest.size:
            wanted = BLOCK // size * size if size <= BLOCK else min(BLOCK, size - filled)
            part = rest[: wanted - gathered]
            rest = rest[part.size :]
            if gathered + part.size < wanted:
                held.append(part)
                gathered += part.size
                continue
            yield np.concatenate((*held, part)) if held else part
            filled = (filled + wanted) % size
            held, gathered = [], 0
    if held:
        yield np.concatenate(held) if len(held) > 1 else held[0]


def _boxes(
    shape: tuple[int, ...], strides: tuple[int, ...], offset: int, most: int
) -> Iterator[tuple[tuple[int, ...], int]]:
    """Parts of a view in row-major order, each of at most ``most`` elements: its last dimensions, and where it begins.

    Offset and strides are in elements.
    """
    count = math.prod(shape)
    if count <= most:
        if count:
            yield shape, offset
        return
    step = max(1, most // (count // shape[0]))
    for at in range(0, shape[0], step):
        part = (min(step, shape[0] - at), *shape[1:])
        if math.prod(part) <= most:
            yield part, offset + at * strides[0]
        else:  # one row alone is larger
            yield from _boxes(shape[1:], strides[1:], offset + at * strides[0], most)


def _slabs(array: NDArray[Any], most: int) -> Iterator[NDArray[Any]]:
    """Parts of an array in row-major order, each of at most ``most`` elements."""
    todo = [array]
    while todo:
        part = todo.pop()
        if part.size <= most:
            if part.size:
                yield part
            continue
        row = part.size // len(part)
        if row > most:
            todo.extend(part[i] for i in range(len(part) - 1, -1, -1))
        else:
            rows = most // row
            yield from (part[i : i + rows] for i in range(0, len(part), rows))


def walk(tensor: LazyTensor) -> Walk:
    """How to walk a tensor's stored elements.

    ``ValueError`` with a reason for the reader when it has no values, they are not numbers, or the view does not fit
    its storage.
    """
    if tensor.storage is None:
        raise ValueError(tensor.missing or "the file holds no values for this tensor")
    reader = codec(tensor.dtype)
    if any(n < 0 for n in tensor.shape) or tensor.count >= 1 << 63:
        raise ValueError(f"its shape claims {tensor.count} elements")
    if len(tensor.shape) > _MOST_DIMENSIONS:
        raise ValueError(f"it has {len(tensor.shape)} dimensions, more than can be walked")
    strides = None if tensor.is_contiguous else tensor.strides
    shape = tensor.shape if strides is None else tensor.stored_shape
    stored = math.prod(shape)
    _check_bounds(tensor, shape, strides, stored)
    rows = shape[0] if shape else 1
    return Walk(
        tensor=tensor,
        codec=reader,
        shape=shape,
        strides=None if strides is None or _follow(shape, strides) else strides,
        rows=rows,
        row=stored // rows if rows else 0,
        weight=tensor.count // stored if stored else 1,
        row_weight=tensor.shape[0] // rows if tensor.shape and rows else 1,
    )


def _follow(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether the stored elements of an expanded view follow each other."""
    step = 1
    for n, s in zip(reversed(shape), reversed(strides), strict=True):
        if n != 1 and s != step:
            return False
        step *= n
    return True


def _check_bounds(tensor: LazyTensor, shape: tuple[int, ...], strides: tuple[int, ...] | None, stored: int) -> None:
    """Readers validate views; a wrong one would read foreign memory, so it is checked again where memory is touched."""
    bits = codec(tensor.dtype).element_bits
    held = tensor.storage.size_bytes * 8 // bits if tensor.storage is not None else 0
    if not stored:
        return
    if strides is None:
        low, high = tensor.offset, tensor.offset + stored - 1
    else:
        reach = [(n - 1) * s for n, s in zip(shape, strides, strict=True)]
        low = tensor.offset + sum(r for r in reach if r < 0)
        high = tensor.offset + sum(r for r in reach if r > 0)
    if low < 0 or high >= held:
        raise ValueError(f"its view reaches element {high if low >= 0 else low} of a storage of {held}")
    if stored > held:
        raise ValueError(f"its view shows {stored} elements of a storage of {held}: it overlaps itself")
    if bits < 8 and (strides is not None or tensor.offset * bits % 8):
        raise ValueError(f"elements of {bits} bits in a view that does not begin at a byte or is not contiguous")

"""A tensor whose elements lie in several places, seen as one run of bytes: copied together range by range."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import Storage
from modelreport.files import OpenFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PIECES_LIMIT = 1 << 16
"""Most pieces of one tensor."""
CELLS_LIMIT = 1 << 22
"""Most cells of the grid that the borders of the pieces make."""


class PiecesError(ValueError):
    """The pieces do not make up the whole: the text says why."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A box of the whole."""

    start: tuple[int, ...]
    """Its first element in the whole, one index for each dimension."""
    shape: tuple[int, ...]
    storage: Storage
    offset: int = 0
    """Its first element, in elements from the start of the storage."""
    strides: tuple[int, ...] | None = None
    """In elements; ``None`` when its elements follow each other in row-major order."""

    @property
    def count(self) -> int:
        """Elements."""
        return math.prod(self.shape)


class Joined(OpenFile):
    """The elements of a tensor of ``shape`` in row-major order, ``itemsize`` bytes each, as if they lay in one file.

    A range inside one piece is a view of it; any other is copied together, and only as much as is asked for. Raises
    ``PiecesError`` when pieces overlap, leave a gap, reach out of the whole or out of their storage.
    """

    def __init__(self, shape: tuple[int, ...], itemsize: int, pieces: Sequence[Piece]) -> None:
        self.shape = shape
        self.itemsize = itemsize
        self.pieces = sorted((p for p in pieces if p.count), key=lambda p: p.start)
        self.size_bytes = math.prod(shape) * itemsize
        check_pieces(shape, itemsize, self.pieces)
        first = self.pieces[0].storage.source if self.pieces else None
        self.path = first.path if isinstance(first, OpenFile) else ""
        self._near = all(piece.storage.near for piece in self.pieces)
        whole = (*shape, itemsize)
        self._steps = [math.prod(whole[i + 1 :]) for i in range(len(whole))]
        self._begins = [p.start[0] if p.start else 0 for p in self.pieces]
        self._ends = list(accumulate(((p.start[0] + p.shape[0] if p.start else 1) for p in self.pieces), max))

    @property
    def travels(self) -> bool:
        """Whether another process can open all pieces."""
        sources = (piece.storage.source for piece in self.pieces)
        return all(isinstance(source, OpenFile) and source.travels for source in sources)

    @property
    def near(self) -> bool:
        """Whether all pieces are."""
        return self._near

    def view(self, offset: int, size: int) -> memoryview:
        """``size`` bytes at ``offset``, read-only: of one piece as it gives them, of several copied together."""
        self.check_range(offset, size)
        found = self._inside(offset, size)
        if found is not None:
            storage, start = found
            return storage.view(start, size)
        buffer = memoryview(bytearray(size))
        self.read_into(buffer, offset)
        return buffer.toreadonly()

    def read_into(self, buffer: memoryview, offset: int) -> None:
        """Fill a buffer with what lies at ``offset``, from as many pieces as it takes."""
        import numpy as np

        self.check_range(offset, len(buffer))
        found = self._inside(offset, len(buffer))
        if found is not None:
            storage, start = found
            storage.read_into(buffer, start)
        else:
            self._fill(np.frombuffer(buffer, np.uint8), offset, ())

    def pread(self, size: int, offset: int) -> bytes:
        """At most ``size`` bytes at ``offset``; fewer at the end."""
        start = min(max(offset, 0), self.size_bytes)
        return bytes(self.view(start, max(0, min(size, self.size_bytes - start))))

    def prefetch(self, offset: int, size: int) -> None:
        """Begin to read the piece that the range lies in."""
        found = self._inside(offset, size)
        if found is not None and isinstance(found[0].source, OpenFile):
            found[0].source.prefetch(found[0].offset + found[1], size)

    def close(self) -> None:
        """Nothing: the files of the pieces are closed by whoever opened them."""

    def _between(self, first: int, last: int) -> Sequence[Piece]:
        """The pieces that may reach into steps ``first`` to ``last`` (excluded) of the first dimension."""
        return self.pieces[bisect_right(self._ends, first) : bisect_left(self._begins, last)]

    def _inside(self, offset: int, size: int) -> tuple[Storage, int] | None:
        """The one storage in which a range lies as it is, and where it begins there, in bytes."""
        if not size:
            return None
        step = self._steps[0] if self.shape else self.itemsize
        for piece in self._between(offset // step, -(-(offset + size) // step)):
            if piece.strides is None and (not piece.shape or piece.shape[1:] == self.shape[1:]):
                begin = (piece.start[0] if piece.start else 0) * step
                if begin <= offset and offset + size <= begin + piece.count * self.itemsize:
                    return piece.storage, piece.offset * self.itemsize + offset - begin
        return None

    def _fill(self, out: NDArray[Any], at: int, fixed: tuple[int, ...]) -> None:
        """Copy the bytes from ``at`` on of the part of the whole at the indices ``fixed``: whole steps at once."""
        step, end = self._steps[len(fixed)], at + out.size
        if at % step:  # from the middle of a step
            stop = min((at // step + 1) * step, end)
            self._fill(out[: stop - at], at % step, (*fixed, at // step))
            out, at = out[stop - at :], stop
        rest = out.size % step
        if rest:  # up to the middle of one
            last = (end - rest) // step
            self._fill(out[out.size - rest :], 0, (*fixed, last))
            out = out[: out.size - rest]
        if out.size:
            self._copy(out, fixed, at // step, (at + out.size) // step)

    def _copy(self, out: NDArray[Any], fixed: tuple[int, ...], first: int, last: int) -> None:
        """Copy steps ``first`` to ``last`` of one dimension, at the indices ``fixed`` of those before it."""
        whole, dim = (*self.shape, self.itemsize), len(fixed)
        target = out.reshape(last - first, *whole[dim + 1 :])
        low, high = (fixed[0], fixed[0] + 1) if fixed else (first, last)
        for piece in self._between(low, high) if self.shape else self.pieces:
            start, size = (*piece.start, 0), (*piece.shape, self.itemsize)
            if not all(s <= i < s + n for i, s, n in zip(fixed, start, size, strict=False)):
                continue
            begin, end = max(first, start[dim]), min(last, start[dim] + size[dim])
            if begin >= end:
                continue
            boxes = tuple(slice(s, s + n) for s, n in zip(start[dim + 1 :], size[dim + 1 :], strict=True))
            part = slice(begin - start[dim], end - start[dim])
            index = tuple(i - s for i, s in zip(fixed[1:], start[1:], strict=False))
            rows = part if dim == 0 else slice(fixed[0] - start[0], fixed[0] - start[0] + 1)
            source = self._rows(piece, rows) if piece.shape else self._rows(piece, slice(0, 1))[0]
            inner: Any = (0, *index, part)
            target[(slice(begin - first, end - first), *boxes)] = source if dim == 0 else source[inner]

    def _rows(self, piece: Piece, rows: slice) -> NDArray[Any]:
        """Some rows of a piece as bytes: shape ``(rows, *piece.shape[1:], itemsize)``."""
        import numpy as np

        shape = (rows.stop - rows.start, *piece.shape[1:])
        strides = (piece.strides or _row_major(piece.shape)) or (1,)
        whole = (*(s * self.itemsize for s in strides), 1)
        return piece.storage.gather(
            (piece.offset + rows.start * strides[0]) * self.itemsize, np.dtype(np.uint8), (*shape, self.itemsize), whole
        )


def _row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))


def check_pieces(shape: tuple[int, ...], itemsize: int, pieces: Sequence[Piece]) -> None:
    """``PiecesError`` unless the pieces cover every element of the whole exactly once, inside their storages."""
    for piece in pieces:
        check_piece(shape, itemsize, piece)
    held = sum(piece.count for piece in pieces)
    total = math.prod(shape)
    if held > total:
        raise PiecesError(f"its pieces hold {held:,} elements, the whole has {total:,}: they overlap")
    if len(pieces) > PIECES_LIMIT:
        raise PiecesError(f"it is cut into {len(pieces):,} pieces, more than {PIECES_LIMIT:,}")
    if _overlap(shape, pieces):
        raise PiecesError("two of its pieces hold the same elements")
    if held < total:
        raise PiecesError(f"its pieces hold {held:,} of {total:,} elements: the others are missing")


def check_piece(shape: tuple[int, ...], itemsize: int, piece: Piece) -> None:
    """``PiecesError`` for a piece that is not inside the whole, or whose elements are not inside its storage."""
    same = len(piece.start) == len(piece.shape) == len(shape)
    if not same or any(s < 0 or s + n > m for s, n, m in zip(piece.start, piece.shape, shape, strict=True)):
        raise PiecesError("one of its pieces lies outside the whole")
    strides = piece.strides or _row_major(piece.shape)
    if len(strides) != len(shape) or any(s < 0 for s in strides) or piece.offset < 0:
        raise PiecesError("one of its pieces is not given as it should be")
    reach = piece.offset + sum((n - 1) * s for n, s in zip(piece.shape, strides, strict=True)) + 1
    if reach * itemsize > piece.storage.size_bytes:
        raise PiecesError(
            f"one of its pieces reaches {reach * itemsize:,} bytes into a storage of {piece.storage.size_bytes:,}"
        )
    if piece.count * itemsize > piece.storage.size_bytes:  # a small file could claim endless tensors
        raise PiecesError("one of its pieces shows the same bytes several times")


def _overlap(shape: tuple[int, ...], pieces: Sequence[Piece]) -> bool:
    """Whether two boxes share an element: every box painted once on the grid of all borders."""
    import numpy as np

    if len(pieces) < 2:
        return False
    borders = [sorted({b for p in pieces for b in (p.start[d], p.start[d] + p.shape[d])}) for d in range(len(shape))]
    sizes = [max(len(found) - 1, 1) for found in borders]
    if math.prod(sizes) > CELLS_LIMIT:
        raise PiecesError("its pieces are cut in a way that no sharding gives")
    places = [{border: index for index, border in enumerate(found)} for found in borders]
    painted = np.zeros(sizes, np.bool_)
    for piece in pieces:
        box = tuple(slice(m[s], m[s + n]) for m, s, n in zip(places, piece.start, piece.shape, strict=True))
        if painted[box].any():
            return True
        painted[box] = True
    return False

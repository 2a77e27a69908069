"""A matrix of a file that is far away as one in memory: several walks over it fetch it once."""

from __future__ import annotations

from dataclasses import replace

from modelreport.checkpoint import LazyTensor, Storage
from modelreport.measure.spectra.matrices import Matrix

_MOST_BYTES = 512 << 20
"""Of one matrix that is held in memory."""


def nearby(matrix: Matrix) -> Matrix:
    """The same matrix, its values in memory where the file is not one of this machine's.

    Only its own bytes are fetched where the tensor's elements follow each other. ``ValueError`` for too many of them.
    """
    tensor = matrix.tensor
    storage = tensor.storage
    if storage is None or not held_bytes(matrix):
        return matrix
    size = matrix.codec.stored.itemsize
    if not tensor.is_contiguous:
        _check(storage.size_bytes)
        return replace(matrix, tensor=_held(tensor, storage.view(), tensor.shape, tensor.offset))
    place = max(matrix.index, 0)
    start = tensor.offset + place * matrix.count + matrix.first * matrix.columns
    _check(matrix.count * size)
    data = storage.view(start * size, matrix.count * size)
    rest = tensor.shape[2:] if matrix.index >= 0 else tensor.shape[1:]
    return replace(matrix, tensor=_held(tensor, data, (matrix.rows, *rest), 0), first=0, index=-1)


def held_bytes(matrix: Matrix) -> int:
    """Bytes that ``nearby`` takes into memory; 0 for a matrix on this machine."""
    tensor = matrix.tensor
    if tensor.storage is None or tensor.storage.near:
        return 0
    return matrix.count * matrix.codec.stored.itemsize if tensor.is_contiguous else tensor.storage.size_bytes


def _check(size: int) -> None:
    if size > _MOST_BYTES:
        raise ValueError(f"its {size / 1e9:.1f} GB would have to be held in memory")


def _held(tensor: LazyTensor, data: memoryview, shape: tuple[int, ...], offset: int) -> LazyTensor:
    whole = shape == tensor.shape
    return replace(
        tensor, shape=shape, offset=offset, strides=tensor.strides if whole else None,
        storage=Storage(data, 0, len(data)),
    )  # fmt: skip

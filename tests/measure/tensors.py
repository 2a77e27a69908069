"""Lazy tensors and checkpoints made from numpy arrays, and the plain float64 statistics to compare with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from modelreport.checkpoint import Checkpoint, LazyTensor, LocalFile, Storage
from modelreport.facts import Skipped, Source, SourceFile, TensorStatistics, Weights
from modelreport.measure import measure
from modelreport.options import Options


def make_storage(array: NDArray[Any] | bytes) -> Storage:
    """A storage in memory with the array's row-major bytes."""
    data = array if isinstance(array, bytes) else array.tobytes()
    return Storage(memoryview(data), 0, len(data))


def make_tensor(array: NDArray[Any], dtype: str = "", name: str = "t", **changes: Any) -> LazyTensor:
    """A contiguous tensor with the array's values; ``dtype`` defaults to numpy's name."""
    values = {"shape": array.shape, "storage": make_storage(array)} | changes
    return LazyTensor(name, dtype or array.dtype.name, **values)


def make_checkpoint(*tensors: LazyTensor, **changes: Any) -> Checkpoint:
    """A checkpoint that holds these tensors."""
    files: tuple[SourceFile, ...] = changes.pop("source_files", ())
    source = Source(
        name="made", kind="file", format="test", format_title="Test", content="weights", files=files, size_bytes=0
    )
    return Checkpoint(source, Skipped(stage="security", reason="Nothing to check."), tensors, **changes)


def map_file(path: Path, data: bytes) -> tuple[LocalFile, Storage]:
    """A file with these bytes, opened, and the storage that covers it."""
    path.write_bytes(data)
    file = LocalFile(path)
    return file, Storage(file, 0, len(data))


def statistics_of(*tensors: LazyTensor) -> tuple[TensorStatistics, ...]:
    """Statistics of tensors that must all be readable."""
    weights = measure(make_checkpoint(*tensors), Options())
    assert isinstance(weights, Weights), weights
    assert not weights.unread, weights.unread
    return weights.tensors


def reason_of(tensor: LazyTensor) -> str:
    """Why a tensor that must not be readable is not."""
    weights = measure(make_checkpoint(tensor), Options())
    assert isinstance(weights, Weights), weights
    assert not weights.tensors
    return weights.unread[0].value


def close(have: float | None, want: float, scale: float = 0.0) -> bool:
    """Whether two floats agree to 1e-9 of the value or of ``scale``, whichever is larger."""
    return have is not None and abs(have - want) <= 1e-9 * max(abs(want), scale) + 5e-324

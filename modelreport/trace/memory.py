"""Live activation memory during a pass, from the lifetimes of tensor storages."""

# ruff: noqa: SLF001  torch gives these no public names

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from modelreport.facts import Memory, MemoryPoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import torch

POINTS = 300
"""Most points kept of the course over time."""


def storage_key(tensor: torch.Tensor) -> int | None:
    """Identity of the storage a tensor looks at; ``None`` for layouts without one (sparse, nested)."""
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):
        return None


class Liveness:
    """Bytes of the storages made by the pass and alive; weights and inputs are excluded.

    A storage counts from the operation that makes it until the last tensor on it is dropped by the running code. That
    is what an allocator would have to hold at that moment, without its rounding and without workspaces of kernels.
    """

    def __init__(self, on_free: Callable[[int], object] = lambda _: None) -> None:
        self.on_free = on_free
        """Told the identity of a storage when it is gone, as the number may come again."""
        self.live = 0
        self.peak = 0
        self.peak_operation = 0
        self._known: dict[int, tuple[object, int]] = {}
        self._points: list[tuple[int, int]] = []

    def exclude(self, tensor: torch.Tensor) -> None:
        """Never count the storage of this weight or input."""
        key = storage_key(tensor)
        if key is not None:
            self._known[key] = (tensor, 0)

    def add(self, tensors: Iterable[torch.Tensor], operation: int) -> None:
        """Count the storages of new tensors from now until they are dropped."""
        for tensor in tensors:
            try:
                storage = tensor.untyped_storage()
            except (NotImplementedError, RuntimeError):
                continue
            key = storage._cdata
            if key in self._known:
                continue
            size = storage.nbytes()
            self._known[key] = (weakref.ref(storage, lambda _, key=key: self._freed(key)), size)  # type: ignore[misc]
            self.live += size
            if self.live > self.peak:
                self.peak, self.peak_operation = self.live, operation

    def mark(self, operation: int) -> None:
        """Note what is alive after an operation."""
        self._points.append((operation, self.live))

    def _freed(self, key: int) -> None:
        _, size = self._known.pop(key, (None, 0))
        self.live -= size
        self.on_free(key)

    def fact(self) -> Memory:
        """Peak and a course of at most ``POINTS`` points, the peak among them."""
        return memory_of(self._points, self.peak, self.peak_operation)


def memory_of(course: list[tuple[int, int]], peak: int, at: int) -> Memory:
    """The fact of a course of operations and live bytes: at most ``POINTS`` points, the peak at ``at`` among them."""
    points = dict(thinned(course, POINTS - 1))
    points[at] = peak
    return Memory(
        peak_bytes=peak,
        peak_operation=at,
        points=tuple(MemoryPoint(operation=i, live_bytes=size) for i, size in sorted(points.items())),
    )


def thinned(points: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """At most ``most`` points: of each run of neighbours the highest, so that no hill is lost; the last point stays."""
    if len(points) <= most:
        return list(points)
    step = -(-(len(points) - 1) // (most - 1))
    kept = [max(points[start : start + step], key=lambda p: p[1]) for start in range(0, len(points) - 1, step)]
    return [*kept, points[-1]]

"""Live activation memory during a pass, from the lifetimes of tensor storages."""

# ruff: noqa: SLF001  torch gives these no public names

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from modelreport.facts import Alive, Memory, MemoryPoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import torch

POINTS = 300
"""Most points kept of the course over time."""
MOST_ALIVE = 50
"""Most operations named as alive at the peak."""


def storage_key(tensor: torch.Tensor) -> int | None:
    """Identity of the storage a tensor looks at; ``None`` without one (sparse, nested, lazy and not yet made)."""
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError, ValueError):
        return None


class _Life:
    """A storage: the operation that made it, its size, and the count of storages at its birth and death."""

    __slots__ = ("born", "died", "operation", "reference", "size")

    def __init__(self, reference: object, operation: int, size: int, born: int) -> None:
        self.reference: object = reference
        self.operation = operation
        self.size = size
        self.born = born
        self.died = -1


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
        self._known: dict[int, _Life] = {}
        self._lives: list[_Life] = []
        self._peak_at = 0
        self._points: list[tuple[int, int]] = []

    def exclude(self, tensor: torch.Tensor) -> None:
        """Never count the storage of this weight or input."""
        key = storage_key(tensor)
        if key is not None:
            self._known[key] = _Life(tensor, -1, 0, 0)

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
            watch = weakref.ref(storage, lambda _, key=key: self._freed(key))  # type: ignore[misc]
            life = self._known[key] = _Life(watch, operation, size, len(self._lives))
            self._lives.append(life)
            self.live += size
            if self.live > self.peak:
                self.peak, self.peak_operation, self._peak_at = self.live, operation, life.born

    def mark(self, operation: int) -> None:
        """Note what is alive after an operation."""
        self._points.append((operation, self.live))

    def _freed(self, key: int) -> None:
        life = self._known.pop(key, None)
        if life is not None:
            life.died = len(self._lives)
            life.reference = None
            self.live -= life.size
        self.on_free(key)

    def alive(self) -> dict[int, int]:
        """Bytes alive at the peak by the operation that made them."""
        found: dict[int, int] = {}
        for life in self._lives[: self._peak_at + 1]:
            if life.size and not 0 <= life.died <= self._peak_at:
                found[life.operation] = found.get(life.operation, 0) + life.size
        return found

    def fact(self) -> Memory:
        """Peak, what is alive then, and a course of at most ``POINTS`` points, the peak among them."""
        last = self._points[-1][0] if self._points else 0
        alive: dict[int, int] = {}
        for operation, size in self.alive().items():
            made_by = min(operation, last)  # an operation that ended the pass is not in the record
            alive[made_by] = alive.get(made_by, 0) + size
        return memory_of(self._points, self.peak, min(self.peak_operation, last), alive)


def memory_of(course: list[tuple[int, int]], peak: int, at: int, alive: Mapping[int, int]) -> Memory:
    """The fact of a course of operations and live bytes: at most ``POINTS`` points, the peak at ``at`` among them.

    ``alive`` holds the bytes alive at the peak by the operation that made them.
    """
    points = dict(thinned(course, POINTS - 1))
    points[at] = peak
    return Memory(
        peak_bytes=peak,
        peak_operation=at,
        points=tuple(MemoryPoint(operation=i, live_bytes=size) for i, size in sorted(points.items())),
        alive=tuple(
            Alive(operation=operation, size_bytes=size)
            for operation, size in sorted(alive.items(), key=lambda item: (-item[1], item[0]))[:MOST_ALIVE]
        ),
    )


def thinned(points: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """At most ``most`` points: of each run of neighbours the highest, so that no hill is lost; the last point stays."""
    if len(points) <= most:
        return list(points)
    step = -(-(len(points) - 1) // (most - 1))
    kept = [max(points[start : start + step], key=lambda p: p[1]) for start in range(0, len(points) - 1, step)]
    return [*kept, points[-1]]

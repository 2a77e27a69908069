"""Splitting a tree of modules into a readable number of parts, and series into a readable number of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

FINITE = 10**300
"""Above every real count and below the largest float: a hostile file can claim more elements than a float can hold."""


def partition(
    root: T,
    *,
    weight: Callable[[T], int],
    expand: Callable[[T], Sequence[T]],
    group: Callable[[Sequence[T]], T],
    limit: int = 28,
) -> list[T]:
    """Parts of ``root``, in order, that cover it: the heaviest are replaced by their own parts while that is readable.

    A part is opened while it weighs more than a twelfth of the whole, together with its siblings of at least half that
    weight, as long as the result stays within ``limit`` parts. A part with more parts than that is opened into runs of
    neighbours, joined by ``group``.
    """
    parts, origins, closed = [root], [0], set[int]()
    total = weight(root)
    for origin in range(1, limit + 1):
        heavy = [i for i, part in enumerate(parts) if origins[i] not in closed and weight(part) * 12 > total]
        if not heavy:
            break
        family = origins[max(heavy, key=lambda i: (weight(parts[i]), -i))]
        closed.add(family)
        chosen = {i for i, part in enumerate(parts) if origins[i] == family and weight(part) * 24 > total}
        inner = {i: [part for part in expand(parts[i]) if weight(part) > 0] or [parts[i]] for i in chosen}
        room = limit - len(parts) + len(chosen)
        if sum(map(len, inner.values())) > room:
            if len(chosen) > 1 or room < 4:
                continue
            inner = {i: _runs(found, room, group) for i, found in inner.items()}
        origins = [o for i, old in enumerate(origins) for o in ([origin] * len(inner[i]) if i in inner else [old])]
        parts = [part for i, old in enumerate(parts) for part in inner.get(i, [old])]
    return [part for part in parts if weight(part) > 0]


def _runs(parts: Sequence[T], room: int, group: Callable[[Sequence[T]], T]) -> list[T]:
    """At most ``room`` runs of neighbours of equal length."""
    size = -(-len(parts) // room)
    runs = [parts[i : i + size] for i in range(0, len(parts), size)]
    return [run[0] if len(run) == 1 else group(run) for run in runs]


def thin(items: Sequence[T], limit: int) -> list[T]:
    """At most ``limit`` items at even distances, the first and the last among them."""
    if len(items) <= limit:
        return list(items)
    return [items[round(i * (len(items) - 1) / (limit - 1))] for i in range(limit)]


def as_float(value: int) -> float:
    """A count as a finite float."""
    return float(min(value, FINITE))


def bounded(value: float) -> float:
    """A measured value within ±1e300, so that differences and sums of a few of them stay finite."""
    return min(max(value, -float(FINITE)), float(FINITE))


def part_of(value: int, total: int) -> float:
    """``value`` as a share of ``total``; 0 when there is nothing to share."""
    return value / total if total else 0.0

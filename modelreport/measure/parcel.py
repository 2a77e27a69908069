"""Tables of counts as they travel from one process to another: mostly zeros and small numbers, so seldom half a MB."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_NARROW = (np.uint8, np.uint16, np.uint32)


def pack_counts(counts: NDArray[np.int64]) -> tuple[Any, ...]:
    """A table of counts, all of them at least 0, as few arrays: which are not zero, and how many."""
    seen = np.flatnonzero(counts)
    if seen.size * 2 > counts.size:
        return (counts.size, None, _narrowed(counts))
    return (counts.size, _narrowed(seen), _narrowed(counts[seen]))


def unpack_counts(packed: tuple[Any, ...]) -> NDArray[np.int64]:
    """The table that was packed."""
    size, seen, found = packed
    if seen is None:
        return np.asarray(found, np.int64)
    counts = np.zeros(size, np.int64)
    counts[seen] = found
    return counts


def _narrowed(numbers: NDArray[Any]) -> NDArray[Any]:
    """The same numbers in the narrowest type that holds them."""
    most = int(numbers.max()) if numbers.size else 0
    kind = next((kind for kind in _NARROW if most <= np.iinfo(kind).max), np.int64)
    return numbers.astype(kind)

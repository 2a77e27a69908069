"""Slices of a tensor that repeat each other, found by a hash of each and confirmed by their bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.facts import RowCopy, RowFigures


@dataclass(frozen=True)
class Slices:
    """How to look at single slices again."""

    size_bytes: int
    """Of one slice; 0 where slices cannot be read one by one."""
    read: Callable[[int], NDArray[Any]]
    """A slice as stored, by its index."""
    numbers: Callable[[NDArray[Any]], NDArray[np.float64]]
    """The numbers of what was read."""


CONFIRMED_SLICES = 4096
CONFIRMED_BYTES = 64 << 20
"""Equal hashes are confirmed on the bytes of so many slices; what is left rests on 64 bits of hash."""

FEWEST_BYTES = 16
"""Shorter slices are not compared: a few coarse numbers are equal by chance."""

_GROUPS, _MEMBERS = 8, 16
_COPIES = 32
_OUTLIERS = 16
_ZEROS = 16
_STANDS_OUT = 4.0
"""Times the median of the slices' largest magnitudes. The largest of n normal values is σ·√(2 ln n) give or take a few
percent, so that no slice of an initialised tensor comes near it."""


def row_figures(
    largest: NDArray[np.float64], energy: NDArray[np.float64], code: NDArray[Any], slices: Slices
) -> RowFigures | None:
    """What slices along the first dimension are like.

    ``largest`` magnitude, ``energy`` (sum of squares) over finite values and 64-bit ``code`` of each slice; ``None``
    for fewer than two slices.
    """
    if len(code) < 2:
        return None
    norms = np.sqrt(np.where(np.isfinite(energy), energy, 0.0))
    tops = np.where(np.isfinite(largest), largest, 0.0)
    median = _median(tops)
    far = np.flatnonzero(tops >= _STANDS_OUT * median) if median > 0 else np.empty(0, np.int64)
    outliers = far[np.argsort(-tops[far], kind="stable")][:_OUTLIERS]
    zero = largest == 0
    compared = ~zero if slices.size_bytes >= FEWEST_BYTES else np.zeros(len(code), np.bool_)
    twin = confirmed(twins(code, compared), slices)
    return RowFigures(
        norms=quantiles_of(norms, (0.0, 0.25, 0.5, 0.75, 1.0)),
        outlier_ratio=float(tops.max()) / median if median > 0 else None,
        outliers=tuple(int(i) for i in outliers),
        identical=int((twin >= 0).sum()),
        groups=groups(twin),
        copies=copies(twin, zero),
        zeros=_zeros(zero, slices),
    )


def quantiles_of(values: NDArray[np.float64], shares: tuple[float, ...]) -> tuple[float, ...]:
    """``numpy.quantile`` of some finite numbers, to the last bit, in a tenth of its time for a few of them."""
    places = [share * (values.size - 1) for share in shares]
    below = [int(place) for place in places]
    above = [min(place + 1, values.size - 1) for place in below]
    ordered = np.partition(values, sorted({*below, *above}))
    found = ordered[below + above].tolist()
    return tuple(
        low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part)
        for low, high, part in zip(
            found[: len(shares)], found[len(shares) :], (p - b for p, b in zip(places, below, strict=True)), strict=True
        )
    )


def _median(values: NDArray[np.float64]) -> float:
    """``numpy.median`` of some finite numbers."""
    low, high = (values.size - 1) // 2, values.size // 2
    ordered = np.partition(values, sorted({low, high}))
    return (float(ordered[low]) + float(ordered[high])) / 2


def _zeros(zero: NDArray[np.bool_], slices: Slices) -> tuple[int, ...]:
    """The first slices without a finite value but zero that are zero throughout: not NaN or infinite."""
    places = [int(i) for i in np.flatnonzero(zero)[:_ZEROS]]
    if not slices.size_bytes:
        return tuple(places)
    return tuple(i for i in places if not slices.numbers(slices.read(i)).any())


def twins(code: NDArray[Any], used: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each slice the first one before it with the same code, -1 where there is none; unused slices have none."""
    found = np.full(len(code), -1, np.int64)
    places = np.flatnonzero(used)
    ordered = np.sort(code[places])
    if not (ordered[1:] == ordered[:-1]).any():  # nearly always: what follows takes several times as long
        return found
    _, first, inverse = np.unique(code[places], return_index=True, return_inverse=True)
    earliest = places[first[inverse.reshape(-1)]]
    found[places] = np.where(earliest < places, earliest, -1)
    return found


def confirmed(twin: NDArray[np.int64], slices: Slices) -> NDArray[np.int64]:
    """``twin`` without pairs whose bytes differ and without slices that hold a NaN.

    Slices beyond the budget keep their twin, unless two with equal codes were seen to differ: then the hash was
    deceived, and only what was read counts.
    """
    places = np.flatnonzero(twin >= 0)
    if not places.size:
        return twin
    budget = min(CONFIRMED_SLICES, max(16, CONFIRMED_BYTES // max(slices.size_bytes, 1)))
    kept = twin.copy()
    held: tuple[int, NDArray[Any]] | None = None
    deceived = False
    order = places[np.argsort(twin[places], kind="stable")][:budget]
    for place in order:
        first = int(twin[place])
        if held is None or held[0] != first:
            held = (first, slices.read(first))
        mine = slices.read(int(place))
        alike = held[1].tobytes() == mine.tobytes()
        deceived = deceived or not alike
        if not alike or np.isnan(slices.numbers(mine)).any():
            kept[place] = -1
    if deceived:
        kept[np.setdiff1d(places, order)] = -1
    return kept


def groups(twin: NDArray[np.int64]) -> tuple[tuple[int, ...], ...]:
    """Slices that are equal, the largest groups first."""
    places = np.flatnonzero(twin >= 0)
    if not places.size:
        return ()
    firsts, counts = np.unique(twin[places], return_counts=True)
    largest = np.lexsort((firsts, -counts))[:_GROUPS]
    return tuple(
        (int(firsts[i]), *(int(p) for p in places[twin[places] == firsts[i]][: _MEMBERS - 1])) for i in largest
    )


def copies(twin: NDArray[np.int64], zero: NDArray[np.bool_]) -> tuple[RowCopy, ...]:
    """Runs of two slices or more that repeat an earlier run, the longest first; zero slices in both do not end one."""
    places = np.flatnonzero(twin >= 0)
    if not places.size:
        return ()
    rank = np.cumsum(~zero)
    goes_on = (np.diff(rank[places]) == 1) & (np.diff(rank[twin[places]]) == 1) & (np.diff(places - twin[places]) == 0)
    starts = np.flatnonzero(np.concatenate(([True], ~goes_on)))
    ends = np.append(starts[1:], places.size) - 1
    long = ends > starts
    found = zip(places[starts[long]], places[ends[long]], strict=True)
    runs = [RowCopy(first=int(twin[p]), copy=int(p), rows=int(q - p) + 1) for p, q in found]
    return tuple(sorted(runs, key=lambda run: (-run.rows, run.copy))[:_COPIES])

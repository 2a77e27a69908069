"""Rows of embedding tables that training seems to have passed by."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from modelreport.facts import EmbeddingRows, RowFigures
from modelreport.measure.units.reading import chosen_rows, evenly, rows_of
from modelreport.measure.walk import Walk

FEWEST_ROWS = 256
FEWEST_COLUMNS = 16
"""Smaller tables are of positions or segments, or their norms say little."""

_BINS = (0.15, 0.3, 0.6, 1.2)
"""Widths of a bin of log norms that are tried, in units of 1 / √(2d): the relative deviation of norms of normal rows
of width d, 4 % for d = 384."""

_HALF = 2
_FLANK = 3
_MOST_BINS = 4096
_CONTRAST = 2.5
"""Times denser in the five bins around a peak than in the three on either side. It only proposes: directions decide."""

_LEAST_SHARE, _MOST_SHARE = 0.0005, 0.5
_FEWEST = 16
_READ_VALUES = 1 << 22
_TOGETHER = 0.8
"""Length of the mean unit vector from which a cluster counts as one direction. Trained tokens differ: 0.1 to 0.4."""

_AWAY = 0.08
"""How far the shares of norms within one and two deviations may be from a normal distribution's, cut at three."""

_UNRELATED = 3.0
"""Times the length 1 / √n that the mean of n unrelated unit vectors has."""

_MOST_TOGETHER = 1 << 15
_LISTED = 64
_ZEROS = 16

RESERVED = re.compile(r"unused|reserved|extra_id|madeup|placeholder|dummy|\[pad\d|<pad\d", re.IGNORECASE)
"""Names that vocabularies give to rows kept free."""


@dataclass(frozen=True)
class Cluster:
    """Rows apart from the others, and what marks them."""

    rows: NDArray[np.int64]
    """Ascending."""
    nearest: NDArray[np.int64]
    """The same rows, those nearest to the cluster's middle first."""
    how: Literal["initialised", "together"]
    alike: float


def embedding_rows(
    name: str, plan: Walk, norms: NDArray[np.float64], figures: RowFigures | None, words: Callable[[], Sequence[str]]
) -> EmbeddingRows:
    """What stands out among the rows of one table; ``norms`` of all rows, ``words`` reads their names."""
    zero = np.flatnonzero(norms == 0)
    used = np.flatnonzero(norms > 0)
    tail = plan.rows - (int(used[-1]) + 1 if used.size else 0)
    cluster = _cluster(plan, norms)
    found = EmbeddingRows(
        name=name,
        rows=plan.rows,
        width=plan.row,
        zero=int(zero.size),
        zero_rows=tuple(int(i) for i in zero[:_ZEROS]),
        zero_tail=tail if used.size else 0,
        identical=figures.identical if figures is not None else 0,
        median=float(np.median(norms[used])) if used.size else None,
    )
    return found if cluster is None else _with(found, cluster, norms, words())


def _with(found: EmbeddingRows, cluster: Cluster, norms: NDArray[np.float64], words: Sequence[str]) -> EmbeddingRows:
    from msgspec.structs import replace

    named = len(words) > int(cluster.rows[-1])
    reserved = {int(i) for i in cluster.rows if RESERVED.search(words[i])} if named else set()
    free = [int(i) for i in cluster.nearest if int(i) in reserved][: _LISTED // 4]
    other = [int(i) for i in cluster.nearest if int(i) not in reserved][: _LISTED - len(free)]
    listed = sorted(other) + sorted(free)
    inside = norms[cluster.rows]
    return replace(
        found,
        untrained=int(cluster.rows.size),
        how=cluster.how,
        low=float(inside.min()),
        high=float(inside.max()),
        alike=float(f"{cluster.alike:.9g}"),  # products differ beyond with the number of threads
        indices=tuple(listed),
        tokens=tuple(words[i] for i in listed) if named else (),
        reserved=len(reserved) if named else None,
    )


def _cluster(plan: Walk, norms: NDArray[np.float64]) -> Cluster | None:
    """Rows in a tight cluster of norms that are also alike in direction, or as unrelated as an initialisation."""
    if plan.rows < FEWEST_ROWS or plan.row < FEWEST_COLUMNS:
        return None
    found = (_marked(plan, norms, inside) for inside in peaks(norms, plan.row))
    return next((cluster for cluster in found if cluster is not None), None)


def _marked(plan: Walk, norms: NDArray[np.float64], inside: NDArray[np.int64]) -> Cluster | None:
    """The rows of a peak, if their directions say that they were not trained one by one."""
    looked = inside[evenly(inside.size, max(_FEWEST, _READ_VALUES // plan.row))]
    rows = chosen_rows(plan, [int(i) for i in looked])
    if not np.isfinite(rows).all():
        return None
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    alike = float(np.linalg.norm(units.mean(axis=0)))
    middle = _direction(units)
    if middle is not None and _others(plan, norms, inside) < _TOGETHER / 2:
        return _together(plan, inside, middle)
    if alike <= _UNRELATED / np.sqrt(looked.size) and _normal(rows):
        return _initialised(norms, inside, plan.row, alike)
    return None


def _initialised(norms: NDArray[np.float64], inside: NDArray[np.int64], width: int, alike: float) -> Cluster | None:
    """The rows around a peak whose norms are spread as those of normal rows are: by 1 / √(2d), relative to the norm."""
    centre, deviation = float(np.median(norms[inside])), 1 / np.sqrt(2 * width)
    away = (norms / centre - 1) / deviation
    within = [int((np.abs(away) <= reach).sum()) for reach in (1.0, 2.0, 3.0)]
    if not within[2] or within[2] > _MOST_SHARE * norms.size:
        return None
    shares = (within[0] / within[2], within[1] / within[2])
    if not (abs(shares[0] - 0.684) < _AWAY and abs(shares[1] - 0.957) < _AWAY):
        return None
    rows = np.flatnonzero(np.abs(away) <= 3.0)
    return Cluster(rows, rows[np.argsort(np.abs(away[rows]), kind="stable")], "initialised", alike)


def peaks(norms: NDArray[np.float64], width: int) -> list[NDArray[np.int64]]:
    """Rows of narrow peaks of the norms that hold less than half of all, the most distinct first.

    With them come those near enough on either side to be their tails.
    """
    used = np.flatnonzero((norms > 0) & np.isfinite(norms))
    if used.size < FEWEST_ROWS:
        return []
    logs = np.log(norms[used])
    found = [_most_distinct(logs, share / np.sqrt(2 * width)) for share in _BINS]
    return [used[inside] for contrast, inside in sorted(found, key=lambda each: -each[0]) if contrast >= _CONTRAST]


def _most_distinct(logs: NDArray[np.float64], step: float) -> tuple[float, NDArray[np.bool_]]:
    """How far the most distinct peak of the histogram of logs stands out, and which of them lie there."""
    low = float(np.quantile(logs, 0.0005)) - 2 * _FLANK * step
    bins = int(min((float(logs.max()) - low) / step + 2 * _FLANK, _MOST_BINS))
    place = np.floor((logs - low) / step).astype(np.int64)
    total = np.concatenate(([0], np.cumsum(np.bincount(place[(place >= 0) & (place < bins)], minlength=bins))))
    middle = np.arange(_HALF + _FLANK, bins - _HALF - _FLANK)
    core = total[middle + _HALF + 1] - total[middle - _HALF]
    left = total[middle - _HALF] - total[middle - _HALF - _FLANK]
    right = total[middle + _HALF + 1 + _FLANK] - total[middle + _HALF + 1]
    enough = (core >= max(_FEWEST, _LEAST_SHARE * logs.size)) & (core <= _MOST_SHARE * logs.size)
    beside = np.maximum(np.maximum(left, right) * (2 * _HALF + 1) / _FLANK, 1)
    contrast = np.where(enough, core / beside, 0.0)
    if not contrast.size:
        return 0.0, np.zeros(logs.size, np.bool_)
    best = int(np.argmax(contrast))
    return float(contrast[best]), np.abs(place - middle[best]) <= _HALF + _FLANK


def _others(plan: Walk, norms: NDArray[np.float64], inside: NDArray[np.int64]) -> float:
    """Length of the mean unit vector of some rows outside the cluster."""
    outside = np.setdiff1d(np.flatnonzero(norms > 0), inside, assume_unique=True)
    looked = outside[evenly(outside.size, max(_FEWEST, _READ_VALUES // 4 // plan.row))]
    rows = chosen_rows(plan, [int(i) for i in looked])
    rows = rows[np.isfinite(rows).all(axis=1)]
    return float(np.linalg.norm((rows / np.linalg.norm(rows, axis=1, keepdims=True)).mean(axis=0)))


def _direction(units: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The direction in which at least half of the unit vectors point, to within ``_TOGETHER``, or ``None``.

    Trained rows of the same norm may lie among them: the mean of all finds the way, that of the nearer half decides.
    """
    middle = units.mean(axis=0)
    for _ in range(3):
        nearer = np.argsort(-(units @ middle), kind="stable")[: max(_FEWEST, len(units) // 2)]
        middle = units[nearer].mean(axis=0)
    alike = float(np.linalg.norm(middle))
    return middle / alike if alike >= _TOGETHER else None


def _together(plan: Walk, inside: NDArray[np.int64], middle: NDArray[np.float64]) -> Cluster | None:
    """The rows of the peak that point where half of them do; of very many, some evenly spaced."""
    inside = inside[evenly(inside.size, _MOST_TOGETHER)]
    units = [_unit(rows_of(plan, int(i), int(i) + 1)[0]) for i in inside]
    cosines = np.array([float(unit @ middle) for unit in units])
    near = cosines >= _TOGETHER**2
    total = np.sum([unit for unit, kept in zip(units, near, strict=True) if kept], axis=0)
    kept, cosines = inside[near], cosines[near]
    if not kept.size:
        return None
    alike = float(np.linalg.norm(total)) / kept.size
    return Cluster(kept, kept[np.argsort(-cosines, kind="stable")], "together", alike)


def _unit(row: NDArray[np.float64]) -> NDArray[np.float64]:
    size = float(np.linalg.norm(row))
    return row / size if size > 0 and np.isfinite(size) else np.zeros_like(row)


def _normal(rows: NDArray[np.float64]) -> bool:
    """Whether the values have the kurtosis of a normal distribution, to four standard errors √(24 / n)."""
    values = rows.reshape(-1) - rows.mean()
    variance = float((values**2).mean())
    excess = float((values**4).mean()) / variance**2 - 3 if variance > 0 else np.inf
    return bool(abs(excess) < 4 * np.sqrt(24 / values.size) + 0.02)

"""What could be set to zero: magnitude pruning over the whole model, and the pattern of two zeros in every four."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelreport.facts import Pruning, Skipped, TensorPruning
from modelreport.measure.precision.chosen import Chosen, choose
from modelreport.measure.precision.columns import turned
from modelreport.measure.precision.layout import Layout, layout
from modelreport.measure.precision.losses import FLOATS, finite
from modelreport.measure.precision.magnitudes import magnitudes, places

if TYPE_CHECKING:
    from modelreport.measure.parts import Measured
    from modelreport.measure.told import Told

KEPT = "pruning"
"""Key of ``Told.keep``."""

LEVELS = (*(i / 20 for i in range(1, 20)), 0.98, 0.99)
"""Shares of all weights that are removed."""

_KEYS = 1 << 15
"""Leading 16 bits of a float32 without its sign."""

_FEW = 1 << 11
"""Values that are sorted sooner than a table of all keys is walked."""


@dataclass(frozen=True, eq=False)
class MagnitudeCounts:
    """How often each magnitude occurs in one tensor, and what 2:4 sparsity would do to it; plain data."""

    keys: NDArray[np.uint16]
    """Leading bits of the magnitudes as float32, ascending; 0 is zero."""
    counts: NDArray[np.uint64]
    zeros: int
    two_four: tuple[float, float, bool, int] | None
    """Sum of squares kept and in all (in the same unit), whether two of four are zero throughout, values looked at."""


def keep_magnitudes(told: Told) -> dict[str, Any]:
    """Keep what pruning needs of a weight matrix. Sets no field of the statistics."""
    form = layout(told.plan.shape)
    if form is None or told.plan.codec.dtype not in FLOATS or not told.plan.count:
        return {}
    values = finite(told.sample.values, wide=False)
    whole = values.size == told.plan.count
    if whole:
        no_number = values.size - int(np.count_nonzero(np.isfinite(told.sample.values)))  # they are zeros in ``values``
        seen, counts = _counted(places(_single(values)), no_number)
        zeros = values.size - int(np.count_nonzero(values)) - no_number
    else:
        found, zeros = _of_table(told)
        seen = np.flatnonzero(found)
        counts = found[seen]
    pattern = two_of_four(values, form, whole=whole)
    told.keep[KEPT] = MagnitudeCounts(seen.astype(np.uint16), counts.astype(np.uint64), zeros, pattern)
    return {}


def _counted(keys: NDArray[np.intp], no_number: int) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Keys that occur, ascending, and how often; so many zeros are left out."""
    if keys.size > _FEW:
        found = np.bincount(keys, minlength=_KEYS)
        found[0] -= no_number
        seen = np.flatnonzero(found)
        return seen, found[seen]
    ordered = np.sort(keys)
    borders = (ordered[1:] != ordered[:-1]).nonzero()[0]
    ends = np.empty(borders.size + 1, np.intp)
    ends[:-1], ends[-1] = borders, keys.size - 1
    counts = ends + 1
    counts[1:] -= counts[:-1].copy()
    if no_number:
        counts[0] -= no_number
    used = slice(0 if counts[0] else 1, None)
    return ordered[ends][used], counts[used]


def _of_table(told: Told) -> tuple[NDArray[np.int64], int]:
    table = magnitudes(told.summary)
    found = np.zeros(_KEYS + 1, np.int64)
    if told.plan.codec.kind == "float32":
        found[table.key] = table.count
    else:
        np.add.at(found, places(_single(table.value)), table.count)
    found[0] += table.zeros
    return found, table.zeros


def _single(values: NDArray[Any]) -> NDArray[np.float32]:
    """Finite numbers as float32, cut to its range."""
    if values.dtype == np.float32:
        return values
    most = float(np.finfo(np.float32).max)
    return np.asarray(np.clip(values, -most, most), np.float32)


def two_of_four(values: NDArray[Any], form: Layout, *, whole: bool) -> tuple[float, float, bool, int] | None:
    """What is kept when the two smallest of every four neighbouring inputs become zero, on whole rows.

    The pattern that NVIDIA's sparse tensor cores read (Mishra et al. 2021): along the inputs, for a convolution at each
    position of its kernel by itself. Inputs beyond a multiple of four are left out. ``None`` for fewer than four.
    """
    length = values.shape[1] if values.ndim == 2 else 0
    if form.length < length:  # a stack of matrices
        values = values[:, : length // form.length * form.length].reshape(-1, form.length)
        length = form.length
    inputs = length // form.kernel // 4 * 4
    if not inputs:
        return None
    top = float(np.abs(values).max(initial=0.0))
    used = values[:, : inputs * form.kernel].reshape(len(values), inputs, form.kernel)
    if not top:
        return None
    size = np.abs(used if form.kernel == 1 else np.ascontiguousarray(used.transpose(0, 2, 1)))
    parts = np.ascontiguousarray(size.reshape(-1, 4).T) / size.dtype.type(top)
    first, second, third, fourth = parts
    high, low = np.maximum(first, second), np.minimum(first, second)
    other, least = np.maximum(third, fourth), np.minimum(third, fourth)
    behind, below = np.minimum(high, other), np.maximum(low, least)
    kept = _squares(np.maximum(high, other)) + _squares(np.maximum(behind, below))
    total = sum(np.square(parts).sum(axis=1).tolist())
    sparse = not np.minimum(behind, below).any()  # the third largest of each four
    return kept, total, sparse, 0 if whole else size.size


def _squares(values: NDArray[Any]) -> float:
    return float(np.square(values).sum())  # in float32, pairwise: good to six digits


def pruning(measured: Measured) -> Pruning | Skipped:
    """The magnitudes of all weight matrices together; ``Skipped`` when there is none."""
    chosen = choose(measured.structure)
    kept = {fact.name: measured.kept.get(fact.name, {}).get(KEPT) for fact in chosen.matrices}
    found = {name: counts for name, counts in kept.items() if isinstance(counts, MagnitudeCounts)}
    if not found:
        return Skipped(stage="measure", reason=_nothing(chosen, measured))
    empty = [name for name, counts in found.items() if not counts.counts.any()]
    found = {name: counts for name, counts in found.items() if counts.counts.any()}
    if not found:
        return Skipped(stage="measure", reason="No weight matrix has finite values.")
    _turn(found, chosen, measured)
    table = np.zeros(_KEYS, np.int64)
    for counts in found.values():
        table[counts.keys] += counts.counts.astype(np.int64)
    if all(counts.zeros == counts.counts.sum() for counts in found.values()):
        return Skipped(stage="measure", reason="All its weights are zero.")
    place, part = _cuts(table)
    return Pruning(
        levels=LEVELS,
        thresholds=tuple(_digits(value) for value in _thresholds(place, part)),
        kept=tuple(_digits(value) for value in _energy_left(table, place, part)),
        tensors=tuple(_tensor(name, counts, place, part) for name, counts in found.items()),
        count=int(table.sum()),
        notes=_left_out(empty),
    )


def _nothing(chosen: Chosen, measured: Measured) -> str:
    """Why there is no weight matrix to prune."""
    if chosen.packed or chosen.narrow:
        return "Its weights are stored in 8 bits or fewer."
    if chosen.tables:
        return "It has no weight matrix but embeddings, which are left out."
    if any(len(fact.shape) > 1 for fact in measured.structure.tensors):
        return "No weight matrix in floating point of 16 bits or more could be read."
    return "No weight matrix is in it."


def _left_out(empty: list[str]) -> tuple[str, ...]:
    return (f"Left out, without any finite value: {', '.join(empty[:3])}{_more(len(empty) - 3)}.",) if empty else ()


def _more(rest: int) -> str:
    return f" and {rest} more" if rest > 0 else ""


def _turn(found: dict[str, MagnitudeCounts], chosen: Chosen, measured: Measured) -> None:
    """Look again at weights whose inputs are their first dimension, along which the groups of four lie."""
    for name, columns in turned(chosen.matrices, measured.structure.modules, measured.checkpoint.tensors):
        if name in found:
            pattern = two_of_four(columns.values, columns.form, whole=columns.whole) if columns else None
            found[name] = replace(found[name], two_four=pattern)


def _cuts(table: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """For each of ``LEVELS`` the key in whose bucket the removal ends, and the part of that bucket that is removed."""
    reached = np.cumsum(table)
    wanted = np.array(LEVELS) * float(reached[-1])
    place = np.minimum(np.searchsorted(reached, wanted), table.size - 1)
    before = reached[place] - table[place]
    return place, np.clip((wanted - before) / np.maximum(table[place], 1), 0, 1)


def _thresholds(place: NDArray[np.intp], part: NDArray[np.float64]) -> NDArray[np.float64]:
    """The magnitude at each cut; a bucket begins half a step before its key."""
    bits = place.astype(np.float64) * 65536 + np.where(place > 0, (part - 0.5) * 65536, 0)
    return np.asarray(bits.astype(np.uint32).view(np.float32), np.float64)


def _energy_left(table: NDArray[np.int64], place: NDArray[np.intp], part: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of Σx² above each cut."""
    seen = np.flatnonzero(table)
    value = (seen.astype(np.uint32) << np.uint32(16)).view(np.float32).astype(np.float64)
    energy = np.zeros(table.size)
    top = float(value[-1])
    energy[seen] = table[seen] * np.square(value / top) if top else 0.0
    reached = np.cumsum(energy)
    if not reached[-1]:
        return np.zeros(place.size)
    removed = reached[place] - energy[place] * (1 - part)
    return np.asarray(np.clip(1 - removed / reached[-1], 0, 1))


def _tensor(name: str, counts: MagnitudeCounts, place: NDArray[np.intp], part: NDArray[np.float64]) -> TensorPruning:
    own = counts.counts.astype(np.int64)
    reached = np.concatenate(([0], np.cumsum(own)))
    at = np.searchsorted(counts.keys, place)
    hit = np.zeros(place.size)
    inside = at < own.size
    here = np.minimum(at, own.size - 1)
    hit[inside] = np.where(counts.keys[here[inside]] == place[inside], own[here[inside]], 0)
    total = int(reached[-1])
    kept, energy, sparse, sampled = counts.two_four or (0.0, 0.0, False, 0)
    return TensorPruning(
        name=name,
        removed=tuple(_digits(share) for share in (reached[at] + hit * part) / total),
        zeros=_digits(counts.zeros / total),
        two_four_kept=round(kept / energy, 4) if energy else None,
        two_four=sparse,
        sampled=sampled,
    )


def _digits(value: float) -> float:
    """Six significant digits: what does not depend on the processor."""
    return float(f"{value:.6g}")

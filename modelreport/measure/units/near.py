"""Heads of an attention that are nearly another: found by the norms of their rows, confirmed by their values."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from modelreport.facts import NearCopy, RowFigures
from modelreport.measure.units.reading import rows_of
from modelreport.measure.walk import Walk

PROJECTION = re.compile(
    r"(?:^|[._])(?:q|k|v|qkv|wq|wk|wv|to_q|to_k|to_v|q_proj|k_proj|v_proj|query|key|value|query_key_value|in_proj|qkv_proj"
    r"|q_lin|k_lin|v_lin)(?:\.|_)weight$"
)
"""Names of projections whose rows are heads, in torch, timm and transformers."""

FEWEST = 16
"""Rows of the narrowest head looked for; heads begin at multiples of it."""

MOST_ROWS = 1 << 14
"""Longer weights are not looked at."""

_TOLERANCE = 0.01
"""Relative difference up to which norms of rows count as equal: noise of 5 % of a row of 384 values moves its norm by
0.3 % in the mean, and less in longer rows."""

_VARIED = 2.0
"""Norms within a run must spread this many times more than that: rows of equal norms fit each other anyway."""

_ALIKE = 0.95
"""Cosine from which two heads count as nearly the same. Trained heads are unrelated: of 2,000 random values the cosine
is 0 ± 0.02."""

_READ_BYTES = 64 << 20
_MOST_FOUND = 16


def near_copies(name: str, plan: Walk, norms: NDArray[np.float64], figures: RowFigures | None) -> tuple[NearCopy, ...]:
    """Runs of rows nearly equal to earlier ones, the most alike first; equal ones are left out."""
    equal = {(copy.first, copy.copy) for copy in figures.copies} if figures is not None else set()
    found: list[NearCopy] = []
    spent = 0
    for first, copy, rows in candidates(norms):
        spent += 2 * rows * plan.row * plan.codec.element_bits // 8
        if spent > _READ_BYTES:
            break
        if any(a - first == b - copy and first - rows < a < first + rows for a, b in equal):
            continue
        cosine = _cosine(rows_of(plan, first, first + rows), rows_of(plan, copy, copy + rows))
        if cosine >= _ALIKE:
            found.append(NearCopy(name=name, first=first, copy=copy, rows=rows, cosine=float(f"{cosine:.9g}")))
    return tuple(sorted(found, key=lambda each: (-each.cosine, each.copy, each.first))[:_MOST_FOUND])


def candidates(norms: NDArray[np.float64]) -> Iterator[tuple[int, int, int]]:
    """First row, first row of the copy and number of rows of runs whose norms are nearly those of an earlier run.

    Runs are whole blocks of ``FEWEST`` rows, and do not overlap the run that they copy.
    """
    blocks = len(norms) // FEWEST
    if len(norms) > MOST_ROWS or blocks < 2 or not np.isfinite(norms).all():
        return
    table = norms[: blocks * FEWEST].reshape(blocks, FEWEST)
    middle = table.mean(axis=1)
    varied = table.std(axis=1) > _VARIED * _TOLERANCE * np.maximum(middle, 1e-300)
    for shift in range(1, blocks):
        here, there = table[:-shift], table[shift:]
        near = (np.abs(there - here) <= _TOLERANCE * here).all(axis=1) & varied[:-shift]
        places = np.flatnonzero(near)
        if not places.size:
            continue
        for run in np.split(places, np.flatnonzero(np.diff(places) != 1) + 1):
            length = min(run.size, shift)
            yield int(run[0]) * FEWEST, int(run[0] + shift) * FEWEST, length * FEWEST


def _cosine(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    size = float(np.linalg.norm(left)) * float(np.linalg.norm(right))
    value = float((left * right).sum()) / size if size > 0 else 0.0
    return value if np.isfinite(value) else 0.0

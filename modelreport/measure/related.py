"""Whether the rows of a matrix have to do with each other, as those that were trained together do.

Values may be distributed as fresh ones and yet not be independent: training adds directions that many rows share long
before it moves a quantile. The largest singular value shows them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelreport.errors import ModelReportError
from modelreport.measure.spectra.matrices import SLAB, SMALLEST_SIDE, Matrix, matrices

if TYPE_CHECKING:
    from modelreport.measure.parts import Measured

_ROWS, _COLUMNS = 256, 1024
"""The block of a larger matrix that is looked at: if all values are independent, so are these."""

_MOST_MATRICES = 600
"""Looked at in one model, at even distances: a large model that was never trained consists of nothing else."""

_MOST_PARTS = 4
"""Gates of a recurrent layer, or slices of a stack, that are looked at of one tensor."""

LEAST, MOST = -8.0, 5.0
"""Scores that independent numbers reach by chance: fewer than one fresh matrix in ten thousand lies beyond either.
Trained ones whose values are distributed as fresh ones came to 86 to 244 in published models."""


def edge_scores(measured: Measured, names: Collection[str]) -> dict[str, float]:
    """Of each of these weights, how far its largest singular value is from that of independent numbers.

    The score is in the units of Tracy and Widom's law; of several parts the farthest counts. Weights that are no matrix
    of 8 × 8 or more, or cannot be read, have none.
    """
    if not names:
        return {}
    parts: dict[str, list[Matrix]] = {}
    for matrix in matrices(measured.checkpoint, measured.structure, measured.weights).matrices:
        if matrix.tensor.name in names:
            parts.setdefault(matrix.tensor.name, []).append(matrix)
    chosen = list(parts)[:: max(1, math.ceil(len(parts) / _MOST_MATRICES))]
    found = {name: _farthest(parts[name][:_MOST_PARTS]) for name in chosen}
    return {name: score for name, score in found.items() if score is not None}


def _farthest(parts: Iterable[Matrix]) -> float | None:
    scores = [score for score in map(_score, parts) if score is not None]
    return max(scores, key=abs) if scores else None


def _score(matrix: Matrix) -> float | None:
    if matrix.columns > SLAB // SMALLEST_SIDE:
        return None
    try:
        with np.errstate(all="ignore"):
            rows = next(matrix.row_slabs(_ROWS * matrix.columns))
            return edge_score(rows[:, :_COLUMNS])
    except (ArithmeticError, ValueError, OSError, ModelReportError, np.linalg.LinAlgError):
        return None


def edge_score(values: NDArray[np.float64]) -> float | None:
    """The largest eigenvalue of XXᵀ, less what independent values of the same size make of it, over what chance does.

    Johnstone 2001, centred and scaled as Ma 2012 found best for small matrices: for independent values it follows the
    law of Tracy and Widom, whose mean is -1.2 and whose deviation 1.3. ``None`` where all are zero.
    """
    short = values if values.shape[0] <= values.shape[1] else values.T
    variance = float(np.square(short).mean())
    if not variance or not math.isfinite(variance):
        return None
    top = float(np.linalg.eigvalsh(short @ short.T)[-1]) / variance
    a, b = (math.sqrt(size - 0.5) for size in short.shape)
    return (top - (a + b) ** 2) / ((a + b) * math.cbrt(1 / a + 1 / b))

"""The power law of an eigenvalue spectrum, fitted as WeightWatcher does it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST = 50
"""Values below which the estimate is not reliable (Clauset, Shalizi and Newman 2009, section 3.1: n of about 50)."""

THRESHOLD = 1e-5
"""Eigenvalues up to this are left out, as WeightWatcher 0.7.7 does (``EVALS_THRESH``)."""

_CHUNK = 1 << 18


@dataclass(frozen=True)
class Fit:
    """Density proportional to x^-alpha from ``minimum`` on."""

    alpha: float
    minimum: float
    distance: float
    """Largest difference between the fitted distribution and that of the values."""
    count: int
    """Values from ``minimum`` on."""


def fit(eigenvalues: NDArray[np.float64]) -> Fit | None:
    """The exponent by maximum likelihood, x_min at the least Kolmogorov–Smirnov distance; ``None`` without a fit.

    Every eigenvalue but the largest is tried as x_min (Clauset et al. 2009, equations 3.1 and 3.9), with the empirical
    distribution of n values going from 0 to 1 − 1/n as in ``weightwatcher.WW_powerlaw``. There is none for fewer than
    50 eigenvalues above 1e-5, or when they hardly differ.
    """
    values = np.sort(eigenvalues[eigenvalues > THRESHOLD])
    size = values.size
    if size < FEWEST or values[-1] < values[0] * (1 + 1e-6):
        return None
    logs = np.log(values)
    left = np.arange(size, 1, -1, dtype=np.float64)
    excess = np.cumsum(logs[::-1])[::-1][:-1] - left * logs[:-1]
    usable = excess > 1e-9 * left
    alphas = 1 + left / np.where(usable, excess, 1.0)
    distances = _distances(logs, alphas)
    distances[~usable] = np.inf
    best = int(np.argmin(distances))
    if not np.isfinite(distances[best]):
        return None
    return Fit(float(alphas[best]), float(values[best]), float(distances[best]), size - best)


def _distances(logs: NDArray[np.float64], alphas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kolmogorov–Smirnov distance of each fit; a block of starting places at once."""
    size = logs.size
    distances = np.empty(size - 1)
    start = 0
    while start < size - 1:
        stop = min(size - 1, start + max(1, _CHUNK // (size - start)))
        rows = np.arange(start, stop)[:, None]
        tail = np.exp(np.minimum((1 - alphas[start:stop, None]) * (logs[None, start:] - logs[start:stop, None]), 0.0))
        tail += (np.arange(start, size)[None, :] - rows) / (size - rows)
        tail -= 1
        np.abs(tail, out=tail)
        tail[np.arange(start, size)[None, :] < rows] = 0
        distances[start:stop] = tail.max(axis=1)
        start = stop
    return distances

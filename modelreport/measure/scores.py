"""How far each of a series of values is from what the others make plausible."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_FAR, _MOST_FAR = 4.0, 32
"""Multiples of the least spread from which a value may widen that of all, and for how many that is looked at."""

_NEAR = 4
"""Members at both sides that are the nearest ones."""


def robust_scores(values: NDArray[np.float64], least: float) -> NDArray[np.float64]:
    """Signed distance of each value to what its peers make plausible, in units of their spread.

    The spread is 1.4826 times the median absolute distance to the nearest (normal consistent; Iglewicz and Hoaglin
    1993), at least ``least``; for those far out it is that of the others alone.
    """
    away = from_plausible(values)
    scores = away / max(spread(from_near(values)), least)
    far = np.flatnonzero(np.abs(away) > _FAR * least)
    for i in far[np.argsort(-np.abs(away[far]))][:_MOST_FAR]:
        scores[i] = away[i] / max(spread_of_others(values, int(i)), least)
    return np.asarray(scores)


def from_plausible(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Signed distance of each value to what its peers make plausible.

    ``values`` are by depth. Plausible is the median of all, the median of the nearest, the line through the nearest,
    and either neighbour: the distance is the smallest of these, so that neither a trend over depth, nor a step, nor an
    end of a trend is odd.
    """
    before, after = np.diff(values, prepend=math.inf), -np.diff(values, append=math.inf)
    views = np.stack([values - np.median(values), from_near(values), _from_line(values), before, after])
    views[~np.isfinite(views)] = math.inf
    return np.asarray(views[np.argmin(np.abs(views), axis=0), np.arange(values.size)])


def spread_of_others(values: NDArray[np.float64], i: int) -> float:
    """The spread without one value, which widens that of few; from the line, where a trend over few widens it."""
    others = np.delete(values, i)
    return min(spread(from_near(others)), spread(_from_line(others)))


def spread(distances: NDArray[np.float64]) -> float:
    """Deviation of a normal distribution with the same median absolute value."""
    return 1.4826 * float(np.median(np.abs(distances)))


def _nearest(size: int, count: int) -> NDArray[np.intp]:
    """For each of ``size`` places the ``count`` nearest others, as many as there are."""
    count = min(count, size - 1)
    start = np.clip(np.arange(size) - count // 2, 0, size - 1 - count)
    window = start[:, None] + np.arange(count + 1)
    others = window[window != np.arange(size)[:, None]]
    return np.asarray(others.reshape(size, count))


def from_near(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of each value to the median of its nearest others."""
    return np.asarray(values - np.median(values[_nearest(values.size, _NEAR)], axis=1))


def _from_line(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance to the line through the nearest others, by the medians of its slopes and heights (Theil 1950)."""
    x = np.arange(values.size, dtype=np.float64)
    others = _nearest(values.size, _NEAR + 1)
    left, right = np.triu_indices(others.shape[1], 1)
    slopes = (values[others][:, right] - values[others][:, left]) / (x[others][:, right] - x[others][:, left])
    slope = np.median(slopes, axis=1)
    height = np.median(values[others] - slope[:, None] * x[others], axis=1)
    return np.asarray(values - (slope * x + height))

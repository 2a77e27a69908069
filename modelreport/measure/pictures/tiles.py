"""Numbers as pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TILES_BYTES = 49_152
"""Bytes of all tiles of one picture: 64 tiles of 16 × 16 pixels in colour."""


def shared_scale(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.uint8]:
    """Values between ``low`` (0) and ``high`` (255); what is not finite is 0."""
    step = 255 / (high - low) if high > low else 0.0
    with np.errstate(invalid="ignore"):
        scaled = np.nan_to_num((values - low) * step, nan=0.0, posinf=255.0, neginf=0.0)
    return np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)


def own_scale(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Values of one tile about 128, which is zero: the largest magnitude becomes 255 or 1. Not finite ones are zero."""
    clean = np.where(np.isfinite(values), values, 0.0)
    largest = float(np.abs(clean).max(initial=0.0))
    if not largest:
        return np.full(values.shape, 128, np.uint8)
    return np.rint(clean / largest * 127 + 128).astype(np.uint8)


def steady(value: float) -> float:
    """A figure to nine digits: matrix products differ beyond them with the number of threads."""
    return float(f"{value:.9g}")


def neighbours(tiles: NDArray[np.float64]) -> tuple[float, float] | None:
    """Correlation of weights side by side in ``(tiles, height, width, channels)``, and its standard error for noise.

    Over all pairs to the right and below, about the mean of all values; noise gives 0 ± 1 / √pairs. ``None`` without
    spread.
    """
    centred = np.where(np.isfinite(tiles), tiles, 0.0)
    centred = centred - centred.mean()
    energy = float((centred**2).mean())
    across, down = centred[:, :, 1:] * centred[:, :, :-1], centred[:, 1:] * centred[:, :-1]
    pairs = across.size + down.size
    if not energy or not pairs:
        return None
    return steady(float(across.sum() + down.sum()) / pairs / energy), 1 / float(np.sqrt(pairs))

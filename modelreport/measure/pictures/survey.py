"""All pictures of a model, within what a report can carry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelreport.facts import Histogram, Picture, Units
from modelreport.measure.pictures.filters import filter_pictures
from modelreport.measure.pictures.positions import bias_pictures, position_pictures
from modelreport.measure.units.reading import plan_of
from modelreport.measure.units.survey import NORMS, row_norms

if TYPE_CHECKING:
    from modelreport.measure.parts import Measured

MOST_BYTES = 150_000
"""Pixels of all pictures together."""

_TABLES = 3
_BINS = 64
_READ_BYTES = 256 << 20


def pictures(measured: Measured) -> tuple[Picture, ...]:
    """Filters, positions, relative positions and norms of embeddings, in this order, as many as fit."""
    tensors = {tensor.name: tensor for tensor in measured.checkpoint.tensors}
    found: list[Picture] = []
    spent = 0
    for work in (filter_pictures, position_pictures, bias_pictures):
        for picture in work(measured.structure, tensors):
            size = sum(map(len, picture.tiles))
            if spent + size <= MOST_BYTES:
                spent += size
                found.append(picture)
    return (*found, *_norm_pictures(measured))


def _norm_pictures(measured: Measured) -> Iterator[Picture]:
    """Histogram of the norms of the rows of each vocabulary."""
    units = measured.weights.units
    tensors = {tensor.name: tensor for tensor in measured.checkpoint.tensors}
    tables = units.embeddings[:_TABLES] if isinstance(units, Units) else ()
    for number, table in enumerate(tables):
        norms = measured.kept.get(table.name, {}).get(NORMS)
        if norms is None:
            plan = plan_of(tensors[table.name])
            norms = row_norms(plan) if plan is not None and plan.size_bytes <= _READ_BYTES else None
        histogram = histogram_of(norms) if norms is not None else None
        if histogram is not None:
            yield Picture(
                id=f"norms-{number}",
                kind="norms",
                tensor=table.name,
                width=0,
                height=0,
                channels=1,
                tiles=(),
                histogram=histogram,
                total=table.rows,
                recognised="It is the table of an embedding with a row for each token.",
            )


def histogram_of(values: NDArray[np.float64]) -> Histogram | None:
    """Counts of finite values in equal bins; ``None`` without any."""
    kept = values[np.isfinite(values)]
    if not kept.size:
        return None
    low, high = float(kept.min()), float(kept.max())
    if low == high:
        return Histogram(low=low, high=high, counts=(int(kept.size),))
    counts, _ = np.histogram(kept, _BINS, (low, high))
    return Histogram(low=low, high=high, counts=tuple(int(count) for count in counts))

"""The statistics of some rows of one tensor, and their union."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from modelreport.errors import ModelReportError
from modelreport.facts import TensorStatistics
from modelreport.measure.channels import Channels
from modelreport.measure.fast import new_reader
from modelreport.measure.figures import Figures, crowded, figures, small_figures
from modelreport.measure.leaf import LeafReader, expanded_digests, leaf, small_digests
from modelreport.measure.precision import keep_losses
from modelreport.measure.pruning import keep_magnitudes
from modelreport.measure.reader import PlainReader, Reader, has_rows, keeps_rows
from modelreport.measure.rows import RowReader, Rows
from modelreport.measure.sample import Sampler, sample_of
from modelreport.measure.summary import Summary
from modelreport.measure.told import Told, told_of_all, told_of_small
from modelreport.measure.units import tell_rows
from modelreport.measure.walk import Walk

log = logging.getLogger(__name__)

TOLD: tuple[Callable[[Told], dict[str, Any]], ...] = (tell_rows, keep_losses, keep_magnitudes)
"""Each gives fields of ``TensorStatistics`` to set at the end of a tensor; what else it finds out it puts in
``Told.keep``. One that fails costs only its own fields."""

SORTED_COUNT = 1 << 16
"""Tensors up to this many stored elements are sorted: all their figures are exact."""


@dataclass(frozen=True)
class Finished:
    """All that is known of one tensor."""

    statistics: TensorStatistics
    keep: dict[str, Any] = field(default_factory=dict)
    """What the functions of ``TOLD`` keep for the parts that look at the whole model."""


@dataclass
class Piece:
    """What is known of some rows of one tensor; pieces of a tensor merge in order."""

    summary: Summary
    channels: tuple[int, int]
    """Rows that are all zero, and all equal."""
    rows: Rows | None
    sampled: NDArray[np.float64]
    """What lies of the tensor's sample in these rows."""
    digests: bytes
    """Of the megabytes that begin in these rows."""

    def merge(self, other: Piece) -> None:
        """Add the rows after these."""
        self.summary.merge(other.summary)
        self.channels = (self.channels[0] + other.channels[0], self.channels[1] + other.channels[1])
        if self.rows is not None and other.rows is not None:
            self.rows.merge(other.rows)
        self.sampled = np.concatenate((self.sampled, other.sampled))
        self.digests += other.digests


def read_piece(plan: Walk, first: int, last: int, compiled: bool = False) -> Piece:
    """Walk rows ``first`` to ``last`` (excluded) of a tensor; ``compiled`` says how, and changes no fact."""
    reader = new_reader(plan, compiled)
    try:
        return _walked(plan, first, last, reader)
    except ModelReportError:
        raise
    except Exception:
        if isinstance(reader, PlainReader):
            raise
        log.debug("the compiled code failed on %s", plan.tensor.name, exc_info=True)
        return _walked(plan, first, last, PlainReader(plan))  # what is wrong with the tensor fails here too


def _walked(plan: Walk, first: int, last: int, reader: Reader) -> Piece:
    sampler, leaf_reader = Sampler(plan, first), LeafReader(plan, first, last)
    for block in plan.blocks(first, last, reader.span, passing=True):
        reader.add(block)
        sampler.add(block)
        leaf_reader.add(block)
    reader.finish()
    return Piece(reader.summary, reader.channels(), reader.rows(), sampler.values(), leaf_reader.digests())


def read_whole(plan: Walk, compiled: bool = False) -> Finished:
    """Statistics of a tensor in one go; a small one is held in memory and sorted."""
    if plan.count > SORTED_COUNT:
        return finish(plan, read_piece(plan, 0, plan.rows, compiled))
    codec = plan.codec
    parts = list(plan.blocks(0, plan.rows))
    block: Any = np.ascontiguousarray(parts[0]) if len(parts) == 1 else np.concatenate([_nothing(plan), *parts])
    if codec.values is not None:
        numbers = codec.values[block.astype(np.intp)]
    else:
        numbers = codec.numbers(block).astype(np.float64)
    length = plan.row * codec.per_element
    channels = Channels(codec, length) if has_rows(plan) else None
    rows = RowReader(codec, length) if keeps_rows(plan) else None
    if channels is not None:
        channels.add(block)
    if rows is not None:
        rows.add(block)
    counted = (channels.zero, channels.constant) if channels is not None else (0, 0)
    statistics = _statistics(plan, small_figures(numbers, codec, plan.weight), counted, small_digests(plan, block))
    return _tell(told_of_small(plan, statistics, rows.rows() if rows is not None else None, block, numbers))


def finish(plan: Walk, piece: Piece) -> Finished:
    """All of a tensor from the union of its pieces; the name is the tensor's."""
    evenly = crowded(piece.summary)
    if evenly is not None:
        for raw in plan.blocks(0, plan.rows):
            evenly.add(plan.codec.numbers(np.ascontiguousarray(raw)))
    statistics = _statistics(plan, figures(piece.summary, plan.weight, evenly), piece.channels, piece.digests)
    return _tell(told_of_all(plan, statistics, piece.rows, piece.summary, sample_of(plan, piece.sampled)))


def _tell(told: Told) -> Finished:
    fields: dict[str, Any] = {}
    for work in TOLD:
        try:
            fields |= work(told)
        except Exception:
            log.debug("%s failed on %s", work.__qualname__, told.plan.tensor.name, exc_info=True)
    return Finished(msgspec.structs.replace(told.statistics, **fields) if fields else told.statistics, told.keep)


def _nothing(plan: Walk) -> Any:
    return np.empty(0, plan.codec.stored)


def _statistics(plan: Walk, found: Figures, channels: tuple[int, int], digests: bytes | None) -> TensorStatistics:
    tensor, special = plan.tensor, found.special
    wide = len(tensor.shape) > 1
    zero, constant = (rows * plan.row_weight for rows in channels)
    if plan.weight > 1:
        digests = expanded_digests(plan)
    return TensorStatistics(
        name=tensor.name,
        count=tensor.count * plan.codec.per_element,
        nan=special.nan,
        positive_infinity=special.positive_infinity,
        negative_infinity=special.negative_infinity,
        zeros=special.zeros,
        subnormals=special.subnormals,
        minimum=found.minimum,
        maximum=found.maximum,
        mean=found.mean,
        std=found.std,
        absolute_mean=found.absolute_mean,
        norm=found.norm,
        quantiles=found.quantiles,
        histogram=found.histogram,
        skewness=found.skewness,
        kurtosis=found.kurtosis,
        channels=tensor.shape[0] if wide else None,
        zero_channels=zero if wide else None,
        constant_channels=constant if wide else None,
        digest=leaf(tensor.dtype, tensor.shape, digests) if digests is not None else "",
    )

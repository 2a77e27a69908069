"""What looks at the blocks of some rows of one tensor: the numpy code, for small checkpoints and all dtypes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.measure.channels import Channels
from modelreport.measure.rows import MOST_ROWS, RowReader, Rows
from modelreport.measure.summary import Summary, new_summary
from modelreport.measure.walk import Walk


class Reader(ABC):
    """Gathers the facts of blocks that come in order; each holds whole rows, or a part of one."""

    summary: Summary
    span = 1
    """Blocks it takes at a time."""

    @abstractmethod
    def add(self, block: NDArray[Any]) -> None:
        """Look at a block of raw elements, patterns where the dtype is tabulated."""

    @abstractmethod
    def finish(self) -> None:
        """The last block has come: make ``summary`` complete."""

    @abstractmethod
    def channels(self) -> tuple[int, int]:
        """How many rows were all zero, and how many all equal."""

    @abstractmethod
    def rows(self) -> Rows | None:
        """The rows, where they are told apart."""


def has_rows(plan: Walk) -> bool:
    """Whether slices along the first dimension are looked at: with two dimensions or more, and elements."""
    return bool(len(plan.tensor.shape) > 1 and plan.rows and plan.row)


def keeps_rows(plan: Walk) -> bool:
    """Whether slices are told apart."""
    return has_rows(plan) and plan.rows <= MOST_ROWS


class PlainReader(Reader):
    """The numpy code."""

    def __init__(self, plan: Walk) -> None:
        self.summary = new_summary(plan.codec.dtype)
        self._codec = plan.codec
        length = plan.row * plan.codec.per_element
        self._channels = Channels(plan.codec, length) if has_rows(plan) else None
        self._rows = RowReader(plan.codec, length) if keeps_rows(plan) else None

    def add(self, block: NDArray[Any]) -> None:
        """Look at a block."""
        block = np.ascontiguousarray(block)
        self.summary.add(block if self._codec.values is not None else self._codec.numbers(block))
        if self._channels is not None:
            self._channels.add(block)
        if self._rows is not None:
            self._rows.add(block)

    def finish(self) -> None:
        """Nothing is left to do."""

    def channels(self) -> tuple[int, int]:
        """How many rows were all zero, and how many all equal."""
        return (self._channels.zero, self._channels.constant) if self._channels is not None else (0, 0)

    def rows(self) -> Rows | None:
        """The rows, where they are told apart."""
        return self._rows.rows() if self._rows is not None else None

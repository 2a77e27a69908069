"""The compiled code, for checkpoints so large that loading it pays."""

from __future__ import annotations

import logging
import os
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.measure.codec import Codec
from modelreport.measure.kernel import BLOCK
from modelreport.measure.moments import BlockSums, PowerSums
from modelreport.measure.reader import PlainReader, Reader, has_rows, keeps_rows
from modelreport.measure.rows import KEYS, STEP, Rows, word_bytes
from modelreport.measure.summary import Exact, Rounded, new_summary
from modelreport.measure.walk import Walk

log = logging.getLogger(__name__)

_LOADING_PAYS = 256 << 20
"""Bytes of weights from which on the compiled code pays: below, numpy is done with them before it is loaded."""

_COMPILING_PAYS = 1 << 30
"""The same where the code must first be compiled, which takes some seconds, once a machine."""

SPAN_BYTES = 1 << 20
"""What the compiled code takes at a time, without the interpreter: what fits a second-level cache of 1 to 2 MB."""

_FLUSH = 1 << 30
"""Elements after which the 32-bit counts are added to the wide ones."""

_FORMS = {
    "bfloat16": (0x7FFF, 16, 0x7F7F, 1.0),
    "float16": (0x7FFF, 13, 0x7BFF, 2.0**112),
    "float8_e4m3fn": (0x7F, 20, 0x7E, 2.0**120),
    "float8_e5m2": (0x7F, 21, 0x7B, 2.0**112),
}
"""Mask of the magnitude bits, their shift to a float32, the largest finite pattern, and what makes up for the bias."""

_loading = threading.Lock()


def pays(size_bytes: int) -> bool:
    """Whether that many bytes of weights are worth the compiled code."""
    return size_bytes >= (_LOADING_PAYS if size_bytes >= _COMPILING_PAYS or is_compiled() else _COMPILING_PAYS)


def load(size_bytes: int) -> None:
    """Import the compiled code now where that many bytes of weights are worth it, so that no thread has to later."""
    if pays(size_bytes):
        _code()


def is_compiled() -> bool:
    """Whether numba has kept the code of an earlier run: its directories are looked into, as importing takes time."""
    name = "compiled.singles-*.nbi"
    places = [Path(__file__).parent / "__pycache__"]
    roots = [Path(os.environ["NUMBA_CACHE_DIR"])] if os.environ.get("NUMBA_CACHE_DIR") else []
    with suppress(RuntimeError):  # no home
        roots.append(Path.home() / ".cache" / "numba")
    with suppress(OSError):
        return any(next(place.glob(name), None) for place in places) or any(
            next(root.glob(f"*/{name}"), None) for root in roots
        )
    return False


def new_reader(plan: Walk, compiled: bool) -> Reader:
    """The reader for a tensor: compiled where that is asked for, possible, and there is code for the dtype."""
    if compiled and plan.codec.kind in ("table", "float32") and plan.codec.bits >= 8 and _code() is not None:
        return FastReader(plan)
    return PlainReader(plan)


def _code() -> Any:
    with _loading:  # not by several threads at once
        return _load()


@cache
def _load() -> Any:
    """The compiled code, or ``None`` where it cannot be had; the facts are the same without it, later."""
    try:
        from modelreport.measure import compiled
    except Exception:  # numba refuses versions of Python and numpy that it does not know
        log.debug("the compiled code cannot be loaded", exc_info=True)
        return None
    return compiled


class FastReader(Reader):
    """Hands spans to the compiled code and keeps what comes back."""

    def __init__(self, plan: Walk) -> None:
        self.summary = new_summary(plan.codec.dtype)
        self._plan = plan
        self._codec = plan.codec
        self.span = SPAN_BYTES // (BLOCK * plan.codec.stored.itemsize)
        self._size = plan.row * plan.codec.per_element if has_rows(plan) else 0
        self._unit = BLOCK // self._size * self._size if 0 < self._size <= BLOCK else BLOCK
        self._words = np.dtype(f"u{word_bytes(self._size, plan.codec.stored.itemsize)}" if self._size else "u1")
        self._tables = np.zeros((2, 1 << (16 if plan.codec.kind == "float32" else plan.codec.bits)), np.uint32)
        self._counted = 0
        self._special = np.zeros(5, np.int64)
        self._row = np.zeros(5, np.uint64)
        self._lanes = np.zeros((2, 16))
        self._sums: list[NDArray[np.float64]] = []
        """Of blocks of float32 numbers: finite count, shift and five sums of each."""
        self._ended: list[tuple[NDArray[Any], ...]] = []
        self._zero = self._constant = 0

    def add(self, block: NDArray[Any]) -> None:
        """Look at some blocks, the first of which begins where a block begins."""
        block = np.ascontiguousarray(block).view()
        block.flags.writeable = False  # as most are: code is compiled for one kind
        most = block.size // self._size + 1 if self._size else 0
        out = (np.empty(most), np.empty(most), np.empty(most, np.uint64), np.empty(most, np.uint8))
        words = block.view(self._words) if self._size else block
        read = self._singles if self._codec.kind == "float32" else self._patterns
        ended = read(block, words, (self._row, self._lanes, *out, KEYS, STEP))
        like = out[3][:ended]
        self._zero += int(np.count_nonzero(like == 2))
        self._constant += int(np.count_nonzero(like))
        if ended and keeps_rows(self._plan):
            self._ended.append(tuple(array[:ended] for array in out[:3]))
        self._counted += block.size
        if self._counted > _FLUSH:
            self.finish()

    def _singles(self, block: NDArray[Any], words: NDArray[Any], row: tuple[Any, ...]) -> int:
        blocks = -(-block.size // self._unit)
        sums, extremes = np.empty((blocks, 7)), np.empty((blocks, 2), np.uint32)
        bits = block.view(np.uint32)
        ended: int = _load().singles(
            block, bits, words, self._size, self._unit, self._tables, sums, extremes, self._special, *row
        )
        summary = self.summary
        if not isinstance(summary, Rounded):
            raise TypeError(f"float32 numbers go into no {type(summary).__name__}")
        found = sums[:, 0] > 0
        if found.any():
            lows, highs = extremes[found].view(np.float32).T.tolist()
            summary.minimum, summary.maximum = min(summary.minimum, *lows), max(summary.maximum, *highs)
            self._sums.append(sums[found])
        return ended

    def _patterns(self, block: NDArray[Any], words: NDArray[Any], row: tuple[Any, ...]) -> int:
        ended: int = _load().patterns(block, words, self._size, self._unit, self._tables, *_table(self._codec), *row)
        return ended

    def finish(self) -> None:
        """Put what was counted into the summary."""
        summary = self.summary
        if isinstance(summary, Rounded | Exact):
            summary.counts += self._tables.sum(axis=0, dtype=np.int64)
        if isinstance(summary, Rounded):
            _add_sums(summary.sums, self._sums)
            self._sums = []
            special, (nan, positive, negative, zeros, small) = summary.special, self._special.tolist()
            special.nan += nan
            special.positive_infinity += positive
            special.negative_infinity += negative
            special.zeros += zeros
            special.subnormals += small
        self._tables[:] = 0
        self._special[:] = 0
        self._counted = 0

    def channels(self) -> tuple[int, int]:
        """How many rows were all zero, and how many all equal."""
        return self._zero, self._constant

    def rows(self) -> Rows | None:
        """The rows, where they are told apart."""
        if not keeps_rows(self._plan):
            return None
        if not self._ended:
            return Rows()
        return Rows(*(np.concatenate(parts) for parts in zip(*self._ended, strict=True)))


def _add_sums(sums: PowerSums, blocks: list[NDArray[np.float64]]) -> None:
    """Add what was summed of blocks: finite count, shift and five sums of each."""
    found = np.concatenate([np.empty((0, 7)), *blocks])
    plain = found[:, 1] == 0  # as most blocks
    sums.add_plain(found[plain, 0].astype(np.int64), found[plain, 2:])
    for count, shift, a, b, c, d, magnitudes in found[~plain].tolist():
        sums.add(BlockSums(int(count), shift, 0, (a, b, c, d), magnitudes))


@cache
def _table(codec: Codec) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.uint32], np.float32]:
    """Magnitude of each pattern, −1 where it is not finite; which are no numbers; form and factor."""
    values = np.asarray(codec.values)
    mask, shift, top, factor = _FORMS.get(codec.dtype, (0, 0, 0, 1.0))
    magnitudes = np.where(np.isfinite(values), np.abs(values), -1.0)
    return magnitudes, np.isnan(values), np.array([mask, shift, top], np.uint32), np.float32(factor)

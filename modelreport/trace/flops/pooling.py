"""Pooling: comparisons or additions over each window. Windows cut by the edge count in full."""

from __future__ import annotations

import math
from typing import Any

from modelreport.trace.flops.registry import arithmetic, first


def window_of(size: Any, ranks: int) -> int:
    """Elements of a window given as one number for all dimensions or one for each."""
    if isinstance(size, int):
        return int(size**ranks)
    sizes = tuple(int(n) for n in size)
    return math.prod(sizes * ranks if len(sizes) == 1 else sizes)


def adaptive_windows(sizes: Any, wanted: Any) -> int:
    """Elements of all windows of one channel together.

    Output i of n covers ⌊i·size/n⌋ to ⌈(i+1)·size/n⌉ (documentation of ``AdaptiveAvgPool2d``); windows may overlap.
    """
    total = 1
    for size, count in zip(sizes, wanted, strict=True):
        total *= sum(-(-(i + 1) * size // count) - i * size // count for i in range(count))
    return total


def _ranks(name: str) -> int:
    return next(n for n in (1, 2, 3) if f"{n}d" in name)


def _maximum(ranks: int) -> Any:
    def flops(_data: Any, size: Any, *_: Any, out: Any, **__: Any) -> int:
        """A window of k: k − 1 comparisons."""
        return int(first(out).numel()) * (window_of(size, ranks) - 1)

    return flops


def _average(ranks: int) -> Any:
    def flops(_data: Any, size: Any, *_: Any, out: Any, **__: Any) -> int:
        """A window of k: k − 1 additions and a division."""
        return int(out.numel()) * window_of(size, ranks)

    return flops


for _name in ("max_pool2d_with_indices", "max_pool3d_with_indices", "mkldnn_max_pool2d", "mkldnn_max_pool3d",
              "fractional_max_pool2d", "fractional_max_pool3d"):  # fmt: skip
    arithmetic(_name)(_maximum(_ranks(_name)))
for _name in ("avg_pool1d", "avg_pool2d", "avg_pool3d"):
    arithmetic(_name)(_average(_ranks(_name)))


def _adaptive(data: Any, out: Any, ranks: int) -> int:
    made = first(out)
    channels = math.prod(data.shape[:-ranks])
    wanted = [int(n) for n in made.shape[-ranks:]]
    return int(channels * adaptive_windows([int(n) for n in data.shape[-ranks:]], wanted))


@arithmetic("_adaptive_avg_pool2d", "mkldnn_adaptive_avg_pool2d", "adaptive_avg_pool2d")
def adaptive_average_2d_flops(data: Any, *_: Any, out: Any, **__: Any) -> int:
    """As averages over windows of different sizes."""
    return _adaptive(data, out, 2)


@arithmetic("_adaptive_avg_pool3d", "adaptive_avg_pool3d")
def adaptive_average_3d_flops(data: Any, *_: Any, out: Any, **__: Any) -> int:
    """As averages over windows of different sizes."""
    return _adaptive(data, out, 3)


@arithmetic("adaptive_max_pool2d")
def adaptive_maximum_2d_flops(data: Any, *_: Any, out: Any, **__: Any) -> int:
    """One comparison less for each window than it has elements."""
    return _adaptive(data, out, 2) - int(first(out).numel())


@arithmetic("adaptive_max_pool3d")
def adaptive_maximum_3d_flops(data: Any, *_: Any, out: Any, **__: Any) -> int:
    """As in two dimensions."""
    return _adaptive(data, out, 3) - int(first(out).numel())

"""Fourier transforms."""

from __future__ import annotations

import math
from typing import Any

from modelreport.trace.flops.registry import arithmetic


def transform_flops(count: int, points: int, *, real: bool = False) -> int:
    """``count`` elements in transforms of n points: 5·n·log₂ n for each, half of that with one side real.

    The radix-2 algorithm of Cooley and Tukey (1965) takes n/2·log₂ n butterflies of 10 real operations; FFTW's
    benchmark counts the same whatever the algorithm (fftw.org/speed/method.html).
    """
    whole = 5 * count * math.log2(points) if points > 1 else 0.0
    return round(whole / 2 if real else whole)


def _points(data: Any, dims: Any) -> int:
    return math.prod(int(data.shape[d]) for d in dims)


@arithmetic("_fft_c2c")
def complex_flops(data: Any, dims: Any, *_: Any, **__: Any) -> int:
    """Complex to complex; several dimensions are one transform of the product of their sizes."""
    return transform_flops(int(data.numel()), _points(data, dims))


@arithmetic("_fft_r2c")
def from_real_flops(data: Any, dims: Any, *_: Any, **__: Any) -> int:
    """Real to complex."""
    return transform_flops(int(data.numel()), _points(data, dims), real=True)


@arithmetic("_fft_c2r")
def to_real_flops(_data: Any, dims: Any, *_: Any, out: Any, **__: Any) -> int:
    """Complex to real, whose size is that of the result."""
    return transform_flops(int(out.numel()), _points(out, dims), real=True)

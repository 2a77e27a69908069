"""The same answers by other means: torch's casts, and loops that are written out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from modelreport.measure.piece import read_whole
from modelreport.measure.precision.elementwise import Effect
from modelreport.measure.precision.losses import KEPT, Losses
from modelreport.measure.walk import walk
from tests.measure.tensors import make_tensor

CASTS = {
    "fp16": (torch.float16, 65504.0),
    "bf16": (torch.bfloat16, None),
    "fp8_e4m3": (torch.float8_e4m3fn, 448.0),
    "fp8_e5m2": (torch.float8_e5m2, 57344.0),
}


def losses_of(array: NDArray[Any], dtype: str = "") -> Losses:
    """What the pass over the values keeps of an array."""
    with np.errstate(all="ignore"):  # as in a run
        found = read_whole(walk(make_tensor(array, dtype))).keep[KEPT]
    assert isinstance(found, Losses)
    return found


def effects_of(array: NDArray[Any], dtype: str = "") -> dict[str, Effect]:
    """What each scheme does, by its id."""
    return dict(losses_of(array, dtype).effects)


def decibels(noise: float) -> float:
    return -10 * math.log10(noise) if noise > 0 else math.inf


def ratio(exact: torch.Tensor, stored: torch.Tensor) -> float:
    """Σ(x − x̂)² / Σx² in float64."""
    wide = exact.double()
    return float(((wide - stored.double()) ** 2).sum() / (wide**2).sum())


def torch_noise(array: NDArray[np.float32]) -> dict[str, float]:
    """Noise over energy by torch's own casts and fake quantisation, over all values."""
    x = torch.from_numpy(array)
    found = {}
    for scheme, (kind, largest) in CASTS.items():
        cut = x if largest is None else x.clamp(-largest, largest)
        found[scheme] = ratio(x, cut.to(kind))
    scale = x.abs().max() / 448
    found["fp8_e4m3_tensor"] = ratio(x, (x / scale).to(torch.float8_e4m3fn).float() * scale)
    step = float(x.abs().max()) / 127
    found["int8_tensor"] = ratio(x, torch.fake_quantize_per_tensor_affine(x, step, 0, -127, 127))
    rows = x.reshape(len(x), -1)
    steps = rows.abs().amax(1) / 127
    zero = torch.zeros(len(rows), dtype=torch.int32)
    found["int8_channel"] = ratio(rows, torch.fake_quantize_per_channel_affine(rows, steps, zero, 0, -127, 127))
    return found


def loop_noise(array: NDArray[np.float32]) -> dict[str, float]:
    """Noise over energy of the schemes with blocks, value by value; slow."""
    error: dict[str, float] = dict.fromkeys(("int4_128", "int4_128_zero", "nf4_64", "mxfp4"), 0.0)
    for row in array.reshape(len(array), -1).astype(np.float64):
        for scheme, size, work in (
            ("int4_128", 128, _int4), ("int4_128_zero", 128, _int4_zero), ("nf4_64", 64, _nf4), ("mxfp4", 32, _mxfp4),
        ):  # fmt: skip
            for start in range(0, row.size, size):
                block = row[start : start + size].tolist()
                error[scheme] += sum((a - b) ** 2 for a, b in zip(block, work(block), strict=True))
    energy = float((array.astype(np.float64) ** 2).sum())
    return {scheme: value / energy for scheme, value in error.items()}


def _int4(block: list[float]) -> list[float]:
    step = float(np.float16(max(map(abs, block)) / 7)) or 1.0
    return [min(max(round(v / step), -7), 7) * step for v in block]


def _int4_zero(block: list[float]) -> list[float]:
    low, high = min(*block, 0.0), max(*block, 0.0)
    step = float(np.float16((high - low) / 15)) or 1.0
    zero = round(-low / step)
    return [(min(max(round(v / step) + zero, 0), 15) - zero) * step for v in block]


_NORMAL = [
    -1.0, -0.6962, -0.5251, -0.3949, -0.2844, -0.1848, -0.0911, 0.0,
    0.0796, 0.1609, 0.2461, 0.3379, 0.4407, 0.5626, 0.7230, 1.0,
]  # fmt: skip
"""Figures as the paper prints them (Dettmers et al. 2023, appendix E), to four digits."""


def _nf4(block: list[float]) -> list[float]:
    most = max(map(abs, block)) or 1.0
    return [min(_NORMAL, key=lambda level: abs(level - v / most)) * most for v in block]


def _mxfp4(block: list[float]) -> list[float]:
    most = max(map(abs, block))
    if not most:
        return block
    scale = 2.0 ** (math.floor(math.log2(most)) - 2)
    levels = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
    return [math.copysign(min(levels, key=lambda level: abs(level - abs(v) / scale)) * scale, v) for v in block]

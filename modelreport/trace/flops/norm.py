"""Normalisations: statistics, centring and scaling by their definitions."""

from __future__ import annotations

import math
from typing import Any

from modelreport.trace.flops.registry import argument, arithmetic, first


def statistics_flops(count: int, rows: int) -> int:
    """Normalise ``rows`` rows of ``count`` elements in all with their own mean and variance, without weights.

    For a row of n: the mean n (n − 1 additions and a division), centring n, variance 2n (a square and an addition
    each, and the division), ε and the root 2, scaling n: 5n + 2.
    """
    return 5 * count + 2 * rows


def fixed_flops(count: int, channels: int) -> int:
    """Normalise with known statistics: a factor and a sum for each element.

    For each channel before that: ε, the root, the factor and the shift, 5 in all.
    """
    return 2 * count + 5 * channels


def affine(count: int, *parameters: Any) -> int:
    """A product for a weight and a sum for a bias, where there are any."""
    return count * sum(parameter is not None for parameter in parameters)


@arithmetic("native_layer_norm")
def layer_norm_flops(data: Any, shape: Any, weight: Any = None, bias: Any = None, *_: Any, **__: Any) -> int:
    """Each row of ``shape`` by its own mean and variance (Ba et al. 2016)."""
    count = int(data.numel())
    return statistics_flops(count, count // max(math.prod(shape), 1)) + affine(count, weight, bias)


@arithmetic("native_group_norm")
def group_norm_flops(data: Any, *args: Any, **kwargs: Any) -> int:
    """Each group of channels of each example by its own mean and variance (Wu and He 2018)."""
    count, batch = int(data.numel()), int(argument(args, kwargs, 2, "N"))
    rows = batch * int(argument(args, kwargs, 5, "group"))
    return statistics_flops(count, rows) + affine(
        count, argument(args, kwargs, 0, "weight"), argument(args, kwargs, 1, "bias")
    )


@arithmetic("_native_batch_norm_legit_no_training", "_batch_norm_no_update")
def fixed_batch_norm_flops(data: Any, *_: Any, **__: Any) -> int:
    """With the running statistics, which give one factor and one shift for each channel."""
    return fixed_flops(int(data.numel()), int(data.shape[1]))


@arithmetic("native_batch_norm", "_native_batch_norm_legit", "cudnn_batch_norm", "miopen_batch_norm",
            "_batch_norm_with_update", "_batch_norm_with_update_functional")  # fmt: skip
def batch_norm_flops(data: Any, weight: Any, bias: Any, *args: Any, **kwargs: Any) -> int:
    """With the batch's statistics in training (Ioffe and Szegedy 2015), otherwise with the running ones."""
    training = next((value for value in args if isinstance(value, bool)), kwargs.get("training", True))
    count, channels = int(data.numel()), int(data.shape[1])
    if not training:
        return fixed_flops(count, channels)
    return statistics_flops(count, channels) + affine(count, weight, bias)


@arithmetic("_fused_rms_norm")
def rms_norm_flops(data: Any, shape: Any, weight: Any = None, *_: Any, **__: Any) -> int:
    """For a row of n: squares and their mean 2n, ε and the root 2, scaling n (Zhang and Sennrich 2019)."""
    count = int(data.numel())
    return int(3 * count + 2 * (count // max(math.prod(shape), 1)) + affine(count, weight))


@arithmetic("_weight_norm_interface", "_weight_norm")
def weight_norm_flops(direction: Any, size: Any, *_: Any, **__: Any) -> int:
    """g·v/‖v‖: the norms 2n, a quotient for each of them, the product n (Salimans and Kingma 2016)."""
    return 3 * int(direction.numel()) + int(size.numel())


@arithmetic("renorm")
def renorm_flops(data: Any, *_: Any, out: Any, **__: Any) -> int:
    """The norms of the slices, and a factor for each element."""
    del out
    return 3 * int(data.numel())


@arithmetic("quantized.batch_norm", "quantized.batch_norm1d", "quantized.batch_norm2d", "quantized.batch_norm3d",
            "quantized.batch_norm_relu", "quantized.batch_norm1d_relu", "quantized.batch_norm2d_relu",
            "quantized.batch_norm3d_relu")  # fmt: skip
def quantised_batch_norm_flops(data: Any, *_: Any, out: Any, **__: Any) -> int:
    """As a batch normalisation, between unpacking (2) and packing (5) each element."""
    return fixed_flops(int(data.numel()), int(data.shape[1])) + 7 * int(first(out).numel())


@arithmetic("quantized.layer_norm")
def quantised_layer_norm_flops(data: Any, shape: Any, weight: Any = None, bias: Any = None, *_: Any, **__: Any) -> int:
    """As a layer normalisation, between unpacking (2) and packing (5) each element."""
    return layer_norm_flops(data, shape, weight, bias) + 7 * int(data.numel())

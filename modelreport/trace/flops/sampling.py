"""Interpolation, sampling at places, and sums into places."""

from __future__ import annotations

import math
from typing import Any

from modelreport.trace.flops.registry import argument, arithmetic, elements

elements(3, "upsample_linear1d")
elements(9, "upsample_bilinear2d")
elements(21, "upsample_trilinear3d")
"""Two products and a sum for each pair: 3, then 3·3, then 7·3. Weights are shared by all channels and not counted."""
elements(35, "upsample_bicubic2d")
"""Four rows of four taps, then one column: five times 4 products and 3 sums (Keys 1981)."""


def _antialiased(taps: int) -> Any:
    def flops(data: Any, *_: Any, out: Any, **__: Any) -> int:
        """Along the width, then along the height: t products and t − 1 sums, t the taps stretched by the reduction."""
        planes = math.prod(data.shape[:-2])
        (rows, columns), (made_rows, made_columns) = data.shape[-2:], out.shape[-2:]
        wide, high = (
            math.ceil(taps * max(1.0, before / max(after, 1)))
            for before, after in ((columns, made_columns), (rows, made_rows))
        )
        return int(planes * made_columns * (rows * (2 * wide - 1) + made_rows * (2 * high - 1)))

    return flops


arithmetic("_upsample_bilinear2d_aa")(_antialiased(2))
arithmetic("_upsample_bicubic2d_aa")(_antialiased(4))
arithmetic("_upsample_lanczos2d_aa")(_antialiased(6))


@arithmetic("grid_sampler_2d", "_grid_sampler_2d_cpu_fallback", "cudnn_grid_sampler")
def plane_sample_flops(data: Any, grid: Any, *args: Any, out: Any, **kwargs: Any) -> int:
    """At each place coordinates (6), whole and broken parts (4), and weights; at each of its channels the taps.

    Bilinear: 6 for the weights, 4 products and 3 sums for a channel. Nearest: two roundings. Bicubic: 48 for the
    weights (eight cubic polynomials), 35 for a channel.
    """
    del data
    places, mode = int(grid.numel()) // 2, argument(args, kwargs, 0, "interpolation_mode", 0)
    place, tap = {0: (16, 7), 1: (8, 0), 2: (58, 35)}[mode]
    return places * place + int(out.numel()) * tap


@arithmetic("grid_sampler_3d")
def space_sample_flops(data: Any, grid: Any, *args: Any, out: Any, **kwargs: Any) -> int:
    """As in the plane: coordinates 9, parts 6, complements 3, weights 16; eight products and seven sums a channel."""
    del data
    places, mode = int(grid.numel()) // 3, argument(args, kwargs, 0, "interpolation_mode", 0)
    place, tap = (12, 0) if mode == 1 else (34, 15)
    return places * place + int(out.numel()) * tap


@arithmetic("affine_grid_generator")
def affine_grid_flops(*_: Any, out: Any, **__: Any) -> int:
    """A row of the matrix with (x, y, 1) or (x, y, z, 1): n products and n − 1 sums for each coordinate."""
    return int(out.numel()) * (2 * int(out.shape[-1]) + 1)


@arithmetic("torchvision.roi_align", "torchvision.ps_roi_align")
def roi_align_flops(*args: Any, out: Any, **kwargs: Any) -> int:
    """The mean of r×r bilinear samples (7 each) for each element; weights are shared by the channels and not counted.

    With a sampling ratio of 0 the number of samples depends on the size of each region: no formula.
    """
    made = out[0] if isinstance(out, tuple) else out
    ratio = int(argument(args, kwargs, 5, "sampling_ratio", 0))
    if ratio <= 0:
        raise ValueError("the number of samples depends on the regions")
    return int(made.numel()) * 8 * ratio**2


@arithmetic("torchvision.nms")
def overlap_flops(boxes: Any, *_: Any, **__: Any) -> int:
    """Areas (3 each), and each pair's overlap over union (13), where every box is kept: the most it can be."""
    count = int(boxes.shape[0])
    return 3 * count + 13 * count * (count - 1) // 2


# --- sums into places -------------------------------------------------------------------------------------------------


@arithmetic("_embedding_bag", "_embedding_bag_forward_only")
def bag_flops(weight: Any, indices: Any, *args: Any, out: Any, **kwargs: Any) -> int:
    """Rows of each bag added up (or compared), multiplied by their weights, divided for the mean."""
    width, made = int(weight.shape[-1]), int(out[0].numel())
    rows = int(indices.numel()) * width
    weighted = argument(args, kwargs, 4, "per_sample_weights") is not None
    mean = argument(args, kwargs, 2, "mode", 0) == 1
    return max(rows - made, 0) + (rows if weighted else 0) + (made if mean else 0)


@arithmetic("scatter_add")
def scatter_add_flops(_data: Any, _dim: Any, index: Any, *_: Any, **__: Any) -> int:
    """One addition for each element that is put somewhere."""
    return int(index.numel())


@arithmetic("index_add")
def index_add_flops(_data: Any, _dim: Any, _index: Any, source: Any, *_: Any, alpha: Any = 1, **__: Any) -> int:
    """One addition for each element of the source, and a product where there is a factor."""
    return int(source.numel()) * (1 if alpha == 1 else 2)


@arithmetic("index_reduce")
def index_reduce_flops(_data: Any, _dim: Any, _index: Any, source: Any, *_: Any, **__: Any) -> int:
    """One operation for each element of the source."""
    return int(source.numel())


@arithmetic("scatter", "scatter_reduce")
def scatter_flops(_data: Any, _dim: Any, index: Any, *args: Any, **kwargs: Any) -> int:
    """One operation for each element that is added, multiplied or compared; none where it only replaces."""
    return int(index.numel()) if argument(args, kwargs, 1, "reduce") is not None else 0


@arithmetic("index_put", "_index_put_impl", "_unsafe_index_put")
def index_put_flops(_data: Any, _indices: Any, values: Any, *args: Any, **kwargs: Any) -> int:
    """One addition for each element where values accumulate; none where they only replace."""
    return int(values.numel()) if argument(args, kwargs, 0, "accumulate", default=False) else 0


@arithmetic("put")
def put_flops(_data: Any, index: Any, _source: Any, accumulate: Any = False, **__: Any) -> int:
    """As ``index_put``."""
    return int(index.numel()) if accumulate else 0


@arithmetic("col2im")
def overlap_add_flops(data: Any, *_: Any, out: Any, **__: Any) -> int:
    """``fold``: overlapping columns are added."""
    return max(int(data.numel()) - int(out.numel()), 0)


@arithmetic("segment_reduce")
def segment_flops(data: Any, *_: Any, **__: Any) -> int:
    """One operation for each element."""
    return int(data.numel())

"""Sums, norms, running sums, rankings and distances."""

from __future__ import annotations

import math
from typing import Any

from modelreport.trace.flops.registry import argument, arithmetic, first


def comparisons(count: int) -> int:
    """⌈log₂ n⌉, at least one: comparisons for each of n elements that are sorted (merge sort), or to find one in n."""
    return max((max(count, 1) - 1).bit_length(), 1)


def _parts(tensor: Any) -> int:
    return 2 if tensor.is_complex() else 1


def _dim_size(data: Any, dim: Any) -> int:
    return int(data.shape[dim]) if data.dim() and isinstance(dim, int) else int(data.numel())


@arithmetic("sum", "nansum", "trace")
def sum_flops(data: Any, *_: Any, out: Any, **__: Any) -> int:
    """N values into one: n − 1 additions."""
    return (int(data.numel()) - int(out.numel())) * _parts(data)


@arithmetic("mean")
def mean_flops(data: Any, *_: Any, **__: Any) -> int:
    """N − 1 additions and a division."""
    return int(data.numel()) * _parts(data)


@arithmetic("amax", "amin", "max", "min", "argmax", "argmin", "prod")
def extreme_flops(data: Any, *args: Any, out: Any, **__: Any) -> int:
    """N values into one: n − 1 comparisons (products); one for each element between two tensors."""
    made = int(first(out).numel())
    if args and hasattr(args[0], "numel"):
        return made
    return (int(data.numel()) - made) * (6 if data.is_complex() else 1)


@arithmetic("aminmax", "_aminmax")
def both_extremes_flops(data: Any, *_: Any, out: Any, **__: Any) -> int:
    """Twice n − 1 comparisons."""
    return 2 * (int(data.numel()) - int(first(out).numel()))


@arithmetic("var", "var_mean")
def variance_flops(data: Any, *_: Any, **__: Any) -> int:
    """The mean n, differences n, squares n, their n − 1 sums and a division."""
    return 4 * int(data.numel()) * _parts(data)


@arithmetic("std", "std_mean")
def deviation_flops(data: Any, *_: Any, out: Any, **__: Any) -> int:
    """The variance and its root."""
    return 4 * int(data.numel()) * _parts(data) + int(first(out).numel())


@arithmetic("linalg_vector_norm", "norm")
def norm_flops(data: Any, *args: Any, out: Any, **kwargs: Any) -> int:
    """‖x‖₂: squares n, n − 1 sums, a root. Orders 1, 0, ±∞: n and n − 1. Others: absolute value, power, sum, root."""
    order = argument(args, kwargs, 0, "ord", argument(args, kwargs, 0, "p", 2))
    count, made = int(data.numel()) * _parts(data), int(out.numel())
    if order is None or order == 2 or isinstance(order, str):
        return 2 * count
    if order in (0, 1) or math.isinf(order):
        return 2 * count - made
    return 3 * count


@arithmetic("logsumexp")
def logsumexp_flops(data: Any, *_: Any, out: Any, **__: Any) -> int:
    """Maximum n − 1, differences n, exp n, sum n − 1, a logarithm, a sum."""
    del out
    return 4 * int(data.numel())


@arithmetic("cumsum", "cumprod", "_cummax_helper", "_cummin_helper", "cummax", "cummin")
def running_flops(data: Any, *args: Any, out: Any, **kwargs: Any) -> int:
    """N − 1 sums, products or comparisons along the dimension."""
    del out
    size = _dim_size(data, argument(args, kwargs, 0, "dim") if len(args) < 3 else args[2])
    each = {True: 2, False: 1}[data.is_complex()]
    return (int(data.numel()) - int(data.numel()) // max(size, 1)) * each


@arithmetic("logcumsumexp", "_logcumsumexp")
def running_logsumexp_flops(data: Any, *_: Any, **__: Any) -> int:
    """Max + log(1 + e^−|a−b|) for each element."""
    return 7 * int(data.numel())


@arithmetic("sort", "unique_dim", "_unique", "_unique2", "unique_consecutive", "mode", "msort")
def sort_flops(data: Any, *args: Any, **kwargs: Any) -> int:
    """n·⌈log₂ n⌉ comparisons along the dimension: merge sort (Knuth, *The Art of Computer Programming* 3, 5.2.4)."""
    dim = next((a for a in args if isinstance(a, int) and not isinstance(a, bool)), kwargs.get("dim", -1))
    return int(data.numel()) * comparisons(_dim_size(data, dim))


@arithmetic("topk")
def largest_flops(data: Any, wanted: int, *_: Any, **__: Any) -> int:
    """n·⌈log₂ k⌉ comparisons with a heap of the k best so far."""
    return int(data.numel()) * comparisons(int(wanted))


@arithmetic("kthvalue", "median", "nanmedian")
def selection_flops(data: Any, *_: Any, **__: Any) -> int:
    """(2 + 2 ln 2)·n comparisons on average, here 3.4·n: quickselect of the median (Knuth 3, 5.2.2)."""
    return int(data.numel()) * 34 // 10


@arithmetic("searchsorted", "bucketize")
def search_flops(*args: Any, out: Any, **__: Any) -> int:
    """⌈log₂(n + 1)⌉ comparisons for each value in n borders."""
    sizes = [int(a.shape[-1]) for a in args if hasattr(a, "dim") and a.dim()]
    return int(out.numel()) * comparisons(min(sizes, default=1) + 1)


@arithmetic("histc", "histogram")
def histogram_flops(data: Any, *_: Any, **__: Any) -> int:
    """A difference, a quotient and a rounding for each value."""
    return 3 * int(data.numel())


# --- distances --------------------------------------------------------------------------------------------------------


@arithmetic("_cdist_forward")
def distance_flops(left: Any, right: Any, *args: Any, out: Any, **kwargs: Any) -> int:
    """For each pair of vectors of M: differences M, powers or absolute values M, M − 1 sums, a root."""
    del args, kwargs, right
    return 3 * int(out.numel()) * int(left.shape[-1])


@arithmetic("_euclidean_dist")
def distance_by_product_flops(left: Any, right: Any, *_: Any, out: Any, **__: Any) -> int:
    """|a|² − 2ab + |b|²: the squared norms, one product of matrices two columns wider, a bound and a root."""
    norms = 2 * (int(left.numel()) + int(right.numel()))
    return norms + int(out.numel()) * (2 * (int(left.shape[-1]) + 2) + 2)


@arithmetic("_pdist_forward")
def own_distance_flops(data: Any, *_: Any, out: Any, **__: Any) -> int:
    """The same for each pair of rows of one matrix."""
    return 3 * int(out.numel()) * int(data.shape[-1])


@arithmetic("dist")
def whole_distance_flops(data: Any, *_: Any, **__: Any) -> int:
    """A difference, a power and a sum for each element."""
    return 3 * int(data.numel())

"""Operators that do the same to every element."""

from __future__ import annotations

from typing import Any

from modelreport.trace.flops.registry import argument, arithmetic, elements, numel

elements(1, "abs", complex_count=4)
elements(1, "neg sign sgn floor ceil round trunc", complex_count=2)
"""Complex: both parts; an absolute value is √(a² + b²)."""
elements(1, "eq ne", complex_count=2)
elements(1, "lt le gt ge maximum minimum fmax fmin clamp_min clamp_max heaviside copysign nextafter isposinf isneginf")
elements(1, "sqrt exp log", complex_count=5)
"""e^(a+ib): exp, sin, cos and two products; a logarithm and a root go by way of the absolute value and the angle."""
elements(1, "rsqrt exp2 expm1 log2 log10 log1p sin cos tan asin acos atan sinh cosh asinh acosh atanh erf erfc erfinv")
elements(1, "lgamma digamma polygamma mvlgamma i0 atan2 hypot special_i0e special_i1 special_i1e special_erfcx")
elements(1, "special_ndtri special_log_ndtr special_bessel_j0 special_bessel_j1 special_zeta igamma igammac")
elements(1, "reciprocal", complex_count=6)
elements(1, "angle")
elements(1, "conj_physical _conj_physical", complex_count=1)
elements(1, "deg2rad rad2deg")
elements(2, "frac ldexp xlogy special_xlog1py special_entr floor_divide")
"""A rounding or a function, and one operation of arithmetic."""
elements(3, "lerp logit sinc nan_to_num", complex_count=6)
"""a + w·(b − a). log(x/(1 − x)). sin(πx)/(πx). Three comparisons."""
elements(4, "remainder fmod")
"""a − b·⌊a/b⌋."""
elements(7, "logaddexp logaddexp2")
"""max + log(1 + e^−|a−b|)."""
elements(2, "linspace logspace")
elements(2, "_masked_scale")
"""A mask and a factor."""


def _is_complex(value: Any) -> bool:
    return isinstance(value, complex) or (hasattr(value, "is_complex") and value.is_complex())


@arithmetic("add", "sub", "rsub")
def sum_flops(*args: Any, out: Any, alpha: Any = 1, **kwargs: Any) -> int:
    """One for each element, one more for a factor; twice that for complex numbers."""
    made = args[0] if out is None else out
    factor = argument(args, kwargs, 2, "alpha", alpha)
    each = 1 if factor == 1 else 2
    return numel(made) * each * (2 if _is_complex(made) else 1)


@arithmetic("mul")
def product_flops(left: Any, right: Any, *_: Any, out: Any, **__: Any) -> int:
    """One for each element; complex (a+ib)·(c+id): 4 products and 2 sums, by a real number 2 products."""
    made = left if out is None else out
    if not _is_complex(made):
        return numel(made)
    return numel(made) * (6 if _is_complex(left) and _is_complex(right) else 2)


@arithmetic("div", "true_divide", "divide")
def quotient_flops(left: Any, right: Any, *_: Any, out: Any, rounding_mode: Any = None, **__: Any) -> int:
    """One for each element, one more for rounding; complex: the product with c − id (6), c² + d² (3), two quotients."""
    made = left if out is None else out
    if _is_complex(made):
        return numel(made) * (11 if _is_complex(right) else 2)
    return numel(made) * (1 if rounding_mode is None else 2)


@arithmetic("pow", "float_power")
def power_flops(*args: Any, out: Any, **__: Any) -> int:
    """One for each element; a whole exponent n of complex numbers takes n − 1 products, any other exp and log."""
    made = args[0] if out is None else out
    if not _is_complex(made):
        return numel(made)
    exponent = args[1]
    small = isinstance(exponent, int) and 0 < exponent < 5
    return numel(made) * (6 * (exponent - 1) if small else 16)


@arithmetic("clamp")
def clamp_flops(*args: Any, out: Any, **kwargs: Any) -> int:
    """One comparison for each bound that is given."""
    bounds = (argument(args, kwargs, 1, "min"), argument(args, kwargs, 2, "max"))
    return numel(args[0] if out is None else out) * sum(bound is not None for bound in bounds)


@arithmetic("addcmul", "addcdiv")
def added_term_flops(data: Any, *args: Any, out: Any, value: Any = 1, **__: Any) -> int:
    """A + v·b·c or a + v·b/c: two for each element, one more for a factor."""
    del args
    made = data if out is None else out
    return numel(made) * (2 if value == 1 else 3) * (4 if _is_complex(made) else 1)


@arithmetic("native_dropout")
def dropout_flops(data: Any, _share: Any, train: Any = None, **__: Any) -> int:
    """A mask and a factor, in training only."""
    return 0 if train is False else 2 * int(data.numel())


@arithmetic("equal")
def equality_flops(data: Any, *_: Any, **__: Any) -> int:
    """One comparison for each element."""
    return int(data.numel())


@arithmetic("polar")
def polar_flops(size: Any, *_: Any, **__: Any) -> int:
    """r·cos φ and r·sin φ."""
    return 4 * int(size.numel())


@arithmetic("linalg_cross")
def cross_flops(*_: Any, out: Any, **__: Any) -> int:
    """Two products and a difference for each component."""
    return 3 * int(out.numel())


for _window in ("hann_window", "hamming_window", "bartlett_window", "blackman_window", "kaiser_window"):
    elements(4, _window)


@arithmetic("_transform_bias_rescale_qkv")
def biased_flops(data: Any, *_: Any, **__: Any) -> int:
    """A sum for each element, a factor for a third of them (the queries)."""
    count = int(data.numel())
    return count + count // 3

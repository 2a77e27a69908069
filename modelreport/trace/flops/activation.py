"""Activations by the steps of their definitions (documentation of ``torch.nn``), and softmax."""

from __future__ import annotations

from typing import Any

from modelreport.trace.flops.matrix import softmax_of
from modelreport.trace.flops.registry import arithmetic, elements

elements(1, "relu threshold tanh")
elements(2, "hardtanh leaky_relu _prelu_kernel rrelu_with_noise hardshrink relu6")
"""Two comparisons; a comparison and a product; an absolute value and a comparison."""
elements(3, "elu celu softshrink")
"""A comparison, exp − 1 and a product; two comparisons and a difference."""
elements(4, "sigmoid hardsigmoid silu mish")
"""1/(1+e⁻ˣ) and x/(1+e⁻ˣ): sign, exp, sum, quotient. x+3, two bounds, /6. exp, log, tanh, product."""
elements(5, "hardswish softplus glu")
"""x+3, two bounds, product, /6. Factor, exp, log, quotient, comparison. Sigmoid and product."""
elements(6, "log_sigmoid_forward")
"""min(x, 0) − log(1 + e⁻|x|): bound, absolute value, sign, exp, log, difference."""


@arithmetic("gelu")
def gelu_flops(data: Any, *_: Any, approximate: str = "none", **__: Any) -> int:
    """x·½·(1 + erf(x/√2)): 5. With tanh, ½x·(1 + tanh(√(2/π)·(x + 0.044715·x³))): 9 (Hendrycks and Gimpel 2016)."""
    return int(data.numel()) * (9 if approximate == "tanh" else 5)


@arithmetic("_softmax", "_safe_softmax", "_masked_softmax")
def softmax_flops(data: Any, *args: Any, **kwargs: Any) -> int:
    """For a row of n: maximum n − 1, differences n, exp n, sum n − 1, quotients n."""
    return softmax_of(int(data.numel()), _rows(data, args, kwargs))


@arithmetic("_log_softmax")
def log_softmax_flops(data: Any, *args: Any, **kwargs: Any) -> int:
    """For a row of n: maximum n − 1, differences n, exp n, sum n − 1, a logarithm, differences n."""
    return 5 * int(data.numel()) - _rows(data, args, kwargs)


def _rows(data: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    dim = args[0] if args and isinstance(args[0], int) else kwargs.get("dim", -1)
    size = int(data.shape[dim]) if data.dim() and isinstance(dim, int) else 1
    return int(data.numel()) // max(size, 1)

"""FLOP formulas of aten operators: torch's own registry, and what it lacks.

A multiply-add is two FLOPs. Every formula here is of a matrix-class operator, so that its multiply-adds are half its
FLOPs; biases, activations and normalisations are not counted, which is the convention of ``torch.utils.flop_counter``
and of published figures. Operators that only move data cost nothing; any other operator has no formula and is listed
as uncounted.
"""

# ruff: noqa: SLF001  torch gives these no public names

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

from modelreport.trace.zero_cost import ZERO_COST

Formula = Callable[..., int]
FORMULAS: dict[str, Formula] = {}
"""Formulas that torch lacks, by aten name. Each takes the operator's arguments and ``out``, its result."""


def formula(*names: str) -> Callable[[Formula], Formula]:
    """Register a formula for aten operators; ``ValueError`` when one has a formula already."""

    def register(function: Formula) -> Formula:
        for name in names:
            if name in FORMULAS:
                raise ValueError(f"aten.{name} has two FLOP formulas")
            FORMULAS[name] = function
        return function

    return register


@formula(
    "_scaled_dot_product_flash_attention_for_cpu",
    "_scaled_dot_product_fused_attention_overrideable",
    "_scaled_dot_product_attention_math_for_mps",
)
def attention_flops(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    """QKᵀ and the weighted sum of V over the full S×T square, no causal halving.

    The convention of ``torch.utils.flop_counter.sdpa_flop_count``; query (B, H, S, D), key (B, H, T, D),
    value (B, H, T, E).
    """
    *lead, queries, width = query.shape
    return int(2 * math.prod(lead) * queries * key.shape[-2] * (width + value.shape[-1]))


@formula("_grouped_mm", "_scaled_grouped_mm")
def grouped_flops(left: Any, right: Any, *_: Any, **__: Any) -> int:
    """Rows are divided among the groups: each row of ``left`` meets one matrix of ``right`` (PyTorch docs, grouped_mm).

    (M, K) · (G, K, N): 2·M·K·N. (G, M, K) · (G, K, N): 2·G·M·K·N. (M, K) · (K, N) by groups of K: 2·M·K·N.
    """
    return int(2 * math.prod(left.shape) * right.shape[-1])


@formula("mv")
def matrix_vector_flops(matrix: Any, *_: Any, **__: Any) -> int:
    """One multiply-add for each element of the (M, K) matrix."""
    return int(2 * matrix.numel())


@formula("addmv")
def added_matrix_vector_flops(_bias: Any, matrix: Any, *_: Any, **__: Any) -> int:
    """As ``mv``; the sum with the bias is not counted, as torch does for ``addmm``."""
    return int(2 * matrix.numel())


@formula("dot", "vdot")
def dot_flops(left: Any, *_: Any, **__: Any) -> int:
    """One multiply-add for each element."""
    return int(2 * left.numel())


@formula("addbmm")
def added_batch_flops(_bias: Any, left: Any, right: Any, *_: Any, **__: Any) -> int:
    """(B, M, K) · (B, K, N), summed over B."""
    return int(2 * math.prod(left.shape) * right.shape[-1])


@formula("addr")
def outer_flops(*_: Any, out: Any, **__: Any) -> int:
    """One multiply-add for each element of the result."""
    return int(2 * out.numel())


@formula("_int_mm", "_weight_int8pack_mm", "_weight_int4pack_mm")
def quantised_matrix_flops(left: Any, *_: Any, out: Any, **__: Any) -> int:
    """(M, K) · (K, N), whatever the packing of the right side."""
    return int(2 * math.prod(left.shape) * out.shape[-1])


@formula("mkldnn_linear")
def mkldnn_linear_flops(left: Any, *_: Any, out: Any, **__: Any) -> int:
    """(…, K) · (K, N)."""
    return int(2 * math.prod(left.shape) * out.shape[-1])


@formula("_trilinear")
def trilinear_flops(first: Any, second: Any, third: Any, *_: Any, out: Any, **__: Any) -> int:
    """``bilinear``: for each row, x₁ᵀ·W (O·I₁·I₂ multiply-adds) and the product with x₂ (O·I₂)."""
    del third
    rows, outputs = math.prod(out.shape[:-1]), int(out.shape[-1])
    return int(2 * rows * outputs * int(second.shape[-1] if second.dim() else 1) * (int(first.shape[-1]) + 1))


@formula("_cdist_forward")
def distance_flops(left: Any, right: Any, *_: Any, **__: Any) -> int:
    """A difference and a square-add for each of P·R pairs of M-vectors, counted as one multiply-add each."""
    return int(2 * math.prod(left.shape[:-1]) * int(right.shape[-2]) * int(left.shape[-1]))


@formula("deform_conv2d")
def deformable_flops(_input: Any, weight: Any, *_: Any, out: Any, **__: Any) -> int:
    """As a convolution: C/g·Kh·Kw multiply-adds for each output element; the sampling is not counted."""
    return int(2 * out.numel() * math.prod(weight.shape[1:]))


def recurrent_flops(steps: int, weights: list[Any]) -> int:
    """Every weight matrix (input, recurrent and projection of each layer and direction) meets each of the steps once.

    ``steps`` is time × batch, ``weights`` the tensors of the layer, of which matrices count: 2·T·B·Σ|W|. For an LSTM
    layer with input I and hidden H that is 2·T·B·(4H·I + 4H·H): four gates, each a product with the input and one with
    the state (the equations in the documentation of ``torch.nn.LSTM``).
    """
    return int(2 * steps * sum(int(weight.numel()) for weight in weights if weight.dim() == 2))


@formula("mkldnn_rnn_layer")
def mkldnn_layer_flops(data: Any, *weights: Any, **__: Any) -> int:
    """One layer, one direction: (input, W_ih, W_hh, b_ih, b_hh, …)."""
    return recurrent_flops(math.prod(data.shape[:-1]), list(weights[:2]))


@formula("_cudnn_rnn", "miopen_rnn")
def fused_rnn_flops(data: Any, weights: Any, *_: Any, **__: Any) -> int:
    """All layers and directions in one list of weights."""
    return recurrent_flops(math.prod(data.shape[:-1]), list(weights))


class Cost(NamedTuple):
    """How an operator is counted."""

    name: str
    """Name for the report, such as ``aten.relu``."""
    formula: Formula | None
    free: bool
    """It moves data or makes views: 0 FLOPs."""
    view: bool
    """It touches no memory."""
    writes: tuple[int, ...]
    """Positions of the arguments it writes to."""
    composite: bool
    """It decomposes into other operators, which are counted instead."""


@functools.cache
def cost_of(func: Any) -> Cost:
    """How the operator is counted; torch's registry comes first, so that totals equal ``FlopCounterMode``'s."""
    import torch
    from torch.utils.flop_counter import flop_registry

    packet = func._overloadpacket
    space, _, name = func._schema.name.partition("::")
    own = FORMULAS.get(name) if space in ("aten", "mkldnn", "torchvision") else None
    found: Formula | None = own
    if packet in flop_registry:
        registered = flop_registry[packet]

        def found(*args: Any, out: Any, **kwargs: Any) -> int:
            return int(registered(*args, **kwargs, out_val=out))

    key = "CompositeImplicitAutograd"
    return Cost(
        name=f"{space}.{name}",
        formula=found,
        free=bool(func.is_view) or (space in ("aten", "prims", "prim") and name in ZERO_COST),
        view=bool(func.is_view),
        writes=tuple(
            i for i, a in enumerate(func._schema.arguments) if a.alias_info is not None and a.alias_info.is_write
        ),
        composite=found is None and torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), key),
    )

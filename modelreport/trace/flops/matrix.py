"""Matrix-class operators: products, convolutions, attention. The FLOPs here are twice the multiply-adds.

Formulas are those of ``torch.utils.flop_counter`` where it has one, written out because they are faster so; the rest
follow its conventions. What such an operator does besides (bias, scaling, softmax) is arithmetic.
"""

from __future__ import annotations

import math
from typing import Any

from modelreport.trace.flops.registry import argument, beside, first, matrix

# --- products ---------------------------------------------------------------------------------------------------------


@matrix("mm", "bmm", "_int_mm", "_sparse_mm", "_cslt_sparse_mm")
def product_flops(left: Any, *_: Any, out: Any, **__: Any) -> int:
    """(…, M, K) · (…, K, N): M·N·K multiply-adds for each matrix."""
    return 2 * int(out.numel()) * int(left.shape[-1])


@matrix("addmm", "baddbmm", "_addmm_activation", "_sparse_addmm")
def added_product_flops(_added: Any, left: Any, *_: Any, out: Any, **__: Any) -> int:
    """As the product; the sum with the added matrix is arithmetic."""
    return 2 * int(out.numel()) * int(left.shape[-1])


@matrix("_scaled_mm", "_weight_int8pack_mm", "_weight_int4pack_mm", "_weight_int4pack_mm_for_cpu", "mkldnn_linear",
        "_dyn_quant_matmul_4bit", "_mixed_dtypes_linear", "_scaled_mm_v2")  # fmt: skip
def packed_product_flops(left: Any, *_: Any, out: Any, **__: Any) -> int:
    """(…, K) · (K, N), whatever the packing of the right side."""
    return 2 * int(left.numel()) * int(first(out).shape[-1])


@matrix("_grouped_mm", "_scaled_grouped_mm")
def grouped_flops(left: Any, right: Any, *_: Any, **__: Any) -> int:
    """Rows are divided among the groups: each row of ``left`` meets one matrix of ``right`` (PyTorch docs, grouped_mm).

    (M, K) · (G, K, N): 2·M·K·N. (G, M, K) · (G, K, N): 2·G·M·K·N. (M, K) · (K, N) by groups of K: 2·M·K·N.
    """
    return int(2 * math.prod(left.shape) * right.shape[-1])


@matrix("mv")
def matrix_vector_flops(left: Any, *_: Any, **__: Any) -> int:
    """One multiply-add for each element of the (M, K) matrix."""
    return int(2 * left.numel())


@matrix("addmv")
def added_matrix_vector_flops(_added: Any, left: Any, *_: Any, **__: Any) -> int:
    """As ``mv``."""
    return int(2 * left.numel())


@matrix("dot", "vdot")
def dot_flops(left: Any, *_: Any, **__: Any) -> int:
    """One multiply-add for each element."""
    return int(2 * left.numel())


@matrix("addbmm")
def added_batch_flops(_added: Any, left: Any, right: Any, *_: Any, **__: Any) -> int:
    """(B, M, K) · (B, K, N), summed over B."""
    return int(2 * math.prod(left.shape) * right.shape[-1])


@matrix("addr")
def outer_flops(*_: Any, out: Any, **__: Any) -> int:
    """One multiply-add for each element of the result."""
    return int(2 * out.numel())


@matrix("_trilinear")
def trilinear_flops(left: Any, right: Any, third: Any, *_: Any, out: Any, **__: Any) -> int:
    """``bilinear``: for each row, x₁ᵀ·W (O·I₁·I₂ multiply-adds) and the product with x₂ (O·I₂)."""
    del third
    rows, outputs = math.prod(out.shape[:-1]), int(out.shape[-1])
    return int(2 * rows * outputs * int(right.shape[-1] if right.dim() else 1) * (int(left.shape[-1]) + 1))


@beside("addmm", "baddbmm", "addbmm", "addmv", "_sparse_addmm")
def addition_flops(*_: Any, out: Any, beta: Any = 1, alpha: Any = 1, **__: Any) -> int:
    """β·C + α·AB: one addition for each element, and the factors where they are not one; β = 0 drops the sum."""
    return int(int(out.numel()) * ((beta != 0) + (beta not in (0, 1)) + (alpha != 1)))


@beside("_addmm_activation")
def activated_addition_flops(*_: Any, out: Any, use_gelu: bool = False, **__: Any) -> int:
    """Bias, then ReLU or the tanh form of GELU."""
    return int(out.numel()) * (10 if use_gelu else 2)


@beside("mkldnn_linear")
def bias_of_linear_flops(*args: Any, out: Any, **kwargs: Any) -> int:
    """One addition for each element where there is a bias."""
    return int(out.numel()) if argument(args, kwargs, 2, "bias") is not None else 0


# --- convolution ------------------------------------------------------------------------------------------------------


@matrix("convolution", "_convolution", "cudnn_convolution", "convolution_overrideable", "mkldnn_convolution",
        "_slow_conv2d_forward", "slow_conv3d_forward", "_conv_depthwise2d", "conv_depthwise3d", "slow_conv_dilated2d",
        "slow_conv_dilated3d", "slow_conv_transpose2d", "slow_conv_transpose3d", "_mps_convolution",
        "cudnn_convolution_relu", "cudnn_convolution_add_relu", "miopen_convolution")  # fmt: skip
def convolution_flops(data: Any, weight: Any, *args: Any, out: Any, **kwargs: Any) -> int:
    """Every output position meets the whole kernel of its group; transposed, every input position does.

    Weight (C_out, C_in/g, k…): N·C_out·H_out·W_out·C_in/g·Πk multiply-adds; transposed (C_in, C_out/g, k…):
    N·C_in·H_in·W_in·C_out/g·Πk.
    """
    transposed = argument(args, kwargs, 4, "transposed", default=False)
    moved = data if transposed is True else out
    return int(2 * int(moved.numel()) * math.prod(weight.shape[1:]))


@matrix("conv_tbc")
def time_convolution_flops(_data: Any, weight: Any, *_: Any, out: Any, **__: Any) -> int:
    """Weight (k, C_in, C_out): k·C_in multiply-adds for each output element."""
    return int(2 * int(out.numel()) * math.prod(weight.shape[:2]))


@beside("convolution", "_convolution", "mkldnn_convolution", "convolution_overrideable")
def bias_of_convolution_flops(*args: Any, out: Any, **kwargs: Any) -> int:
    """One addition for each output element where there is a bias."""
    return int(out.numel()) if argument(args, kwargs, 2, "bias") is not None else 0


@matrix("torchvision.deform_conv2d")
def deformable_flops(_data: Any, weight: Any, *_: Any, out: Any, **__: Any) -> int:
    """As a convolution: C/g·Kh·Kw multiply-adds for each output element."""
    return int(2 * out.numel() * math.prod(weight.shape[1:]))


@beside("torchvision.deform_conv2d")
def deformed_sampling_flops(
    data: Any, weight: Any, offset: Any, _mask: Any, bias: Any, *args: Any, out: Any, **kwargs: Any
) -> int:
    """Bilinear samples: 16 for the place and its weights at each offset, 7 for each channel there, 1 for a mask."""
    taps = math.prod(weight.shape[2:])
    places = int(out.numel()) // int(out.shape[1])
    masked = bool(argument(args, kwargs, 8, "use_mask", default=True))
    samples = places * taps * int(data.shape[1])
    bias_adds = int(out.numel()) if bias is not None else 0
    return int(16 * offset.numel() // 2 + (7 + masked) * samples + bias_adds)


# --- attention --------------------------------------------------------------------------------------------------------

ATTENTION = (
    "_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_fused_attention_overrideable",
    "_scaled_dot_product_attention_math_for_mps", "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_flash_attention", "_scaled_dot_product_cudnn_attention",
)  # fmt: skip


@matrix(*ATTENTION)
def attention_flops(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    """QKᵀ and the weighted sum of V over the full S×T square, no causal halving.

    The convention of ``torch.utils.flop_counter.sdpa_flop_count``; query (B, H, S, D), key (B, H, T, D),
    value (B, H, T, E).
    """
    *lead, queries, width = query.shape
    return int(2 * math.prod(lead) * queries * key.shape[-2] * (width + value.shape[-1]))


@beside(*ATTENTION)
def scores_flops(query: Any, key: Any, _value: Any, *args: Any, out: Any, **kwargs: Any) -> int:
    """For each score a factor, five for the softmax, one for a mask that is added."""
    del out
    scores = math.prod(query.shape[:-1]) * int(key.shape[-2])
    masked = any(hasattr(each, "dim") and each.dim() >= 2 for each in (*args, *kwargs.values()))
    return int(softmax_of(scores, math.prod(query.shape[:-1])) + scores * (1 + masked))


def softmax_of(count: int, rows: int) -> int:
    """Softmax over ``rows`` rows of ``count`` elements in all: maximum, difference, exp, sum, quotient."""
    return 5 * count - 2 * rows


@matrix("_native_multi_head_attention")
def whole_attention_flops(query: Any, key: Any, _value: Any, width: int, *_: Any, **__: Any) -> int:
    """Projections of query, key, value and result (B·E·E for each position), and the attention; tensors (B, S, E)."""
    batch, queries = (int(n) for n in query.shape[:2])
    keys = int(key.shape[1])
    projected = 2 * batch * (2 * queries + 2 * keys) * width * width
    return projected + 4 * batch * queries * keys * width


@beside("_native_multi_head_attention")
def whole_attention_besides_flops(query: Any, key: Any, _value: Any, width: int, heads: int, *_: Any, **__: Any) -> int:
    """Biases of the four projections, scaled scores and their softmax."""
    batch, queries = (int(n) for n in query.shape[:2])
    keys = int(key.shape[1])
    rows = batch * heads * queries
    return 2 * batch * (queries + keys) * width + softmax_of(rows * keys, rows) + rows * keys


@matrix("_transformer_encoder_layer_fwd")
def encoder_layer_flops(data: Any, width: int, _heads: int, *args: Any, **__: Any) -> int:
    """Attention of (B, S, E) with itself and the two products of the feed-forward part."""
    hidden = int(args[11].shape[0])
    rows = int(data.numel()) // width
    return whole_attention_flops(data, data, data, width) + 4 * rows * width * hidden


@beside("_transformer_encoder_layer_fwd")
def encoder_layer_besides_flops(data: Any, width: int, heads: int, *args: Any, **__: Any) -> int:
    """Attention's own, two sums and two normalisations (7 for each element), biases and the activation."""
    hidden = int(args[11].shape[0])
    rows = int(data.numel()) // width
    activation = 5 if args[4] else 1
    attention = whole_attention_besides_flops(data, data, data, width, heads)
    return attention + rows * (2 * width + 2 * (7 * width + 2) + width + hidden * (1 + activation))

"""Quantised operators: products of whole numbers count as the multiply-adds they are, packing as arithmetic."""

from __future__ import annotations

import math
from typing import Any

from modelreport.trace.flops.registry import arithmetic, beside, elements, first, matrix, numel

PACK = 5
"""To pack a real number: quotient, rounding, zero point, two bounds."""
UNPACK = 2
"""To unpack it: difference with the zero point and product."""

elements(PACK, "quantize_per_tensor quantize_per_channel")
elements(PACK + 2, "quantize_per_tensor_dynamic")
"""Its range first: two comparisons for each element."""
elements(UNPACK, "dequantize")

LINEAR = (
    "quantized.linear", "quantized.linear_relu", "quantized.linear_leaky_relu", "quantized.linear_tanh",
    "quantized.linear_dynamic", "quantized.linear_relu_dynamic", "quantized.linear_dynamic_fp16",
    "quantized.linear_relu_dynamic_fp16", "quantized.linear_with_input_q_dq_qweight_dq_output_fp32",
    "sparse.qlinear", "sparse.qlinear_dynamic", "onednn.qlinear_pointwise",
)  # fmt: skip


@matrix(*LINEAR)
def linear_flops(data: Any, *_: Any, out: Any, **__: Any) -> int:
    """(…, K) · (K, N); the weight is packed, its size is seen from both sides."""
    return 2 * int(data.numel()) * int(first(out).shape[-1])


@beside("quantized.linear", "quantized.linear_relu", "quantized.linear_leaky_relu", "quantized.linear_tanh",
        "sparse.qlinear", "onednn.qlinear_pointwise")  # fmt: skip
def static_linear_flops(*_: Any, out: Any, **__: Any) -> int:
    """Each result is scaled, gets its bias and is packed."""
    return (PACK + 2) * int(first(out).numel())


@beside("quantized.linear_dynamic", "quantized.linear_relu_dynamic", "sparse.qlinear_dynamic")
def dynamic_linear_flops(data: Any, *_: Any, out: Any, **__: Any) -> int:
    """The range of the input (2) and its packing, then scale and bias of each result."""
    return (PACK + 2) * int(data.numel()) + 2 * int(first(out).numel())


@beside("quantized.linear_dynamic_fp16", "quantized.linear_relu_dynamic_fp16")
def half_linear_flops(*_: Any, out: Any, **__: Any) -> int:
    """The bias of each result."""
    return int(first(out).numel())


CONVOLUTIONS = (
    *(f"quantized.conv{ranks}d{end}" for ranks in (1, 2, 3) for end in ("", "_relu", "_dynamic")),
    "quantized.conv2d_add",
    "quantized.conv2d_add_relu",
)


@matrix(*CONVOLUTIONS)
def convolution_flops(_data: Any, *args: Any, out: Any, **__: Any) -> int:
    """The packed weight tells its shape (C_out, C_in/g, k…): C_in/g·Πk multiply-adds for each result."""
    return int(2 * int(out.numel()) * math.prod(_unpacked(args).shape[1:]))


@matrix(*(f"quantized.conv_transpose{ranks}d{end}" for ranks in (1, 2, 3) for end in ("", "_dynamic")))
def transposed_convolution_flops(data: Any, *args: Any, **__: Any) -> int:
    """Weight (C_in, C_out/g, k…): every input meets C_out/g·Πk weights."""
    return int(2 * int(data.numel()) * math.prod(_unpacked(args).shape[1:]))


def _unpacked(args: tuple[Any, ...]) -> Any:
    """The weight of the packed parameters among the arguments."""
    packed = next(a for a in args if hasattr(a, "unpack"))
    return packed.unpack()[0]


@beside(*CONVOLUTIONS)
def convolution_besides_flops(*_: Any, out: Any, **__: Any) -> int:
    """Each result is scaled, gets its bias and is packed."""
    return (PACK + 2) * int(out.numel())


def _wrapped(inputs: int, inner: int, *names: str) -> None:
    """Operators that unpack ``inputs`` tensors, do ``inner`` steps for each element, and pack the result."""

    def flops(*args: Any, out: Any, **__: Any) -> int:
        made = first(out)
        made = args[0] if made is None else made
        return int(made.numel()) * (UNPACK * inputs + inner + PACK)

    arithmetic(*(f"quantized.{name}" for name in names))(flops)


_wrapped(2, 1, "add", "mul")
_wrapped(2, 2, "add_relu", "mul_relu")
_wrapped(1, 1, "add_scalar", "mul_scalar")
_wrapped(1, 2, "add_scalar_relu", "mul_scalar_relu", "leaky_relu")
_wrapped(1, 3, "elu", "celu")
_wrapped(1, 4, "sigmoid")
_wrapped(1, 5, "hardswish")
_wrapped(1, 3, "prelu")
_wrapped(1, 5, "softmax")


@arithmetic("quantized.cat", "quantized.cat_relu", "quantized.matmul_pack")
def concatenation_flops(*_: Any, out: Any, **__: Any) -> int:
    """Parts with other scales are unpacked and packed again."""
    return (UNPACK + PACK) * numel(out)


@matrix("quantized.matmul")
def matmul_flops(left: Any, *_: Any, out: Any, **__: Any) -> int:
    """(…, M, K) · (…, K, N)."""
    return 2 * int(out.numel()) * int(left.shape[-1])


@arithmetic("quantized.embedding_byte", "quantized.embedding_4bit")
def embedding_flops(*_: Any, out: Any, **__: Any) -> int:
    """Each row that is looked up is unpacked."""
    return UNPACK * int(out.numel())


@arithmetic("quantized.embedding_bag_byte", "quantized.embedding_bag_4bit", "quantized.embedding_bag_2bit",
            "quantized.embedding_bag_byte_rowwise_offsets", "quantized.embedding_bag_4bit_rowwise_offsets")  # fmt: skip
def bag_flops(_weight: Any, indices: Any, *_: Any, out: Any, **__: Any) -> int:
    """Each row is unpacked and added to its bag."""
    return (UNPACK + 1) * int(indices.numel()) * int(out.shape[-1])


# --- fake quantisation ------------------------------------------------------------------------------------------------


@arithmetic("fake_quantize_per_tensor_affine_cachemask", "fake_quantize_per_channel_affine_cachemask",
            "_fake_quantize_per_tensor_affine_cachemask_tensor_qparams", "_fake_quantize_learnable_per_tensor_affine",
            "_fake_quantize_learnable_per_channel_affine")  # fmt: skip
def fake_quantise_flops(data: Any, *_: Any, **__: Any) -> int:
    """Packed and unpacked again."""
    return (PACK + UNPACK) * int(data.numel())


@arithmetic("_fused_moving_avg_obs_fq_helper")
def observed_fake_quantise_flops(data: Any, *_: Any, **__: Any) -> int:
    """The range of the values first: two comparisons for each."""
    return (PACK + UNPACK + 2) * int(data.numel())

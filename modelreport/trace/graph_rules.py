"""Output shapes of operators outside the ONNX standard, as onnxruntime documents them (ContribOperators.md)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from modelreport.trace.graph_types import InferenceFailure, infer_by_standard
from modelreport.trace.graph_values import Value

if TYPE_CHECKING:
    from collections.abc import Callable

Shape = tuple[int, ...]


def infer_by_rule(
    rule: Callable[..., Any], node: Any, inputs: list[Value | None], attributes: dict[str, Any]
) -> list[Value]:
    """Values of the node's outputs by a rule of ``RULES``; raises ``InferenceFailure`` when the operands do not fit."""
    try:
        shapes = rule(inputs, attributes)
    except (AttributeError, IndexError, TypeError, ValueError, KeyError, ZeroDivisionError) as error:
        raise InferenceFailure(f"{node.op_type} has operands that do not fit") from error
    values = []
    for place, name in enumerate(node.output):
        dtype, shape = shapes[place] if place < len(shapes) else ("unknown", None)
        values.append(Value(name, dtype, shape))
    return values


def _first(inputs: list[Value], _: dict[str, Any]) -> Any:
    return [(inputs[0].dtype, inputs[0].shape)]


def _product_shape(a: Shape, b: Shape, attributes: dict[str, Any]) -> Shape:
    a = (*a[:-2], a[-1], a[-2]) if attributes.get("transA") and len(a) > 1 else a
    b = (*b[:-2], b[-1], b[-2]) if attributes.get("transB") and len(b) > 1 else b
    if len(b) == 1:
        return a[:-1]
    longer, shorter = (a[:-2], b[:-2]) if len(a) >= len(b) else (b[:-2], a[:-2])
    return (
        *longer[: len(longer) - len(shorter)],
        *map(max, longer[len(longer) - len(shorter) :], shorter),
        a[-2],
        b[-1],
    )


def _product(left: int, right: int, dtype: str = "") -> Callable[..., Any]:
    def rule(inputs: list[Any], attributes: dict[str, Any]) -> Any:
        a, b = inputs[left], inputs[right]
        return [(dtype or a.dtype, _product_shape(a.shape, b.shape, attributes))]

    return rule


def _bits(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    return [(inputs[0].dtype, (*inputs[0].shape[:-1], int(attributes["N"])))]


def _broadcast(left: int, right: int) -> Callable[..., Any]:
    def rule(inputs: list[Any], _: dict[str, Any]) -> Any:
        import numpy as np

        try:
            return [(inputs[left].dtype, np.broadcast_shapes(inputs[left].shape, inputs[right].shape))]
        except ValueError as error:
            raise InferenceFailure(str(error)[:200]) from error

    return rule


def _attention(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    batch, length, _ = inputs[0].shape
    sizes = attributes.get("qkv_hidden_sizes")
    width = sizes[2] if sizes else inputs[1].shape[-1] // 3
    return [(inputs[0].dtype if inputs[0].dtype.startswith(("float", "bfloat")) else "float32", (batch, length, width))]


def _attention_heads(inputs: list[Any], _: dict[str, Any]) -> Any:
    query, value = inputs[0], inputs[2] if len(inputs) > 2 else None
    width = math.prod(query.shape[2:]) if value is None or value.shape is None else value.shape[-1]
    if value is not None and len(value.shape) == 4:
        width = value.shape[1] * value.shape[3]
    return [(query.dtype, (*query.shape[:2], width))]


def _attention_groups(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    query, packed = inputs[0], len(inputs) < 2 or inputs[1] is None
    heads, shared = int(attributes["num_heads"]), int(attributes["kv_num_heads"])
    width = query.shape[2] * heads // (heads + 2 * shared) if packed else query.shape[2]
    head = width // heads
    past = inputs[3].shape[2] if len(inputs) > 3 and inputs[3] is not None else 0
    cache = (query.dtype, (query.shape[0], shared, past + query.shape[1], head))
    return [(query.dtype, (*query.shape[:2], width)), cache, cache]


def _embed(inputs: list[Any], _: dict[str, Any]) -> Any:
    return [(inputs[2].dtype, (*inputs[0].shape, inputs[2].shape[-1])), ("int32", inputs[0].shape[:1])]


def _skip(inputs: list[Any], _: dict[str, Any]) -> Any:
    same = (inputs[0].dtype, inputs[0].shape)
    return [same, ("unknown", None), ("unknown", None), same]


def _global_pool(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    shape = inputs[0].shape
    if attributes.get("channels_last"):
        return [(inputs[0].dtype, (shape[0], *[1] * (len(shape) - 2), shape[-1]))]
    return [(inputs[0].dtype, (*shape[:2], *[1] * (len(shape) - 2)))]


def _concat_quantised(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    parts = [value.shape for value in inputs[2::3]]
    axis = attributes["axis"] % len(parts[0])
    total = sum(part[axis] for part in parts)
    return [(inputs[2].dtype, (*parts[0][:axis], total, *parts[0][axis + 1 :]))]


def _as_standard(op: str, keep: tuple[str, ...]) -> Callable[..., Any]:
    """The standard's inference for a fused form of ``op``: its own attributes left out."""

    def rule(inputs: list[Any], attributes: dict[str, Any]) -> Any:
        import onnx

        used = [value for value in inputs if value is not None][:3]
        kept = {name: attributes[name] for name in keep if name in attributes}
        node = onnx.helper.make_node(op, [str(place) for place in range(len(used))], ["y"], **kept)
        value = infer_by_standard(node, list(used), {"": 17})[0]
        return [(value.dtype, value.shape)]

    return rule


def _quantise(inputs: list[Any], _: dict[str, Any]) -> Any:
    point = inputs[2] if len(inputs) > 2 else None
    return [(point.dtype if point is not None else "uint8", inputs[0].shape)]


def _dequantise(inputs: list[Any], _: dict[str, Any]) -> Any:
    return [(inputs[1].dtype, inputs[0].shape)]


_CONV = ("kernel_shape", "strides", "pads", "dilations", "group", "auto_pad")
RULES: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(
        [
            "Gelu",
            "FastGelu",
            "BiasGelu",
            "QuickGelu",
            "BiasAdd",
            "BiasSoftmax",
            "BiasDropout",
            "Inverse",
            "RotaryEmbedding",
            "QLinearSigmoid",
            "QLinearLeakyRelu",
            "QLinearSoftmax",
            "GroupNorm",
            "LayerNormalization",
            "SimplifiedLayerNormalization",
            "Relu6",
            "Swish",
            "Trilu",
            "GatedRelativePositionBias",
        ],
        _first,
    ),
    **dict.fromkeys(("SkipLayerNormalization", "SkipSimplifiedLayerNormalization", "SkipGroupNorm"), _skip),
    **dict.fromkeys(("FusedMatMul", "TransposeMatMul", "FusedGemm", "GemmFastGelu"), _product(0, 1)),
    "MatMulIntegerToFloat": _product(0, 1, "float32"),
    "DynamicQuantizeMatMul": _product(0, 1, "float32"),
    "QLinearMatMul": _product(0, 3),
    **dict.fromkeys(("MatMulNBits", "MatMulBnb4"), _bits),
    "QLinearAdd": _broadcast(0, 3),
    "QLinearMul": _broadcast(0, 3),
    "Attention": _attention,
    "QAttention": _attention,
    "MultiHeadAttention": _attention_heads,
    "GroupQueryAttention": _attention_groups,
    "EmbedLayerNormalization": _embed,
    "QLinearGlobalAveragePool": _global_pool,
    "QLinearConcat": _concat_quantised,
    "FusedConv": _as_standard("Conv", _CONV),
    "QuantizeLinear": _quantise,
    "DequantizeLinear": _dequantise,
}
"""Shapes of operators of onnxruntime (com.microsoft, ContribOperators.md) that have a rule here."""

"""Output types of one ONNX node: the standard's own shape inference, and rules for operators outside the standard."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from modelreport.trace.graph_folds import fold
from modelreport.trace.graph_values import CODES, DATA_LIMIT, DTYPES, Value, read_tensor, whole

if TYPE_CHECKING:
    from collections.abc import Callable

Shape = tuple[int, ...]
CONVOLUTIONS = {"Conv": 1, "ConvInteger": 1, "QLinearConv": 3, "ConvTranspose": 1}
"""Convolutions of the standard, and where their weight is."""
DIMENSION_LIMIT = 1 << 40
"""A larger dimension is an attack or a mistake, not an activation."""


class InferenceFailure(Exception):  # noqa: N818  # not an error of ours: the operands do not fit the operator
    """The shapes do not fit the operator, with the chosen input."""


def to_type(value: Value) -> Any:
    """The ``TypeProto`` of a value."""
    import onnx

    if value.proto is not None:
        return value.proto
    proto = onnx.TypeProto()
    proto.tensor_type.elem_type = CODES.get(value.dtype, 0)
    if value.shape is not None:
        proto.tensor_type.shape.SetInParent()
        for size in value.shape:
            dimension = proto.tensor_type.shape.dim.add()
            if size >= 0:
                dimension.dim_value = size
    return proto


def from_type(name: str, proto: Any, symbols: dict[str, int] | None = None) -> Value:
    """A value of a ``TypeProto``; symbolic dimensions by ``symbols``, otherwise unknown."""
    if proto.WhichOneof("value") != "tensor_type":
        return Value(name, proto=proto)
    tensor = proto.tensor_type
    dtype = DTYPES.get(tensor.elem_type, "unknown")
    if not tensor.HasField("shape"):
        return Value(name, dtype)
    dims = []
    for dimension in tensor.shape.dim:
        size = dimension.dim_value if dimension.HasField("dim_value") else (symbols or {}).get(dimension.dim_param, -1)
        dims.append(size if -1 <= size <= DIMENSION_LIMIT else -1)
    return Value(name, dtype, tuple(dims))


def infer(node: Any, inputs: list[Value | None], opsets: dict[str, int], attributes: dict[str, Any]) -> list[Value]:
    """Values of the node's outputs, with contents where they are small and follow from the inputs'.

    Raises ``InferenceFailure`` when the operands do not fit, ``LookupError`` for an operator without a rule.
    """
    rule = RULES.get(node.op_type) if node.domain not in ("", "ai.onnx") else None
    outputs = _by_rule(rule, node, inputs, attributes) if rule else _by_standard(node, inputs, opsets)
    for value in outputs:
        if value.shape is not None and any(n < -1 for n in value.shape):
            raise InferenceFailure(f"the output would have the shape {value.shape}")
    _check_reshape(node, inputs, outputs)
    _check_channels(node, inputs, attributes)
    if outputs and node.domain in ("", "ai.onnx"):
        _follow(node, inputs, outputs[0], attributes)
    return outputs


def _check_reshape(node: Any, inputs: list[Value | None], outputs: list[Value]) -> None:
    """The standard's inference takes a full target shape at its word; the number of elements must stay."""
    if node.op_type == "Reshape" and inputs and inputs[0] is not None and outputs:
        before, after = inputs[0].count, outputs[0].count
        if before is not None and after is not None and before != after:
            raise InferenceFailure(f"{before} elements cannot be reshaped to {outputs[0].shape}")


def _check_channels(node: Any, inputs: list[Value | None], attributes: dict[str, Any]) -> None:
    """The standard's inference does not compare the channels of a convolution with its weight."""
    weight = CONVOLUTIONS.get(node.op_type)
    x = inputs[0].shape if inputs and inputs[0] is not None else None
    value = inputs[weight] if weight is not None and len(inputs) > weight else None
    w = value.shape if value is not None else None
    if x is None or w is None or len(x) < 2 or len(w) < 2 or x[1] < 0 or min(w) < 0:
        return
    expected = w[0] if node.op_type == "ConvTranspose" else w[1] * max(whole(attributes, "group", 1), 1)
    if x[1] != expected:
        raise InferenceFailure(f"the weight reads {expected} channels, the input has {x[1]}")


def _follow(node: Any, inputs: list[Value | None], output: Value, attributes: dict[str, Any]) -> None:
    """Set the contents of a small output that follows from known shapes or contents."""
    import numpy as np

    first = inputs[0] if inputs else None
    if output.shape is None or not output.known or first is None:
        return
    if node.op_type == "Shape" and first.shape is not None:
        part = first.shape[whole(attributes, "start") : whole(attributes, "end", len(first.shape))]
        output.data = np.array(part, np.int64) if all(n >= 0 for n in part) else None
    elif node.op_type == "Size" and first.count is not None:
        output.data = np.array(first.count, np.int64)
    elif node.op_type == "ConstantOfShape" and (output.count or 0) <= DATA_LIMIT and "value" in attributes:
        fill = read_tensor(attributes["value"]) if hasattr(attributes["value"], "dims") else None
        output.data = np.full(output.shape, fill.reshape(-1)[0]) if fill is not None and fill.size else None
    elif all(value is None or value.data is not None for value in inputs):
        arrays = [None if v is None else v.data for v in inputs]
        output.data = fold(node, arrays, attributes, output.shape, output.dtype)


def _by_standard(node: Any, inputs: list[Value | None], opsets: dict[str, int]) -> list[Value]:
    """Outputs by ``onnx.shape_inference`` for a single node."""
    import onnx
    from onnx import numpy_helper
    from onnx.shape_inference import infer_node_outputs

    domain = "" if node.domain == "ai.onnx" else node.domain
    version = opsets.get(domain, onnx.defs.onnx_opset_version() if domain == "" else 1)
    try:
        schema = onnx.defs.get_schema(node.op_type, min(version, 1000), domain)
    except onnx.defs.SchemaError as error:
        raise LookupError(node.op_type) from error
    _check_arity(schema, node)
    types = {str(i): to_type(v) for i, v in enumerate(inputs) if v is not None}
    data = {
        str(i): numpy_helper.from_array(v.data) for i, v in enumerate(inputs) if v is not None and v.data is not None
    }
    imports = [onnx.helper.make_opsetid(d, v) for d, v in opsets.items()]
    try:
        found = infer_node_outputs(schema, _renamed(node, inputs), types, data, opset_imports=imports)
    except Exception as error:  # whatever the library makes of operands that do not fit
        raise InferenceFailure(str(error).splitlines()[0][:200] if str(error) else type(error).__name__) from error
    return [from_type(name, found[name]) if name in found else Value(name) for name in node.output]


def _check_arity(schema: Any, node: Any) -> None:
    """The library trusts the number of inputs and outputs; here they are checked first."""
    filled = len(node.input)
    if not (schema.min_input <= filled <= schema.max_input and len(node.output) <= schema.max_output):
        raise InferenceFailure(f"{node.op_type} has {filled} inputs and {len(node.output)} outputs")
    missing = [name for name, spec in schema.attributes.items() if spec.required]
    if set(missing) - {attribute.name for attribute in node.attribute}:
        raise InferenceFailure(f"{node.op_type} lacks a required attribute")


def _renamed(node: Any, inputs: list[Value | None]) -> Any:
    """A copy of the node that reads its inputs by place: names of different scopes may be equal."""
    import onnx

    copy = onnx.NodeProto(op_type=node.op_type, domain=node.domain, output=node.output)
    copy.input.extend("" if value is None else str(place) for place, value in enumerate(inputs))
    copy.attribute.extend(node.attribute)
    return copy


# --- operators outside the standard ---------------------------------------------------------------------------------


def _by_rule(
    rule: Callable[..., Any], node: Any, inputs: list[Value | None], attributes: dict[str, Any]
) -> list[Value]:
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
        value = _by_standard(node, list(used), {"": 17})[0]
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

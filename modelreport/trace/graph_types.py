"""Types of ONNX values, and the output types of one node by the standard's own shape inference."""

from __future__ import annotations

from typing import Any

from modelreport.checkpoint import ONNX_DTYPES
from modelreport.trace.graph_values import CODES, Value

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
    dtype = ONNX_DTYPES.get(tensor.elem_type, "unknown")
    if not tensor.HasField("shape"):
        return Value(name, dtype)
    dims = []
    for dimension in tensor.shape.dim:
        size = dimension.dim_value if dimension.HasField("dim_value") else (symbols or {}).get(dimension.dim_param, -1)
        dims.append(size if -1 <= size <= DIMENSION_LIMIT else -1)
    return Value(name, dtype, tuple(dims))


def infer_by_standard(node: Any, inputs: list[Value | None], opsets: dict[str, int]) -> list[Value]:
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
    for proto in found.values():
        if any(dimension.dim_value < 0 for dimension in proto.tensor_type.shape.dim):
            raise InferenceFailure("the input is smaller than the operator needs")
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

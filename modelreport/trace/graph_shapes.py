"""Values that one ONNX node makes: types by the standard or by a rule, and small contents that shapes depend on."""

from __future__ import annotations

from typing import Any

from modelreport.trace.graph_folds import fold
from modelreport.trace.graph_rules import RULES, infer_by_rule
from modelreport.trace.graph_types import InferenceFailure, infer_by_standard
from modelreport.trace.graph_values import DATA_LIMIT, Value, read_tensor, whole

Shape = tuple[int, ...]
CONVOLUTIONS = {"Conv": 1, "ConvInteger": 1, "QLinearConv": 3, "ConvTranspose": 1}
"""Convolutions of the standard, and where their weight is."""
WINDOWED = {*CONVOLUTIONS, "MaxPool", "AveragePool", "LpPool"}


def infer(node: Any, inputs: list[Value | None], opsets: dict[str, int], attributes: dict[str, Any]) -> list[Value]:
    """Values of the node's outputs, with contents where they are small and follow from the inputs'.

    Raises ``InferenceFailure`` when the operands do not fit, ``LookupError`` for an operator without a rule.
    """
    rule = RULES.get(node.op_type) if node.domain not in ("", "ai.onnx") else None
    outputs = infer_by_rule(rule, node, inputs, attributes) if rule else infer_by_standard(node, inputs, opsets)
    if node.op_type in WINDOWED and outputs and 0 in (outputs[0].shape or ()) and 0 not in (_shape(inputs, 0) or ()):
        raise InferenceFailure("the input is smaller than the window")
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


def _shape(inputs: list[Value | None], place: int | None) -> Shape | None:
    value = inputs[place] if place is not None and len(inputs) > place else None
    return value.shape if value is not None else None


def _check_channels(node: Any, inputs: list[Value | None], attributes: dict[str, Any]) -> None:
    """The standard's inference does not compare the channels of a convolution with its weight."""
    x, w = _shape(inputs, 0), _shape(inputs, CONVOLUTIONS.get(node.op_type))
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

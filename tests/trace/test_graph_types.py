"""Types of values there and back, and the standard's inference behind its checks."""

from __future__ import annotations

import pytest
from onnx import helper

from modelreport.trace.graph_types import InferenceFailure, from_type, infer_by_standard, to_type
from modelreport.trace.graph_values import Value


def test_types_survive_the_way_there_and_back() -> None:
    for value in (Value("a", "float16", (2, -1)), Value("a", "int64", ()), Value("a", "bool")):
        back = from_type("a", to_type(value))
        assert (back.dtype, back.shape) == (value.dtype, value.shape)
    sequence = helper.make_sequence_type_proto(helper.make_tensor_type_proto(1, [2]))
    assert to_type(from_type("a", sequence)) == sequence


def test_symbols_and_absurd_sizes_in_types() -> None:
    assert from_type("a", helper.make_tensor_type_proto(1, ["n", "m", 3]), {"n": 5}).shape == (5, -1, 3)
    assert from_type("a", helper.make_tensor_type_proto(1, [1 << 62, -7])).shape == (-1, -1)


def test_a_node_with_too_many_operands_never_reaches_the_library() -> None:
    node = helper.make_node("Relu", ["a", "b"], ["y"])
    with pytest.raises(InferenceFailure, match="Relu has 2 inputs and 1 outputs"):
        infer_by_standard(node, [Value("a", "float32", (1,))] * 2, {"": 17})


def test_a_node_without_a_required_attribute_never_reaches_the_library() -> None:
    with pytest.raises(InferenceFailure, match="lacks a required attribute"):
        infer_by_standard(helper.make_node("Concat", ["a"], ["y"]), [Value("a", "float32", (1,))], {"": 17})


def test_values_of_different_scopes_with_one_name_stay_apart() -> None:
    node = helper.make_node("MatMul", ["a", "a"], ["y"])
    (value,) = infer_by_standard(node, [Value("a", "float32", (2, 3)), Value("a", "float32", (3, 5))], {"": 17})
    assert value.shape == (2, 5)

"""Output types of single nodes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from modelreport.trace.graph_shapes import infer
from modelreport.trace.graph_types import InferenceFailure
from modelreport.trace.graph_values import Value, read_attributes

OPSETS = {"": 17, "com.microsoft": 1}


def inferred(op: str, inputs: list[Any], outputs: int = 1, domain: str = "", **attributes: Any) -> list[Value]:
    values = [v if isinstance(v, Value) or v is None else Value(f"i{n}", "float32", v) for n, v in enumerate(inputs)]
    names = ["" if v is None else v.name for v in values]
    node = helper.make_node(op, names, [f"o{n}" for n in range(outputs)], domain=domain, **attributes)
    return infer(node, values, OPSETS, read_attributes(node))


def shapes(*args: Any, **more: Any) -> list[Any]:
    return [value.shape for value in inferred(*args, **more)]


def known(*numbers: int) -> Value:
    data = np.array(numbers, np.int64)
    return Value("k", "int64", data.shape, data)


def test_the_standards_inference_is_used_with_known_contents() -> None:
    assert shapes("Conv", [(1, 3, 8, 8), (4, 3, 3, 3)]) == [(1, 4, 6, 6)]
    assert shapes("Reshape", [(2, 6), known(3, -1)]) == [(3, 4)]
    assert shapes("Reshape", [(2, 6), Value("s", "int64", (2,))]) == [(-1, -1)]
    assert shapes("LSTM", [(5, 2, 3), (1, 16, 3), (1, 16, 4)], outputs=3, hidden_size=4) == [
        (5, 1, 2, 4), (1, 2, 4), (1, 2, 4),
    ]  # fmt: skip


def test_contents_of_shape_arithmetic_are_followed() -> None:
    (shape,) = inferred("Shape", [(2, 3, 4)])
    assert shape.data.tolist() == [2, 3, 4]  # type: ignore[union-attr]
    (part,) = inferred("Shape", [(2, 3, 4)], start=1, end=-1)
    assert part.data.tolist() == [3]  # type: ignore[union-attr]
    (size,) = inferred("Size", [(2, 3, 4)])
    assert size.data == 24
    (unknown,) = inferred("Shape", [(2, -1)])
    assert unknown.data is None
    fill = onnx.numpy_helper.from_array(np.array([7], np.int64))
    (filled,) = inferred("ConstantOfShape", [known(3)], value=fill)
    assert filled.data.tolist() == [7, 7, 7]  # type: ignore[union-attr]
    (large,) = inferred("ConstantOfShape", [known(1 << 30)], value=fill)
    assert (large.shape, large.data) == ((1 << 30,), None)


@pytest.mark.parametrize(
    ("op", "inputs"),
    [
        ("MatMul", [(2, 3), (4, 5)]),
        ("Add", [(2, 3), (4, 3)]),
        ("Conv", [(1, 5, 8, 8), (4, 3, 3, 3)]),
        ("Conv", [(1, 3, 2, 2), (4, 3, 7, 7)]),
        ("Reshape", [(2, 6), known(5, 5)]),
        ("Reshape", [(2, 6), known(5, -1)]),
        ("Relu", []),
        ("Relu", [(1,), (1,)]),
        ("Concat", [(1,), (1,)]),
    ],
)
def test_operands_that_do_not_fit_are_a_failure_with_a_reason(op: str, inputs: list[Any]) -> None:
    with pytest.raises(InferenceFailure) as caught:
        inferred(op, inputs)
    assert 0 < len(str(caught.value)) <= 200


def test_an_unknown_operator_has_no_rule() -> None:
    with pytest.raises(LookupError):
        inferred("Mystery", [(1,)])
    with pytest.raises(LookupError):
        inferred("Mystery", [(1,)], domain="my.ops")

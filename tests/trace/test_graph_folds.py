"""Shape arithmetic against the reference evaluator of the onnx package."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from modelreport.trace.graph_folds import FOLDS, fold
from modelreport.trace.graph_values import read_attributes
from tests.load.onnx_models import model, value

N = np.array
CASES: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("Identity", [N([1, 2])], {}),
    ("Gather", [N([4, 5, 6]), N([2, 0])], {}),
    ("Gather", [N([4, 5, 6]), N(-1)], {"axis": 0}),
    ("Concat", [N([1]), N([2, 3])], {"axis": 0}),
    ("Reshape", [N([1, 2, 3, 4]), N([2, -1])], {}),
    ("Flatten", [N([1, 2, 3])], {"axis": 0}),
    ("Transpose", [N([[1, 2], [3, 4]])], {"perm": [1, 0]}),
    ("Expand", [N([1]), N([3])], {}),
    ("Tile", [N([1, 2]), N([2])], {}),
    ("Range", [N(1), N(9), N(3)], {}),
    ("Where", [N([True, False]), N([1, 2]), N([3, 4])], {}),
    ("Not", [N([True, False])], {}),
    *[(op, [N([True, False]), N([True, True])], {}) for op in ("And", "Or", "Xor")],
    *[(op, [N([1, 5, 3]), N([3, 3, 3])], {}) for op in ("Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual")],
    *[(op, [N([7, -7, 9]), N([2, 2, -2])], {}) for op in ("Add", "Sub", "Mul", "Div", "Min", "Max", "Mod")],
    ("Mod", [N([7, -7]), N([3, 3])], {"fmod": 1}),
    ("Div", [N([1.0, 2.0], np.float32), N([4.0, 4.0], np.float32)], {}),
    ("Neg", [N([1, -2])], {}),
    ("Abs", [N([1, -2])], {}),
    *[(op, [N([2.5, 6.25], np.float32)], {}) for op in ("Sqrt", "Floor", "Ceil", "Round")],
    ("Pow", [N([2.0, 3.0], np.float32), N([2.0, 2.0], np.float32)], {}),
    ("ReduceProd", [N([[2, 3], [4, 5]])], {"keepdims": 0, "axes": [0]}),
    ("ReduceSum", [N([[2, 3], [4, 5]]), N([1])], {"keepdims": 1}),
    ("ReduceMax", [N([2, 3])], {"keepdims": 0}),
    ("ReduceMin", [N([2, 3])], {}),
    ("Slice", [N([1, 2, 3, 4]), N([1]), N([3])], {}),
    ("Slice", [N([[1, 2], [3, 4]]), N([-1]), N([-99]), N([1]), N([-1])], {}),
    ("Slice", [N([1, 2, 3, 4]), N([0]), N([1 << 62]), N([0]), N([2])], {}),
    ("Unsqueeze", [N([1, 2]), N([0])], {}),
    ("Squeeze", [N([[1, 2]]), N([0])], {}),
    ("Squeeze", [N([[7]])], {}),
    ("Cast", [N([1.7, -2.3], np.float32)], {"to": TensorProto.INT64}),
]


@pytest.mark.parametrize(("op", "arrays", "attributes"), CASES, ids=[f"{i}-{c[0]}" for i, c in enumerate(CASES)])
def test_a_fold_computes_what_the_standard_says(op: str, arrays: list[Any], attributes: dict[str, Any]) -> None:
    names = [f"i{n}" for n in range(len(arrays))]
    node = helper.make_node(op, names, ["y"], **attributes)
    inputs = [value(n, a.shape, helper.np_dtype_to_tensor_dtype(a.dtype)) for n, a in zip(names, arrays, strict=True)]
    made = model([node], inputs, [value("y", None, TensorProto.UNDEFINED)])
    (expected,) = ReferenceEvaluator(made).run(None, dict(zip(names, arrays, strict=True)))
    result = fold(node, arrays, read_attributes(node), expected.shape, str(expected.dtype))
    assert result.dtype == expected.dtype
    assert result.tolist() == expected.tolist()


def test_every_fold_has_a_case() -> None:
    assert set(FOLDS) == {op for op, _, _ in CASES}


def test_nothing_large_is_computed() -> None:
    expand = helper.make_node("Expand", ["a", "b"], ["y"])
    assert fold(expand, [N([1]), N([1 << 40])], {}, (1 << 40,), "int64") is None
    tile = helper.make_node("Tile", ["a", "b"], ["y"])
    assert fold(tile, [N([1]), N([1 << 40])], {}, (4,), "int64") is None


@given(
    op=st.sampled_from(sorted(FOLDS)),
    arrays=st.lists(st.lists(st.integers(-5, 9), max_size=4).map(np.array) | st.none(), max_size=5),
    axis=st.sampled_from([0, 1, -1, 99, "x", (1, 2)]),
)
def test_operands_that_do_not_fit_give_nothing(op: str, arrays: list[Any], axis: Any) -> None:
    node = helper.make_node(op, [], ["y"])
    result = fold(node, arrays, {"axis": axis, "axes": axis, "to": axis, "perm": axis}, (2,), "int64")
    assert result is None or result.shape == (2,)

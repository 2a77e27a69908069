"""Formulas of ONNX operators without multiply-adds, each by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest

from modelreport.trace.graph_arithmetic import ARITHMETIC, ELEMENTS
from modelreport.trace.graph_costs import FORMULAS, cost_of
from modelreport.trace.graph_labels import FAMILY_OF, ZERO_COST
from modelreport.trace.graph_values import Step, Value

Shape = tuple[int, ...]
MS = "com.microsoft"


def known(*numbers: int) -> Value:
    return Value("k", "int64", (len(numbers),), np.array(numbers))


def step(op: str, inputs: list[Shape | Value | None], output: Shape, domain: str = "", **attributes: Any) -> Step:
    values = [v if v is None or isinstance(v, Value) else Value(f"i{n}", "float32", v) for n, v in enumerate(inputs)]
    return Step(op, domain, values, [Value("y", "float32", output)], attributes, ())


CASES: list[tuple[Step, int]] = [
    (step("Relu", [(4, 6)], (4, 6)), 24),
    (step("Sigmoid", [(4, 6)], (4, 6)), 4 * 24),
    (step("Gelu", [(4, 6)], (4, 6)), 5 * 24),
    (step("Gelu", [(4, 6)], (4, 6), approximate="tanh"), 9 * 24),
    (step("Clip", [(4, 6), (), ()], (4, 6)), 48),
    (step("Clip", [(4, 6)], (4, 6), min=0.0), 24),
    (step("Add", [(4, 1), (1, 6)], (4, 6)), 24),
    (step("Softmax", [(4, 6)], (4, 6)), 5 * 24 - 2 * 4),
    (step("LogSoftmax", [(4, 6)], (4, 6), axis=0), 5 * 24 - 6),
    (step("BatchNormalization", [(2, 3, 5), (3,), (3,), (3,), (3,)], (2, 3, 5)), 2 * 30 + 15),
    (step("LayerNormalization", [(4, 6), (6,), (6,)], (4, 6)), 7 * 24 + 8),
    (step("LayerNormalization", [(2, 4, 6), (4, 6)], (2, 4, 6), axis=-2), 6 * 48 + 4),
    (step("RMSNormalization", [(4, 6), (6,)], (4, 6)), 4 * 24 + 8),
    (step("SimplifiedLayerNormalization", [(4, 6), (6,)], (4, 6)), 4 * 24 + 8),
    (step("SkipLayerNormalization", [(4, 6), (4, 6), (6,), (6,)], (4, 6), MS), 8 * 24 + 8),
    (step("InstanceNormalization", [(2, 3, 5), (3,), (3,)], (2, 3, 5)), 7 * 30 + 12),
    (step("GroupNormalization", [(2, 4, 5), (4,), (4,)], (2, 4, 5), num_groups=2), 7 * 40 + 8),
    (step("LRN", [(1, 4, 5)], (1, 4, 5), size=3), 20 * 7),
    (step("MaxPool", [(1, 2, 9, 9)], (1, 2, 4, 4), kernel_shape=(3, 3)), 32 * 8),
    (step("AveragePool", [(1, 2, 9, 9)], (1, 2, 4, 4), kernel_shape=(3, 3)), 32 * 9),
    (step("GlobalAveragePool", [(1, 2, 9, 9)], (1, 2, 1, 1)), 162),
    (step("GlobalMaxPool", [(1, 2, 9, 9)], (1, 2, 1, 1)), 160),
    (step("ReduceMean", [(4, 6)], (4, 1)), 24),
    (step("ReduceSum", [(4, 6)], (4, 1)), 20),
    (step("ReduceL2", [(4, 6)], (4, 1)), 48),
    (step("ReduceLogSumExp", [(4, 6)], (4, 1)), 96),
    (step("ArgMax", [(4, 6)], (4, 1)), 20),
    (step("Sum", [(4,), (4,), (4,)], (4,)), 8),
    (step("Mean", [(4,), (4,), (4,)], (4,)), 12),
    (step("CumSum", [(4, 6), known(1)], (4, 6)), 20),
    (step("TopK", [(4, 6), known(4)], (4, 4)), 48),
    (step("Resize", [(1, 3, 4, 4), None, None, known(1, 3, 8, 8)], (1, 3, 8, 8)), 0),
    (step("Resize", [(1, 3, 4, 4)], (1, 3, 8, 8), mode="linear"), 192 * 9),
    (step("Resize", [(1, 3, 4, 4)], (1, 3, 8, 4), mode="linear"), 96 * 3),
    (step("Resize", [(1, 3, 4, 4)], (1, 3, 8, 8), mode="cubic"), 192 * 35),
    (step("Resize", [(1, 3, 4, 4, 4)], (1, 3, 8, 8, 8), mode="linear"), 1536 * 21),
    (step("GridSample", [(1, 5, 8, 8), (1, 6, 7, 2)], (1, 5, 6, 7)), 42 * (16 + 35)),
    (step("RoiAlign", [(1, 4, 9, 9), (3, 4), (3,)], (3, 4, 2, 2), sampling_ratio=2), 48 * 32),
    (step("DFT", [(3, 16, 2), None, known(1)], (3, 16, 2)), 3 * 5 * 16 * 4),
    (step("DFT", [(3, 16, 1)], (3, 9, 2), axis=1, onesided=1), 3 * 5 * 16 * 4 // 2),
    (step("STFT", [(1, 64), known(4), (16,)], (1, 13, 9, 2)), 13 * (16 + 160)),
    (step("ScatterND", [(4, 6), (2, 1), (2, 6)], (4, 6), reduction="add"), 12),
    (step("ScatterND", [(4, 6), (2, 1), (2, 6)], (4, 6)), 0),
    (step("DynamicQuantizeLinear", [(4, 6)], (4, 6)), 7 * 24),
    (step("QuantizeLinear", [(4, 6), ()], (4, 6)), 5 * 24),
    (step("DequantizeLinear", [(4, 6), ()], (4, 6)), 2 * 24),
    (step("QLinearAdd", [(4, 6), ()], (4, 6), MS), 10 * 24),
    (step("NonMaxSuppression", [(1, 10, 4), (1, 2, 10)], (0, 3)), 30 + 2 * 13 * 45),
    (step("Det", [(6, 6)], ()), 2 * 216 // 3),
]


@pytest.mark.parametrize(("node", "flops"), CASES, ids=[f"{i}-{c[0].op}" for i, c in enumerate(CASES)])
def test_a_formula_gives_the_count_by_hand(node: Step, flops: int) -> None:
    assert cost_of(node)[:2] == (flops, 0)


def test_samples_whose_number_depends_on_values_have_no_formula() -> None:
    assert cost_of(step("RoiAlign", [(1, 4, 9, 9), (3, 4), (3,)], (3, 4, 2, 2))) == (None, 0, "none")
    assert cost_of(step("TopK", [(4, 6), (1,)], (4, 4))) == (None, 0, "none")


def test_no_operator_is_counted_twice() -> None:
    books = [set(FORMULAS), set(ARITHMETIC), set(ELEMENTS)]
    assert sum(map(len, books)) == len(set.union(*books))
    assert not ZERO_COST & set.union(*books) - {"Scatter", "ScatterElements", "ScatterND", "Dropout"}


def test_nearly_every_operator_of_the_standard_is_counted_or_free() -> None:
    """What is left depends on values alone, or is text, control flow or randomness."""
    names = {schema.name for schema in onnx.defs.get_all_schemas() if schema.domain == ""}
    counted = {*FORMULAS, *ARITHMETIC, *ELEMENTS, *ZERO_COST}
    rest = names - counted - {n for n in names if FAMILY_OF.get(n) is None}
    assert rest <= {
        "BitShift", "CausalConvWithState", "FlexAttention", "ImageDecoder", "LinearAttention", "MaxRoiPool",
        "MaxUnpool", "MelWeightMatrix", "OptionalGetElement", "OptionalHasElement", "ReverseSequence",
    }  # fmt: skip

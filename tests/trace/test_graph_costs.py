"""Formulas for multiply-adds, each against numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from modelreport.trace.graph_costs import FORMULAS, cost_of
from modelreport.trace.graph_values import Step, Value

Shape = tuple[int, ...]


def step(op: str, inputs: list[Shape | None], output: Shape, domain: str = "", **attributes: Any) -> Step:
    values = [None if shape is None else Value(f"i{n}", "float32", shape) for n, shape in enumerate(inputs)]
    return Step(op, domain, values, [Value("y", "float32", output)], attributes, ())


MS = "com.microsoft"
CASES: list[tuple[Step, int]] = [
    (step("Conv", [(2, 6, 8, 8), (4, 3, 5, 5)], (2, 4, 4, 4), group=2), 2 * 4 * 16 * 3 * 25),
    (step("Conv", [(1, 3, 9), (4, 3, 3)], (1, 4, 7)), 4 * 7 * 9),
    (step("ConvTranspose", [(1, 6, 4, 4), (6, 2, 3, 3)], (1, 4, 8, 8), group=2), 6 * 16 * 2 * 9),
    (step("MatMul", [(5, 2, 3), (5, 3, 7)], (5, 2, 7)), 5 * 2 * 3 * 7),
    (step("MatMul", [(3,), (3, 7)], (7,)), 21),
    (step("FusedMatMul", [(3, 2), (3, 7)], (2, 7), MS, transA=1), 42),
    (step("Gemm", [(3, 2), (7, 3)], (2, 7), transA=1, transB=1), 42),
    (step("Gemm", [(2, 3), (3, 7)], (2, 7)), 42),
    (step("MatMulNBits", [(2, 5, 32), (7, 1, 16)], (2, 5, 7), MS, K=32, N=7), 10 * 32 * 7),
    (step("LSTM", [(4, 2, 3), (1, 20, 3), (1, 20, 5)], (4, 1, 2, 5), hidden_size=5), 4 * 2 * 4 * 5 * 8),
    (step("GRU", [(4, 2, 3), (2, 15, 3), (2, 15, 5)], (4, 2, 2, 5)), 4 * 2 * 2 * 3 * 5 * 8),
    (step("RNN", [(4, 2, 3), (1, 5, 3), (1, 5, 5)], (4, 1, 2, 5), hidden_size=5), 4 * 2 * 5 * 8),
    (step("Einsum", [(2, 3, 4), (2, 4, 5)], (2, 3, 5), equation="bij, bjk -> bik"), 2 * 3 * 4 * 5),
    (step("Einsum", [(2, 3), (2, 3)], (2, 3), equation="ij,ij->ij"), 0),
    (step("Attention", [(2, 8, 10, 4), (2, 8, 12, 4), (2, 8, 12, 6)], (2, 8, 10, 6)), 2 * 8 * 10 * 12 * 10),
    (
        step("Attention", [(2, 10, 32), (2, 12, 16), (2, 12, 16)], (2, 10, 32), q_num_heads=8, kv_num_heads=4),
        2 * 8 * 10 * 12 * 8,
    ),
    (step("Attention", [(1, 6, 8), (8, 24), (24,)], (1, 6, 8), MS, num_heads=2), 6 * 8 * 24 + 36 * 16),
    (step("MultiHeadAttention", [(1, 6, 8), (1, 9, 8), (1, 9, 8)], (1, 6, 8), MS, num_heads=2), 6 * 9 * 16),
    (step("GroupQueryAttention", [(1, 6, 8), (1, 6, 4), (1, 6, 4)], (1, 6, 8), MS), 36 * 16),
    (step("QLinearConv", [(1, 3, 4, 4), (), (), (2, 3, 1, 1)], (1, 2, 4, 4)), 2 * 16 * 3),
]


@pytest.mark.parametrize(("node", "macs"), CASES, ids=[f"{i}-{c[0].op}" for i, c in enumerate(CASES)])
def test_a_formula_gives_the_count_by_hand(node: Step, macs: int) -> None:
    flops, counted, kind = cost_of(node)
    assert (counted, kind) == (macs, "matrix")
    assert flops >= 2 * macs


def test_every_formula_gives_nothing_where_a_shape_is_unknown() -> None:
    for op in FORMULAS:
        node = step(op, [(1, -1, 4, 4), (2, 3, 1, 1), (1, 1), (2, 3)], (1, 2, -1, 4))
        assert cost_of(node) == (None, None, "matrix"), op
        assert cost_of(step(op, [], (1,))) == (None, None, "matrix"), op


def test_moving_data_is_free_and_unknown_operators_are_uncounted() -> None:
    assert cost_of(step("Reshape", [(4,)], (2, 2))) == (0, 0, "free")
    assert cost_of(step("Relu", [(4,)], (4,))) == (4, 0, "arithmetic")
    assert cost_of(step("Relu", [(4,)], (-1,))) == (None, 0, "none")
    assert cost_of(step("TreeEnsemble", [(4,)], (4,), "ai.onnx.ml")) == (None, 0, "none")
    assert cost_of(step("Reshape", [(4,)], (2, 2), "my.ops")) == (None, 0, "none")


def test_work_on_whole_numbers_is_free() -> None:
    node = step("Add", [(4,), (4,)], (4,))
    for value in (*node.inputs, *node.outputs):
        value.dtype = "int64"
    assert cost_of(node) == (0, 0, "free")


BESIDES: list[tuple[Step, int]] = [
    (step("Conv", [(1, 3, 9), (4, 3, 3), (4,)], (1, 4, 7)), 28),
    (step("Conv", [(1, 3, 9), (4, 3, 3)], (1, 4, 7)), 0),
    (step("Gemm", [(2, 3), (3, 7), (7,)], (2, 7)), 14),
    (step("QLinearConv", [(1, 3, 4, 4), (), (), (2, 3, 1, 1)], (1, 2, 4, 4)), 7 * 32),
    (step("LSTM", [(4, 2, 3), (1, 20, 3), (1, 20, 5), (1, 40)], (4, 1, 2, 5), hidden_size=5), 8 * (22 * 5 + 40)),
    (step("Attention", [(2, 8, 10, 4), (2, 8, 12, 4), (2, 8, 12, 6)], (2, 8, 10, 6)), 160 * (6 * 12 - 2)),
    (step("MultiHeadAttention", [(1, 6, 8), (1, 9, 8), (1, 9, 8)], (1, 6, 8), MS, num_heads=2), 12 * (6 * 9 - 2)),
    (step("DynamicQuantizeMatMul", [(2, 3), (3, 7)], (2, 7), MS), 7 * 6 + 14),
]


@pytest.mark.parametrize(("node", "beside"), BESIDES, ids=[f"{i}-{c[0].op}" for i, c in enumerate(BESIDES)])
def test_biases_gates_and_softmax_are_arithmetic_beside_the_products(node: Step, beside: int) -> None:
    flops, macs, _ = cost_of(node)
    assert flops - 2 * macs == beside

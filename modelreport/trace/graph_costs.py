"""Multiply-adds of ONNX operators, from the shapes at one node.

Conventions as in ``torch.utils.flop_counter``: a multiply-add is two floating-point operations, biases and activations
are not counted, attention is counted over all pairs (no halving for causal masks).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from modelreport.trace.graph_labels import ZERO_COST

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelreport.trace.graph_values import Step

Shape = tuple[int, ...]


class UnknownCostError(Exception):
    """A shape that the formula needs is not known, or does not fit the operator."""


def cost_of(step: Step) -> tuple[int | None, int | None]:
    """Floating-point operations and multiply-adds of a node.

    ``(0, 0)`` for operators that only move data, ``(None, 0)`` for those without a formula, ``(None, None)`` for
    operators of the matrix class whose shapes are not known.
    """
    formula = FORMULAS.get(step.op)
    if formula is None:
        return (0, 0) if step.op in ZERO_COST and step.domain in ("", "ai.onnx") else (None, 0)
    try:
        macs = formula(step)
    except (UnknownCostError, IndexError, ValueError, ZeroDivisionError, KeyError, TypeError, AttributeError):
        return None, None
    return 2 * macs, macs


def _shape(step: Step, place: int, *, output: bool = False) -> Shape:
    values: list[Any] = list(step.outputs if output else step.inputs)
    value = values[place] if place < len(values) else None
    if value is None or value.shape is None or not value.known:
        raise UnknownCostError
    shape: Shape = value.shape
    return shape


def _conv(weight: int) -> Callable[[Step], int]:
    """Output elements × input channels of a group × kernel elements."""
    return lambda step: math.prod(_shape(step, 0, output=True)) * math.prod(_shape(step, weight)[1:])


def _conv_transpose(step: Step) -> int:
    """Input elements × output channels of a group × kernel elements."""
    return math.prod(_shape(step, 0)) * math.prod(_shape(step, 1)[1:])


def _matmul(left: int, right: int) -> Callable[[Step], int]:
    """Output elements × inner dimension; the flags ``transA`` and ``transB`` of fused forms are honoured."""

    def formula(step: Step) -> int:
        a, b = _shape(step, left), _shape(step, right)
        flipped = bool(step.attributes.get("transA", 0)) and len(a) > 1
        inner = a[-2] if flipped else a[-1]
        if inner not in b:
            raise UnknownCostError
        return math.prod(_shape(step, 0, output=True)) * inner

    return formula


def _gemm(step: Step) -> int:
    """M × N × K; the added matrix is not counted."""
    a = _shape(step, 0)
    return math.prod(_shape(step, 0, output=True)) * a[0 if step.attributes.get("transA", 0) else -1]


def _matmul_bits(step: Step) -> int:
    """Rows × K × N of a weight stored in a few bits."""
    rows = math.prod(_shape(step, 0)[:-1])
    return rows * int(step.attributes["K"]) * int(step.attributes["N"])


def _recurrent(gates: int) -> Callable[[Step], int]:
    """Steps × batch × directions × gates × hidden × (input + hidden), W and R as in the operator's documentation."""

    def formula(step: Step) -> int:
        x, recurrence = _shape(step, 0), _shape(step, 2)
        directions, hidden = recurrence[0], int(step.attributes.get("hidden_size", recurrence[-1]))
        return x[0] * x[1] * directions * gates * hidden * (x[2] + hidden)

    return formula


def _einsum(step: Step) -> int:
    """Product of all index sizes, for two operands that share a summed index; 0 for a mere product."""
    equation = str(step.attributes["equation"]).replace(" ", "")
    left, _, right = equation.partition("->")
    terms = left.split(",")
    if len(terms) != 2 or "." in equation or "->" not in equation:
        raise UnknownCostError
    sizes: dict[str, int] = {}
    for place, term in enumerate(terms):
        sizes.update(zip(term, _shape(step, place), strict=True))
    return math.prod(sizes.values()) if set(sizes) - set(right) else 0


def _pairs(batch: int, heads: int, queries: int, keys: int, size: int, value_size: int) -> int:
    """Scores and weighted sum: batch × heads × queries × keys × (head size + value head size)."""
    return batch * heads * queries * keys * (size + value_size)


def _past(step: Step, place: int) -> int:
    """Length of cached keys, 0 when there are none."""
    value = step.inputs[place] if place < len(step.inputs) else None
    return _shape(step, place)[-2] if value is not None else 0


def _attention(step: Step) -> int:
    """Scaled dot products; com.microsoft's Attention also projects its input to queries, keys and values."""
    if step.domain in ("", "ai.onnx"):
        return _attention_standard(step)
    batch, length, width = _shape(step, 0)
    columns = _shape(step, 1)[-1]
    value_width = _shape(step, 0, output=True)[-1]
    past = _past(step, 4 if step.op == "Attention" else 8)
    query_width = (columns - value_width) // 2
    return batch * length * width * columns + _pairs(batch, 1, length, length + past, query_width, value_width)


def _attention_standard(step: Step) -> int:
    q, k, v = _shape(step, 0), _shape(step, 1), _shape(step, 2)
    past = _past(step, 4)
    if len(q) == 4:
        return _pairs(q[0], q[1], q[2], k[2] + past, q[3], v[3])
    heads, shared = int(step.attributes["q_num_heads"]), int(step.attributes["kv_num_heads"])
    return _pairs(q[0], heads, q[1], k[1] + past, q[2] // heads, v[2] // shared)


def _attention_heads(step: Step) -> int:
    """MultiHeadAttention: query, key and value are already projected (batch × length × width)."""
    q, k = _shape(step, 0), _shape(step, 1)
    width = math.prod(_shape(step, 0, output=True)[2:])
    keys = k[1] if len(k) == 3 else k[-2]
    return _pairs(q[0], 1, q[1], keys + _past(step, 6), math.prod(q[2:]), width)


def _attention_groups(step: Step) -> int:
    """GroupQueryAttention: every query head against its group's keys."""
    out = _shape(step, 0, output=True)
    past = _past(step, 3)
    return _pairs(out[0], 1, out[1], out[1] + past, out[2], out[2])


FORMULAS: dict[str, Callable[[Step], int]] = {
    "Conv": _conv(1), "FusedConv": _conv(1), "ConvInteger": _conv(1), "QLinearConv": _conv(3), "DeformConv": _conv(1),
    "NhwcConv": _conv(1), "ConvTranspose": _conv_transpose,
    "MatMul": _matmul(0, 1), "FusedMatMul": _matmul(0, 1), "MatMulInteger": _matmul(0, 1),
    "QLinearMatMul": _matmul(0, 3), "DynamicQuantizeMatMul": _matmul(0, 1),
    "MatMulIntegerToFloat": _matmul(0, 1), "TransposeMatMul": _matmul(0, 1),
    "Gemm": _gemm, "FusedGemm": _gemm, "QGemm": _gemm, "GemmFastGelu": _gemm, "MatMulNBits": _matmul_bits,
    "LSTM": _recurrent(4), "DynamicQuantizeLSTM": _recurrent(4), "GRU": _recurrent(3), "RNN": _recurrent(1),
    "Einsum": _einsum, "Attention": _attention, "QAttention": _attention,
    "MultiHeadAttention": _attention_heads, "GroupQueryAttention": _attention_groups,
}  # fmt: skip
"""Formulas for multiply-adds, by operator. Weight layouts as in https://onnx.ai/onnx/operators and onnxruntime's
ContribOperators.md."""

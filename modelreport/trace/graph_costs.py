"""What ONNX operators cost, from the shapes at one node.

Conventions as in ``modelreport.trace.flops``: a multiply-add of the matrix class is two floating-point operations,
attention is counted over all pairs (no halving for causal masks), other operators by the steps of their definitions.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from modelreport.trace.flops.recurrent import UNIT
from modelreport.trace.graph_arithmetic import ARITHMETIC, ELEMENTS, softmax_of
from modelreport.trace.graph_labels import ZERO_COST
from modelreport.trace.graph_values import UnknownCostError, shape_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelreport.facts import FormulaKind
    from modelreport.trace.graph_values import Step

_MISFITS = (UnknownCostError, IndexError, ValueError, ZeroDivisionError, KeyError, TypeError, AttributeError)
_OUTSIDE = ("QLinear", "DynamicQuantize", "QuantizeLinear", "DequantizeLinear", "NonMaxSuppression")
"""Operators whose work counts though values may be whole numbers."""


def cost_of(step: Step) -> tuple[int | None, int | None, FormulaKind]:
    """Floating-point operations and multiply-adds of a node, and how they were counted.

    ``(0, 0, "free")`` for operators that only move data or work on whole numbers, ``(None, 0, "none")`` for those
    without a formula, ``(None, None, "matrix")`` for operators of the matrix class whose shapes are not known.
    """
    formula = FORMULAS.get(step.op)
    if formula is not None:
        macs = _tried(formula, step)
        if macs is None:
            return None, None, "matrix"
        beside = BESIDE.get(step.op)
        return 2 * macs + ((_tried(beside, step) or 0) if beside is not None else 0), macs, "matrix"
    standard = step.domain in ("", "ai.onnx")
    if step.op not in ARITHMETIC and step.op not in ELEMENTS:
        if standard and step.op in ZERO_COST:
            return 0, 0, "free"
        return (None, 0, "none") if _has_reals(step) or not standard else (0, 0, "free")
    if not _has_reals(step) and not step.op.startswith(_OUTSIDE):
        return 0, 0, "free"
    flops = _tried(ARITHMETIC.get(step.op, _elements), step)
    return flops, 0, "none" if flops is None else "arithmetic"


def _tried(formula: Callable[[Step], int], step: Step) -> int | None:
    """``None`` where a shape or attribute is missing or does not fit."""
    try:
        return formula(step)
    except _MISFITS:
        return None


def _elements(step: Step) -> int:
    return ELEMENTS[step.op] * math.prod(shape_of(step, 0, output=True))


def _has_reals(step: Step) -> bool:
    """Whether the node works on real numbers, or may: values of unknown type are taken for real ones."""
    values = [v for v in (*step.outputs, *step.inputs) if v is not None and (v.name or v.constant)]
    return any(v.dtype.startswith(("float", "bfloat", "complex", "unknown")) for v in values)


def _conv(weight: int) -> Callable[[Step], int]:
    """Output elements × input channels of a group × kernel elements."""
    return lambda step: math.prod(shape_of(step, 0, output=True)) * math.prod(shape_of(step, weight)[1:])


def _conv_transpose(step: Step) -> int:
    """Input elements × output channels of a group × kernel elements."""
    return math.prod(shape_of(step, 0)) * math.prod(shape_of(step, 1)[1:])


def _matmul(left: int, right: int) -> Callable[[Step], int]:
    """Output elements × inner dimension; the flags ``transA`` and ``transB`` of fused forms are honoured."""

    def formula(step: Step) -> int:
        a, b = shape_of(step, left), shape_of(step, right)
        flipped = bool(step.attributes.get("transA", 0)) and len(a) > 1
        inner = a[-2] if flipped else a[-1]
        if inner not in b:
            raise UnknownCostError
        return math.prod(shape_of(step, 0, output=True)) * inner

    return formula


def _gemm(step: Step) -> int:
    """M × N × K; the added matrix is not counted."""
    a = shape_of(step, 0)
    return math.prod(shape_of(step, 0, output=True)) * a[0 if step.attributes.get("transA", 0) else -1]


def _linear_model(step: Step) -> int:
    """ai.onnx.ml: every row meets all coefficients."""
    return math.prod(shape_of(step, 0)[:-1]) * len(step.attributes["coefficients"])


def _matmul_bits(step: Step) -> int:
    """Rows × K × N of a weight stored in a few bits."""
    rows = math.prod(shape_of(step, 0)[:-1])
    return rows * int(step.attributes["K"]) * int(step.attributes["N"])


def _recurrent(gates: int) -> Callable[[Step], int]:
    """Steps × batch × directions × gates × hidden × (input + hidden), W and R as in the operator's documentation."""

    def formula(step: Step) -> int:
        x, recurrence = shape_of(step, 0), shape_of(step, 2)
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
        sizes.update(zip(term, shape_of(step, place), strict=True))
    return math.prod(sizes.values()) if set(sizes) - set(right) else 0


def _pairs(batch: int, heads: int, queries: int, keys: int, size: int, value_size: int) -> int:
    """Scores and weighted sum: batch × heads × queries × keys × (head size + value head size)."""
    return batch * heads * queries * keys * (size + value_size)


def _past(step: Step, place: int) -> int:
    """Length of cached keys, 0 when there are none."""
    value = step.inputs[place] if place < len(step.inputs) else None
    return shape_of(step, place)[-2] if value is not None else 0


def _attention(step: Step) -> int:
    """Scaled dot products; com.microsoft's Attention also projects its input to queries, keys and values."""
    if step.domain in ("", "ai.onnx"):
        return _attention_standard(step)
    batch, length, width = shape_of(step, 0)
    columns = shape_of(step, 1)[-1]
    value_width = shape_of(step, 0, output=True)[-1]
    past = _past(step, 4 if step.op == "Attention" else 8)
    query_width = (columns - value_width) // 2
    return batch * length * width * columns + _pairs(batch, 1, length, length + past, query_width, value_width)


def _attention_standard(step: Step) -> int:
    q, k, v = shape_of(step, 0), shape_of(step, 1), shape_of(step, 2)
    past = _past(step, 4)
    if len(q) == 4:
        return _pairs(q[0], q[1], q[2], k[2] + past, q[3], v[3])
    heads, shared = int(step.attributes["q_num_heads"]), int(step.attributes["kv_num_heads"])
    return _pairs(q[0], heads, q[1], k[1] + past, q[2] // heads, v[2] // shared)


def _attention_heads(step: Step) -> int:
    """MultiHeadAttention: query, key and value are already projected (batch × length × width)."""
    q, k = shape_of(step, 0), shape_of(step, 1)
    width = math.prod(shape_of(step, 0, output=True)[2:])
    keys = k[1] if len(k) == 3 else k[-2]
    return _pairs(q[0], 1, q[1], keys + _past(step, 6), math.prod(q[2:]), width)


def _attention_groups(step: Step) -> int:
    """GroupQueryAttention: every query head against its group's keys."""
    out = shape_of(step, 0, output=True)
    past = _past(step, 3)
    return _pairs(out[0], 1, out[1], out[1] + past, out[2], out[2])


FORMULAS: dict[str, Callable[[Step], int]] = {
    "Conv": _conv(1), "FusedConv": _conv(1), "ConvInteger": _conv(1), "QLinearConv": _conv(3), "DeformConv": _conv(1),
    "NhwcConv": _conv(1), "ConvTranspose": _conv_transpose,
    "MatMul": _matmul(0, 1), "FusedMatMul": _matmul(0, 1), "MatMulInteger": _matmul(0, 1),
    "QLinearMatMul": _matmul(0, 3), "DynamicQuantizeMatMul": _matmul(0, 1),
    "MatMulIntegerToFloat": _matmul(0, 1), "TransposeMatMul": _matmul(0, 1),
    "Gemm": _gemm, "FusedGemm": _gemm, "QGemm": _gemm, "GemmFastGelu": _gemm, "MatMulNBits": _matmul_bits,
    "MatMulBnb4": _matmul_bits, "LinearRegressor": _linear_model, "LinearClassifier": _linear_model,
    "LSTM": _recurrent(4), "DynamicQuantizeLSTM": _recurrent(4), "GRU": _recurrent(3), "RNN": _recurrent(1),
    "Einsum": _einsum, "Attention": _attention, "QAttention": _attention,
    "MultiHeadAttention": _attention_heads, "GroupQueryAttention": _attention_groups,
}  # fmt: skip
"""Formulas for multiply-adds, by operator. Weight layouts as in https://onnx.ai/onnx/operators and onnxruntime's
ContribOperators.md."""


def _bias(place: int, each: int = 1) -> Callable[[Step], int]:
    """``each`` for every element of the result where the input at ``place`` is there."""

    def formula(step: Step) -> int:
        there = place < 0 or (place < len(step.inputs) and step.inputs[place] is not None)
        return each * math.prod(shape_of(step, 0, output=True)) if there else 0

    return formula


def _dynamic(step: Step) -> int:
    """The range of the input and its packing, 7 for each element, and the scale of each result."""
    return 7 * math.prod(shape_of(step, 0)) + math.prod(shape_of(step, 0, output=True))


def _gates(kind: str) -> Callable[[Step], int]:
    """Biases and gates of each unit and step."""

    def formula(step: Step) -> int:
        x, recurrence = shape_of(step, 0), shape_of(step, 2)
        hidden = int(step.attributes.get("hidden_size", recurrence[-1]))
        biases = shape_of(step, 3)[-1] if len(step.inputs) > 3 and step.inputs[3] is not None else 0
        return x[0] * x[1] * recurrence[0] * (hidden * UNIT[kind] + biases)

    return formula


def _scores(step: Step) -> int:
    """For each score a factor, five for the softmax and one for a mask; from the multiply-adds of the whole."""
    if step.domain not in ("", "ai.onnx"):
        return _fused_scores(step)
    q, k = shape_of(step, 0), shape_of(step, 1)
    past = _past(step, 4)
    heads = q[1] if len(q) == 4 else int(step.attributes["q_num_heads"])
    rows = q[0] * heads * (q[2] if len(q) == 4 else q[1])
    count = rows * ((k[2] if len(k) == 4 else k[1]) + past)
    masked = len(step.inputs) > 3 and step.inputs[3] is not None
    return softmax_of(count, rows) + count * (1 + masked)


def _fused_scores(step: Step) -> int:
    batch, length = shape_of(step, 0)[:2]
    places = {"Attention": 4, "QAttention": 8, "MultiHeadAttention": 6, "GroupQueryAttention": 3}
    past = _past(step, places[step.op])
    keys = length + past
    if step.op == "MultiHeadAttention":
        k = shape_of(step, 1)
        keys = (k[1] if len(k) == 3 else k[-2]) + past
    rows = batch * int(step.attributes["num_heads"]) * length
    return softmax_of(rows * keys, rows) + rows * keys


BESIDE: dict[str, Callable[[Step], int]] = {
    "Conv": _bias(2), "FusedConv": _bias(2, 2), "NhwcConv": _bias(2), "ConvTranspose": _bias(2), "Gemm": _bias(2),
    "FusedGemm": _bias(2, 2), "DeformConv": _bias(3), "QLinearConv": _bias(-1, 7), "QLinearMatMul": _bias(-1, 6),
    "QGemm": _bias(-1, 7), "MatMulIntegerToFloat": _bias(-1, 2), "DynamicQuantizeMatMul": _dynamic,
    "GemmFastGelu": _bias(-1, 10), "MatMulNBits": _bias(5),
    "LSTM": _gates("lstm"), "DynamicQuantizeLSTM": _gates("lstm"), "GRU": _gates("gru"), "RNN": _gates("rnn_tanh"),
    "Attention": _scores, "QAttention": _fused_scores, "MultiHeadAttention": _fused_scores,
    "GroupQueryAttention": _fused_scores,
}  # fmt: skip
"""Arithmetic besides the multiply-adds: biases, scaling and packing, softmax, gates."""

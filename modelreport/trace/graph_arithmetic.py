"""What ONNX operators without multiply-adds cost: the formulas of ``modelreport.trace.flops`` for shapes at a node.

Definitions as in https://onnx.ai/onnx/operators and onnxruntime's ContribOperators.md.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from modelreport.trace.flops.fft import transform_flops
from modelreport.trace.flops.matrix import softmax_of
from modelreport.trace.flops.norm import fixed_flops, statistics_flops
from modelreport.trace.flops.quantised import PACK, UNPACK
from modelreport.trace.flops.reduction import comparisons
from modelreport.trace.graph_values import UnknownCostError, shape_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelreport.trace.graph_values import Step

__all__ = ["ARITHMETIC", "ELEMENTS", "softmax_of"]


def _count(step: Step, place: int = 0) -> int:
    return math.prod(shape_of(step, place))


def _made(step: Step) -> int:
    return math.prod(shape_of(step, 0, output=True))


def _given(step: Step, place: int) -> bool:
    return place < len(step.inputs) and step.inputs[place] is not None


def _data(step: Step, place: int) -> list[Any]:
    value = step.inputs[place] if _given(step, place) else None
    if value is None or value.data is None:
        raise UnknownCostError
    found: list[Any] = value.data.reshape(-1).tolist()
    return found


def _axis_size(step: Step, default: int = -1) -> int:
    shape = shape_of(step, 0)
    return shape[int(step.attributes.get("axis", default))] if shape else 1


# --- activations ------------------------------------------------------------------------------------------------------


def _softmax(each_row: int, beside: int = 0) -> Callable[[Step], int]:
    """5n − 2 for a row of softmax, 5n − 1 of its logarithm."""
    return lambda step: (5 + beside) * _count(step) - each_row * (_count(step) // max(_axis_size(step), 1))


def _gelu(step: Step) -> int:
    return _count(step) * (9 if step.attributes.get("approximate") == "tanh" else 5)


def _clip(step: Step) -> int:
    """One comparison for each bound."""
    bounds = _given(step, 1) + _given(step, 2) + ("min" in step.attributes) + ("max" in step.attributes)
    return _count(step) * bounds


# --- normalisations ---------------------------------------------------------------------------------------------------


def _batch_norm(step: Step) -> int:
    shape = shape_of(step, 0)
    if step.attributes.get("training_mode"):
        return statistics_flops(_count(step), shape[1]) + 2 * _count(step)
    return fixed_flops(_count(step), shape[1] if len(shape) > 1 else 1)


def _layer_norm(mean: bool, skip: int = 0) -> Callable[[Step], int]:
    """Rows behind ``axis``; with a mean 5n + 2, without 3n + 2; a product and a sum for weight and bias.

    ``skip`` inputs are added first, each with a sum for each element.
    """

    def formula(step: Step) -> int:
        shape = shape_of(step, 0)
        axis = int(step.attributes.get("axis", -1))
        count = math.prod(shape)
        rows = count // max(math.prod(shape[axis:]), 1)
        norm = statistics_flops(count, rows) if mean else 3 * count + 2 * rows
        weights = sum(_given(step, place) for place in range(1 + (1 if skip else 0), 4 + skip))
        return norm + count * ((1 if skip else 0) + weights)

    return formula


def _instance_norm(step: Step) -> int:
    shape = shape_of(step, 0)
    return statistics_flops(math.prod(shape), shape[0] * shape[1]) + 2 * math.prod(shape)


def _group_norm(step: Step) -> int:
    groups = int(step.attributes.get("num_groups", step.attributes.get("groups", 1)))
    count = _count(step)
    return statistics_flops(count, shape_of(step, 0)[0] * groups) + 2 * count


def _local_response(step: Step) -> int:
    """Squares, their sums over ``size`` channels, factor and sum, power, quotient."""
    return _count(step) * (int(step.attributes["size"]) + 4)


# --- pooling and sampling ---------------------------------------------------------------------------------------------


def _pool(less: int, beside: int = 0) -> Callable[[Step], int]:
    """K − ``less`` for each window of k."""
    return lambda step: _made(step) * (math.prod(step.attributes["kernel_shape"]) - less + beside)


def _whole(each: int, less: int, beside: int = 0) -> Callable[[Step], int]:
    """Over all positions of a channel, or all that is reduced: each·n − less for each result."""
    return lambda step: each * _count(step) - less * _made(step) + beside * _made(step)


def _resize(step: Step) -> int:
    """As interpolation of the dimensions that change: 3, 9, 21 for linear, 7, 35, 147 … for cubic; nearest is free."""
    mode = str(step.attributes.get("mode", "nearest"))
    if mode == "nearest":
        return 0
    before, after = shape_of(step, 0), shape_of(step, 0, output=True)
    changed = sum(a != b for a, b in zip(before, after, strict=True))
    taps = {"linear": 2, "cubic": 4}[mode]
    if step.attributes.get("antialias") and changed:
        taps = math.ceil(taps * max(1.0, *(b / max(a, 1) for b, a in zip(before, after, strict=True))))
    each = sum(taps**level for level in range(changed)) * (2 * taps - 1)
    return int(_made(step) * each)


def _grid_sample(step: Step) -> int:
    grid, mode = shape_of(step, 1), str(step.attributes.get("mode", "linear"))
    places, flat = math.prod(grid[:-1]), grid[-1] == 2
    if mode == "nearest":
        return places * (8 if flat else 12)
    if mode in ("cubic", "bicubic"):
        return places * 58 + _made(step) * 35
    return places * (16 if flat else 34) + _made(step) * (7 if flat else 15)


def _roi_align(step: Step) -> int:
    ratio = int(step.attributes.get("sampling_ratio", 0))
    if ratio <= 0:
        raise UnknownCostError
    return _made(step) * 8 * ratio**2


# --- reductions, rankings, transforms ---------------------------------------------------------------------------------


def _many(beside: int) -> Callable[[Step], int]:
    """Many inputs into one: n − 1 for each element."""
    return lambda step: _made(step) * (len(step.inputs) - 1 + beside)


def _running(step: Step) -> int:
    axis = int(_data(step, 1)[0])
    shape = shape_of(step, 0)
    return math.prod(shape) - math.prod(shape) // max(shape[axis], 1)


def _top(step: Step) -> int:
    wanted = int(_data(step, 1)[0]) if len(step.inputs) > 1 else int(step.attributes.get("k", 1))
    return _count(step) * comparisons(wanted)


def _overlaps(step: Step) -> int:
    """Each pair of boxes of each class, where every box is kept: the most it can be."""
    batch, classes, boxes = shape_of(step, 1)
    return batch * (3 * boxes + classes * 13 * boxes * (boxes - 1) // 2)


def _dft(step: Step) -> int:
    shape = shape_of(step, 0)
    axis = int(_data(step, 2)[0]) if _given(step, 2) else int(step.attributes.get("axis", -2))
    points = int(_data(step, 1)[0]) if _given(step, 1) else shape[axis]
    transforms = math.prod(shape[:-1]) // max(shape[axis], 1)
    real = shape[-1] == 1 or bool(step.attributes.get("onesided"))
    return transform_flops(transforms * points, points, real=real)


def _stft(step: Step) -> int:
    frames = math.prod(shape_of(step, 0, output=True)[:2])
    points = shape_of(step, 2)[0] if _given(step, 2) else int(_data(step, 3)[0])
    real = len(shape_of(step, 0)) == 2 or shape_of(step, 0)[-1] == 1
    windowed = frames * points if _given(step, 2) else 0
    return windowed + transform_flops(frames * points, points, real=real)


def _scatter(place: int) -> Callable[[Step], int]:
    """One for each element that is added, multiplied or compared; nothing where it only replaces."""
    return lambda step: _count(step, place) if step.attributes.get("reduction", "none") != "none" else 0


def _matrix(numerator: int, denominator: int) -> Callable[[Step], int]:
    """A share of n³ for each matrix (Golub and Van Loan, *Matrix Computations*)."""
    return lambda step: numerator * _count(step) * shape_of(step, 0)[-1] // denominator


def _dropout(step: Step) -> int:
    return 2 * _count(step) if _given(step, 2) and any(_data(step, 2)) else 0


def _embed_norm(step: Step) -> int:
    """Two or three looked-up rows added, and a layer normalisation with weights."""
    count = _made(step)
    added = 2 if _given(step, 1) else 1
    return statistics_flops(count, count // shape_of(step, 0, output=True)[-1]) + (2 + added) * count


_WORDS = {
    1: """Relu ThresholdedRelu Tanh Add Sub Mul Div Pow Neg Abs Sqrt Reciprocal Exp Log Sin Cos Tan Asin Acos Atan Sinh
        Cosh Asinh Acosh Atanh Erf Floor Ceil Round Sign Equal Less LessOrEqual Greater GreaterOrEqual BiasAdd
        Hardmax BlackmanWindow HannWindow HammingWindow Affine Binarizer Imputer""",
    2: "LeakyRelu PRelu Shrink Relu6 Scaler DequantizeLinear GatherBlockQuantized",
    3: "Elu Celu Softsign Softplus RotaryEmbedding LpNormalization Normalizer",
    4: "Selu Sigmoid HardSigmoid Swish Mish Mod",
    5: "HardSwish QuickGelu MeanVarianceNormalization QuantizeLinear AffineGrid SwiGLU BiasSplitGelu",
    6: "BiasGelu ComplexMul",
    7: "DynamicQuantizeLinear QLinearConcat",
    8: "QLinearLeakyRelu",
    9: "FastGelu",
    10: "QLinearAdd QLinearMul",
    11: "QLinearSigmoid",
    12: "QLinearSoftmax",
}
ELEMENTS: dict[str, int] = {name: count for count, words in _WORDS.items() for name in words.split()}
"""FLOPs for each element of the first result."""

ARITHMETIC: dict[str, Callable[[Step], int]] = {
    "Softmax": _softmax(2), "LogSoftmax": _softmax(1), "BiasSoftmax": _softmax(2, 1), "Gelu": _gelu, "Clip": _clip,
    "BatchNormalization": _batch_norm, "LayerNormalization": _layer_norm(mean=True),
    "SimplifiedLayerNormalization": _layer_norm(mean=False), "RMSNormalization": _layer_norm(mean=False),
    "SkipLayerNormalization": _layer_norm(mean=True, skip=1),
    "SkipSimplifiedLayerNormalization": _layer_norm(mean=False, skip=1),
    "EmbedLayerNormalization": _embed_norm, "InstanceNormalization": _instance_norm,
    "GroupNormalization": _group_norm, "GroupNorm": _group_norm, "LRN": _local_response,
    "MaxPool": _pool(1), "NhwcMaxPool": _pool(1), "AveragePool": _pool(0), "LpPool": _pool(-1),
    "QLinearAveragePool": _pool(0, UNPACK + PACK), "GlobalAveragePool": _whole(1, 0), "GlobalMaxPool": _whole(1, 1),
    "GlobalLpPool": _whole(2, 0), "QLinearGlobalAveragePool": _whole(1, 0, UNPACK + PACK),
    "QLinearReduceMean": _whole(1, 0, UNPACK + PACK),
    "Resize": _resize, "Upsample": _resize, "GridSample": _grid_sample, "RoiAlign": _roi_align,
    "NonMaxSuppression": _overlaps,
    "ReduceSum": _whole(1, 1), "ReduceMean": _whole(1, 0), "ReduceMax": _whole(1, 1), "ReduceMin": _whole(1, 1),
    "ReduceProd": _whole(1, 1), "ReduceL1": _whole(2, 1), "ReduceL2": _whole(2, 0), "ReduceLogSum": _whole(1, 0),
    "ReduceLogSumExp": _whole(4, 0), "ReduceSumSquare": _whole(2, 1), "ArgMax": _whole(1, 1), "ArgMin": _whole(1, 1),
    "Sum": _many(0), "Mean": _many(1), "Max": _many(0), "Min": _many(0), "CumSum": _running, "CumProd": _running,
    "TopK": _top, "Unique": lambda step: _count(step) * comparisons(_count(step)),
    "DFT": _dft, "STFT": _stft, "Det": _matrix(2, 3), "Inverse": _matrix(2, 1),
    "Scatter": _scatter(2), "ScatterElements": _scatter(2), "ScatterND": _scatter(2),
    "Col2Im": _whole(1, 1), "Dropout": _dropout, "BiasDropout": lambda step: _count(step) + _dropout(step),
    "SoftmaxCrossEntropyLoss": lambda step: 5 * _count(step) + 2 * _count(step, 1),
    "NegativeLogLikelihoodLoss": lambda step: 2 * _count(step, 1),
}  # fmt: skip
"""FLOPs of the operators whose cost is not a number for each element of the result."""

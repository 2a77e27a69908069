"""Shape arithmetic of ONNX graphs, worked out on small arrays while a graph is walked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import ONNX_DTYPES
from modelreport.trace.graph_values import DATA_LIMIT, PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable


def fold(node: Any, inputs: list[Any], attributes: dict[str, Any], shape: tuple[int, ...], dtype: str) -> Any:
    """The output of a node on small known arrays (``None`` for an input left out), or ``None``; never raises.

    ``shape`` and ``dtype`` are the inferred ones of the output: nothing larger than 4,096 elements is computed.
    """
    import numpy as np

    rule = FOLDS.get(node.op_type)
    if rule is None or math.prod(shape) > DATA_LIMIT or dtype not in PLAIN:
        return None
    try:
        with np.errstate(all="ignore"):
            result = np.asarray(rule(np, inputs, attributes))
    except Exception:  # a rule that does not fit the operands: the contents are then unknown, not wrong
        return None
    return result.astype(dtype) if result.shape == shape else None


def _axes(arrays: list[Any], attributes: dict[str, Any]) -> tuple[int, ...]:
    if len(arrays) > 1 and arrays[1] is not None:
        return tuple(int(n) for n in arrays[1].reshape(-1))
    return tuple(attributes.get("axes", ()))


def _slice(_np: Any, arrays: list[Any], attributes: dict[str, Any]) -> Any:
    if len(arrays) > 1:
        starts, ends = arrays[1].tolist(), arrays[2].tolist()
        axes = arrays[3].tolist() if len(arrays) > 3 and arrays[3] is not None else range(len(starts))
        steps = arrays[4].tolist() if len(arrays) > 4 else [1] * len(starts)
    else:
        starts, ends = attributes["starts"], attributes["ends"]
        axes, steps = attributes.get("axes", range(len(starts))), [1] * len(starts)
    index = [slice(None)] * arrays[0].ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        index[axis] = slice(start, None if step < 0 and end < -arrays[0].shape[axis] else end, step)
    return arrays[0][tuple(index)]


def _unsqueeze(np: Any, arrays: list[Any], attributes: dict[str, Any]) -> Any:
    return np.expand_dims(arrays[0], _axes(arrays, attributes))


def _squeeze(np: Any, arrays: list[Any], attributes: dict[str, Any]) -> Any:
    return np.squeeze(arrays[0], _axes(arrays, attributes) or None)


def _cast(_np: Any, arrays: list[Any], attributes: dict[str, Any]) -> Any:
    name = ONNX_DTYPES[attributes["to"]]
    return arrays[0].astype(name) if name in PLAIN else None


def _div(np: Any, arrays: list[Any], _: dict[str, Any]) -> Any:
    left, right = arrays
    if left.dtype.kind in "iu":  # towards zero, as ONNX divides whole numbers
        size = np.abs(left) // np.abs(right) if (right != 0).all() else None
        return None if size is None else size * np.sign(left) * np.sign(right)
    return left / right


def _reduce(name: str) -> Callable[..., Any]:
    def rule(np: Any, arrays: list[Any], attributes: dict[str, Any]) -> Any:
        axes = _axes(arrays, attributes) or None
        return getattr(np, name)(arrays[0], axis=axes, keepdims=bool(attributes.get("keepdims", 1)))

    return rule


def _binary(name: str) -> Callable[..., Any]:
    return lambda np, arrays, _: getattr(np, name)(*arrays)


FOLDS: dict[str, Callable[..., Any]] = {
    "Identity": lambda _np, a, _: a[0],
    "Gather": lambda np, a, at: np.take(a[0], a[1], axis=at.get("axis", 0)),
    "Concat": lambda np, a, at: np.concatenate(a, axis=at["axis"]),
    "Reshape": lambda _np, a, _: a[0].reshape([int(n) for n in a[1]]) if 0 not in a[1] else None,
    "Flatten": lambda _np, a, _: a[0].reshape(1, -1) if a[0].ndim < 2 else None,
    "Transpose": lambda np, a, at: np.transpose(a[0], at.get("perm")),
    "Expand": lambda np, a, _: np.broadcast_to(a[0], np.broadcast_shapes(a[0].shape, tuple(int(n) for n in a[1]))),
    "Tile": lambda np, a, _: np.tile(a[0], a[1]) if math.prod(a[1].tolist()) <= DATA_LIMIT else None,
    "Range": lambda np, a, _: np.arange(a[0].item(), a[1].item(), a[2].item(), a[0].dtype),
    "Where": lambda np, a, _: np.where(*a),
    "Not": lambda np, a, _: np.logical_not(a[0]),
    "And": _binary("logical_and"), "Or": _binary("logical_or"), "Xor": _binary("logical_xor"),
    "Equal": _binary("equal"), "Less": _binary("less"), "Greater": _binary("greater"),
    "LessOrEqual": _binary("less_equal"), "GreaterOrEqual": _binary("greater_equal"),
    "Add": _binary("add"), "Sub": _binary("subtract"), "Mul": _binary("multiply"), "Div": _div,
    "Min": lambda np, a, _: np.minimum.reduce(a), "Max": lambda np, a, _: np.maximum.reduce(a),
    "Mod": lambda np, a, at: np.fmod(*a) if at.get("fmod") else np.mod(*a),
    "Neg": lambda _np, a, _: -a[0], "Abs": lambda np, a, _: np.abs(a[0]), "Sqrt": lambda np, a, _: np.sqrt(a[0]),
    "Floor": lambda np, a, _: np.floor(a[0]), "Ceil": lambda np, a, _: np.ceil(a[0]),
    "Round": lambda np, a, _: np.round(a[0]), "Pow": lambda np, a, _: np.power(*a).astype(a[0].dtype),
    "ReduceProd": _reduce("prod"), "ReduceSum": _reduce("sum"),
    "ReduceMax": _reduce("max"), "ReduceMin": _reduce("min"),
    "Slice": _slice, "Unsqueeze": _unsqueeze, "Squeeze": _squeeze, "Cast": _cast,
}  # fmt: skip
"""Operators of shape arithmetic, as functions of numpy, the input arrays and the attributes."""

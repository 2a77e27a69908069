"""Small ONNX models for the tests of two rooms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def value(name: str, shape: Sequence[int | str | None] | None, dtype: int = TensorProto.FLOAT) -> Any:
    """A typed value of a graph."""
    return helper.make_tensor_value_info(name, dtype, shape)


def weight(name: str, *shape: int, dtype: str = "float32") -> Any:
    """A stored tensor of ascending values."""
    size = int(np.prod(shape))
    return numpy_helper.from_array(np.arange(size).reshape(shape).astype(dtype), name)


def whole(name: str, numbers: Sequence[int]) -> Any:
    """A stored list of whole numbers."""
    return numpy_helper.from_array(np.array(numbers, np.int64), name)


def model(
    nodes: Sequence[Any], inputs: Sequence[Any], outputs: Sequence[Any], stored: Sequence[Any] = (), **more: Any
) -> Any:
    """A model around these nodes."""
    graph = helper.make_graph(list(nodes), more.pop("name", "net"), list(inputs), list(outputs), list(stored))
    opsets = [helper.make_opsetid("", more.pop("opset", 17)), *more.pop("domains", ())]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="tests", **more)


def convolution() -> Any:
    """An image classifier: Conv, Relu, GlobalAveragePool, Flatten, Gemm."""
    nodes = [
        helper.make_node(
            "Conv", ["x", "conv.weight", "conv.bias"], ["a"], "/conv/Conv", pads=[1, 1, 1, 1], strides=[2, 2]
        ),
        helper.make_node("Relu", ["a"], ["b"], "/act/Relu"),
        helper.make_node("GlobalAveragePool", ["b"], ["c"], "/GlobalAveragePool"),
        helper.make_node("Flatten", ["c"], ["d"], "/Flatten"),
        helper.make_node("Gemm", ["d", "fc.weight", "fc.bias"], ["y"], "/fc/Gemm", transB=1),
    ]
    stored = [
        weight("conv.weight", 16, 3, 3, 3),
        weight("conv.bias", 16),
        weight("fc.weight", 10, 16),
        weight("fc.bias", 10),
    ]
    return model(nodes, [value("x", ["batch", 3, 32, 32])], [value("y", ["batch", 10])], stored)


def saved(folder: Path, made: Any, name: str = "model.onnx", **options: Any) -> Path:
    """The model as a file."""
    path = folder / name
    onnx.save(made, path, **options)
    return path

"""A model as each program takes it: our report, an ONNX file for Netron, a graph for Model Explorer. All one model."""

from __future__ import annotations

import json
import random
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelreport import Report, build
from modelreport.facts import Trace

OPERATIONS = 50_000
KINDS = ("Conv", "Relu", "Mul", "Sigmoid", "Tanh", "Neg", "Abs")


@dataclass(frozen=True)
class Subject:
    """One model in all its forms."""

    name: str
    report: Report
    html: Path
    onnx: Path
    graph: Path
    layout_s: float
    """Time to lay out the map in Python."""
    scene_s: float
    """Time to find out before that what stands on it."""


def resnet50(folder: Path) -> Subject:
    """Untrained; the ONNX file is what ``torch.onnx.export`` writes."""
    import torch

    from modelreport.identify.libraries import load_library

    torch.manual_seed(0)
    module = load_library("torchvision").models.resnet50(weights=None).eval()
    onnx = folder / "resnet50.onnx"
    export(module, (torch.zeros(1, 3, 224, 224),), onnx)
    return subject("resnet50", build(module, title="resnet50"), onnx, folder)


def synthetic(folder: Path, operations: int = OPERATIONS) -> Subject:
    """A model of so many operations; all three read the same ONNX file, Model Explorer by way of our trace of it."""
    onnx = folder / "synthetic.onnx"
    write_synthetic(onnx, operations)
    return subject("synthetic", build(onnx), onnx, folder)


def export(module: Any, inputs: tuple[Any, ...], path: Path) -> None:
    """One file with the weights in it."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, inputs, str(path), dynamo=True, external_data=False, verbose=False)


def subject(name: str, report: Report, onnx: Path, folder: Path) -> Subject:
    """The report as a page and as a graph, beside the ONNX file."""
    html, graph = folder / f"{name}.html", folder / f"{name}.graph.json"
    report.save(html)
    graph.write_text(json.dumps(explorer_graph(report)), encoding="utf-8")
    scene_s, layout_s = map_times(report)
    return Subject(name, report, html, onnx, graph, layout_s, scene_s)


def map_times(report: Report) -> tuple[float, float]:
    """Seconds to gather what stands on the map, and to lay it out."""
    from modelreport.render.map import make_scene
    from modelreport.render.map.layout import lay_out

    start = time.perf_counter()
    scene = make_scene(report)
    middle = time.perf_counter()
    lay_out(scene)
    return middle - start, time.perf_counter() - middle


def write_synthetic(path: Path, operations: int = OPERATIONS) -> None:
    """Stages of blocks of layers, all drawn by lot and hardly two neighbours alike: little can be shown once for many.

    A thousand blocks in forty stages, each a chain of layers with a skip connection round it.
    """
    import onnx
    from onnx import TensorProto, helper

    stages, blocks = 40, 25
    each = max(3, operations // (stages * blocks))
    nodes: list[Any] = []
    weights: list[Any] = []
    last = "input"
    for place in range(stages * blocks):
        made, kernels = _block(place // blocks, place % blocks, each, last)
        nodes += made
        weights += kernels
        last = made[-1].output[0]
    shape = [1, 8, 16, 16]
    graph = helper.make_graph(
        nodes, "synthetic", [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, shape)], weights,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, path)


def _block(stage: int, block: int, count: int, start: str) -> tuple[list[Any], list[Any]]:
    """So many nodes, the last of which adds what came in, and the kernels of the convolutions."""
    import numpy as np
    from onnx import helper, numpy_helper

    scope, last, lot = f"/stage{stage}/block{block}", start, random.Random(f"{stage}.{block}")
    nodes: list[Any] = []
    kernels: list[Any] = []
    layer = 0
    while len(nodes) < count - 1:
        kinds = KINDS[: lot.randint(4, 7)][: count - 1 - len(nodes)]
        for kind in kinds:
            inputs, settings = [last], {}
            if kind == "Conv":
                side = lot.choice((1, 3, 5, 7, 9, 11))
                name = f"stage{stage}.block{block}.layer{layer}.weight"
                values = np.random.default_rng(len(kernels) + 1000 * block).standard_normal((8, 1, side, side))
                kernels.append(numpy_helper.from_array((values / 10).astype(np.float32), name))
                inputs, settings = [last, name], {"group": 8, "pads": [side // 2] * 4, "kernel_shape": [side, side]}
            elif kind == "Mul":
                inputs = [last, last]
            last = f"{scope}/{len(nodes)}"
            nodes.append(helper.make_node(kind, inputs, [last], name=f"{scope}/layer{layer}/{kind}", **settings))
        layer += 1
    nodes.append(helper.make_node("Add", [last, start], [f"{scope}/out"], name=f"{scope}/Add"))
    return nodes, kernels


def explorer_graph(report: Report) -> dict[str, Any]:
    """The operations of the pass in Model Explorer's own form, each in the namespace of the module it ran in."""
    trace = report.trace
    assert isinstance(trace, Trace), trace
    nodes: list[dict[str, Any]] = [
        {"id": f"input{place}", "label": spec.name or "input", "namespace": "", "incomingEdges": []}
        for place, spec in enumerate(trace.inputs)
    ]
    for operation in trace.operations:
        sources = [*map(str, operation.sources), *(f"input{place}" for place in operation.reads_input)]
        edges = [
            {"sourceNodeId": source, "sourceNodeOutputId": "0", "targetNodeInputId": str(place)}
            for place, source in enumerate(sources)
        ]
        outputs = [
            {"id": str(place), "attrs": [{"key": "tensor_shape", "value": "×".join(map(str, spec.shape))}]}
            for place, spec in enumerate(operation.outputs)
        ]
        scope = trace.calls[operation.call].path.replace(".", "/") if operation.call >= 0 else ""
        nodes.append({
            "id": str(operation.id), "label": operation.name, "namespace": scope, "incomingEdges": edges,
            "attrs": [{"key": "settings", "value": operation.label}], "outputsMetadata": outputs,
        })  # fmt: skip
    return {"label": report.title, "graphs": [{"id": "forward", "nodes": nodes}]}

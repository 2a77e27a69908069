from __future__ import annotations

from typing import Any

import onnx
import pytest
from onnx import helper

from modelreport.checkpoint import LazyTensor
from modelreport.identify.graph import nodes_of_graph


def initialiser(name: str, shape: tuple[int, ...] = (2, 2)) -> onnx.TensorProto:
    size = 1
    for n in shape:
        size *= n
    return helper.make_tensor(name, 1, shape, [0.0] * size)


def tree(
    nodes: list[onnx.NodeProto], *weights: str, functions: Any = ()
) -> tuple[list[tuple[str, str]], dict[str, str]]:
    graph = helper.make_graph(
        nodes, "g", [], [], [initialiser(w) for w in weights if "." not in w or "branch" not in w]
    )
    model = helper.make_model(graph, functions=functions)
    tensors = [LazyTensor(w, "float32", (2, 2), None, role="parameter") for w in weights]
    found, owners = nodes_of_graph(model, tensors, "net")
    assert all(0 <= n.parent < i for i, n in enumerate(found) if i)
    return [(n.path, n.type) for n in found], owners


def node(op: str, inputs: list[str], name: str = "", **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(op, inputs, [f"{name or op}_out"], name=name, **attributes)


def test_scopes_in_node_names_are_the_modules() -> None:
    found, owners = tree(
        [
            node("Conv", ["x", "onnx::Conv_1"], "/layer1/layer1.0/conv1/Conv"),
            node("Relu", ["y"], "/layer1/layer1.0/relu/Relu"),
            node("Gemm", ["z", "fc.weight"], "/fc/Gemm"),
        ],
        "onnx::Conv_1", "fc.weight",
    )  # fmt: skip
    assert found == [
        ("", "Module"), ("layer1", "Sequential"), ("layer1.0", "Module"), ("layer1.0.conv1", "Conv"),
        ("layer1.0.relu", "Relu"), ("fc", "Gemm"),
    ]  # fmt: skip
    assert owners["onnx::Conv_1"] == "layer1.0.conv1"
    assert owners["fc.weight"] == "fc"


def test_the_exporters_own_record_gives_the_classes() -> None:
    conv = node("Conv", ["x", "w"], "node_conv2d")
    for key, value in (
        ("pkg.torch.onnx.name_scopes", "['', 'layer1', 'layer1.conv', 'conv2d']"),
        (
            "pkg.torch.onnx.class_hierarchy",
            "['m.Net', 'm.Block', 'torch.nn.modules.conv.Conv2d', 'aten.conv2d.default']",
        ),
    ):
        conv.metadata_props.add(key=key, value=value)
    found, owners = tree([conv], "w")
    assert found == [("", "Module"), ("layer1", "Module"), ("layer1.conv", "Conv2d")]
    assert owners["w"] == "layer1.conv"


@pytest.mark.parametrize("text", ["[", "['a'", "__import__('os')", "['" + "(" * 5000, "{}", "[1, 2]", "x" * 100_000])
def test_a_damaged_record_is_no_record(text: str) -> None:
    conv = node("Conv", ["x", "a.weight"])
    conv.metadata_props.add(key="pkg.torch.onnx.name_scopes", value=text)
    assert tree([conv], "a.weight")[0] == [("", "Module"), ("a", "Conv")]


def test_names_of_weights_are_modules_where_nodes_have_none() -> None:
    found, owners = tree([node("MatMul", ["x", "encoder.layer.0.query.weight"])], "encoder.layer.0.query.weight")
    assert found[-1] == ("encoder.layer.0.query", "MatMul")
    assert owners["encoder.layer.0.query.weight"] == "encoder.layer.0.query"


def test_nodes_without_any_name_are_numbered() -> None:
    found, _ = tree([node("Conv", ["x", "w1"]), node("Add", ["x", "y"]), node("Conv", ["x", "w2"])], "w1", "w2")
    assert found == [("", "Module"), ("Conv_0", "Conv"), ("Conv_1", "Conv")]


def test_branches_have_their_own_weights() -> None:
    inner = helper.make_graph([node("Conv", ["x", "w"], "Conv_7")], "b", [], [], [initialiser("w")])
    graph_if = helper.make_node("If", ["c"], ["o"], then_branch=inner)
    found, owners = tree([graph_if], "If_0.then_branch.w")
    assert found == [
        ("", "Module"),
        ("If_0", "Module"),
        ("If_0.then_branch", "Module"),
        ("If_0.then_branch.Conv_7", "Conv"),
    ]
    assert owners["If_0.then_branch.w"] == "If_0.then_branch.Conv_7"


def test_attributes_are_those_of_the_operator() -> None:
    conv = node("Conv", ["x", "w"], kernel_shape=[3, 3], strides=[2, 2], group=1, auto_pad="SAME_UPPER")
    model = helper.make_model(helper.make_graph([conv], "g", [], [], [initialiser("w")]))
    found, _ = nodes_of_graph(model, [LazyTensor("w", "float32", (2, 2), None, role="parameter")], "net")
    assert [(a.name, a.value) for a in found[1].attributes] == [
        ("kernel_shape", "(3, 3)"), ("strides", "(2, 2)"), ("group", "1"), ("auto_pad", "SAME_UPPER"),
    ]  # fmt: skip


def test_an_endless_scope_is_cut() -> None:
    found, _ = tree([node("Conv", ["x", "w"], "/" + "a/" * 100_000 + "Conv")], "w")
    assert len(found) < 100

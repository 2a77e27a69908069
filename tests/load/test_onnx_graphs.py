"""Names and roles of tensors in nested graphs."""

from __future__ import annotations

from pathlib import Path

from onnx import TensorProto, helper

from modelreport.checkpoint import ONNX_NAME_KEY
from modelreport.load.onnx_graphs import find_blocks, name_tensors
from tests.load.files import names, opened
from tests.load.onnx_models import convolution, model, saved, value, weight, whole


def branch(name: str, *stored: object) -> object:
    node = helper.make_node("MatMul", ["x", "w"], ["out"])
    return helper.make_graph([node], name, [], [value("out", None)], stored)


def choosing() -> object:
    """Two branches whose weights have the same name."""
    node = helper.make_node(
        "If", ["c"], ["y"], then_branch=branch("t", weight("w", 4, 4)), else_branch=branch("e", weight("w", 4, 2))
    )
    inputs = [value("c", [], TensorProto.BOOL), value("x", [1, 4])]
    return model([helper.make_node("Relu", ["x"], ["r"]), node], inputs, [value("y", None)])


def test_tensors_of_branches_are_named_by_their_place(tmp_path: Path) -> None:
    with opened(saved(tmp_path, choosing())) as checkpoint:
        assert sorted(names(checkpoint)) == ["If_1.else_branch.w", "If_1.then_branch.w"]
        node = checkpoint.graph.graph.node[1]
        stored = {a.name: a.g.initializer[0] for a in node.attribute}
        assert [(p.key, p.value) for p in stored["else_branch"].metadata_props] == [
            (ONNX_NAME_KEY, "If_1.else_branch.w")
        ]


def test_names_used_twice_stay_apart_and_are_noted() -> None:
    made = convolution()
    made.graph.initializer.append(weight("conv.bias", 16))
    notes: list[str] = []
    found = [entry.name for entry in name_tensors(find_blocks(made), notes)]
    assert found == ["conv.weight", "conv.bias", "fc.weight", "fc.bias", "conv.bias#2"]
    assert notes == ["1 tensor names are used twice in one graph ('conv.bias')."]


def test_a_file_cannot_choose_the_name_in_the_report() -> None:
    made = convolution()
    made.graph.initializer[0].metadata_props.add(key=ONNX_NAME_KEY, value="forged")
    assert next(entry.name for entry in name_tensors(find_blocks(made), [])) == "conv.weight"
    assert not made.graph.initializer[0].metadata_props


def test_roles_follow_from_what_reads_a_tensor(tmp_path: Path) -> None:
    constant = helper.make_node("Constant", [], ["k"], value=weight("ignored", 3))
    nodes = [
        constant,
        helper.make_node("Conv", ["x", "w", "b"], ["a"]),
        helper.make_node("BatchNormalization", ["a", "s", "o", "mean", "var"], ["n"]),
        helper.make_node("Mul", ["n", "half"], ["m"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["wq"]),
        helper.make_node("MatMul", ["m", "wq"], ["mm"]),
        helper.make_node("Add", ["mm", "k"], ["e"]),
        helper.make_node("Reshape", ["e", "shape"], ["y"]),
    ]
    stored = [
        weight("w", 3, 3, 1, 1), weight("b", 3), weight("s", 3), weight("o", 3), weight("mean", 3), weight("var", 3),
        weight("half", 1), weight("q", 3, 3, dtype="int8"), weight("scale", 1), weight("zero", 1, dtype="int8"),
        whole("shape", [1, -1]),
    ]  # fmt: skip
    made = model(nodes, [value("x", [1, 3, 3, 3])], [value("y", [1, 27])], stored)
    with opened(saved(tmp_path, made)) as checkpoint:
        assert {tensor.name: tensor.role for tensor in checkpoint.tensors} == {
            **dict.fromkeys(("w", "b", "s", "o", "q", "k"), "parameter"),
            **dict.fromkeys(("mean", "var", "scale", "zero"), "buffer"),
            **dict.fromkeys(("half", "shape"), "constant"),
        }

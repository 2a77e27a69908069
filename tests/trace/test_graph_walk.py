"""Walking a graph: constants, folding, damage."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from modelreport.trace.graph_values import Value
from modelreport.trace.graph_walk import Walk
from tests.load.onnx_models import convolution, model, value, weight, whole


def walked(made: Any, *shape: int) -> Walk:
    name = made.graph.input[0].name
    return Walk(made, {name: Value(name, "float32", shape, model_input=0)}, {}).run()


def ops(walk: Walk) -> list[str]:
    return [step.op for step in walk.steps]


def test_nodes_run_in_order_with_their_values() -> None:
    walk = walked(convolution(), 2, 3, 32, 32)
    assert ops(walk) == ["Conv", "Relu", "GlobalAveragePool", "Flatten", "Gemm"]
    assert walk.outputs[0].shape == (2, 10)
    assert walk.failures == []
    assert walk.steps[1].inputs[0] is walk.steps[0].outputs[0]


def test_what_follows_from_stored_tensors_is_prepared_not_run() -> None:
    nodes = [
        helper.make_node("Transpose", ["w"], ["wt"]),
        helper.make_node("Mul", ["wt", "scale"], ["ws"]),
        helper.make_node("MatMul", ["x", "ws"], ["y"]),
    ]
    made = model(nodes, [value("x", [1, 4])], [value("y", None)], [weight("w", 6, 4), weight("scale", 1)])
    walk = walked(made, 1, 4)
    assert ops(walk) == ["MatMul"]
    assert walk.prepared == 2
    assert walk.steps[0].inputs[1].parameters == ("w", "scale")  # type: ignore[union-attr]
    assert walk.outputs[0].shape == (1, 6)


def test_shape_arithmetic_is_worked_out_not_run() -> None:
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Gather", ["s", "zero"], ["n"]),
        helper.make_node("Concat", ["n", "rest"], ["t"], axis=0),
        helper.make_node("Reshape", ["x", "t"], ["y"]),
    ]
    made = model(nodes, [value("x", ["n", 2, 3])], [value("y", None)], [whole("zero", [0]), whole("rest", [6])])
    walk = walked(made, 5, 2, 3)
    assert ops(walk) == ["Reshape"]
    assert walk.evaluated == 3
    assert walk.outputs[0].shape == (5, 6)


def test_random_numbers_are_not_constants() -> None:
    nodes = [
        helper.make_node("RandomUniformLike", ["w"], ["r"]),
        helper.make_node("Add", ["x", "r"], ["y"]),
    ]
    walk = walked(model(nodes, [value("x", [4])], [value("y", None)], [weight("w", 4)]), 4)
    assert ops(walk) == ["RandomUniformLike", "Add"]


def test_constants_of_every_kind_are_values() -> None:
    kinds: dict[str, Any] = {"value_float": 2.0, "value_floats": [1.0, 2.0], "value_int": 3, "value_ints": [1, 2]}
    nodes = [helper.make_node("Constant", [], [key], **{key: entry}) for key, entry in kinds.items()]
    nodes += [
        helper.make_node("Constant", [], ["text"], value_string="hello"),
        helper.make_node("Constant", [], ["none"]),
    ]
    nodes += [
        helper.make_node("Mul", ["x", "value_float"], ["a"]),
        helper.make_node("Reshape", ["a", "value_ints"], ["y"]),
    ]
    walk = walked(model(nodes, [value("x", [2])], [value("y", None)]), 2)
    assert ops(walk) == ["Mul", "Reshape"]
    assert walk.outputs[0].shape == (1, 2)


def test_declared_types_fill_in_what_has_no_rule() -> None:
    nodes = [helper.make_node("Mystery", ["x"], ["m"], domain="d"), helper.make_node("Relu", ["m"], ["y"])]
    made = model(nodes, [value("x", [1, 4])], [value("y", None)], domains=[helper.make_opsetid("d", 1)])
    made.graph.value_info.append(value("m", [1, 8]))
    walk = walked(made, 1, 4)
    assert walk.outputs[0].shape == (1, 8)
    assert walk.ruleless == {"d.Mystery": 1}


def test_a_scan_sees_one_slice_and_stacks_its_outputs() -> None:
    body = helper.make_graph(
        [helper.make_node("MatMul", ["e", "w"], ["m"]), helper.make_node("Add", ["s", "m"], ["s2"])],
        "b",
        [value("s", [1, 4]), value("e", [1, 3])],
        [value("s2", [1, 4]), value("s2", [1, 4])],
    )
    nodes = [helper.make_node("Scan", ["init", "x"], ["last", "all"], body=body, num_scan_inputs=1)]
    stored = [weight("w", 3, 4), weight("init", 1, 4)]
    made = model(nodes, [value("x", [7, 1, 3])], [value("last", None), value("all", None)], stored)
    walk = walked(made, 7, 1, 3)
    assert sum(step.macs or 0 for step in walk.steps) == 12
    assert [output.shape for output in walk.outputs] == [(1, 4), (7, 1, 4)]
    assert any("runs 7 times" in note for note in walk.notes)


def test_older_models_with_fewer_inputs_are_read() -> None:
    node = helper.make_node("Slice", ["x"], ["y"], starts=[1], ends=[3], axes=[1])
    walk = walked(model([node], [value("x", [1, 5])], [value("y", None)], opset=9), 1, 5)
    assert walk.outputs[0].shape == (1, 2)


def test_sequences_pass_through() -> None:
    nodes = [
        helper.make_node("SplitToSequence", ["x"], ["s"], axis=1),
        helper.make_node("ConcatFromSequence", ["s"], ["c"], axis=0),
        helper.make_node("Relu", ["c"], ["y"]),
    ]
    walk = walked(model(nodes, [value("x", [1, 4])], [value("y", None)]), 1, 4)
    assert ops(walk) == ["SplitToSequence", "ConcatFromSequence", "Relu"]
    assert walk.failures == []


def test_damage_ends_the_walk_and_keeps_what_was_seen(monkeypatch: Any) -> None:
    def fail(*_: object) -> None:
        raise KeyError("boom")

    made = convolution()
    made.graph.node.append(helper.make_node("Relu", ["y"], ["z"]))
    monkeypatch.setattr("modelreport.trace.graph_walk.cost_of", fail)
    walk = walked(made, 1, 3, 32, 32)
    assert "KeyError" in walk.error
    assert walk.steps == []


def test_a_graph_that_reads_itself_ends() -> None:
    made = convolution()
    made.graph.node[0].input[0] = "y"
    made.graph.node[1].input[0] = "missing"
    walk = walked(made, 1, 3, 32, 32)
    assert len(walk.steps) == 5
    assert walk.failures


def test_an_opset_that_does_not_exist_is_read_with_the_newest() -> None:
    made = convolution()
    made.opset_import[0].version = 999
    assert walked(made, 1, 3, 32, 32).outputs[0].shape == (1, 10)
    del made.opset_import[:]
    assert walked(made, 1, 3, 32, 32).outputs[0].shape == (1, 10)


def test_half_precision_constants_are_followed() -> None:
    bounds = [onnx.numpy_helper.from_array(np.array(n, np.float16), f"b{n}") for n in (0, 6)]
    node = helper.make_node("Clip", ["x", "b0", "b6"], ["y"])
    made = model([node], [value("x", [1], TensorProto.FLOAT16)], [value("y", None)], bounds)
    walk = Walk(made, {"x": Value("x", "float16", (1,), model_input=0)}, {}).run()
    assert [v.data.item() for v in walk.steps[0].inputs[1:]] == [0, 6]  # type: ignore[union-attr]


def test_what_follows_an_operator_without_a_rule_is_unknown_and_no_misfit() -> None:
    nodes = [
        helper.make_node("Odd", ["x"], ["a"], domain="com.example"),
        helper.make_node("Relu", ["a"], ["y"]),
    ]
    walk = walked(model(nodes, [value("x", [1, 4])], [value("y", None)], []), 1, 4)
    assert walk.ruleless == {"com.example.Odd": 1}
    assert walk.failures == []
    assert walk.steps[1].guessed

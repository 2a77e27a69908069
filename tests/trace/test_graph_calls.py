"""Module calls from the hierarchy around nodes."""

from __future__ import annotations

from typing import Any

from onnx import helper

from modelreport.trace.graph_calls import derive_calls, place_by_weights
from modelreport.trace.graph_values import Value
from modelreport.trace.graph_walk import Walk
from tests.load.onnx_models import model, value, weight


def walked(nodes: list[Any], stored: list[Any] | None = None) -> Walk:
    made = model(nodes, [value("x", [1, 4])], [value(nodes[-1].output[0], None)], stored or [])
    return Walk(made, {"x": Value("x", "float32", (1, 4), model_input=0)}, {}).run()


def chain(*names: str) -> list[Any]:
    ops = [("Relu" if "relu" in name else "Tanh", name) for name in names]
    return [helper.make_node(op, [f"v{i}" if i else "x"], [f"v{i + 1}"], name) for i, (op, name) in enumerate(ops)]


def test_runs_of_nodes_are_calls_nested_by_their_paths() -> None:
    walk = walked(chain("/a/b/T1", "/a/b/T2", "/a/T3", "/c/T4", "/T5"))
    calls, innermost = derive_calls(walk, "net")
    assert [(c.path, c.parent, c.first, c.last) for c in calls] == [
        ("", -1, 0, 5), ("a", 0, 0, 3), ("a.b", 1, 0, 2), ("c", 0, 3, 4),
    ]  # fmt: skip
    assert innermost == [2, 2, 1, 3, 0]
    assert [c.type for c in calls] == ["net", "Module", "Tanh", "Tanh"]


def test_a_module_that_comes_again_is_called_again() -> None:
    calls, _ = derive_calls(walked(chain("/a/T1", "/b/T2", "/a/T3")), "net")
    assert [(c.path, c.number) for c in calls] == [("", 0), ("a", 0), ("b", 0), ("a", 1)]


def test_a_numbered_twin_of_the_same_operator_is_the_same_module() -> None:
    calls, _ = derive_calls(walked(chain("/relu/R", "/t/T", "/relu_1/R", "/t_1/relu")), "net")
    assert [(c.path, c.number) for c in calls[1:]] == [("relu", 0), ("t", 0), ("relu", 1), ("t_1", 0)]


def test_what_enters_and_leaves_a_call_is_told() -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"], "/m/MatMul"),
        helper.make_node("Tanh", ["a"], ["b"], "/m/Tanh"),
        helper.make_node("Add", ["b", "x"], ["y"], "/Add"),
    ]
    calls, _ = derive_calls(walked(nodes, [weight("w", 4, 6), weight("v", 1)][:1]), "net")
    assert [spec.name for spec in calls[1].inputs] == ["x"]
    assert [spec.name for spec in calls[1].outputs] == ["b"]
    assert (calls[1].macs, calls[1].flops, calls[0].macs) == (24, 54, 24)


def test_without_names_the_weights_give_the_modules() -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "fc1.weight"], ["a"]),
        helper.make_node("Add", ["a", "fc1.bias"], ["b"]),
        helper.make_node("Relu", ["b"], ["c"]),
        helper.make_node("MatMul", ["c", "head.fc2.weight"], ["y"]),
    ]
    walk = walked(nodes, [weight("fc1.weight", 4, 4), weight("fc1.bias", 4), weight("head.fc2.weight", 4, 2)])
    assert place_by_weights(walk.steps)
    calls, innermost = derive_calls(walk, "net")
    assert [call.path for call in calls] == ["", "fc1", "head.fc2"]
    assert innermost == [1, 1, 0, 2]
    assert not place_by_weights(walk.steps)

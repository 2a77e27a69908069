"""Live memory by hand."""

from __future__ import annotations

from typing import Any

from onnx import helper

from modelreport.trace.graph_memory import measure_memory
from modelreport.trace.graph_walk import Walk
from modelreport.trace.memory import POINTS
from tests.load.onnx_models import model, value, whole


def walked(nodes: list[Any], outputs: list[str], stored: list[Any] | None = None) -> Walk:
    from modelreport.trace.graph_values import Value

    made = model(nodes, [value("x", [1, 100])], [value(name, None) for name in outputs], stored or [])
    return Walk(made, {"x": Value("x", "float32", (1, 100), model_input=0)}, {}).run()


def course(walk: Walk) -> list[int]:
    return [point.live_bytes for point in measure_memory(walk).points]


def test_values_live_from_their_maker_to_their_last_reader() -> None:
    nodes = [helper.make_node("Relu", [a], [b]) for a, b in (("x", "a"), ("a", "b"), ("b", "c"))]
    assert course(walked(nodes, ["c"])) == [400, 800, 800]


def test_a_residual_keeps_its_operand_alive() -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Concat", ["b", "b"], ["c"], axis=0),
        helper.make_node("Add", ["c", "a"], ["y"]),
    ]
    memory = measure_memory(walked(nodes, ["y"]))
    assert [point.live_bytes for point in memory.points] == [400, 800, 1600, 2000]
    assert (memory.peak_bytes, memory.peak_operation) == (2000, 3)


def test_reshapes_take_no_memory_and_keep_their_source_alive() -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Reshape", ["a", "s"], ["r"]),
        helper.make_node("Relu", ["x"], ["b"]),
        helper.make_node("Relu", ["r"], ["c"]),
    ]
    assert course(walked(nodes, ["b", "c"], [whole("s", [100, 1])])) == [400, 400, 800, 1200]


def test_reshaped_inputs_and_unread_values_count_nothing_afterwards() -> None:
    nodes = [
        helper.make_node("Reshape", ["x", "s"], ["r"]),
        helper.make_node("Relu", ["r"], ["unread"]),
        helper.make_node("Relu", ["r"], ["y"]),
    ]
    assert course(walked(nodes, ["y"], [whole("s", [100, 1])])) == [0, 400, 400]


def test_long_courses_are_thinned_and_keep_their_peak() -> None:
    nodes = [helper.make_node("Relu", [f"v{i}"], [f"v{i + 1}"]) for i in range(2000)]
    nodes[0].input[0] = "x"
    nodes.insert(700, helper.make_node("Concat", ["v700"] * 9, ["big"], axis=0))
    memory = measure_memory(walked(nodes, ["v2000"]))
    assert len(memory.points) <= POINTS
    assert memory.peak_bytes == 400 + 3600
    assert memory.peak_operation in {point.operation for point in memory.points}


def test_what_is_alive_at_the_peak_adds_up_to_it() -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Tanh", ["a"], ["b"]),
        helper.make_node("Add", ["a", "b"], ["c"]),
        helper.make_node("Relu", ["c"], ["y"]),
    ]
    memory = measure_memory(walked(nodes, ["y"]))
    assert [(a.operation, a.size_bytes) for a in memory.alive] == [(0, 400), (1, 400), (2, 400)]
    assert memory.peak_bytes == 1200

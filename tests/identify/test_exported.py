"""The graph of an exported program, read as data."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from modelreport.identify.exported import Graph, ProgramError, Ref, callable_of, read_program, spec_of

TENSOR = {"dtype": 7, "sizes": [{"as_int": 2}, {"as_int": 4}]}


def node(target: str, *inputs: dict[str, Any], output: str = "out", stack: str = "", **kwargs: Any) -> dict[str, Any]:
    given = [{"name": "", "arg": arg, "kind": 1} for arg in inputs]
    given += [{"name": name, "arg": arg, "kind": 2} for name, arg in kwargs.items()]
    return {
        "target": target, "inputs": given, "outputs": [{"as_tensor": {"name": output}}],
        "metadata": {"nn_module_stack": stack},
    }  # fmt: skip


def tensor(name: str) -> dict[str, Any]:
    return {"as_tensor": {"name": name}}


def program_of(*nodes: dict[str, Any], specs: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "graph_module": {
            "graph": {
                "inputs": [tensor("x")], "outputs": [tensor("out")], "nodes": list(nodes),
                "tensor_values": {"x": TENSOR, "w": TENSOR},
            },
            "signature": {"input_specs": [*specs, {"user_input": {"arg": tensor("x")}}]},
        }
    }  # fmt: skip


def test_steps_hold_references_values_and_the_modules_around_them():
    made = node(
        "torch.ops.aten.add.Tensor", tensor("x"), {"as_float": "Infinity"}, stack="L__self__,,a.Net;L__self__b@1,b,a.B",
        alpha={"as_int": 2},
    )  # fmt: skip
    (step,) = read_program(program_of(made)).graph.steps
    assert step.args == [Ref("x"), float("inf")]
    assert step.kwargs == {"alpha": 2}
    assert step.outputs == ["out"]
    assert [(s.key, s.path, s.class_path) for s in step.scopes] == [
        ("L__self__", "", "a.Net"),
        ("L__self__b@1", "b", "a.B"),
    ]


def test_inputs_parameters_and_fixed_values_are_told_apart():
    specs = (
        {"parameter": {"arg": {"name": "w"}, "parameter_name": "fc.weight"}},
        {"constant_input": {"name": "flag", "value": {"as_bool": True}}},
    )
    program = read_program(program_of(node("torch.ops.aten.relu.default", tensor("x")), specs=specs))
    assert [(s.name, s.shape, s.dtype) for s in program.inputs] == [("x", (2, 4), "float32")]
    assert program.parameters == {"w": "fc.weight"}
    assert program.fixed == {"flag": True}


def test_sizes_left_open_have_their_hint():
    sizes = [{"as_expr": {"expr_str": "s0", "hint": {"as_int": 7}}}, {"as_expr": {"expr_str": "s1", "hint": None}}]
    assert spec_of({"dtype": 5, "sizes": sizes}, "ids").shape == (7, 2)


def test_graphs_inside_graphs_are_read_and_their_depth_is_bounded():
    inner = {"inputs": [tensor("y")], "outputs": [tensor("y")], "nodes": []}
    made = node(
        "torch.ops.higher_order.wrap_with_set_grad_enabled",
        {"as_bool": False},
        {"as_graph": {"name": "g", "graph": inner}},
    )
    (step,) = read_program(program_of(made)).graph.steps
    assert isinstance(step.args[1], Graph)
    for _ in range(100):
        inner = {"inputs": [], "outputs": [], "nodes": [node("wrap", {"as_graph": {"name": "g", "graph": inner}})]}
    with pytest.raises(ProgramError, match="too deep"):
        read_program(program_of(node("wrap", {"as_graph": {"name": "g", "graph": inner}})))


REFUSED = (
    "os.system", "torch.load", "builtins.eval", "torch.ops.aten.from_file.default", "torch.ops.aten.__class__",
    "torch.ops.profiler._record_function_enter", "torch.ops.aten.add.__call__", "torch.ops.higher_order.call_torchbind",
    "torch.ops.aten.there_is_no_such_operator.default", "_operator.attrgetter", "math.prod", "torch.ops.aten..default",
)  # fmt: skip


@pytest.mark.parametrize("target", REFUSED)
def test_only_known_operators_are_called(target: str):
    with pytest.raises(ProgramError, match=r"it calls"):
        callable_of(target)


def test_operators_and_arithmetic_on_sizes_are_found():
    assert callable_of("torch.ops.aten.relu.default") is torch.ops.aten.relu.default
    assert callable_of("torch.ops.higher_order.cond") is torch.ops.higher_order.cond
    assert callable_of("_operator.floordiv")(7, 2) == 3
    assert callable_of("torch.ops.aten._assert_scalar.default") is None


GOOD = program_of(
    node("torch.ops.aten.linear.default", tensor("x"), tensor("w"), stack="L__self__,,a.Net"),
    specs=({"parameter": {"arg": {"name": "w"}, "parameter_name": "fc.weight"}},),
)
JUNK = st.one_of(st.none(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2), st.just({}))


@given(st.data())
def test_a_damaged_program_is_refused_and_never_a_surprise(data: Any):
    model = copy.deepcopy(GOOD)
    places: list[tuple[Any, Any]] = []
    todo: list[Any] = [model]
    while todo:
        value = todo.pop()
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, part in items:
            places.append((value, key))
            todo.append(part)
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = data.draw(JUNK)
    with contextlib.suppress(ProgramError):
        read_program(model)

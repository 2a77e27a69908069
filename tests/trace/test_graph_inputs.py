"""Inputs of a graph that leaves dimensions free."""

from __future__ import annotations

from typing import Any

import pytest
from onnx import TensorProto, helper

from modelreport.facts import TensorSpec
from modelreport.trace.graph_inputs import candidates, find_inputs, match
from tests.load.onnx_models import model, value, weight


def first(
    inputs: list[Any], nodes: list[Any] | None = None, stored: list[Any] | None = None
) -> dict[str, tuple[int, ...]]:
    made = model(nodes or [helper.make_node("Relu", ["x"], ["y"])], inputs, [value("y", None)], stored or [])
    choice = next(candidates(find_inputs(made), ()))
    return {name: entry.shape for name, entry in choice.values.items()}


INT = TensorProto.INT64


@pytest.mark.parametrize(
    ("dims", "dtype", "expected"),
    [
        (["N", 3, "H", "W"], 1, (1, 3, 224, 224)),
        ([None, None, None, None], 1, (1, 3, 224, 224)),
        (["n", "h", "w", 3], 1, (1, 224, 224, 3)),
        (["batch", "sequence"], INT, (1, 128)),
        (["batch_size", 77], INT, (1, 77)),
        ([2, None, 128], 1, (2, 1, 128)),
        (["batch", 80, "frames"], 1, (1, 80, 128)),
        ([None, 3, None, None, None], 1, (1, 3, 16, 112, 112)),
        (["past_length"], INT, (0,)),
        ([], INT, ()),
        ([1, 2, 3], 1, (1, 2, 3)),
    ],
)
def test_free_dimensions_get_sensible_sizes(dims: list[Any], dtype: int, expected: tuple[int, ...]) -> None:
    assert first([value("x", dims, dtype)]) == {"x": expected}


def test_one_symbol_is_one_size_everywhere() -> None:
    cache = value("past", ["b", 4, "past_len", 8])
    mask = value("mask", ["b", "past_len + seq"], INT)
    assert first([value("x", ["b", "seq"], INT), cache, mask]) == {
        "x": (1, 128),
        "past": (1, 4, 0, 8),
        "mask": (1, 128),
    }


@pytest.mark.parametrize(
    ("op", "stored", "dims", "expected"),
    [
        ("Conv", weight("w", 8, 12, 3, 3), [None, None, None, None], (1, 12, 224, 224)),
        ("Conv", weight("w", 8, 12, 3), [None, None, None], (1, 12, 128)),
        ("Conv", weight("w", 8, 1, 3, 3), None, (1, 1, 224, 224)),
        ("MatMul", weight("w", 40, 3), [None, None], (1, 40)),
        ("MatMul", weight("w", 40, 3), [None, None, None], (1, 128, 40)),
        ("MatMul", weight("w", 40, 3), None, (1, 40)),
    ],
)
def test_the_first_weight_tells_the_channels(op: str, stored: Any, dims: Any, expected: tuple[int, ...]) -> None:
    nodes = [helper.make_node("Cast", ["x"], ["f"], to=1), helper.make_node(op, ["f", "w"], ["y"])]
    assert first([value("x", dims)], nodes, [stored]) == {"x": expected}


def test_an_input_without_a_rank_that_looks_up_a_table_is_a_row_of_ids() -> None:
    nodes = [helper.make_node("Gather", ["table", "x"], ["y"])]
    assert first([value("x", None, INT)], nodes, [weight("table", 10, 4)]) == {"x": (1, 128)}


def test_fixed_shapes_are_tried_once_and_free_ones_on_a_ladder() -> None:
    fixed = model([helper.make_node("Relu", ["x"], ["y"])], [value("x", [1, 3])], [value("y", None)])
    assert [choice.origin for choice in candidates(find_inputs(fixed), ())] == ["fixed by the graph"]
    free = model([helper.make_node("Relu", ["x"], ["y"])], [value("x", [1, 3, "h", "w"])], [value("y", None)])
    shapes = [choice.values["x"].shape for choice in candidates(find_inputs(free), ())]
    assert shapes[0] == (1, 3, 224, 224)
    assert len(shapes) == len(set(shapes)) > 10


def test_given_inputs_bind_the_symbols_of_the_others() -> None:
    inputs = [value("ids", ["b", "s"], INT), value("mask", ["b", "s"], INT)]
    made = find_inputs(model([helper.make_node("Add", ["ids", "mask"], ["y"])], inputs, [value("y", None)]))
    (choice, *_) = candidates(made, (TensorSpec(shape=(2, 9), dtype="int64", name="ids"),))
    assert choice.values["mask"].shape == (2, 9)


def test_initialisers_listed_as_inputs_are_no_inputs() -> None:
    made = model(
        [helper.make_node("MatMul", ["x", "w"], ["y"])], [value("x", [1, 4]), value("w", [4, 4])], [value("y", None)],
        [weight("w", 4, 4)],
    )  # fmt: skip
    assert [free.name for free in find_inputs(made)] == ["x"]


def test_inputs_are_matched_by_name_or_in_order() -> None:
    made = find_inputs(model([helper.make_node("Add", ["a", "b"], ["y"])], [value("a", [1]), value("b", [1])], []))
    spec = {name: TensorSpec(shape=(1,), dtype="float32", name=name) for name in ("", "b", "c")}
    assert match(made, (spec["b"], spec[""])) == {"b": spec["b"], "a": spec[""]}
    with pytest.raises(ValueError, match="no input called 'c'"):
        match(made, (spec["c"],))
    with pytest.raises(ValueError, match="3 inputs are given, the graph has 2"):
        match(made, (spec[""], spec[""], spec[""]))

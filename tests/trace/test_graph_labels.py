"""Families and labels of operators."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.facts import FAMILIES
from modelreport.trace.graph_costs import FORMULAS
from modelreport.trace.graph_labels import FAMILY_OF, MOST_LETTERS, SELECTS, VIEWS, ZERO_COST, family_of, label_of
from modelreport.trace.graph_values import Frame, Step, Value


def step(op: str, inputs: list[Any] | None = None, output: Any = (1, 4), frames: Any = (), **attributes: Any) -> Step:
    values = [v if isinstance(v, Value) or v is None else Value("i", "float32", v) for v in inputs or []]
    return Step(op, "", values, [Value("y", "float32", output)], attributes, frames)


def stored(*shape: int) -> Value:
    return Value("w", "float32", shape, constant=True, parameters=("w",))


def constant(number: float) -> Value:
    return Value("k", "float32", (), np.array(number), constant=True)


def test_every_operator_of_the_standard_has_a_family() -> None:
    control = {"If", "Loop", "Scan", "SequenceMap"}
    text = {"StringConcat", "StringNormalizer", "StringSplit", "RegexFullMatch", "TfIdfVectorizer"}
    names = {schema.name for schema in onnx.defs.get_all_schemas() if schema.domain == ""}
    assert names - set(FAMILY_OF) - control - text == set()
    assert set(FAMILY_OF.values()) <= set(FAMILIES)


def test_tables_name_known_operators() -> None:
    assert set(FORMULAS) <= set(FAMILY_OF)
    assert set(FAMILY_OF) >= ZERO_COST
    assert not ZERO_COST & set(FORMULAS)
    assert VIEWS | SELECTS <= ZERO_COST


LABELS = [
    (step("Conv", [(1, 3, 8, 8), stored(4, 3, 3, 3)], pads=(1, 1, 1, 1), strides=(2, 2)), "3×3, s2, p1"),
    (step("Conv", [(1, 3, 8, 8), stored(4, 3, 3, 5)], dilations=(2, 2), group=4), "3×5, d2, g4"),
    (step("Conv", [(1, 3, 8), stored(4, 3, 3)], pads=(2, 0)), "3, p2×0"),
    (step("Conv", [(1, 3, 8), stored(4, 3, 3)], auto_pad="SAME_UPPER", strides=(2, 1)), "3, s2×1, same"),
    (step("MaxPool", [(1, 3, 8, 8)], kernel_shape=(3, 3), strides=(2, 2)), "3×3, s2"),
    (step("MatMul", [(1, 8), stored(8, 4)]), "8→4"),
    (step("MatMul", [(1, 8), (8, 4)]), ""),
    (step("Gemm", [(1, 8), stored(4, 8)], transB=1), "8→4"),
    (step("LSTM", [], hidden_size=64, direction="bidirectional"), "hidden 64, bidirectional"),
    (step("Clip", [(1, 4), constant(0), constant(6)]), "0…6"),
    (step("Clip", [(1, 4), constant(-1), None]), "-1…"),
    (step("Reshape", [], (2, -1, 3)), "→ 2×?×3"),
    (step("ReduceMean", [(1, 4)], axes=(2, 3)), "axes 2, 3"),
    (step("Softmax", [], axis=-1), "axis -1"),
    (step("LeakyRelu", [], alpha=0.25), "alpha 0.25"),
    (step("Einsum", [], equation="bij,bjk->bik"), "bij,bjk->bik"),
    (step("GroupQueryAttention", [], num_heads=8, kv_num_heads=2), "8 heads, 2 key heads"),
    (step("Relu"), ""),
]


@pytest.mark.parametrize(("node", "label"), LABELS, ids=[f"{i}-{n.op}" for i, (n, _) in enumerate(LABELS)])
def test_a_label_says_what_matters(node: Step, label: str) -> None:
    assert label_of(node) == label


def test_long_labels_are_cut() -> None:
    assert len(label_of(step("Einsum", [], equation="a" * 500))) == MOST_LETTERS


def test_families_depend_on_what_is_read() -> None:
    assert family_of(step("Gather", [stored(100, 8), (1, 4)])) == "embedding"
    assert family_of(step("Gather", [(4, 8), (1,)])) == "shape"
    assert family_of(step("Clip", [(1, 4), constant(0), constant(6)])) == "activation"
    assert family_of(step("Clip", [(1, 4), constant(-3), constant(3)])) == "arithmetic"
    inside = (Frame("layer.0.attention"),)
    assert family_of(step("MatMul", [(1, 4), (4, 4)], frames=inside)) == "attention"
    assert family_of(step("MatMul", [(1, 4), stored(4, 4)], frames=inside)) == "linear"
    assert family_of(step("Unheard")) == "other"


NAMES = ["pads", "strides", "kernel_shape", "dilations", "group", "perm", "axes", "axis", "hidden_size", "K", "min"]
ODD = [0, -1, 3.5, "x", (), (1, -2, 3), None]


@given(
    op=st.sampled_from(sorted(FAMILY_OF)),
    attributes=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(ODD)),
    shape=st.sampled_from([None, (), (1, -1), (2, 3, 4, 5)]),
)
def test_odd_attributes_cost_the_label_only(op: str, attributes: dict[str, Any], shape: Any) -> None:
    node = step(op, [shape, shape, shape], shape, **attributes)
    assert isinstance(label_of(node), str)
    assert family_of(node) in FAMILIES

"""Shapes of operators outside the standard."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelreport.trace.graph_rules import RULES
from modelreport.trace.graph_types import InferenceFailure
from tests.trace.test_graph_shapes import inferred, shapes

MS = "com.microsoft"
RULED = [
    ("FusedMatMul", [(2, 4, 3), (2, 5, 3)], {"transB": 1}, (2, 4, 5)),
    ("FusedMatMul", [(3, 4), (3, 5)], {"transA": 1}, (4, 5)),
    ("MatMulNBits", [(2, 4, 32), (7, 1, 16)], {"K": 32, "N": 7}, (2, 4, 7)),
    ("QLinearAdd", [(2, 3), (), (), (3,)], {}, (2, 3)),
    ("MultiHeadAttention", [(1, 6, 8), (1, 9, 8), (1, 9, 8)], {"num_heads": 2}, (1, 6, 8)),
    ("GroupQueryAttention", [(1, 6, 8), (1, 6, 4), (1, 6, 4)], {"num_heads": 4, "kv_num_heads": 2}, (1, 6, 8)),
    ("GroupQueryAttention", [(1, 6, 16), None, None], {"num_heads": 4, "kv_num_heads": 2}, (1, 6, 8)),
    ("EmbedLayerNormalization", [(1, 6), None, (100, 8)], {}, (1, 6, 8)),
    ("QLinearGlobalAveragePool", [(1, 3, 8, 8)], {"channels_last": 0}, (1, 3, 1, 1)),
    ("QLinearConcat", [(), (), (1, 3), (), (), (1, 5)], {"axis": 1}, (1, 8)),
    ("FusedConv", [(1, 3, 8, 8), (4, 3, 3, 3)], {"pads": [1, 1, 1, 1], "activation": "Relu"}, (1, 4, 8, 8)),
    ("Gelu", [(2, 3)], {}, (2, 3)),
]


@pytest.mark.parametrize(("op", "inputs", "attributes", "shape"), RULED)
def test_operators_outside_the_standard_follow_their_rule(op: str, inputs: Any, attributes: Any, shape: Any) -> None:
    assert shapes(op, inputs, domain=MS, **attributes) == [shape]


@settings(max_examples=200, deadline=None)
@given(
    op=st.sampled_from(sorted(RULES)),
    inputs=st.lists(st.none() | st.lists(st.integers(-1, 5), max_size=4).map(tuple), max_size=5),
    attributes=st.dictionaries(
        st.sampled_from(["axis", "N", "num_heads", "kv_num_heads", "transA"]), st.integers(-1, 3)
    ),
)
def test_a_rule_gives_shapes_or_a_failure(op: str, inputs: list[Any], attributes: dict[str, int]) -> None:
    try:
        values = inferred(op, inputs, domain=MS, **attributes)
    except InferenceFailure:
        return
    assert all(value.shape is None or min(value.shape, default=0) >= -1 for value in values)

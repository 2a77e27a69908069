"""Strings that are not UTF-8."""

from __future__ import annotations

import onnx

from modelreport.load.onnx_text import repair_text
from tests.load.onnx_models import convolution


def test_strings_that_are_not_text_become_text_with_escapes() -> None:
    data = convolution().SerializeToString()
    damaged = onnx.ModelProto.FromString(
        data.replace(b"conv.weight", b"conv.\xff\xfeight").replace(b"/fc/Gemm", b"/fc/\xc3\x28em")
    )
    assert repair_text(damaged) == 3
    assert damaged.graph.node[0].input[1] == damaged.graph.initializer[0].name == r"conv.\xff\xfeight"
    assert damaged.graph.node[4].name == r"/fc/\xc3(em"


def test_proper_text_is_left_alone() -> None:
    made = convolution()
    made.doc_string = "ünïcode"
    before = made.SerializeToString(deterministic=True)
    assert repair_text(made) == 0
    assert made.SerializeToString(deterministic=True) == before

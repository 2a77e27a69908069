"""What is visible where in nested graphs."""

from __future__ import annotations

import onnx
from onnx import helper

from modelreport.trace.graph_names import Scope, bind_attributes, show_node
from modelreport.trace.graph_values import Value


def test_inner_names_hide_outer_ones() -> None:
    outer = Scope(values={"a": Value("outer a"), "b": Value("outer b")})
    inner = Scope(values={"a": Value("inner a")}, outer=outer)
    assert inner.find("a").name == "inner a"  # type: ignore[union-attr]
    assert inner.find("b").name == "outer b"  # type: ignore[union-attr]
    assert inner.find("c") is None


def test_references_to_a_functions_attributes_are_replaced() -> None:
    node = helper.make_node("LeakyRelu", ["x"], ["y"])
    node.attribute.append(onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT))
    node.attribute.append(onnx.AttributeProto(name="other", ref_attr_name="absent", type=onnx.AttributeProto.INT))
    bound = bind_attributes(node, {"slope": helper.make_attribute("slope", 0.5)})
    assert [(a.name, a.f) for a in bound.attribute] == [("alpha", 0.5)]
    assert node.attribute[0].ref_attr_name == "slope"
    plain = helper.make_node("Relu", ["x"], ["y"])
    assert bind_attributes(plain, {}) is plain


def test_nodes_are_shown_by_name_or_place() -> None:
    assert show_node(helper.make_node("If", [], [], "n\u202e")) == r"'n\u202e'"
    assert show_node(helper.make_node("If", [], []), 3) == "If_3"
    assert show_node(helper.make_node("If", [], [])) == "the If node"

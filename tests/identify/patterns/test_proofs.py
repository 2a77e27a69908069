from __future__ import annotations

from modelreport.facts import Pattern
from modelreport.identify.patterns.proofs import pattern_facts
from modelreport.render.format import message
from tests.identify.patterns.networks import TOKENS, Layer, Perceptron, parts_of, stack


def by_kind(*facts: Pattern) -> dict[str, Pattern]:
    return {fact.kind: fact for fact in facts}


def test_equal_patterns_are_told_once_with_their_number_and_proof() -> None:
    found = pattern_facts(parts_of(stack(3, causal=True), TOKENS))
    assert [(fact.kind, fact.count) for fact in found] == [("attention", 3), ("mlp", 3), ("residual", 6), ("norm", 6)]
    attention = by_kind(*found)["attention"]
    figures = {item.name: item.value for item in attention.values}
    assert figures == {"kind": "self", "heads": "4", "head width": "8", "width": "32", "mask": "causal"}
    assert attention.path == "0.attend"
    assert message(attention.proof).startswith("scaled_dot_product_attention of queries 1×4×10×8")
    assert "the mask lets each position see itself and those before" in message(attention.proof)


def test_patterns_with_other_figures_stand_apart() -> None:
    found = pattern_facts(parts_of(stack(1, mlp=Perceptron(inner=64)).append(Layer()), TOKENS))
    widths = [{item.name: item.value for item in fact.values}["widths"] for fact in found if fact.kind == "mlp"]
    assert widths == ["32 → 64 → 32", "32 → 96 → 32"]


def test_where_the_norm_stands_is_a_figure_of_the_residual() -> None:
    found = by_kind(*pattern_facts(parts_of(stack(2, "post"), TOKENS)))
    assert {item.name: item.value for item in found["residual"].values} == {"norm": "after the sum"}

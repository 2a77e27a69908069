"""The registry of rules."""

from __future__ import annotations

from modelreport.trace.inputs.rules import RULES, forms_of_argument
from tests.trace.inputs.subjects import subject


def test_one_rule_decides_for_each_of_the_usual_names():
    model = subject()
    for name in ("input_ids", "pixel_values", "input_features", "past_values", "encoder_hidden_states"):
        assert sum(bool(rule(name, model)) for rule in RULES[:-1]) <= 1
        assert forms_of_argument(name, model)


def test_numbers_and_flags_come_from_the_annotation():
    def forward(num_patches: int, fast: bool, thing): ...

    model = subject(forward, num_patches=9)
    assert forms_of_argument("num_patches", model) == [9]
    assert forms_of_argument("fast", model) == [False]
    assert forms_of_argument("thing", model) == []

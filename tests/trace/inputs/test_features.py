"""Arguments whose kind only the documentation or the first layer tells."""

from __future__ import annotations

from torch import nn

from modelreport.trace.inputs.features import feature_forms
from tests.trace.inputs.subjects import subject


def forward(states, flags, kinds, context_hidden_states, something):
    """Args:
    states (`torch.FloatTensor` of shape `(batch_size, episode_length, state_dim)`): states.
    flags (`torch.BoolTensor` of shape `(batch_size, 3)`): flags.
    kinds (`torch.LongTensor` of shape `(batch_size, 3)`): kinds.
    """


def test_documented_shapes_are_worked_out():
    model = subject(forward, state_dim=17)
    assert feature_forms("states", model)[0].shape == (1, 128, 17)
    assert feature_forms("flags", model)[0].dtype == "bool"
    assert feature_forms("kinds", model)[0].fill == "zeros"


def test_vectors_are_as_wide_as_the_model_or_its_first_layer():
    model = subject(forward, layers=nn.Linear(24, 8), hidden_size=16)
    assert [f.shape for f in feature_forms("context_hidden_states", model)] == [
        (1, 128, 16),
        (1, 128, 24),
        (1, 16, 128),
    ]


def test_names_that_say_nothing_have_no_rule():
    assert feature_forms("something", subject(forward)) == []

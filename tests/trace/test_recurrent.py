"""The rule against torch itself."""

from __future__ import annotations

import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from modelreport.trace.recurrent import recurrent_output
from tests.trace.models import complete_trace_of, spec


def arguments(module, data, state):
    return (data, state, list(module._flat_weights), True, module.num_layers, 0.0, False, module.bidirectional, False)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(["lstm", "gru"]),
    st.integers(1, 3),
    st.booleans(),
    st.integers(1, 4),
    st.integers(1, 3),
    st.booleans(),
)
def test_shapes_and_cost_equal_the_real_layer(name, layers, bidirectional, steps, batch, projected):
    settings = {"proj_size": 2} if projected and name == "lstm" else {}
    module = {"lstm": nn.LSTM, "gru": nn.GRU}[name](5, 3, layers, bidirectional=bidirectional, **settings).eval()
    directions = layers * (2 if bidirectional else 1)
    hidden = [torch.zeros(directions, batch, settings.get("proj_size", 3)), torch.zeros(directions, batch, 3)]
    state = hidden if name == "lstm" else hidden[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that oneDNN has no projections
        real = getattr(torch, name)(*arguments(module, torch.zeros(steps, batch, 5), state))
    module.to("meta")
    on_meta = [t.to("meta") for t in hidden]
    state = on_meta if name == "lstm" else on_meta[1]
    made, flops, macs = recurrent_output(name, arguments(module, torch.zeros(steps, batch, 5, device="meta"), state))
    assert [t.shape for t in made] == [t.shape for t in real]
    assert macs == steps * batch * sum(w.numel() for w in module._flat_weights if w.dim() == 2)
    biases = sum(w.numel() for w in module._flat_weights if w.dim() == 1)
    assert flops == 2 * macs + steps * batch * (biases + directions * 3 * {"lstm": 22, "gru": 17}[name])


def test_input_of_another_width_is_left_to_torch():
    module = nn.GRU(5, 3).to("meta")
    wrong = torch.zeros(2, 1, 6, device="meta")
    assert recurrent_output("gru", arguments(module, wrong, torch.zeros(1, 1, 3, device="meta"))) is None


@pytest.mark.parametrize(
    "args", [(torch.zeros(1, device="meta"),) * 4, (torch.zeros(1), None, [], True, 1, 0.0, False, False)]
)
def test_arguments_of_neither_signature_are_left_to_torch(args):
    assert recurrent_output("lstm", args) is None


def test_what_the_last_of_several_layers_reads_is_in_memory_beside_its_result() -> None:
    """Initial and final states of both layers, and two sequences of 20 steps; of one layer only its result."""
    for layers, sequences in ((1, 1), (2, 2), (3, 2)):
        found = complete_trace_of(nn.LSTM(8, 16, layers), spec(20, 4, 8))
        assert found.memory is not None
        states = 2 * layers * 4 * 16 * 4
        assert found.memory.peak_bytes == 2 * states + sequences * 20 * 4 * 16 * 4

"""Recurrent layers against their equations."""

from __future__ import annotations

import pytest
from torch import nn

from modelreport.trace.dummies import Candidate, Dummy
from modelreport.trace.passes import run_on_cpu
from tests.trace.models import complete_trace_of, flops_of, spec


@pytest.mark.parametrize(
    ("layer", "gates"),
    [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)],
)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 3])
def test_recurrent_layers_follow_the_equations(layer, gates, bidirectional, layers):
    steps, batch, width, hidden = 7, 2, 10, 6
    directions = 2 if bidirectional else 1
    module = nn.Sequential(layer(width, hidden, layers, bidirectional=bidirectional))
    found = complete_trace_of(module, spec(steps, batch, width))
    first = gates * hidden * (width + hidden)
    later = gates * hidden * (directions * hidden + hidden)
    assert found.macs == steps * batch * directions * (first + (layers - 1) * later)
    assert found.outputs[0].shape == (steps, batch, directions * hidden)
    assert len(found.operations[-1].kernels) == 1


def test_a_projected_lstm_pays_for_the_projection():
    module = nn.LSTM(10, 6, proj_size=4, batch_first=True)
    found = complete_trace_of(module, spec(2, 7, 10))
    assert found.macs == 14 * (4 * 6 * (10 + 4) + 4 * 6)
    assert [o.shape for o in found.outputs] == [(2, 7, 4), (1, 2, 4), (1, 2, 6)]


@pytest.mark.parametrize("layer", [nn.LSTM(10, 6, 2, bidirectional=True), nn.GRU(10, 6), nn.RNN(10, 6)])
def test_recurrent_layers_cost_the_same_for_real(layer):
    module = layer.eval()
    expected = complete_trace_of(module, spec(5, 1, 10))
    result = run_on_cpu(module, Candidate("", (Dummy((5, 1, 10)),)), lambda _: None)
    assert result.error is None
    assert sum(n.macs or 0 for n in result.recorder.nodes) == expected.macs
    assert sum(n.flops or 0 for n in result.recorder.nodes) == pytest.approx(expected.flops, rel=0.02)


@pytest.mark.parametrize("cell", [nn.LSTMCell(10, 6), nn.GRUCell(10, 6)])
def test_recurrent_cells_count_both_products(cell):
    assert complete_trace_of(cell, spec(3, 10)).macs == 3 * cell.weight_hh.shape[0] * 16


def written_out_lstm(x, w, u, b, c, h, v):
    """One step by the equations of ``torch.nn.LSTM``, the biases of both products added one after the other."""
    i, f, g, o = ((x @ w + b) + (h @ u + v)).chunk(4, 1)
    new = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * new.tanh()


def test_the_gates_of_an_lstm_cost_what_its_equations_say():
    batch, width, hidden = 3, 10, 6
    shapes = [(batch, width), (width, 24), (hidden, 24), (24,), (batch, hidden), (batch, hidden), (24,)]
    layer = complete_trace_of(nn.LSTM(width, hidden), spec(1, batch, width))
    assert layer.flops == flops_of(written_out_lstm, *shapes)


def written_out_gru(x, w, u, b, h, v):
    """One step by the equations of ``torch.nn.GRU``; its 1 − z is a difference."""
    (xr, xz, xn), (hr, hz, hn) = (x @ w + b).chunk(3, 1), (h @ u + v).chunk(3, 1)
    r, z = (xr + hr).sigmoid(), (xz + hz).sigmoid()
    n = (xn + r * hn).tanh()
    return (1 - z) * n + z * h


def test_the_gates_of_a_gru_cost_what_its_equations_say():
    batch, width, hidden = 3, 10, 6
    shapes = [(batch, width), (width, 18), (hidden, 18), (18,), (batch, hidden), (18,)]
    layer = complete_trace_of(nn.GRU(width, hidden), spec(1, batch, width))
    assert layer.flops == flops_of(written_out_gru, *shapes)

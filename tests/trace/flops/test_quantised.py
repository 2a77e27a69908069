"""Quantised operators, run for real: their weights are packed and exist on the CPU only."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from modelreport.trace.dummies import Candidate, Dummy
from modelreport.trace.flops.registry import ELEMENTS
from modelreport.trace.outcome import trace_of as facts_of
from modelreport.trace.passes import run_on_cpu
from tests.trace.models import flops_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:torch.ao.quantization:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


@pytest.fixture(autouse=True)
def engine():
    before = torch.backends.quantized.engine
    torch.backends.quantized.engine = "onednn" if "onednn" in torch.backends.quantized.supported_engines else before
    yield
    torch.backends.quantized.engine = before


def cpu_trace_of(module, *shape):
    result = run_on_cpu(module, Candidate("", (Dummy(shape),)), lambda _: None)
    assert result.error is None, result.error
    return facts_of(result, set(), {}, 1)


def test_a_dynamically_quantised_linear_counts_its_multiply_adds():
    module = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(16, 8), nn.ReLU()), {nn.Linear})
    found = cpu_trace_of(module, 4, 16)
    assert found.macs == 4 * 16 * 8
    assert found.flops == 2 * 4 * 16 * 8 + 7 * 4 * 16 + 2 * 4 * 8 + 4 * 8
    assert found.uncounted == ()


def test_a_dynamically_quantised_lstm_counts_like_the_real_one():
    module = nn.LSTM(10, 6, 2, bidirectional=True).eval()
    quantised = torch.ao.quantization.quantize_dynamic(nn.Sequential(module), {nn.LSTM})
    assert cpu_trace_of(quantised, 5, 2, 10).macs == cpu_trace_of(module, 5, 2, 10).macs > 0


def test_a_statically_quantised_network_counts_like_the_real_one():
    """Conv, ReLU and Linear with packed weights: the multiply-adds are those of the float model."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.quant, self.dequant = torch.ao.quantization.QuantStub(), torch.ao.quantization.DeQuantStub()
            self.conv, self.relu, self.fc = nn.Conv2d(4, 6, 3, groups=2), nn.ReLU(), nn.Linear(6 * 36, 5)

        def forward(self, x):
            x = self.relu(self.conv(self.quant(x)))
            return self.dequant(self.fc(x.flatten(1)))

    net = Net().eval()
    expected = cpu_trace_of(net, 1, 4, 8, 8).macs
    net.qconfig = torch.ao.quantization.get_default_qconfig("onednn")
    prepared = torch.ao.quantization.prepare(net)
    prepared(torch.randn(1, 4, 8, 8))
    found = cpu_trace_of(torch.ao.quantization.convert(prepared), 1, 4, 8, 8)
    assert found.macs == expected == 6 * 36 * 2 * 9 + 216 * 5
    assert found.uncounted == ()


def test_packing_costs_its_steps():
    def pack(x):
        return ((x / 0.1).round() + 3).clamp(0, 255)

    assert ELEMENTS["quantize_per_tensor"] * 20 == flops_of(pack, (4, 5))
    assert ELEMENTS["dequantize"] * 20 == flops_of(lambda x: (x - 3) * 0.1, (4, 5))


def test_fake_quantisation_packs_and_unpacks():
    assert flops_of(lambda x: torch.fake_quantize_per_tensor_affine(x, 0.1, 0, 0, 255), (4, 5)) == 7 * 20

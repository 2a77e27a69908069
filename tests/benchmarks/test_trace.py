"""A fast sample of the speed benchmark: the ways that are compared, and one large model in a process of its own."""

from __future__ import annotations

from torch import nn

from benchmarks.trace import LARGE, alone, compare, tell, tell_alone
from modelreport.trace.dummies import Candidate, Dummy


def test_every_way_is_timed_against_the_plain_pass(capsys):
    module = nn.Sequential(*[nn.Sequential(nn.Linear(8, 8), nn.ReLU()) for _ in range(20)]).to("meta").eval()
    found = compare("small", module, Candidate("", (Dummy((1, 8)),)), rounds=3)
    assert list(found["ratios"])[:4] == ["plain", "FlopCounterMode", "pass", "trace"]
    assert found["ratios"]["plain"] == 1
    assert all(ratio > 0 for ratio in found["ratios"].values())
    tell(found)
    assert capsys.readouterr().out.startswith("small")


def test_llama_3_70b_is_traced_from_its_configuration_in_little_memory(capsys):
    """2·(P − embedding − norms)·S + 4·S²·d·L FLOPs: Kaplan et al. (2020), over the full square; 0.6 GB is the bar."""
    found = alone("large", LARGE[0])
    tell_alone(found)
    assert "70.6 G parameters" in capsys.readouterr().out
    width, layers, vocabulary, tokens = 8192, 80, 128_256, 128
    matrices = 70_553_706_496 - vocabulary * width - (2 * layers + 1) * width
    assert found["parameters"] == 70_553_706_496
    assert 2 * found["macs"] == 2 * matrices * tokens + 4 * tokens**2 * width * layers
    assert found["flops"] < 1.001 * 2 * found["macs"]
    assert found["peak_bytes"] < 600_000_000
    assert found["trace_cpu_s"] < 20


def test_what_cannot_be_measured_says_why(capsys):
    found = alone("large", "no such model")
    assert found["error"].startswith("KeyError")
    tell_alone(found)
    assert "not measured" in capsys.readouterr().out

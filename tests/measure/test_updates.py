"""Figures of an optimizer's state, against what torch's own optimizers did."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from modelreport.checkpoint import LazyTensor
from modelreport.measure.updates import Memory, read_memory
from tests.measure.fed import constant, feed, lazy, rms

SECOND = {
    "Adam": (lambda p: torch.optim.Adam(p, betas=(0.9, 0.9)), 0.9),
    "RMSprop": (lambda p: torch.optim.RMSprop(p, alpha=0.95), 0.95),
    "Adadelta": (lambda p: torch.optim.Adadelta(p, rho=0.8), 0.8),
    "NAdam": (lambda p: torch.optim.NAdam(p, betas=(0.9, 0.99)), 0.99),
}


@pytest.mark.parametrize("name", SECOND)
def test_the_gradient_is_the_weighted_mean_of_those_fed(name: str) -> None:
    make, beta = SECOND[name]
    fed = feed(make)
    memory, gradients = fed.memory, fed.gradients
    weights = np.array([beta ** (len(gradients) - 1 - i) for i in range(len(gradients))])
    squares = np.array([rms(gradient) ** 2 for gradient in gradients])
    assert memory.step == 20
    assert memory.gradient_rms == pytest.approx(math.sqrt(float((weights * squares).sum() / weights.sum())), rel=1e-9)


@pytest.mark.parametrize(
    "make",
    [
        torch.optim.Adam,
        lambda p: torch.optim.Adagrad(p, initial_accumulator_value=0.7),
        torch.optim.Adafactor,
        torch.optim.RMSprop,
    ],
)
def test_the_same_gradient_at_every_step_is_told_exactly(make: Any) -> None:
    fed = feed(make, constant, 7)
    assert fed.memory.gradient_rms == pytest.approx(rms(fed.gradients[0]), rel=1e-6)


def test_a_gradient_that_was_always_zero_is_told() -> None:
    zeros = lazy(torch.zeros(300))
    memory = read_memory(
        "Adam", {"exp_avg": zeros, "exp_avg_sq": zeros, "step": 5}, {"lr": 1e-3, "betas": (0.9, 0.999)}
    )
    assert (memory.never, memory.gradient_rms, memory.update_rms) == (True, 0.0, 0.0)


def test_values_that_are_not_finite_are_told_and_give_no_number() -> None:
    bad = lazy(torch.tensor([1.0, math.nan]))
    memory = read_memory("Adam", {"exp_avg": bad, "exp_avg_sq": bad, "step": 5}, {"lr": 1e-3, "betas": (0.9, 0.999)})
    assert memory == Memory(5, None, None, None, finite=False)


def test_half_precision_and_unusual_layouts_of_the_state_are_read() -> None:
    torch.manual_seed(0)
    first, second = torch.randn(70, 50), torch.rand(70, 50)
    settings = {"lr": 1e-2, "betas": (0.9, 0.99)}
    wanted = read_memory("Adam", {"exp_avg": lazy(first.bfloat16()), "exp_avg_sq": lazy(second), "step": 9}, settings)
    turned = lazy(second.T.contiguous())
    other = LazyTensor("", "float32", (70, 50), turned.storage, (1, 70))
    found = read_memory("Adam", {"exp_avg": lazy(first.bfloat16()), "exp_avg_sq": other, "step": 9}, settings)
    assert found.update_rms == pytest.approx(wanted.update_rms, rel=1e-12)
    assert found.momentum_rms == pytest.approx(rms(first.bfloat16().float()), rel=1e-12)


def test_eight_bit_moments_are_decoded_by_their_table() -> None:
    generator = np.random.default_rng(0)
    table = torch.from_numpy(np.sort(generator.uniform(-1, 1, 256)).astype(np.float32))
    positive = torch.linspace(0, 1, 256)
    codes = [torch.from_numpy(generator.integers(0, 256, 1000).astype(np.uint8)) for _ in range(2)]
    scales = [torch.rand(4) + 0.1 for _ in range(2)]
    state = {
        "state1": lazy(codes[0]), "qmap1": lazy(table), "absmax1": lazy(scales[0]),
        "state2": lazy(codes[1]), "qmap2": lazy(positive), "absmax2": lazy(scales[1]), "step": 3,
    }  # fmt: skip
    settings = {"lr": 1e-2, "betas": (0.9, 0.99), "eps": 1e-8}
    blocks = torch.arange(1000) // 256
    first, second = (t[c.long()] * s[blocks] for t, c, s in zip((table, positive), codes, scales, strict=True))
    memory = read_memory("8-bit Adam (bitsandbytes)", state, settings)
    plain = read_memory("Adam", {"exp_avg": lazy(first), "exp_avg_sq": lazy(second), "step": 3}, settings)
    assert memory.momentum_rms == pytest.approx(plain.momentum_rms, rel=1e-6)
    assert memory.gradient_rms == pytest.approx(plain.gradient_rms, rel=1e-6)
    assert memory.update_rms == pytest.approx(plain.update_rms, rel=1e-5)
    with pytest.raises(ValueError, match="without the table"):
        read_memory("8-bit Adam (bitsandbytes)", {k: v for k, v in state.items() if k != "qmap2"}, settings)


def test_a_state_that_does_not_fit_together_is_refused() -> None:
    state = {"exp_avg": lazy(torch.ones(4)), "exp_avg_sq": lazy(torch.ones(5)), "step": 3}
    with pytest.raises(ValueError, match="differ in size"):
        read_memory("Adam", state, {"lr": 1e-3, "betas": (0.9, 0.99)})


def test_absurd_settings_give_no_number() -> None:
    state = {"exp_avg": lazy(torch.ones(4)), "exp_avg_sq": lazy(torch.ones(4)), "step": -3}
    for settings in ({"lr": "x", "betas": ("a", 1)}, {"lr": math.inf, "betas": (2, 7)}, {"betas": (0.9, 0.99)}):
        assert read_memory("Adam", state, settings).update_rms is None

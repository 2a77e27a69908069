"""Figures of an optimizer's state, against what torch's own optimizers did."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from modelreport.checkpoint import LazyTensor, Storage
from modelreport.measure.updates import Memory, find_rule, read_memory

SHAPE = (40, 30)


def lazy(tensor: torch.Tensor) -> LazyTensor:
    flat = tensor.detach().contiguous()
    raw = flat.reshape(-1).view(torch.uint8).numpy().tobytes()
    return LazyTensor(
        "", str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape), Storage(memoryview(raw), 0, len(raw))
    )


def rms(tensor: Any) -> float:
    return float(np.sqrt(np.mean(np.square(np.asarray(tensor, np.float64)))))


def train(
    make: Callable[[list[torch.nn.Parameter]], torch.optim.Optimizer], steps: int = 20, constant: bool = False
) -> tuple[Memory, torch.Tensor, list[torch.Tensor]]:
    """Feed known gradients; what the state says, what the last step did to the weight, and the gradients."""
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(SHAPE, dtype=torch.float64))
    optimizer = make([weight])
    gradients = []
    fixed = torch.randn(SHAPE, dtype=torch.float64)
    for step in range(steps):
        weight.grad = fixed if constant else torch.randn(SHAPE, dtype=torch.float64) * (1 + step) * 1e-3
        gradients.append(weight.grad.clone())
        before = weight.detach().clone()
        optimizer.step()
    saved = optimizer.state_dict()
    state = {
        k: lazy(v) if isinstance(v, torch.Tensor) else v for k, v in saved["state"].get(0, {}).items() if v is not None
    }
    settings = {k: v for k, v in saved["param_groups"][0].items() if k != "params"}
    return read_memory(type(optimizer).__name__, state, settings), weight.detach() - before, gradients


UPDATES = {
    "Adam": lambda p: torch.optim.Adam(p, lr=3e-3),
    "Adam with amsgrad": lambda p: torch.optim.Adam(p, lr=3e-3, amsgrad=True),
    "Adam with L2": lambda p: torch.optim.Adam(p, lr=3e-3, weight_decay=0.3, betas=(0.8, 0.95)),
    "AdamW": lambda p: torch.optim.AdamW(p, lr=3e-3, weight_decay=0.0, eps=1e-4),
    "RAdam": lambda p: torch.optim.RAdam(p, lr=3e-3),
    "Adamax": lambda p: torch.optim.Adamax(p, lr=3e-3),
    "SGD": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.2, weight_decay=0.01),
    "RMSprop": lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.9, centered=True),
}


@pytest.mark.parametrize("name", UPDATES)
@pytest.mark.parametrize("steps", [1, 3, 20])
def test_the_update_is_what_the_optimizer_did(name: str, steps: int) -> None:
    memory, change, _ = train(UPDATES[name], steps)
    assert memory.update_rms == pytest.approx(rms(change), rel=1e-9)
    assert memory.reason == ""
    assert memory.finite
    assert not memory.never


def test_decoupled_weight_decay_is_left_out_of_the_update() -> None:
    plain, _, _ = train(lambda p: torch.optim.AdamW(p, lr=3e-3, weight_decay=0.0))
    decayed, _, _ = train(lambda p: torch.optim.AdamW(p, lr=3e-3, weight_decay=0.5))
    assert decayed.update_rms == plain.update_rms


SECOND = {
    "Adam": (lambda p: torch.optim.Adam(p, betas=(0.9, 0.9)), 0.9),
    "RMSprop": (lambda p: torch.optim.RMSprop(p, alpha=0.95), 0.95),
    "Adadelta": (lambda p: torch.optim.Adadelta(p, rho=0.8), 0.8),
    "NAdam": (lambda p: torch.optim.NAdam(p, betas=(0.9, 0.99)), 0.99),
}


@pytest.mark.parametrize("name", SECOND)
def test_the_gradient_is_the_weighted_mean_of_those_fed(name: str) -> None:
    make, beta = SECOND[name]
    memory, _, gradients = train(make)
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
    memory, _, gradients = train(make, 7, constant=True)
    assert memory.gradient_rms == pytest.approx(rms(gradients[0]), rel=1e-6)


def test_an_update_that_needs_the_gradient_is_not_guessed() -> None:
    for make in (
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
        torch.optim.RMSprop,
        torch.optim.Adagrad,
        torch.optim.NAdam,
        torch.optim.Adafactor,
        torch.optim.Adadelta,
    ):
        memory, _, _ = train(make)
        assert memory.update_rms is None
        assert "needs the gradient of the step itself" in memory.reason


def test_every_value_moves_by_the_learning_rate_with_lion() -> None:
    memory = read_memory("Lion", {"exp_avg": lazy(torch.tensor([3.0, 4.0]))}, {"lr": 1e-4, "betas": (0.9, 0.99)})
    assert memory == Memory(None, None, math.sqrt(12.5), 1e-4)


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


def test_relatives_of_adam_get_no_update_by_the_rule_of_adam() -> None:
    state = {"exp_avg": lazy(torch.ones(4)), "exp_avg_sq": lazy(torch.ones(4)), "step": 3}
    for kind, settings in {
        "Adam or AdamW": {"lr": 1e-3, "betas": (0.9, 0.99), "trust_clip": False},
        "schedule-free AdamW": {"lr": 1e-3, "betas": (0.9, 0.99), "k": 3},
        "unknown kind": {"lr": 1e-3},
    }.items():
        memory = read_memory(kind, state, settings)
        assert memory.update_rms is None
        assert "is not known" in memory.reason


def test_a_state_that_does_not_fit_together_is_refused() -> None:
    state = {"exp_avg": lazy(torch.ones(4)), "exp_avg_sq": lazy(torch.ones(5)), "step": 3}
    with pytest.raises(ValueError, match="differ in size"):
        read_memory("Adam", state, {"lr": 1e-3, "betas": (0.9, 0.99)})


def test_absurd_settings_give_no_number() -> None:
    state = {"exp_avg": lazy(torch.ones(4)), "exp_avg_sq": lazy(torch.ones(4)), "step": -3}
    for settings in ({"lr": "x", "betas": ("a", 1)}, {"lr": math.inf, "betas": (2, 7)}, {"betas": (0.9, 0.99)}):
        assert read_memory("Adam", state, settings).update_rms is None
    assert find_rule("unknown kind", {}, {}).reason

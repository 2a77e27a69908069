"""Which optimizers' rules are known, and which are told to be unknown."""

from __future__ import annotations

import importlib
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from modelreport.identify.libraries import load_library
from modelreport.load import open_checkpoint
from modelreport.measure.moves import Context
from modelreport.measure.steps import find_rule
from modelreport.measure.updates import Memory, read_memory
from modelreport.options import Options
from tests.measure.fed import SHAPE, feed, lazy, noise, rms


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (torch.optim.ASGD, "averaged SGD keeps nothing"),
        (lambda p: torch.optim.SGD(p, lr=0.1), "is not known"),
    ],
)
def test_a_state_that_tells_nothing_of_the_step_says_why(make: Any, reason: str) -> None:
    memory = feed(make).memory
    assert memory.update_rms is None
    assert reason in memory.reason


def test_every_value_moves_by_the_learning_rate_with_lion() -> None:
    state = {"exp_avg": lazy(torch.tensor([3.0, 4.0]))}
    memory = read_memory("Lion", state, {"lr": 1e-4, "betas": (0.9, 0.99)})
    assert (memory.update_rms, memory.momentum_rms, memory.told) == (1e-4, math.sqrt(12.5), "exact")
    for more in ({"exp_avg_var": lazy(torch.ones(2))}, {"exp_hessian_diag_sq": lazy(torch.ones(2))}):
        other = read_memory("Lion", {**state, **more}, {"lr": 1e-4, "betas": (0.9, 0.99)})
        assert other.update_rms is None
        assert "is not known" in other.reason


def test_relatives_of_adam_get_no_update_by_the_rule_of_adam() -> None:
    state = {"exp_avg": lazy(torch.ones(4)), "exp_avg_sq": lazy(torch.ones(4)), "step": 3}
    for kind, settings in {
        "Adam or AdamW": {"lr": 1e-3, "betas": (0.9, 0.99), "trust_clip": False},
        "schedule-free AdamW": {"lr": 1e-3, "betas": (0.9, 0.99), "k": 3},
        "three betas": {"lr": 1e-3, "betas": (0.9, 0.99, 0.999)},
        "unknown kind": {"lr": 1e-3},
    }.items():
        memory = read_memory(kind, state, settings)
        assert memory.update_rms is None
        assert "is not known" in memory.reason


def test_a_cautious_step_is_not_told_and_its_gradients_are() -> None:
    state = {"exp_avg": lazy(torch.ones(4)), "exp_avg_sq": lazy(torch.ones(4)), "step": 1}
    memory = read_memory("Adam or AdamW", state, {"lr": 1e-3, "betas": (0.9, 0.75), "amsgrad": False, "caution": True})
    assert memory.update_rms is None
    assert "leaves out the values whose gradient turned" in memory.reason
    assert memory.gradient_rms == 2.0


EXACT_IN_TIMM = (
    "adam",
    "adamw",
    "adamax",
    "radam",
    "radamw",
    "lion",
    "momentum",
    "rmsprop",
    "rmsproptf",
    "adamwlegacy",
)
UNKNOWN_IN_TIMM = (
    "adabelief", "adafactorbv", "adamp", "adan", "adopt", "cadamw", "cadafactor", "clion", "crmsproptf", "csgdw",
    "lamb", "laprop", "lars", "madgrad", "mars", "nadamlegacy", "nadamw", "novograd", "radamlegacy", "sgdp", "adamuon",
)  # fmt: skip


def read_back(name: str, folder: Path) -> tuple[Memory, float]:
    """What the file of a training with an optimizer of timm says of the last step, and what it was."""
    load_library("timm")
    optimizers = importlib.import_module("timm.optim")
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(SHAPE))
    optimizer = optimizers.create_optimizer_v2([weight], name, lr=1e-3, weight_decay=0.0)
    for step in range(12):
        weight.grad = noise(step).float()
        before = weight.detach().clone()
        optimizer.step()
    torch.save({"model": {"weight": weight.detach()}, "optimizer": optimizer.state_dict()}, folder / "a.pt")
    with open_checkpoint(folder / "a.pt", Options()) as checkpoint:
        found = checkpoint.optimizers[0]
        memory = read_memory(found.kind, found.states["0"], found.groups[0].settings, SHAPE, rms(weight.detach()))
    return memory, rms(weight.detach() - before)


@pytest.mark.parametrize("name", EXACT_IN_TIMM)
def test_what_is_told_of_an_optimizer_of_timm_is_what_it_did(name: str, tmp_path: Path) -> None:
    memory, taken = read_back(name, tmp_path)
    assert memory.told == "exact"
    assert memory.update_rms == pytest.approx(taken, rel=1e-3)


@pytest.mark.parametrize("name", UNKNOWN_IN_TIMM)
def test_an_optimizer_of_timm_with_a_rule_of_its_own_is_told_no_update(name: str, tmp_path: Path) -> None:
    memory, _ = read_back(name, tmp_path)
    assert memory.update_rms is None
    assert memory.reason
    assert memory.gradient_rms == pytest.approx(1e-2, rel=0.1) or memory.gradient_rms is None


def test_absurd_settings_find_a_rule_without_a_step() -> None:
    assert find_rule("unknown kind", {}, {}).reason
    assert Context({"betas": ("a", 1)}, {}, 3).betas == (0.9, 0.999)
    muon = read_memory("Muon", {"momentum_buffer": lazy(torch.ones(3))}, {"lr": 1.0, "ns_steps": 5}, (3,))
    assert muon.update_rms is None

"""What a step does, against what the optimizers themselves did to a weight."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from modelreport.identify.libraries import load_library
from modelreport.measure.moves import known_number, scalar
from tests.measure.fed import SHAPE, Fed, constant, feed, lazy, noise, rms

EXACT = {
    "Adam": lambda p: torch.optim.Adam(p, lr=3e-3),
    "Adam with amsgrad": lambda p: torch.optim.Adam(p, lr=3e-3, amsgrad=True),
    "Adam with L2": lambda p: torch.optim.Adam(p, lr=3e-3, weight_decay=0.3, betas=(0.8, 0.95)),
    "AdamW": lambda p: torch.optim.AdamW(p, lr=3e-3, weight_decay=0.0, eps=1e-4),
    "RAdam": lambda p: torch.optim.RAdam(p, lr=3e-3),
    "Adamax": lambda p: torch.optim.Adamax(p, lr=3e-3),
    "SGD": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.2, weight_decay=0.01),
    "RMSprop": lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.9, centered=True),
    "Rprop": lambda p: torch.optim.Rprop(p, lr=0.01),
}


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("steps", [1, 3, 20])
def test_the_update_is_what_the_optimizer_did(name: str, steps: int) -> None:
    fed = feed(EXACT[name], steps=steps)
    assert fed.memory.update_rms == pytest.approx(fed.change(), rel=1e-9)
    assert fed.memory.told == "exact"
    assert fed.memory.reason == ""
    assert fed.memory.finite
    assert not fed.memory.never


def test_decoupled_weight_decay_is_left_out_of_the_update() -> None:
    plain, decayed = (feed(lambda p, d=d: torch.optim.AdamW(p, lr=3e-3, weight_decay=d)) for d in (0.0, 0.5))
    assert decayed.memory.update_rms == plain.memory.update_rms


# --- a usual step, where that of the last needs its gradient ---------------------------------------------------------


def weighted(fed: Fed, second: Tensor, weights: Any, epsilon: float) -> float:
    """RMS over all gradients, each with its weight, of g / (√v + ε) for the last v: what is meant by usual."""
    squares = [float(((g / (second.sqrt() + epsilon)) ** 2).mean()) for g in fed.gradients]
    return math.sqrt(float(np.average(squares, weights=weights)))


def test_the_usual_step_of_rmsprop_is_the_mean_over_the_gradients_it_remembers() -> None:
    fed = feed(lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9))
    decay = 0.9 ** np.arange(19, -1, -1)
    second = sum(0.1 * w * g**2 for w, g in zip(decay, fed.gradients, strict=True))
    assert fed.memory.told == "usual"
    assert fed.memory.update_rms == pytest.approx(0.01 * weighted(fed, second, decay, 1e-8), rel=1e-9)


@pytest.mark.parametrize("centred", [False, True])
def test_the_usual_step_of_rmsprop_is_that_of_steady_gradients(centred: bool) -> None:
    fed = feed(lambda p: torch.optim.RMSprop(p, lr=0.01, centered=centred), noise, 400)
    assert fed.memory.update_rms == pytest.approx(fed.change(100), rel=0.03)


def test_the_usual_step_of_adagrad_is_the_mean_over_all_gradients() -> None:
    fed = feed(lambda p: torch.optim.Adagrad(p, lr=0.3, lr_decay=0.01, initial_accumulator_value=0.5))
    second = 0.5 + sum(g**2 for g in fed.gradients)
    rate = 0.3 / (1 + 19 * 0.01)
    assert fed.memory.told == "usual"
    assert fed.memory.update_rms == pytest.approx(rate * weighted(fed, second, np.ones(20), 1e-10), rel=1e-9)


def test_adadelta_tells_the_mean_of_the_steps_it_took() -> None:
    fed = feed(lambda p: torch.optim.Adadelta(p, lr=0.5, rho=0.8))
    decay = 0.8 ** np.arange(19, -1, -1)
    taken = math.sqrt(float(np.average([rms(c) ** 2 for c in fed.changes], weights=decay)))
    assert (fed.memory.told, fed.memory.update_rms) == ("usual", pytest.approx(taken, rel=1e-9))


def walking(share: float) -> Any:
    """Gradients that have a share of the one before in common."""
    last = [torch.zeros(SHAPE, dtype=torch.float64)]

    def gradient(step: int) -> Tensor:
        last[0] = share * last[0] + math.sqrt(1 - share**2) * noise(step)
        return last[0].clone()

    return gradient


@pytest.mark.parametrize("share", [0.0, 0.7, -0.5])
def test_the_usual_step_of_nadam_is_that_of_a_steady_training(share: float) -> None:
    """Whatever gradients have in common with those before them."""
    fed = feed(lambda p: torch.optim.NAdam(p, lr=3e-3, betas=(0.9, 0.99)), walking(share), 500)
    assert fed.memory.told == "usual"
    assert fed.memory.update_rms == pytest.approx(fed.change(100), rel=0.05)


# --- bounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "times"), [(0.0, 1.158), (0.7, 1.03), (-0.5, None)])
def test_nesterov_momentum_steps_at_least_by_its_buffer(share: float, times: float | None) -> None:
    fed = feed(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True), walking(share), 400)
    told = fed.memory.update_rms or 0.0
    assert fed.memory.told == "least"
    assert fed.change(100) > told
    if times is not None:  # (1 + μ)(1 - μ²) + μ + μ² - μ³ = 1.34 for independent gradients
        assert fed.change(100) / told == pytest.approx(times, rel=0.05)


def test_nesterov_momentum_steps_by_its_buffer_while_the_gradient_stays() -> None:
    fed = feed(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True), constant, 200)
    assert fed.memory.update_rms == pytest.approx(fed.change(), rel=1e-6)


@pytest.mark.parametrize(
    "settings", [{"lr": 1e-2}, {"lr": 5.0}, {"lr": 1e-2, "weight_decay": 0.3}, {"d": 2.0, "lr": 1e-3}]
)
@pytest.mark.parametrize("steps", [1, 60])
def test_adafactor_steps_by_no_more_than_its_clip(settings: dict[str, float], steps: int) -> None:
    fed = feed(lambda p: torch.optim.Adafactor(p, **settings), noise, steps)
    decay = settings["lr"] * settings.get("weight_decay", 0.0)
    step = fed.changes[-1] + decay * (fed.weight - fed.changes[-1])
    if settings["lr"] < 1 or steps > 1:
        assert fed.memory.told == "most"
        assert 0.7 < settings.get("d", 1.0) * rms(step) / (fed.memory.update_rms or 1.0) <= settings.get("d", 1.0)
    else:  # a step as large as the weight: what it was before could be anything
        assert fed.memory.update_rms is None or rms(step) <= fed.memory.update_rms


@pytest.mark.parametrize(
    "settings",
    [
        {"scale_parameter": True, "relative_step": True},
        {"scale_parameter": True, "relative_step": True, "warmup_init": True},
        {"scale_parameter": False, "relative_step": False, "lr": 1e-3},
        {"scale_parameter": True, "relative_step": False, "lr": 1e-3, "clip_threshold": 0.7},
    ],
)
def test_adafactor_of_transformers_steps_by_no_more_than_its_clip(settings: dict[str, Any]) -> None:
    load_library("transformers")
    optimization = importlib.import_module("transformers.optimization")
    fed = feed(lambda p: optimization.Adafactor(p, **settings), noise, 60)
    assert fed.memory.told == "most"
    assert 0.8 < fed.change() / (fed.memory.update_rms or 1.0) <= 1 + 1e-6
    moved = feed(lambda p: optimization.Adafactor(p, beta1=0.9, **settings), noise, 60)
    assert moved.memory.told == "exact"
    assert moved.memory.update_rms == pytest.approx(moved.change(), rel=1e-6)
    assert moved.memory.gradient_rms == pytest.approx(1e-2, rel=0.1)


@pytest.mark.parametrize("adjust", [None, "match_rms_adamw"])
@pytest.mark.parametrize("shape", [(40, 30), (16, 64), (64, 16)])
@pytest.mark.parametrize("nesterov", [True, False])
def test_muon_steps_by_no_more_than_equal_directions(
    adjust: str | None, shape: tuple[int, int], nesterov: bool
) -> None:
    def gradient(_: int) -> Tensor:
        return torch.randn(shape, dtype=torch.float64)

    fed = feed(
        lambda p: torch.optim.Muon(p, lr=0.02, weight_decay=0.0, adjust_lr_fn=adjust, nesterov=nesterov),
        gradient, 10, shape,
    )  # fmt: skip
    assert fed.memory.told == "most"
    assert 0.7 < fed.change() / (fed.memory.update_rms or 1.0) <= 1


def test_no_momentum_lets_muon_step_farther() -> None:
    """The polynomial's largest value is reached: singular values spread over all sizes."""
    torch.manual_seed(0)
    left, right = (torch.linalg.qr(torch.randn(64, 64, dtype=torch.float64))[0] for _ in range(2))
    for spread in (torch.logspace(0, -4, 64), torch.ones(64), torch.linspace(1, 0.1, 64)):
        fed = feed(
            lambda p: torch.optim.Muon(p, lr=0.02, weight_decay=0.0),
            lambda _, s=spread: left @ torch.diag(s.double()) @ right, 3, (64, 64),
        )  # fmt: skip
        assert fed.change() <= (fed.memory.update_rms or 0.0)


def test_sparse_adam_changes_no_more_than_all_rows() -> None:
    def gradient(step: int) -> Tensor:
        rows = torch.tensor([step % 40, (step + 1) % 40])
        values = torch.randn(2, 30, dtype=torch.float64)
        return torch.sparse_coo_tensor(rows[None], values, SHAPE, check_invariants=True).coalesce()

    with torch.sparse.check_sparse_tensor_invariants():
        fed = feed(lambda p: torch.optim.SparseAdam(p, lr=0.01), gradient, 50)
        dense = feed(lambda p: torch.optim.SparseAdam(p, lr=0.01), lambda step: noise(step).to_sparse(1).coalesce())
    assert fed.memory.told == "most"
    assert 0 < fed.change() < (fed.memory.update_rms or 0.0)
    assert dense.memory.update_rms == pytest.approx(dense.change(), rel=1e-9)


def test_a_setting_and_a_scalar_are_finite_numbers_or_nothing() -> None:
    assert known_number({"lr": 1}, "lr") == 1.0
    assert [known_number({"lr": value}, "lr") for value in ("x", math.inf, None)] == [None] * 3
    assert scalar(lazy(torch.tensor(3.5))) == 3.5
    assert [scalar(value) for value in (True, math.nan, "x", lazy(torch.ones(2)))] == [None] * 4

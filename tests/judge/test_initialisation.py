from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from msgspec.structs import replace
from numpy.typing import NDArray

from modelreport.facts import Report
from modelreport.judge.initialisation import initialisation, is_ladder
from modelreport.judge.rule import measured_parameters
from tests.factories_deep import report_of
from tests.judge.cases import finding, with_values

Draw = Callable[[torch.Tensor], object]


def likeness(values: NDArray[np.float32], kind: str = "", depth: int = 1) -> str:
    (tensor,) = measured_parameters(report_of({"a.weight": values}))
    return initialisation(tensor, kind, depth)


def cut(tensor: torch.Tensor, deviation: float) -> None:
    torch.nn.init.trunc_normal_(tensor, std=deviation, a=-2 * deviation, b=2 * deviation)


CUT_STD = 0.87962566103423978
"""Deviation of a standard normal distribution cut at two: a constant in JAX's initialisers."""

DRAWS: dict[str, Draw] = {
    "uniform ±1/√fan_in": lambda t: torch.nn.init.kaiming_uniform_(t, math.sqrt(5)),
    "Kaiming uniform": torch.nn.init.kaiming_uniform_,
    "Xavier uniform": torch.nn.init.xavier_uniform_,
    "Kaiming normal (fan out)": lambda t: torch.nn.init.kaiming_normal_(t, mode="fan_out"),
    "Kaiming normal (fan in)": torch.nn.init.kaiming_normal_,
    "Xavier normal": torch.nn.init.xavier_normal_,
    "normal, deviation 0.02": lambda t: torch.nn.init.normal_(t, 0, 0.02),
    "truncated normal, deviation 0.02": lambda t: cut(t, 0.02),
    "truncated He normal (fan in)": lambda t: cut(t, math.sqrt(2 / t[0].numel()) / CUT_STD),
    "truncated LeCun normal": lambda t: cut(t, math.sqrt(1 / t[0].numel()) / CUT_STD),
    "truncated Glorot normal": lambda t: cut(t, math.sqrt(2 / (t[0].numel() + t.numel() / t.shape[1])) / CUT_STD),
}


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("shape", [(96, 40), (40, 24, 3, 3)])
def test_what_torch_draws_is_told_by_its_name(name: str, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    tensor = torch.empty(shape)
    DRAWS[name](tensor)
    assert likeness(tensor.numpy()) == name


@pytest.mark.parametrize("name", DRAWS)
def test_a_little_training_on_top_is_seen(name: str) -> None:
    torch.manual_seed(0)
    tensor = torch.empty(96, 400)
    DRAWS[name](tensor)
    grown = tensor * torch.linspace(0.7, 1.3, 96)[:, None]
    assert not likeness(grown.numpy())


def test_a_recurrent_layer_has_a_bound_of_its_own() -> None:
    torch.manual_seed(0)
    for made in (torch.nn.LSTM(40, 64), torch.nn.GRU(40, 64), torch.nn.RNN(40, 64)):
        kind = type(made).__name__
        assert likeness(made.weight_ih_l0.detach().numpy(), kind) == "uniform ±1/√hidden"
        assert likeness(made.weight_ih_l0.detach().numpy()) != "uniform ±1/√hidden"


def test_depth_scales_the_residual_projections_of_gpt2() -> None:
    values = np.random.default_rng(0).normal(0, 0.02 / math.sqrt(24), (96, 400)).astype(np.float32)
    assert likeness(values, depth=12) == "normal, deviation 0.02/√(2 × depth)"
    assert likeness(values) == ""


def state_matrices(change: float = 0.0, identical: int = 511) -> Report:
    """Six state matrices of a Mamba model, as it begins with them or a little changed."""
    rows = np.log(np.tile(np.arange(1.0, 17), (512, 1)))
    rows[7, 3] += change
    report = report_of({f"layers.{i}.A_log": rows for i in range(6)})
    for i in range(6):
        figures = next(t.rows for t in report.weights.tensors if t.name == f"layers.{i}.A_log")  # type: ignore[union-attr]
        report = with_values(
            report, f"layers.{i}.A_log", rows=replace(figures, identical=identical), digest="same", zero_channels=0
        )
    return report


def test_state_matrices_that_begin_as_a_ladder_are_neither_repeated_units_nor_copies() -> None:
    fresh = state_matrices()
    assert all(is_ladder(m) for m in measured_parameters(fresh))
    assert [finding(fresh, rule).state for rule in ("W020", "S001")] == ["not_applicable"] * 2


@pytest.mark.parametrize("report", [state_matrices(9.0), state_matrices(0.0, 500)], ids=["moved", "rows differ"])
def test_state_matrices_that_are_no_ladder_any_more_are_looked_at(report: Report) -> None:
    assert not any(is_ladder(m) for m in measured_parameters(report))
    assert finding(report, "W020").state == "found"
    assert finding(report, "S001").state == "found"

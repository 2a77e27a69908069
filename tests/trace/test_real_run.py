"""Real runs where meta tensors cannot tell."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from modelreport.facts import Trace
from modelreport.load import open_checkpoint
from modelreport.meta import on_meta
from modelreport.options import Options
from modelreport.trace import real_run, trace
from tests.trace.models import complete_trace_of, meta_trace_of, model_of, outcome_of, spec


class Halting(nn.Module):
    """Applies its layer until a counter, kept as a tensor, says five: 5 · 2 · 8 · 16 multiply-adds for two rows."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 16, bias=False)
        self.back = nn.Linear(16, 8, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        steps = (x * 0).sum()
        while steps < 5:
            x = self.back(self.fc(x))
            steps = steps + 1
        return x


def test_a_loop_over_values_costs_what_it_does():
    """Five times both layers: 2 · 5 · 2 rows · (8·16 + 16·8)."""
    found = complete_trace_of(Halting(), spec(2, 8))
    assert found.method == "cpu"
    assert 2 * found.macs == 2 * 5 * 2 * (8 * 16 + 16 * 8)
    assert len([c for c in found.calls if c.path == "fc"]) == 5
    assert all(o.exact for o in found.operations)
    assert "decide what this model does (item)" in found.notes[0]
    assert "its own weights" in found.notes[0]


def test_a_branch_takes_the_way_that_the_values_take():
    class Branch(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.yes, self.no = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.yes(x) if x.square().sum() > 0 else self.no(x)

    found = complete_trace_of(Branch(), spec(1, 4))
    assert found.untouched == ("no.weight", "no.bias")


def test_weights_of_the_file_steer_where_the_module_has_none(tmp_path: Path):
    class Gate(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gate = nn.Parameter(torch.zeros(4, 4, 4))
            self.fc = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for _ in range(int(self.gate.sum())):
                x = self.fc(x)
            return x

    real = Gate()
    real.gate.data.fill_(7 / 64)
    torch.save(real.state_dict(), tmp_path / "gate.pth")
    with on_meta():
        module = Gate()
    with open_checkpoint(tmp_path / "gate.pth", Options()) as checkpoint:
        model = dataclasses.replace(model_of(module, "keys and shapes"), stored=checkpoint.tensors)
        found = trace(model, Options(inputs=(spec(1, 4),)))
    assert isinstance(found, Trace)
    assert found.macs == 7 * 16
    assert "its own weights" in found.notes[0]


def test_without_weights_the_report_says_which_were_taken():
    with on_meta():
        module = Halting()
    found = complete_trace_of(module, spec(2, 8), how="keys and shapes")
    assert "weights as its layers begin with" in found.notes[0]
    assert module.fc.weight.is_meta


def test_the_module_of_the_caller_stays_as_it_is():
    class Counts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 4)
            self.register_buffer("seen", torch.zeros(()))
            self.log: list[Any] = []

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.seen += 1
            self.log.append(1)
            return self.fc(x) if x.sum() > -1e9 else x

    module = Counts().train()
    weights = module.fc.weight.clone()
    assert complete_trace_of(module, spec(1, 4)).method == "cpu"
    assert module.training
    assert module.seen == 0
    assert module.log == []
    assert torch.equal(module.fc.weight, weights)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("MOST_WEIGHTS", 10, "GB of weights it was not made"),
        ("MOST_FLOPS", -1, "GFLOPs it was not made"),
        ("available_bytes", lambda: 100, "not enough free memory"),
        ("WALL_S", 0.0, "longer than 0 seconds"),
    ],
)
def test_what_does_not_fit_keeps_the_pass_on_meta_and_says_so(monkeypatch, name, value, reason):
    monkeypatch.setattr(real_run, name, value)
    found = complete_trace_of(Halting(), spec(2, 8))
    assert found.method == "meta"
    assert found.guesses[0].steered == found.guesses[0].calls > 0
    assert reason in found.notes[-1]


def test_a_real_run_that_fails_keeps_the_pass_on_meta_and_says_why():
    class Fails(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if x.square().sum() > 0:
                raise ValueError("this data is not for me")
            return self.fc(x)

    found = complete_trace_of(Fails(), spec(1, 4))
    assert found.method == "meta"
    assert "this data is not for me" in found.notes[-1]


def test_an_invented_routing_whose_sizes_add_up_needs_no_real_run():
    class Routed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gate, self.fc = nn.Linear(8, 4), nn.Linear(8, 8)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            chosen = self.gate(x).topk(1).indices
            return self.fc(x[(chosen >= 0).nonzero()[:, 0]])

    found = complete_trace_of(Routed(), spec(16, 8))
    assert found.method == "meta"
    assert found.guesses[0].what == "topk"
    assert "(topk) was drawn uniformly at random" in found.notes[-1]
    assert found.guesses[0].steered == found.guesses[0].calls


def test_random_numbers_that_the_model_draws_are_no_guesses():
    class Masks(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(8, 8)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            order = torch.rand(16).argsort()
            return self.fc(x[order < 4]) if torch.rand(()) >= 0 else x

    found = complete_trace_of(Masks(), spec(16, 8))
    assert found.method == "meta"
    assert found.guesses == ()
    assert found.macs == 4 * 64


def test_hard_coded_devices_do_not_stop_a_real_run():
    class Cuda(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = x.cuda() + torch.ones(4, device="cuda")
            return self.fc(x) if x.square().sum() > 0 else x

    found = complete_trace_of(Cuda(), spec(1, 4))
    assert (found.method, found.macs) == ("cpu", 16)


def test_a_kernel_that_meta_lacks_is_run_for_real_on_inputs_that_are_found():
    class Real(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(6, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if x.is_meta:
                raise NotImplementedError("no kernel for the meta device")
            return self.fc(x)

    found = complete_trace_of(Real())
    assert (found.method, found.outputs[0].shape[-1]) == ("cpu", 4)
    assert "cannot run on meta" in found.notes[0]


def test_a_crash_of_the_models_code_ends_nothing_but_its_real_run():
    class Crashes(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if not x.is_meta:
                import os

                os.abort()
            return x + 1 if x.sum() > 0 else x

    found = complete_trace_of(Crashes(), spec(1, 4))
    assert found.method == "meta"
    assert "crashed (SIGABRT)" in found.notes[-1]


def test_the_real_run_is_the_same_each_time():
    class Noisy(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            import random

            for _ in range(int(torch.rand(()) * 5 + random.random() * 5 + x.square().mean() * 3)):
                x = x + 1
            return x

    first, second = (outcome_of(Noisy(), spec(1, 64)) for _ in range(2))
    assert first == second


def test_meta_alone_says_how_often_it_was_steered():
    found = meta_trace_of(Halting(), spec(2, 8))
    assert found.method == "meta"
    assert found.guesses[0].steered > 0


def test_free_memory_is_known():
    assert 1 << 20 < real_run.available_bytes() < 1 << 50

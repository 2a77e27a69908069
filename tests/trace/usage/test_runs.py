"""Passes of a traced model again."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from modelreport.trace.usage import runs
from modelreport.trace.usage.runs import CannotRunError, sentence_of, training
from tests.trace.models import model_of, spec
from tests.trace.usage.models import running, traced


def network() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 10))


@pytest.mark.parametrize("grad", [False, True])
def test_a_pass_costs_what_the_flop_counter_of_torch_says(grad: bool) -> None:
    module = network().eval()
    with running(module, spec(2, 3, 8, 8)) as runs_it:
        tally = runs_it.run(grad=grad, train=grad)
    with FlopCounterMode(display=False) as counter:
        module(torch.zeros(2, 3, 8, 8))
    assert 2 * tally.macs == counter.get_total_flops()


def test_a_pass_equals_the_traced_one_in_everything_that_both_count() -> None:
    model = model_of(network())
    found = traced(model, spec(2, 3, 8, 8))
    with runs.runner(model) as again:
        tally = again.run()
    assert (tally.macs, tally.flops) == (found.macs, found.flops)
    assert found.memory is not None
    assert tally.peak_bytes == found.memory.peak_bytes


def test_the_module_of_the_caller_comes_back_as_it_was() -> None:
    module = network()
    module[1].eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    with running(module, spec(2, 3, 8, 8)) as again:
        again.run(grad=True, train=True)
    assert [part.training for part in module] == [True, False, True, True, True]
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert all(parameter.grad is None and not parameter.is_meta for parameter in module.parameters())


def test_flags_of_training_are_put_back_one_by_one() -> None:
    module = network().train()
    module[1].eval()
    with training(module, on=True):
        assert all(part.training for part in module.modules())
    assert not module[1].training
    assert module.training


def test_what_is_dropped_before_the_end_is_not_kept() -> None:
    class Forgetful(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.lost = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, data: torch.Tensor) -> torch.Tensor:
            self.lost(data * 2).exp()
            return self.used(data).exp()

    with running(Forgetful(), spec(1, 4)) as again:
        assert sorted(item.size_bytes for item in again.run(grad=True).kept) == [16, 16]


def test_a_failure_is_one_sentence() -> None:
    with running(nn.Linear(4, 4), spec(1, 4)) as again, pytest.raises(CannotRunError, match="RuntimeError"):
        again.run(again.candidate.changed(lambda d: type(d)((1, 5)), ""))
    assert sentence_of(ValueError("one\n  two.")) == "ValueError: one two"
    assert sentence_of(KeyError()) == "KeyError: no message"


def test_a_pass_that_takes_too_long_is_given_up_even_where_the_model_catches_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Stubborn(nn.Module):
        def forward(self, data: torch.Tensor) -> torch.Tensor:
            for _ in range(3):
                try:
                    data = data + 1
                except Exception:
                    continue
            return data

    with running(Stubborn(), spec(1, 4)) as again:
        monkeypatch.setattr(runs, "MOST_SECONDS", -1.0)
        with pytest.raises(CannotRunError, match="it took more than"):
            again.run()


def test_a_pass_takes_what_it_computes_not_what_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    hours = itertools.count(step=3600.0)
    with running(nn.Linear(4, 2), spec(1, 4)) as again:
        monkeypatch.setattr(runs, "time", SimpleNamespace(monotonic=hours.__next__, thread_time=lambda: 0.0))
        assert again.run().macs == 8
        monkeypatch.setattr(runs, "time", SimpleNamespace(thread_time=hours.__next__))
        with pytest.raises(CannotRunError, match="it took more than 60 seconds"):
            again.run()


def test_reads_of_asked_storages_are_counted_once_and_rows_of_tables_alone() -> None:
    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table, self.head = nn.Embedding(100, 8), nn.Linear(8, 4, bias=False)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            data = self.table(ids)
            return self.head(data) + self.head(data)

    with running(Reader(), spec(1, 3, dtype="int64")) as again:
        asked = {runs.storage_key(t): t.nbytes for t in again.module.parameters()}
        tally = again.run(asked={key: size for key, size in asked.items() if key is not None})
    assert sorted(tally.read.values()) == [3 * 8 * 4, 4 * 8 * 4]

from __future__ import annotations

import importlib
import random
import sys
import warnings

import torch
from torch import nn

from modelreport.trace.dummies import Candidate, Dummy
from modelreport.trace.passes import argument_names, is_meta_specific, quietly, run_on_cpu, run_on_meta
from tests.overlap import overlap
from tests.trace.models import Residual

INPUT = Candidate("test", (Dummy((1, 4)),))


def nothing(_: int) -> None:
    pass


def test_meta_and_cpu_tell_the_same():
    module = Residual().eval()
    real = run_on_cpu(module, INPUT, nothing)
    meta = run_on_meta(Residual().to("meta").eval(), module, INPUT, nothing)
    assert [n.name for n in real.recorder.nodes] == [n.name for n in meta.recorder.nodes]
    assert [n.sources for n in real.recorder.nodes] == [n.sources for n in meta.recorder.nodes]
    assert [n.flops for n in real.recorder.nodes] == [n.flops for n in meta.recorder.nodes]
    assert real.recorder.liveness.peak == meta.recorder.liveness.peak
    assert real.recorder.outputs == meta.recorder.outputs


def test_warnings_and_random_numbers_of_the_model_stay_inside():
    class Noisy(nn.Module):
        def forward(self, x):
            warnings.warn("look at me", stacklevel=1)
            return x + torch.rand(4)

    before = torch.random.get_rng_state()
    for result in (run_on_cpu(Noisy(), INPUT, nothing), run_on_meta(Noisy(), Noisy(), INPUT, nothing)):
        assert result.error is None
    assert torch.equal(before, torch.random.get_rng_state())


def test_gradients_are_off_and_come_back():
    seen = []

    class Asks(nn.Module):
        def forward(self, x):
            seen.append(torch.is_grad_enabled())
            return x

    run_on_meta(Asks(), Asks(), INPUT, nothing)
    assert seen == [False]
    assert torch.is_grad_enabled()


def test_a_failed_pass_keeps_no_frames():
    class Fails(nn.Module):
        def forward(self, x):
            try:
                return x + torch.zeros(3)
            except RuntimeError as error:
                raise ValueError("bad") from error

    result = run_on_meta(Fails(), Fails(), INPUT, nothing)
    assert result.error.__traceback__ is None
    assert result.error.__cause__ is None


def test_errors_of_meta_are_told_from_errors_of_the_model():
    assert is_meta_specific(NotImplementedError("aten::foo"))
    assert is_meta_specific(RuntimeError("Cannot copy out of meta tensor; no data!"))
    assert not is_meta_specific(RuntimeError("mat1 and mat2 shapes cannot be multiplied (1x5 and 4x4)"))
    assert not is_meta_specific(KeyError("metadata"))


def test_argument_names_follow_the_signature():
    assert argument_names(Residual(), 2) == ["x", "1"]


def test_progress_is_told():
    told = []
    module = nn.Sequential(*[nn.ReLU() for _ in range(40)])
    run_on_meta(module, module, INPUT, told.append)
    assert told == [0, 16, 32]


def test_two_passes_that_overlap_leave_the_process_as_they_found_it():
    compiler = importlib.import_module("torch._dynamo.eval_frame")

    def state():
        return sys.getrecursionlimit(), list(warnings.filters), sys.stdout, compiler._stance, random.getstate()

    before = state()
    assert overlap(quietly, lambda: compiler._stance.stance) == "force_eager"
    assert state() == before

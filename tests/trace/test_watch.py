"""Connecting to torch, and letting go."""

from __future__ import annotations

import threading

import torch
from torch import nn

from tests.trace.models import Residual, complete_trace_of, spec


def test_torch_is_as_before_after_a_trace():
    before = nn.Module.__call__
    complete_trace_of(Residual(), spec(1, 4))
    assert nn.Module.__call__ is before


def test_other_threads_run_their_modules_for_real_meanwhile():
    other = Residual()
    seen = []

    class Meanwhile(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, x):
            thread = threading.Thread(target=lambda: seen.append(other(torch.ones(1, 4))))
            thread.start()
            thread.join()
            return self.fc(x)

    found = complete_trace_of(Meanwhile(), spec(1, 4))
    assert [c.path for c in found.calls] == ["", "fc"]
    assert seen[0].device.type == "cpu"


def test_two_traces_at_the_same_time_do_not_mix():
    before = nn.Module.__call__
    barrier = threading.Barrier(2, timeout=120)
    results = {}

    class Slow(nn.Module):
        def __init__(self, depth):
            super().__init__()
            self.layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(depth))

        def __deepcopy__(self, memo):
            return self

        def forward(self, x):
            barrier.wait()
            for layer in self.layers:
                x = layer(x)
            barrier.wait()
            return x

    def work(depth):
        results[depth] = complete_trace_of(Slow(depth).to("meta").eval(), spec(1, 4))

    threads = [threading.Thread(target=work, args=(depth,)) for depth in (2, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {depth: len(t.operations) for depth, t in results.items()} == {2: 2, 5: 5}
    assert nn.Module.__call__ is before


def test_a_trace_inside_a_forward_gives_back_the_outer_one():
    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, x):
            return self.fc(x)

    module = Outer()
    first = complete_trace_of(module, spec(1, 4))
    assert complete_trace_of(module, spec(1, 4)) == first

"""Live activation memory by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from modelreport.trace.memory import MOST_ALIVE, POINTS, thinned
from tests.trace.models import Function, Residual, complete_trace_of, spec, vision


def test_peak_of_a_chain_is_the_largest_pair_of_neighbours():
    """Linear 8→100, ReLU, Linear 100→4 at batch 3: 1200, 2400 while ReLU runs, then 1248."""
    module = nn.Sequential(nn.Linear(8, 100), nn.ReLU(), nn.Linear(100, 4))
    memory = complete_trace_of(module, spec(3, 8)).memory
    assert memory.peak_bytes == 2 * 3 * 100 * 4
    assert memory.peak_operation == 1
    assert [(p.operation, p.live_bytes) for p in memory.points] == [(0, 1200), (1, 2400), (2, 1248)]


def test_writing_in_place_takes_no_further_memory():
    module = nn.Sequential(nn.Linear(8, 100), nn.ReLU(inplace=True), nn.Linear(100, 4))
    assert complete_trace_of(module, spec(3, 8)).memory.peak_bytes == 3 * 104 * 4


def test_a_residual_keeps_its_input_which_is_not_counted():
    memory = complete_trace_of(Residual(16), spec(2, 16)).memory
    assert memory.peak_bytes == 2 * (2 * 16 * 4)


def test_a_residual_in_the_middle_keeps_the_skipped_tensor_alive():
    module = nn.Sequential(nn.Linear(16, 16), Residual(16))
    assert complete_trace_of(module, spec(2, 16)).memory.peak_bytes == 3 * (2 * 16 * 4)


def test_the_course_is_bounded_and_keeps_the_peak():
    module = nn.Sequential(*[nn.ReLU() for _ in range(900)], nn.Linear(4, 64), nn.ReLU(), *[nn.ReLU()] * 300)
    memory = complete_trace_of(module, spec(1, 4)).memory
    assert len(memory.points) <= POINTS
    assert (memory.peak_operation, memory.peak_bytes) in {(p.operation, p.live_bytes) for p in memory.points}


@given(st.lists(st.integers(0, 10**9), max_size=2000), st.integers(2, 300))
def test_thinning_keeps_the_highest_point_and_the_order(values, most):
    points = list(enumerate(values))
    kept = thinned(points, most)
    assert len(kept) <= most
    assert kept == sorted(kept)
    assert max((v for _, v in kept), default=0) == max(values, default=0)


def test_what_is_alive_at_the_peak_adds_up_to_it():
    """At the sum of a residual: the skipped tensor, the branch, and the sum itself."""
    module = nn.Sequential(nn.Linear(16, 16), Residual(16), nn.ReLU(inplace=True))
    memory = complete_trace_of(module, spec(2, 16)).memory
    assert [(a.operation, a.size_bytes) for a in memory.alive] == [(0, 128), (1, 128), (2, 128)]
    assert sum(a.size_bytes for a in memory.alive) == memory.peak_bytes


def test_the_largest_are_named_first_and_what_is_gone_is_not_named():
    module = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 100), nn.Sigmoid(), nn.Linear(100, 90))
    memory = complete_trace_of(module, spec(3, 8)).memory
    assert [(a.operation, a.size_bytes) for a in memory.alive] == [(2, 1200), (3, 1200)]


def test_networks_that_keep_much_name_what_is_alive(torchvision):
    memory = vision("densenet121").memory
    assert len(memory.alive) <= MOST_ALIVE
    sizes = [a.size_bytes for a in memory.alive]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) == memory.peak_bytes
    assert all(a.operation <= memory.peak_operation for a in memory.alive)


def test_many_small_tensors_are_cut_to_the_largest():
    def keep(x):
        return [x * i for i in range(80)]

    memory = complete_trace_of(Function(keep), spec(4)).memory
    assert len(memory.alive) == MOST_ALIVE
    assert memory.peak_bytes == 80 * 16

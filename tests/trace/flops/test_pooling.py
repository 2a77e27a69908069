"""Pooling against windows cut out and reduced."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from modelreport.trace.flops.pooling import adaptive_windows, window_of
from tests.trace.models import flops_of


def windows(x):
    return functional.unfold(x, 3, stride=2).reshape(1, 2, 9, -1)


def test_pooling_costs_what_reducing_its_windows_costs():
    shape = (1, 2, 9, 9)
    assert flops_of(lambda x: functional.avg_pool2d(x, 3, 2), shape) == flops_of(lambda x: windows(x).mean(2), shape)
    assert flops_of(lambda x: functional.max_pool2d(x, 3, 2), shape) == flops_of(lambda x: windows(x).amax(2), shape)


@pytest.mark.parametrize(("size", "wanted"), [(7, 3), (6, 3), (5, 8), (224, 7), (1, 4)])
def test_adaptive_windows_are_those_of_torch(size, wanted):
    """The mean over a window of n spreads a gradient of 1/n: elements that an output reads are those with one."""
    x = torch.ones(1, 1, size, requires_grad=True)
    out = functional.adaptive_avg_pool1d(x, wanted)[0, 0]
    read = sum(int(torch.autograd.grad(value, x, retain_graph=True)[0].count_nonzero()) for value in out)
    assert adaptive_windows([size], [wanted]) == read


def test_adaptive_pooling_adds_up_its_windows():
    assert flops_of(lambda x: functional.adaptive_avg_pool2d(x, (3, 2)), (1, 4, 7, 5)) == 4 * 9 * 6
    assert flops_of(lambda x: functional.adaptive_max_pool2d(x, (3, 2)), (1, 4, 7, 5)) == 4 * (9 * 6 - 6)
    assert flops_of(lambda x: functional.adaptive_avg_pool3d(x, 2), (1, 4, 4, 4, 4)) == 4 * 64


def test_a_window_is_given_by_one_number_or_by_all():
    assert window_of(3, 2) == window_of([3], 2) == window_of((3, 3), 2) == 9
    assert window_of((2, 3, 4), 3) == 24
    assert flops_of(lambda x: functional.avg_pool3d(x, 2), (1, 1, 4, 4, 4)) == 64
    assert flops_of(lambda x: functional.lp_pool1d(x, 2, 2), (1, 1, 8)) > 8

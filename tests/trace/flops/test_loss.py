"""Losses at the end of a forward pass."""

from __future__ import annotations

import torch
from torch.nn import functional

from modelreport.trace.flops.registry import ARITHMETIC
from tests.trace.models import flops_of


def test_squared_errors_cost_what_they_are():
    def written_out(x, y):
        return ((x - y) * (x - y)).mean()

    shapes = [(3, 4), (3, 4)]
    assert flops_of(functional.mse_loss, *shapes) == flops_of(lambda x, y: ((x - y) ** 2).mean(), *shapes) == 36
    assert flops_of(written_out, *shapes) == 48  # the difference twice


def test_cross_entropy_is_a_softmax_and_a_sum_over_targets():
    target = torch.zeros(3, dtype=torch.int64)
    assert flops_of(lambda x: functional.cross_entropy(x, target), (3, 4)) == 5 * 12 - 3 + 2 * 3


def test_other_losses_cost_something_for_each_element():
    shapes = [(3, 4), (3, 4)]
    assert flops_of(functional.smooth_l1_loss, *shapes) == 6 * 12
    assert flops_of(functional.binary_cross_entropy_with_logits, *shapes) > 12
    scores, targets = torch.empty(10, 2, 5), torch.empty(2, 3, dtype=torch.int64)
    assert ARITHMETIC["_ctc_loss"](scores, targets, out=None) == 15 * 10 * (2 * 6 + 2)

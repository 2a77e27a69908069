"""Reductions and rankings."""

from __future__ import annotations

import pytest
import torch

from modelreport.trace.flops.reduction import comparisons
from modelreport.trace.flops.registry import ARITHMETIC
from tests.trace.models import flops_of

CASES = {
    "sum": (lambda x: x.sum(-1), 4 * 5),
    "whole sum": (torch.sum, 23),
    "mean": (lambda x: x.mean(-1), 24),
    "variance": (lambda x: x.var(-1), 4 * 24),
    "deviation": (lambda x: x.std(-1), 4 * 24 + 4),
    "both": (lambda x: torch.var_mean(x, -1), 4 * 24),
    "norm": (lambda x: torch.linalg.vector_norm(x, dim=-1), 48),
    "norm of order 1": (lambda x: torch.linalg.vector_norm(x, 1, dim=-1), 44),
    "norm of order 3": (lambda x: torch.linalg.vector_norm(x, 3, dim=-1), 72),
    "largest": (lambda x: x.amax(-1), 20),
    "largest and where": (lambda x: x.max(-1)[0], 20),
    "where": (lambda x: x.argmax(-1), 20),
    "product": (lambda x: x.prod(-1), 20),
    "running sum": (lambda x: x.cumsum(-1), 20),
    "running product": (lambda x: x.cumprod(0), 18),
    "log of a sum of powers": (lambda x: torch.logsumexp(x, -1), 96),
    "sort": (lambda x: x.sort(-1)[0], 24 * 3),
    "two best": (lambda x: x.topk(2, -1)[0], 24),
    "four best": (lambda x: x.topk(4, -1)[0], 48),
}


@pytest.mark.parametrize("name", CASES)
def test_a_reduction_costs_its_steps(name):
    function, expected = CASES[name]
    assert flops_of(function, (4, 6)) == expected


def test_deviation_costs_what_its_definition_costs():
    def written_out(x):
        centred = x - x.mean(-1, keepdim=True)
        return torch.sqrt((centred * centred).mean(-1))

    assert flops_of(lambda x: x.std(-1), (4, 6)) == flops_of(written_out, (4, 6))


@pytest.mark.parametrize(("count", "expected"), [(0, 1), (1, 1), (2, 1), (3, 2), (1000, 10), (1024, 10), (1025, 11)])
def test_comparisons_are_the_logarithm_rounded_up(count, expected):
    assert comparisons(count) == expected


def test_a_distance_costs_what_its_definition_costs():
    def written_out(a, b):
        return torch.linalg.vector_norm(a[:, None] - b[None], dim=-1)

    assert flops_of(torch.cdist, (5, 3), (7, 3)) == flops_of(written_out, (5, 3), (7, 3)) == 3 * 35 * 3


def test_distances_by_a_product_cost_its_wider_columns():
    """|a|² − 2ab + |b|² as torch computes it: rows (−2a, |a|², 1) times columns (b, 1, |b|²)."""
    out = torch.empty(30, 40)
    flops = ARITHMETIC["_euclidean_dist"](torch.empty(30, 3), torch.empty(40, 3), out=out)
    assert flops == 2 * 70 * 3 + 1200 * (2 * 5 + 2)

"""Activations against the same written out in elementary operations."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from modelreport.trace.dummies import Candidate, Dummy
from modelreport.trace.passes import run_on_cpu
from tests.trace.models import Function, flops_of


def softmax(x):
    powers = torch.exp(x - x.amax(-1, keepdim=True))
    return powers / powers.sum(-1, keepdim=True)


def log_softmax(x):
    shifted = x - x.amax(-1, keepdim=True)
    return shifted - torch.exp(shifted).sum(-1, keepdim=True).log()


def gelu_by_tanh(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x))))


PAIRS = {
    "sigmoid": (torch.sigmoid, lambda x: torch.reciprocal(1 + torch.exp(-x))),
    "silu": (functional.silu, lambda x: x / (1 + torch.exp(-x))),
    "gelu": (functional.gelu, lambda x: x * 0.5 * (1 + torch.erf(x * math.sqrt(0.5)))),
    "gelu by tanh": (lambda x: functional.gelu(x, approximate="tanh"), gelu_by_tanh),
    "hardswish": (functional.hardswish, lambda x: x * (x + 3).clamp(0, 6) / 6),
    "hardsigmoid": (functional.hardsigmoid, lambda x: (x + 3).clamp(0, 6) / 6),
    "mish": (functional.mish, lambda x: x * torch.tanh(torch.log1p(torch.exp(x)))),
    "leaky relu": (functional.leaky_relu, lambda x: torch.where(x > 0, x, x * 0.01)),
    "elu": (functional.elu, lambda x: torch.where(x > 0, x, torch.expm1(x) * 1.5)),
    "log sigmoid": (functional.logsigmoid, lambda x: x.clamp(max=0) - torch.log1p(torch.exp(-x.abs()))),
    "glu": (functional.glu, lambda x: x[:, :3] * torch.sigmoid(x[:, 3:])),
    "softplus": (functional.softplus, lambda x: torch.where(x > 20, x, torch.log1p(torch.exp(x * 2)) / 2)),
    "relu6": (functional.relu6, lambda x: x.clamp(0, 6)),
    "softmax": (lambda x: functional.softmax(x, -1), softmax),
    "log softmax": (lambda x: functional.log_softmax(x, -1), log_softmax),
}


@pytest.mark.parametrize("name", PAIRS)
def test_an_activation_costs_what_its_definition_costs(name):
    fused, written_out = PAIRS[name]
    assert flops_of(fused, (5, 6)) == flops_of(written_out, (5, 6))


def test_rows_of_a_softmax_follow_the_dimension():
    assert flops_of(lambda x: functional.softmax(x, 0), (5, 6)) == 5 * 30 - 2 * 6
    assert flops_of(lambda x: functional.softmax(x, 1), (5, 6)) == 5 * 30 - 2 * 5


def test_scores_of_attention_cost_their_factor_and_softmax():
    """Fused attention: 4·S·T·D products and sums, and for each of S·T scores a factor, a mask and a softmax."""
    shapes = [(1, 2, 10, 8), (1, 2, 12, 8), (1, 2, 12, 8), (10, 12)]
    scores = 2 * 10 * 12

    def masked(q, k, v, mask):
        return functional.scaled_dot_product_attention(q, k, v, mask)

    def written_out(q, k, v, mask):
        return functional.softmax((q @ k.mT) * 8**-0.5 + mask, -1) @ v

    assert flops_of(written_out, *shapes) == 4 * scores * 8 + 7 * scores - 2 * 20
    assert flops_of(masked, *shapes) == pytest.approx(flops_of(written_out, *shapes), rel=0.05)
    assert flops_of(functional.scaled_dot_product_attention, *shapes[:3]) < flops_of(masked, *shapes)


@pytest.mark.parametrize("mask", [None, torch.zeros(10, 12)])
def test_one_fused_operator_counts_its_products_and_its_scores(mask):
    """The CPU runs attention as one operator: 4·S·T·D a head, and six or, with a mask, seven for each score."""
    q, k = Dummy((1, 2, 10, 8)), Dummy((1, 2, 12, 8))
    module = Function(lambda q, k, v: functional.scaled_dot_product_attention(q, k, v, mask))
    result = run_on_cpu(module, Candidate("", (q, k, k)), lambda _: None)
    (node,) = result.recorder.nodes
    assert list(node.kernels) == ["aten._scaled_dot_product_flash_attention_for_cpu"]
    scores = 2 * 10 * 12
    assert node.flops == 4 * scores * 8 + (6 if mask is None else 7) * scores - 2 * 20
    assert node.macs == 2 * scores * 8

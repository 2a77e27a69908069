"""Normalisations against the same written out in elementary operations."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from tests.trace.models import complete_trace_of, flops_of, spec


def layer(x, w, b):
    centred = x - x.mean(-1, keepdim=True)
    return centred * torch.rsqrt((centred * centred).mean(-1, keepdim=True) + 1e-5) * w + b


def rms(x, w):
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-5) * w


def group(x):
    rows = x.reshape(6, 10)
    centred = rows - rows.mean(-1, keepdim=True)
    return centred * torch.rsqrt((centred * centred).mean(-1, keepdim=True) + 1e-5)


def fixed(x, mean, variance, w, b):
    factor = torch.rsqrt(variance + 1e-5) * w
    return x * factor + (b - mean * factor)


@pytest.mark.parametrize(
    ("fused", "written_out", "shapes"),
    [
        (lambda x, w, b: functional.layer_norm(x, (5,), w, b), layer, [(3, 4, 5), (5,), (5,)]),
        (lambda x, w: functional.rms_norm(x, (5,), w), rms, [(3, 4, 5), (5,)]),
        (lambda x: functional.group_norm(x, 2), group, [(3, 4, 5)]),
        (functional.batch_norm, fixed, [(6, 4), (4,), (4,), (4,), (4,)]),
    ],
    ids=["layer", "rms", "group", "batch"],
)
def test_a_normalisation_costs_what_its_definition_costs(fused, written_out, shapes):
    assert flops_of(fused, *shapes) == flops_of(written_out, *shapes)


def test_batch_statistics_cost_more_than_fixed_ones():
    x = (2, 4, 6)
    count, channels = 2 * 4 * 6, 4
    assert flops_of(functional.instance_norm, x) == 5 * count + 2 * 2 * channels
    mean_and_variance = [(4,), (4,)]
    fixed_cost = flops_of(functional.batch_norm, x, *mean_and_variance)
    assert fixed_cost == 2 * count + 5 * channels


def test_a_normalised_weight_costs_its_norm_and_a_product():
    module = torch.nn.utils.parametrizations.weight_norm(nn.Linear(4, 3))
    found = complete_trace_of(module, spec(2, 4))
    (line,) = [line for line in found.ledger if "weight_norm" in line.kernel]
    assert line.flops == 3 * 12 + 3

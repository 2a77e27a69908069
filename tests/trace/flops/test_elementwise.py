"""Operators on each element, real and complex."""

from __future__ import annotations

import pytest
import torch

from tests.trace.models import Function, complete_trace_of, flops_of, spec

CASES = {
    "sum": (lambda x: x + x, 1),
    "sum with a factor": (lambda x: torch.add(x, x, alpha=2), 2),
    "difference from a number": (lambda x: 1 - x, 1),
    "product": (lambda x: x * 2.0, 1),
    "quotient": (lambda x: x / x, 1),
    "rounded quotient": (lambda x: torch.div(x, x, rounding_mode="floor"), 2),
    "power": (lambda x: x**3, 1),
    "root": (torch.sqrt, 1),
    "one bound": (lambda x: x.clamp(min=0), 1),
    "two bounds": (lambda x: x.clamp(0, 1), 2),
    "interpolation": (lambda x: torch.lerp(x, x, 0.5), 3),
    "product added": (lambda x: torch.addcmul(x, x, x), 2),
    "scaled quotient added": (lambda x: torch.addcdiv(x, x, x, value=0.5), 3),
    "choice": (lambda x: torch.where(x.bool(), x, x), 0),
    "comparison": (lambda x: x <= 0, 1),
    "maximum": (torch.maximum, 1),
    "sine": (torch.sin, 1),
    "remainder": (lambda x: x % 2.0, 4),
    "conversion": (lambda x: x.half(), 0),
    "in place": (lambda x: x.clone().mul_(2).relu_(), 2),
}


@pytest.mark.parametrize("name", CASES)
def test_each_element_costs_its_steps(name):
    function, each = CASES[name]
    shapes = [(4, 5), (4, 5)] if name == "maximum" else [(4, 5)]
    assert flops_of(function, *shapes) == 20 * each


def test_a_broadcast_result_counts_its_own_elements():
    assert flops_of(lambda a, b: a + b, (4, 1), (1, 5)) == 20


def parts(z):
    return torch.view_as_real(z).unbind(-1)


def written_out_product(a, b):
    (ar, ai), (br, bi) = parts(a), parts(b)
    return torch.complex(ar * br - ai * bi, ar * bi + ai * br)


def written_out_quotient(a, b):
    """a·b̄ / |b|²: the sign of b's imaginary part is part of the sums."""
    (ar, ai), (br, bi) = parts(a), parts(b)
    size = br * br + bi * bi
    return torch.complex((ar * br + ai * bi) / size, (ai * br - ar * bi) / size)


@pytest.mark.parametrize(
    ("function", "written_out"),
    [
        (lambda a, b: a * b, written_out_product),
        (lambda a, b: a / b, written_out_quotient),
        (lambda a, b: (a + b).abs(), lambda a, b: torch.sqrt(torch.sum(torch.view_as_real(a + b) ** 2, -1))),
        (lambda a, b: a * 2.0 + b, lambda a, b: torch.view_as_real(a) * 2.0 + torch.view_as_real(b)),
    ],
    ids=["product", "quotient", "absolute value", "real factor"],
)
def test_complex_numbers_cost_their_real_steps(function, written_out):
    shapes = [(3, 4), (3, 4)]
    assert flops_of(function, *shapes, dtype="complex64") == flops_of(written_out, *shapes, dtype="complex64")


def test_a_complex_product_of_matrices_is_four_real_ones_and_their_sums():
    found = complete_trace_of(Function(torch.matmul), spec(3, 5, dtype="complex64"), spec(5, 4, dtype="complex64"))
    assert found.macs == 3 * 5 * 4  # as FlopCounterMode does
    assert found.flops == 8 * 3 * 5 * 4


def test_complex_functions_without_a_definition_here_are_listed():
    found = complete_trace_of(Function(torch.tanh), spec(3, dtype="complex64"))
    assert [u.kernel for u in found.uncounted] == ["aten.tanh"]

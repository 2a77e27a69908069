"""Factorisations: leading terms."""

from __future__ import annotations

import pytest
import torch

from tests.trace.models import flops_of


@pytest.mark.parametrize(
    ("function", "shapes", "expected"),
    [
        (torch.linalg.inv, [(2, 6, 6)], 2 * 2 * 216),
        (torch.linalg.cholesky, [(6, 6)], 216 // 3),
        (lambda a: torch.linalg.lu_factor(a)[0], [(6, 6)], 2 * 216 // 3),
        (torch.linalg.solve, [(6, 6), (6, 4)], 2 * 216 // 3 + 2 * 6 * 24),
        (lambda a, b: torch.linalg.solve_triangular(a, b, upper=True), [(6, 6), (6, 4)], 24 * 6),
        (lambda a: torch.linalg.qr(a)[0], [(8, 4)], 4 * (64 * 4 - 8 * 16) + 4 * 64 // 3),
        (lambda a: torch.linalg.svd(a, full_matrices=False)[1], [(8, 4)], 4 * 64 * 4 + 22 * 64),
        (lambda a: torch.linalg.eigh(a)[0], [(4, 4)], 9 * 64),
        (torch.linalg.matrix_exp, [(4, 4)], 10 * 64),
    ],
)
def test_a_factorisation_costs_its_leading_term(function, shapes, expected):
    assert flops_of(function, *shapes) == expected

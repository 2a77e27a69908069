"""The books of formulas."""

from __future__ import annotations

import pytest
import torch

from modelreport.trace.flops.registry import argument, arithmetic, beside, elements, first, matrix, numel


@pytest.mark.parametrize("book", [matrix, arithmetic])
@pytest.mark.parametrize("name", ["mv", "relu", "gelu"])
def test_two_formulas_for_one_operator_are_refused(book, name):
    with pytest.raises(ValueError, match=f"{name} has two"):
        book(name)(lambda: 0)


def test_two_counts_for_one_operator_are_refused():
    with pytest.raises(ValueError, match="has two"):
        elements(1, "gelu")
    with pytest.raises(ValueError, match="has two"):
        beside("addmm")(lambda: 0)


def test_elements_of_several_results_are_added():
    assert numel((torch.empty(2, 3), [torch.empty(4)], None)) == 10
    assert first((1, 2)) == first(1) == 1


def test_an_argument_is_found_by_place_or_by_name():
    assert argument((1, 2), {}, 1, "dim") == 2
    assert argument((1,), {"dim": 3}, 1, "dim") == 3
    assert argument((), {}, 1, "dim", 4) == 4

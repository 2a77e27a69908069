from __future__ import annotations

import pytest
import torch

from modelreport.trace.names import QUIET, operation_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("__iadd__", "add_"),
        ("__rsub__", "sub"),
        ("__matmul__", "matmul"),
        ("__getitem__", "getitem"),
        ("conv2d", "conv2d"),
        ("__truediv__", "div"),
        ("_weird", "_weird"),
    ],
)
def test_signs_are_called_by_torchs_name(name, expected):
    assert operation_name(name) == expected


def test_operator_names_are_functions_of_torch():
    from modelreport.trace.names import OPERATORS

    assert all(hasattr(torch.Tensor, name) for name in OPERATORS.values())


def test_questions_are_not_operations():
    assert {"size", "dim", "is_contiguous", "__len__"} <= QUIET
    assert not {"add", "conv2d", "to"} & QUIET

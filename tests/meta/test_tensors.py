from __future__ import annotations

from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import pytest
import torch

from modelreport.meta import meta_parameter, replace_tensors, shape_of, size_of, tensors_in

A, B, C = torch.zeros(1), torch.ones(2), torch.ones(3)
Pair = namedtuple("Pair", "left right")  # noqa: PYI024


@dataclass
class Box:
    first: object
    second: object


def test_tensors_are_found_in_order_in_nested_values():
    nested = [A, {"x": (B, None, 3)}, Box(C, "text"), OrderedDict(y=[A])]
    assert [id(t) for t in tensors_in(nested)] == [id(A), id(B), id(C), id(A)]


def test_a_mapping_that_holds_itself_ends():
    loop: dict[str, object] = {"a": A}
    loop["self"] = loop
    assert len(tensors_in(loop)) == 1


def test_deep_nesting_needs_no_stack():
    deep: object = A
    for _ in range(50_000):
        deep = [deep]
    assert len(tensors_in(deep)) == 1
    while isinstance(deep, list):
        deep = deep.pop()


def test_replacing_keeps_the_structure():
    found = replace_tensors((A, [Pair(B, 2)], {"k": C}), lambda t: t.numel())
    assert found == (1, [Pair(2, 2)], {"k": 3})
    assert isinstance(found[1][0], Pair)


def test_a_meta_parameter_keeps_shape_strides_dtype_and_gradient():
    source = torch.nn.Parameter(torch.zeros(4, 6, dtype=torch.float16).t(), requires_grad=False)
    made = meta_parameter(source)
    assert (made.shape, made.stride(), made.dtype, made.requires_grad) == (source.shape, (1, 6), torch.float16, False)
    assert made.is_meta
    assert isinstance(made, torch.nn.Parameter)


@pytest.mark.filterwarnings("ignore")
def test_nested_tensors_have_a_shape_with_a_hole_and_the_size_of_their_parts():
    parts = [torch.zeros(2, 3), torch.zeros(4, 3)]
    for layout in (torch.strided, torch.jagged):
        nested = torch.nested.nested_tensor(parts, layout=layout)
        assert shape_of(nested) == (2, -1, 3)
        assert size_of(nested) == 6 * 3 * 4
    assert shape_of(torch.zeros(2, 3)) == (2, 3)


@pytest.mark.filterwarnings("ignore")
def test_sparse_tensors_have_the_size_of_what_they_store():
    eye = torch.eye(4)
    assert size_of(eye) == 64
    assert size_of(eye.to_sparse()) == 4 * 2 * 8 + 4 * 4
    assert size_of(eye.to_sparse_csr()) == 5 * 8 + 4 * 8 + 4 * 4
    assert size_of(eye.to_sparse_csc()) == 5 * 8 + 4 * 8 + 4 * 4

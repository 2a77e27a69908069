from __future__ import annotations

from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import torch

from modelreport.meta import meta_parameter, replace_tensors, tensors_in

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

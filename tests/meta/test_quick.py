"""The quick rules give what torch's own give, or leave the call to torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from modelreport.meta import quick
from modelreport.meta.quick import call_on_meta

aten = torch.ops.aten


def meta(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.empty(shape, dtype=dtype, device="meta")


C = meta(6)
CALLS: list[tuple[Any, tuple[Any, ...]]] = [
    (aten.native_batch_norm.default, (meta(2, 6, 5, 5), C, C, C, C, False, 0.1, 1e-5)),
    (aten.native_batch_norm.default, (meta(2, 6), None, None, C, C, False, 0.1, 1e-5)),
    (aten.native_batch_norm.default, (meta(2, 6, 4), C, C, C, C, True, 0.1, 1e-5)),
    (aten.native_batch_norm.default, (meta(2, 6, 4, 4).transpose(2, 3), C, C, C, C, False, 0.1, 1e-5)),
    (aten.native_batch_norm.default, (meta(2, 6, 4, dtype=torch.bfloat16), C, C, C, C, False, 0.1, 1e-5)),
    (aten.native_layer_norm.default, (meta(2, 3, 6), [6], C, C, 1e-5)),
    (aten.native_layer_norm.default, (meta(2, 3, 6), [3, 6], None, None, 1e-5)),
    (aten.native_layer_norm.default, (meta(2, 3, 6, dtype=torch.float16), [6], None, None, 1e-5)),
    (aten.gelu.default, (meta(2, 3),)),
    (aten.gelu.default, (meta(2, 3).t(),)),
    (aten.gelu.default, (meta(2, 3, dtype=torch.bfloat16),)),
    (aten.hardswish.default, (meta(2, 3, 4),)),
    (aten.mean.dim, (meta(2, 3, 4, 5), [-1, -2], True)),
    (aten.mean.dim, (meta(2, 3, 4), [1])),
    (aten.mean.dim, (meta(2, 3, 4).transpose(0, 1), [0])),
    (aten.mean.dim, (meta(2, 3, 4, dtype=torch.bfloat16), [0, 1, 2])),
    (aten.mean.dim, (meta(2, 3), [])),
    (aten.mean.dim, (meta(), [0])),
]


def seen(value: Any) -> list[tuple[object, ...]]:
    tensors = value if isinstance(value, tuple) else (value,)
    return [(tuple(t.shape), t.dtype, t.stride(), t.device.type) for t in tensors]


@pytest.mark.parametrize(("func", "args"), CALLS)
def test_a_quick_rule_gives_what_torch_gives(func: Any, args: tuple[Any, ...]) -> None:
    assert seen(call_on_meta(func, args, {})) == seen(func(*args))


@pytest.mark.parametrize(
    ("func", "args"),
    [
        (aten.native_layer_norm.default, (meta(2, 3, 6), [5], None, None, 1e-5)),
        (aten.native_layer_norm.default, (meta(2, 3, 6), [6], meta(5), None, 1e-5)),
        (aten.mean.dim, (meta(2, 3), [0, -2])),
    ],
)
def test_what_torch_refuses_is_refused(func: Any, args: tuple[Any, ...]) -> None:
    with pytest.raises(RuntimeError):
        call_on_meta(func, args, {})


def test_the_usual_calls_take_the_quick_way() -> None:
    usual = [0, 1, 5, 6, 8, 10, 11, 12, 13, 15]
    for index, (func, args) in enumerate(CALLS):
        found = quick._quick()[func](*args)
        assert (found is not None) == (index in usual), index

"""Meta is as strict as the CPU about dtypes: both are called with the same pairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn import functional

from modelreport.meta import on_meta
from modelreport.meta.dtypes import check_dtypes

Make = Callable[..., torch.Tensor]


def index(*shape: int) -> torch.Tensor:
    return torch.zeros(*shape, dtype=torch.long)


CALLS: dict[str, Callable[[Make, Make], Any]] = {
    "linear": lambda a, b: functional.linear(a(2, 4), b(3, 4), b(3)),
    "linear without bias": lambda a, b: functional.linear(a(2, 4), b(3, 4)),
    "bias": lambda a, b: functional.linear(a(2, 4), a(3, 4), b(3)),
    "bmm": lambda a, b: torch.bmm(a(2, 4, 4), b(2, 4, 4)),
    "mv": lambda a, b: torch.mv(a(4, 4), b(4)),
    "conv2d": lambda a, b: functional.conv2d(a(1, 3, 8, 8), b(4, 3, 3, 3), b(4)),
    "conv1d": lambda a, b: functional.conv1d(a(1, 3, 8), b(4, 3, 3)),
    "transposed": lambda a, b: functional.conv_transpose2d(a(1, 3, 8, 8), b(3, 4, 3, 3)),
    "attention": lambda a, b: functional.scaled_dot_product_attention(a(1, 2, 8, 8), b(1, 2, 8, 8), b(1, 2, 8, 8)),
    "batch norm": lambda a, b: functional.batch_norm(a(2, 4), b(4), b(4), b(4), b(4)),
    "layer norm": lambda a, b: functional.layer_norm(a(2, 4), (4,), b(4), b(4)),
    "group norm": lambda a, b: functional.group_norm(a(2, 4, 3), 2, b(4), b(4)),
    "lstm cell": lambda a, b: torch.lstm_cell(a(2, 4), (b(2, 5), b(2, 5)), b(20, 4), b(20, 5), b(20), b(20)),
    "index_add": lambda a, b: a(4, 4).index_add_(0, index(2), b(2, 4)),
    "index_put": lambda a, b: a(4, 4).index_put_((index(2),), b(2, 4)),
    "index_copy": lambda a, b: a(4, 4).index_copy_(0, index(2), b(2, 4)),
    "grid_sample": lambda a, b: functional.grid_sample(a(1, 2, 4, 4), b(1, 3, 3, 2), align_corners=False),
    "complex": lambda a, b: torch.complex(a(4), b(4)),
    "add": lambda a, b: a(4) + b(4),
    "cat": lambda a, b: torch.cat([a(2, 4), b(2, 4)]),
    "where": lambda a, b: torch.where(a(4) > 0, a(4), b(4)),
    "rms norm": lambda a, b: functional.rms_norm(a(2, 4), (4,), b(4)),
}


def accepts(call: Callable[[Make, Make], Any], first: torch.dtype, second: torch.dtype) -> bool:
    try:
        call(lambda *s: torch.ones(*s, dtype=first), lambda *s: torch.ones(*s, dtype=second))
    except RuntimeError:
        return False
    return True


@pytest.mark.filterwarnings("ignore:Mismatch dtype")
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("other", [torch.bfloat16, torch.float16])
def test_meta_accepts_what_the_cpu_accepts(name: str, other: torch.dtype):
    call = CALLS[name]
    for pair in ((torch.float32, other), (other, torch.float32), (torch.float32, torch.float32)):
        real = accepts(call, *pair)
        with on_meta():
            assert accepts(call, *pair) == real, pair


def test_the_words_are_torchs():
    with on_meta(), pytest.raises(RuntimeError, match="mat1 and mat2 must have the same dtype, but got Float and Half"):
        functional.linear(torch.ones(2, 4), torch.ones(3, 4, dtype=torch.float16))
    with on_meta(), pytest.raises(RuntimeError, match=r"cannot be multiplied|same reduction dim"):
        torch.ones(2, 4) @ torch.ones(5, 4)


def test_autocast_refuses_nothing():
    half = torch.ones(4, 4, dtype=torch.float16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        check_dtypes("mm", (torch.ones(4, 4), half))
    with pytest.raises(RuntimeError):
        check_dtypes("mm", (torch.ones(4, 4), half))

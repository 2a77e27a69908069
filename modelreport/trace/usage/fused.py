"""Attention and dropout as a training step runs them on the devices that models are trained on.

On meta tensors torch writes attention out, and autograd then keeps its S×S matrices. Devices take a fused kernel (flash
or memory-efficient attention, Dao et al. 2022), which keeps query, key, value, its result and the logarithm of the
softmax's sums. So does the one here; it computes nothing. Dropout on meta keeps its mask in the dtype of the data, on
devices one byte for each value.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

from modelreport.trace.attention import ATTENTION, seeing

HOLDERS = frozenset({"multi_head_attention_forward"})
"""Functions of torch, written in Python, that call it inside, out of sight of the mode that sees the functions."""
Count = Callable[[int, int], None]


def attend(query: Any, key: Any, value: Any, attn_mask: Any = None, *_: Any, **__: Any) -> tuple[Any, int]:
    """The shape of the result, with what is kept for its backward pass, and the FLOPs of both products.

    Query (…, S, D), key (…, T, D), value (…, T, E); further arguments (dropout, causal, scale, grouped heads) change
    neither. Full S×T square, as everywhere.
    """
    lead = query.shape[:-1].numel()
    flops = 2 * lead * key.shape[-2] * (query.shape[-1] + value.shape[-1])
    return _kernel().apply(query, key, value, attn_mask), int(flops)


@functools.cache
def _kernel() -> Any:
    import torch

    class Fused(torch.autograd.Function):
        """Keeps what flash attention keeps. Never run backwards."""

        @staticmethod
        def forward(ctx: Any, query: Any, key: Any, value: Any, mask: Any) -> Any:
            # the kernels lay their result out as the query is, so that joining the heads copies nothing
            alike = query.shape[-1] == value.shape[-1]
            out = torch.empty_like(query) if alike else query.new_empty((*query.shape[:-1], value.shape[-1]))
            sums = query.new_empty(query.shape[:-1], dtype=torch.float32)
            ctx.save_for_backward(query, key, value, out, sums, mask)
            return out

        @staticmethod
        def backward(ctx: Any, *_: Any) -> Any:
            raise NotImplementedError

    return Fused


def with_fused(count: Count, func: types.FunctionType) -> types.FunctionType:
    """A copy of the function with attention fused inside; ``count`` is told the FLOPs and multiply-adds of each."""

    def attention(*args: Any, **kwargs: Any) -> Any:
        out, flops = attend(*args, **kwargs)
        count(flops, flops // 2)
        return out

    return seeing(func, {ATTENTION: attention, "has_torch_function": lambda _: False})


def dropped(data: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Dropout with a mask of one byte for each value; ``None`` where it does nothing or is not a plain one."""
    import torch

    if not isinstance(data, torch.Tensor) or not training or inplace or not 0 < p < 1 or not data.requires_grad:
        return None
    return torch.native_dropout(data, p, True)[0]

"""Attention as a training step runs it: one fused kernel that keeps no S×S weights.

On meta tensors torch writes attention out, and autograd then keeps its S×S matrices. On the devices that models are
trained on it takes a fused kernel (flash or memory-efficient attention, Dao et al. 2022), which keeps query, key,
value, its result and the logarithm of the softmax's sums. So does the one here; it computes nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

ATTENTION = "scaled_dot_product_attention"
HOLDERS = frozenset({"multi_head_attention_forward"})
"""Functions of torch that call it inside, out of sight of the mode that sees the functions themselves."""


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
            out = query.new_empty((*query.shape[:-1], value.shape[-1]))
            sums = query.new_empty(query.shape[:-1], dtype=torch.float32)
            ctx.save_for_backward(query, key, value, out, sums, mask)
            return out

        @staticmethod
        def backward(ctx: Any, *_: Any) -> Any:
            raise NotImplementedError

    return Fused


def with_fused(count: Callable[[int, int], None], work: Callable[[], Any]) -> Any:
    """The result of ``work``, in which attention is fused; ``count`` is told the FLOPs and multiply-adds of each."""
    from torch.overrides import TorchFunctionMode

    class Inner(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if getattr(func, "__name__", "") == ATTENTION:
                out, flops = attend(*args, **(kwargs or {}))
                count(flops, flops // 2)
                return out
            return func(*args, **(kwargs or {}))

    with Inner():
        return work()

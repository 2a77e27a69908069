"""Attention as devices run it: one fused kernel, without the S×T matrix of scores.

On meta tensors torch writes ``scaled_dot_product_attention`` out as two products around a softmax, which keeps the
scores in memory. On CPU and GPU it takes a fused kernel (flash attention, Dao et al. 2022) wherever that supports the
arguments (``aten/src/ATen/native/transformers/sdp_utils_cpp.cpp``). So does the pass; the multiply-adds are the same.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Mapping
from typing import Any

ATTENTION = "scaled_dot_product_attention"
HOLDERS = frozenset({ATTENTION, "multi_head_attention_forward"})
"""Functions of torch that come to it: itself, and one that calls it where no mode of torch sees it."""


@functools.cache
def fused(func: Any) -> Any:
    """One of ``HOLDERS`` with the CPU's fused kernel on meta tensors, where torch would take that for real ones.

    A function that holds attention is copied with another function under attention's name; torch itself is not changed.
    """
    if getattr(func, "__name__", "") == ATTENTION:
        return _fused_attention(func)
    if not isinstance(func, types.FunctionType) or ATTENTION not in func.__globals__:
        return func
    return seeing(func, {ATTENTION: _fused_attention(func.__globals__[ATTENTION])})


def seeing(func: types.FunctionType, names: Mapping[str, Any]) -> types.FunctionType:
    """A copy of a function that sees other globals under these names; nothing is changed for anybody else."""
    known = {**func.__globals__, **names}
    copied = types.FunctionType(func.__code__, known, func.__name__, func.__defaults__, func.__closure__)
    copied.__kwdefaults__ = func.__kwdefaults__
    return copied


def _fused_attention(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def scaled_dot_product_attention(*args: Any, **kwargs: Any) -> Any:
        out = attend(*args, **kwargs)
        return original(*args, **kwargs) if out is None else out

    return scaled_dot_product_attention


def attend(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """The result by the fused kernel; ``None`` where torch would not take it.

    Query (B, H, S, D), key and value (B, H, T, D), or fewer heads of them with ``enable_gqa``; a mask is added to the
    scores, one of truth values is turned into numbers first, as torch does.
    """
    import torch

    if not all(t.is_meta and t.dim() == 4 and t.dtype == query.dtype for t in (query, key, value)):
        return None
    alike = query.shape[-1] == key.shape[-1] == value.shape[-1] and key.shape[1] == value.shape[1]
    grouped = enable_gqa and key.shape[1] and query.shape[1] % key.shape[1] == 0
    if not alike or not query.is_floating_point() or dropout_p or not (grouped or query.shape[1] == key.shape[1]):
        return None
    if 0 in (*query.shape, *key.shape) or query.shape[0] != key.shape[0]:
        return None
    if attn_mask is not None:
        if attn_mask.dim() not in (2, 4) or is_causal:
            return None
        if attn_mask.dtype == torch.bool:
            kept, dropped = (torch.full((), v, dtype=query.dtype, device="meta") for v in (0.0, -torch.inf))
            attn_mask = torch.where(attn_mask, kept, dropped)
    kernel = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu  # noqa: SLF001 - it has no public name
    return kernel(query, key, value, 0.0, is_causal, attn_mask=attn_mask, scale=scale)[0]

"""Attention and dropout as devices run them, against torch's own on the CPU."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import sdpa_flop_count

from modelreport.trace.usage.fused import attend, dropped, with_fused


def kept_by(work: Any) -> int:
    """Bytes of the storages that autograd saves."""
    kept: dict[int, Any] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage._cdata] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        work()
    return sum(storage.nbytes() for storage in kept.values())


def heads(device: str) -> list[torch.Tensor]:
    return [torch.zeros(2, 4, 32, 16, device=device, requires_grad=True) for _ in range(3)]


def test_it_keeps_what_the_flash_kernel_of_the_cpu_keeps() -> None:
    real = kept_by(lambda: functional.scaled_dot_product_attention(*heads("cpu")))
    ours = kept_by(lambda: attend(*heads("meta")))
    assert ours == real == 4 * (4 * 2 * 4 * 32 * 16 + 2 * 4 * 32)


def test_it_counts_both_products_over_the_full_square() -> None:
    out, flops = attend(*heads("meta"), is_causal=True)
    assert out.shape == (2, 4, 32, 16)
    assert flops == sdpa_flop_count((2, 4, 32, 16), (2, 4, 32, 16), (2, 4, 32, 16))


def test_joining_the_heads_copies_nothing() -> None:
    query, key, value = (torch.zeros(2, 32, 4, 16, device="meta").transpose(1, 2) for _ in range(3))
    out, _ = attend(query, key, value)
    assert out.transpose(1, 2).is_contiguous()


def test_attention_inside_a_function_of_torch_is_reached_and_nobody_elses_is_changed() -> None:
    before = functional.scaled_dot_product_attention
    counted = []
    made = with_fused(lambda flops, macs: counted.append((flops, macs)), functional.multi_head_attention_forward)
    module = nn.MultiheadAttention(16, 4, device="meta")
    data = torch.zeros(8, 2, 16, device="meta")
    out, _ = made(
        data, data, data, 16, 4, module.in_proj_weight, module.in_proj_bias, None, None, False, 0.0,
        module.out_proj.weight, module.out_proj.bias, need_weights=False,
    )  # fmt: skip
    assert out.shape == (8, 2, 16)
    flops = sdpa_flop_count((2, 4, 8, 4), (2, 4, 8, 4), (2, 4, 8, 4))
    assert counted == [(flops, flops // 2)]
    assert functional.scaled_dot_product_attention is before


def test_dropout_keeps_one_byte_for_each_value() -> None:
    data = torch.zeros(1000, device="meta", requires_grad=True)
    assert kept_by(lambda: dropped(data, 0.1, True)) == 1000
    assert dropped(data, 0.1, False) is None
    assert dropped(data, 0.0, True) is None

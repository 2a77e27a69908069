from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from modelreport.trace.attention import attend
from tests.trace.models import complete_trace_of, spec

HEADS, LENGTH, WIDTH = 4, 64, 8


class Attention(nn.Module):
    """Attention of an input with itself, ``key_heads`` of whose heads are keys and values."""

    def __init__(self, key_heads: int = HEADS, **settings: Any) -> None:
        super().__init__()
        self.key_heads, self.settings = key_heads, settings

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        few = x[:, : self.key_heads]
        return functional.scaled_dot_product_attention(x, few, few, **self.settings)


def real_kernels(module: nn.Module, x: torch.Tensor) -> set[str]:
    """Aten operators of attention that a real pass on the CPU takes."""
    with torch.no_grad(), torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        module(x)
    return {e.key for e in profile.key_averages() if "_scaled_dot_product_" in e.key}


@pytest.mark.parametrize(
    ("module", "is_fused"),
    [
        (Attention(), True), (Attention(is_causal=True), True), (Attention(2, enable_gqa=True), True),
        (Attention(attn_mask=torch.ones(LENGTH, LENGTH, dtype=torch.bool)), True),
        (Attention(attn_mask=torch.zeros(1, 1, LENGTH, LENGTH)), True),
        (Attention(attn_mask=torch.zeros(1, LENGTH, LENGTH)), False), (Attention(dropout_p=0.5), False),
    ],
)  # fmt: skip
def test_the_pass_takes_the_fused_kernel_where_the_cpu_does(module: nn.Module, is_fused: bool) -> None:
    x = torch.randn(1, HEADS, LENGTH, WIDTH)
    fused = (
        {"aten::_scaled_dot_product_flash_attention_for_cpu"}
        if is_fused
        else {"aten::_scaled_dot_product_attention_math"}
    )
    assert real_kernels(module, x) == fused
    found = complete_trace_of(module, spec(*x.shape))
    kernels = {kernel for o in found.operations for kernel in o.kernels}
    assert ("aten._scaled_dot_product_flash_attention_for_cpu" in kernels) == is_fused
    assert found.outputs[0].shape == tuple(x.shape)


@pytest.mark.parametrize("module", [Attention(), Attention(2, enable_gqa=True), Attention(is_causal=True)])
def test_the_multiply_adds_are_those_of_the_two_products(module: nn.Module) -> None:
    found = complete_trace_of(module, spec(1, HEADS, LENGTH, WIDTH))
    assert found.macs == 2 * HEADS * LENGTH * LENGTH * WIDTH
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(torch.empty(1, HEADS, LENGTH, WIDTH, device="meta"))
    assert counter.get_total_flops() == 2 * found.macs


def test_no_matrix_of_scores_is_alive() -> None:
    length = 512
    found = complete_trace_of(Attention(), spec(1, HEADS, length, WIDTH))
    assert found.memory is not None
    rows = HEADS * length * 4
    assert found.memory.peak_bytes == rows * WIDTH + rows  # the result, and the logarithms of the softmax's sums


def test_the_attention_inside_a_layer_of_torch_is_fused_as_well() -> None:
    layer = nn.MultiheadAttention(32, 4, batch_first=True)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layer(x, x, x, need_weights=False)[0]

    found = complete_trace_of(Net(), spec(1, 256, 32))
    (operation,) = [o for o in found.operations if o.name == "multi_head_attention_forward"]
    assert "aten._scaled_dot_product_flash_attention_for_cpu" in operation.kernels
    assert operation.macs == 256 * 4 * 32 * 32 + 2 * 256 * 256 * 32


def test_weights_that_are_asked_for_are_written_out() -> None:
    layer = nn.MultiheadAttention(32, 4, batch_first=True)
    found = complete_trace_of(layer, spec(1, 64, 32), spec(1, 64, 32), spec(1, 64, 32))
    assert found.outputs[1].shape == (1, 64, 64)
    assert not any("flash" in kernel for o in found.operations for kernel in o.kernels)


def test_what_the_kernel_does_not_take_is_left_to_torch() -> None:
    def meta(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        return torch.empty(shape, dtype=dtype, device="meta")

    assert attend(meta(1, 2, 4, 8), meta(1, 2, 4, 8), meta(1, 2, 4, 8)) is not None
    assert attend(meta(2, 4, 8), meta(2, 4, 8), meta(2, 4, 8)) is None
    assert attend(meta(1, 2, 4, 8), meta(1, 2, 4, 8), meta(1, 2, 4, 6)) is None
    assert attend(meta(1, 2, 0, 8), meta(1, 2, 4, 8), meta(1, 2, 4, 8)) is None
    assert attend(meta(1, 4, 4, 8), meta(1, 3, 4, 8), meta(1, 3, 4, 8), enable_gqa=True) is None
    assert attend(torch.randn(1, 2, 4, 8), torch.randn(1, 2, 4, 8), torch.randn(1, 2, 4, 8)) is None

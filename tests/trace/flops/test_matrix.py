"""Formulas by hand, torch's counter, and published figures."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from modelreport.meta import on_meta
from modelreport.trace.flops.matrix import deformable_flops, deformed_sampling_flops
from tests.trace.models import Function, complete_trace_of, operation, spec, vision


def test_deformable_convolution_counts_as_a_convolution_and_samples_besides():
    data, weight = torch.empty(1, 4, 9, 9), torch.empty(6, 2, 3, 3)
    offset, out = torch.empty(1, 2 * 9, 7, 7), torch.empty(1, 6, 7, 7)
    assert deformable_flops(data, weight, out=out) == 2 * 6 * 7 * 7 * 2 * 9
    places = 49 * 9
    arguments = (data, weight, offset, torch.empty(0), torch.empty(6), 1, 1, 0, 0, 1, 1, 1, 1, False)
    assert deformed_sampling_flops(*arguments[:5], out=out, use_mask=False) == 16 * places + 7 * 4 * places + 6 * 49


@pytest.mark.parametrize(
    ("function", "shapes", "macs"),
    [
        (torch.mv, [(6, 5), (5,)], 30),
        (torch.addmv, [(6,), (6, 5), (5,)], 30),
        (torch.dot, [(7,), (7,)], 7),
        (torch.matmul, [(3, 6, 5), (3, 5, 4)], 3 * 6 * 5 * 4),
        (torch.addmm, [(6, 4), (6, 5), (5, 4)], 6 * 5 * 4),
        (torch.addbmm, [(6, 4), (3, 6, 5), (3, 5, 4)], 3 * 6 * 5 * 4),
        (lambda a, b: torch.einsum("bij,bjk->bik", a, b), [(3, 6, 5), (3, 5, 4)], 3 * 6 * 5 * 4),
        (functional.scaled_dot_product_attention, [(2, 3, 10, 8), (2, 3, 12, 8), (2, 3, 12, 6)], 6 * 10 * 12 * (8 + 6)),
        (functional.conv2d, [(1, 4, 9, 9), (6, 4, 3, 3)], 6 * 7 * 7 * 4 * 9),
        (lambda x, w: functional.conv2d(x, w, groups=2), [(1, 4, 9, 9), (6, 2, 3, 3)], 6 * 7 * 7 * 2 * 9),
        (functional.conv_transpose2d, [(1, 4, 5, 5), (4, 6, 3, 3)], 4 * 5 * 5 * 6 * 9),
    ],
)
def test_matrix_operators_count_their_multiply_adds(function, shapes, macs):
    found = complete_trace_of(Function(function), *(spec(*s) for s in shapes))
    assert found.macs == macs
    assert found.flops >= 2 * macs


def test_grouped_products_count_each_row_once():
    offsets = torch.tensor([8, 16], dtype=torch.int32)
    found = complete_trace_of(
        Function(lambda a, b: torch._grouped_mm(a, b, offs=offsets)),
        spec(16, 32, dtype="bfloat16"),
        spec(2, 32, 64, dtype="bfloat16"),
    )
    assert found.macs == 16 * 32 * 64
    assert found.outputs[0].shape == (16, 64)


def test_attention_inside_a_function_is_counted():
    inputs = [spec(1, 5, 8, name=name) for name in ("query", "key", "value")]
    found = complete_trace_of(nn.MultiheadAttention(8, 2, batch_first=True), *inputs)
    attention = operation(found, "multi_head_attention_forward")
    assert attention.macs == 4 * 5 * 8 * 8 + 2 * 5 * 5 * 8
    assert attention.family == "attention"


# --- outside knowledge ------------------------------------------------------------------------------------------------


def test_resnet50_costs_exactly_what_is_published():
    """4.089 GMAC: torchvision's ``ResNet50_Weights.DEFAULT.meta["_ops"]``; He et al. (2015), table 1, say 3.8 · 10⁹
    for the variant with the stride in the 1×1 convolution.
    """
    found = vision("resnet50")
    assert found.macs == 4_089_184_256
    assert 2 * found.macs < found.flops < 2.01 * found.macs


PUBLISHED = (
    "vit_b_16", "swin_t", "densenet121", "alexnet", "vgg11_bn", "mobilenet_v3_large", "efficientnet_b0",
    "convnext_tiny",
    "shufflenet_v2_x1_0", "squeezenet1_1", "mnasnet1_0", "regnet_x_400mf", "r3d_18", "swin_v2_t",
)  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_multiply_adds_equal_torchvisions_published_figure(torchvision, name):
    """``Weights.meta["_ops"]`` in GMAC, three decimals, at the crop of the weights' own transforms."""
    published = torchvision.models.get_model_weights(name).DEFAULT.meta["_ops"]
    assert round(vision(name).macs / 1e9, 3) == published


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "swin_t", "squeezenet1_1"])
def test_totals_equal_torchs_own_counter(torchvision, name):
    with on_meta():
        module = torchvision.models.get_model(name, weights=None).eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(torch.empty(1, 3, 224, 224, device="meta"))
    assert 2 * complete_trace_of(module, spec(1, 3, 224, 224)).macs == counter.get_total_flops()


def test_bert_multiplies_each_weight_with_each_token_once_besides_attention():
    """2·(P − embeddings)·S + 4·S²·d·L: Kaplan et al., *Scaling Laws* (2020), section 2.1, over the full square."""
    from transformers import BertConfig, BertModel

    config = BertConfig(
        num_hidden_layers=3, hidden_size=48, num_attention_heads=4, intermediate_size=96, vocab_size=200
    )
    with on_meta():
        module = BertModel(config, add_pooling_layer=False).eval()
    sequence = 64
    found = complete_trace_of(module, spec(1, sequence, dtype="int64", name="input_ids"))
    matrices = sum(p.numel() for n, p in module.named_parameters() if p.dim() == 2 and "embeddings" not in n)
    assert 2 * found.macs == 2 * matrices * sequence + 4 * sequence**2 * 48 * 3


def test_gpt2_multiplies_each_weight_with_each_token_once_besides_attention():
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(n_layer=2, n_embd=32, n_head=2, vocab_size=100, n_positions=64)
    with on_meta():
        module = GPT2LMHeadModel(config).eval()
    sequence = 50
    found = complete_trace_of(module, spec(1, sequence, dtype="int64", name="input_ids"))
    blocks = 2 * (32 * 96 + 32 * 32 + 2 * 32 * 128)
    assert 2 * found.macs == 2 * (blocks + 32 * 100) * sequence + 4 * sequence**2 * 32 * 2
    assert found.untouched == ()

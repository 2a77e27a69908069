"""Formulas by hand, torch's counter, and published figures."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from modelreport.meta import on_meta
from modelreport.trace.dummies import Candidate, Dummy
from modelreport.trace.flops import FORMULAS, cost_of, formula
from modelreport.trace.passes import run_on_cpu
from tests.trace.models import complete_trace_of, operation, spec, vision

aten = torch.ops.aten


class Function(nn.Module):
    """A module whose forward is a function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *tensors):
        return self.function(*tensors)


def test_two_formulas_for_one_operator_are_refused():
    with pytest.raises(ValueError, match="has two"):
        formula("mv")(lambda: 0)


def test_every_formula_is_of_an_operator_that_torch_knows():
    assert {n for n in FORMULAS if not hasattr(aten, n)} == {"deform_conv2d"}  # torchvision's
    assert not any(cost_of(getattr(aten, n).default).composite for n in FORMULAS if hasattr(aten, n))


def test_deformable_convolution_counts_as_a_convolution():
    weight, out = torch.empty(6, 2, 3, 3, device="meta"), torch.empty(1, 6, 7, 7, device="meta")
    assert FORMULAS["deform_conv2d"](torch.empty(1, 4, 9, 9), weight, None, out=out) == 2 * 6 * 7 * 7 * 2 * 9


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
        (torch.cdist, [(5, 3), (7, 3)], 5 * 7 * 3),
    ],
)
def test_matrix_operators_count_their_multiply_adds(function, shapes, macs):
    found = complete_trace_of(Function(function), *(spec(*s) for s in shapes))
    assert found.macs == macs
    assert found.flops == 2 * macs


def test_grouped_products_count_each_row_once():
    offsets = torch.tensor([8, 16], dtype=torch.int32)
    found = complete_trace_of(
        Function(lambda a, b: torch._grouped_mm(a, b, offs=offsets)),
        spec(16, 32, dtype="bfloat16"),
        spec(2, 32, 64, dtype="bfloat16"),
    )
    assert found.macs == 16 * 32 * 64
    assert found.outputs[0].shape == (16, 64)


@pytest.mark.parametrize(
    ("layer", "gates"),
    [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)],
)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 3])
def test_recurrent_layers_follow_the_equations(layer, gates, bidirectional, layers):
    steps, batch, width, hidden = 7, 2, 10, 6
    directions = 2 if bidirectional else 1
    module = nn.Sequential(layer(width, hidden, layers, bidirectional=bidirectional))
    found = complete_trace_of(module, spec(steps, batch, width))
    first = gates * hidden * (width + hidden)
    later = gates * hidden * (directions * hidden + hidden)
    assert found.macs == steps * batch * directions * (first + (layers - 1) * later)
    assert found.outputs[0].shape == (steps, batch, directions * hidden)
    assert len(found.operations[-1].kernels) == 1


def test_a_projected_lstm_pays_for_the_projection():
    module = nn.LSTM(10, 6, proj_size=4, batch_first=True)
    found = complete_trace_of(module, spec(2, 7, 10))
    assert found.macs == 14 * (4 * 6 * (10 + 4) + 4 * 6)
    assert [o.shape for o in found.outputs] == [(2, 7, 4), (1, 2, 4), (1, 2, 6)]


@pytest.mark.parametrize("layer", [nn.LSTM(10, 6, 2, bidirectional=True), nn.GRU(10, 6), nn.RNN(10, 6)])
def test_recurrent_layers_cost_the_same_for_real(layer):
    module = layer.eval()
    expected = complete_trace_of(module, spec(5, 1, 10)).flops
    result = run_on_cpu(module, Candidate("", (Dummy((5, 1, 10)),)), lambda _: None)
    assert result.error is None
    assert sum(n.flops or 0 for n in result.recorder.nodes) == expected


@pytest.mark.parametrize("cell", [nn.LSTMCell(10, 6), nn.GRUCell(10, 6)])
def test_recurrent_cells_count_both_products(cell):
    assert complete_trace_of(cell, spec(3, 10)).macs == 3 * cell.weight_hh.shape[0] * 16


def test_activations_have_no_formula_and_are_listed():
    found = complete_trace_of(Function(lambda x: torch.relu(x).exp().reshape(4, 1)), spec(2, 2))
    assert [o.flops for o in found.operations] == [None, None, 0]
    assert [o.macs for o in found.operations] == [0, 0, 0]
    assert {u.kernel: u.calls for u in found.uncounted} == {"aten.relu": 1, "aten.exp": 1}


def test_whole_numbers_cost_no_floating_point_operation():
    found = complete_trace_of(Function(lambda x: (x + 1).cumsum(0)), spec(4, dtype="int64"))
    assert [o.flops for o in found.operations] == [0, 0]
    assert found.uncounted == ()


def test_an_operator_outside_torch_has_unknown_multiply_adds():
    with torch.library._scoped_library("modelreport_test", "DEF") as library:
        library.define("twice(Tensor x) -> Tensor")
        library.impl("twice", lambda x: x * 2, "CompositeExplicitAutograd")
        found = complete_trace_of(Function(torch.ops.modelreport_test.twice), spec(4))
    assert found.operations[0].macs is None
    assert found.operations[0].flops is None
    assert found.uncounted[0].kernel == "modelreport_test.twice"


def test_attention_inside_a_function_is_counted_though_its_softmax_is_not():
    inputs = [spec(1, 5, 8, name=name) for name in ("query", "key", "value")]
    found = complete_trace_of(nn.MultiheadAttention(8, 2, batch_first=True), *inputs)
    attention = operation(found, "multi_head_attention_forward")
    assert attention.macs == 4 * 5 * 8 * 8 + 2 * 5 * 5 * 8
    assert attention.family == "attention"


def test_views_and_copies_are_free_and_only_copies_move_bytes():
    view = cost_of(aten.view.default)
    copy = cost_of(aten.cat.default)
    assert view.free
    assert view.view
    assert copy.free
    assert not copy.view


# --- outside knowledge ------------------------------------------------------------------------------------------------


def test_resnet50_costs_exactly_what_is_published():
    """4.089 GMAC: torchvision's ``ResNet50_Weights.DEFAULT.meta["_ops"]``; He et al. (2015), table 1, say 3.8 · 10⁹
    for the variant with the stride in the 1×1 convolution.
    """
    found = vision("resnet50")
    assert found.macs == 4_089_184_256
    assert found.flops == 2 * found.macs


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
    assert complete_trace_of(module, spec(1, 3, 224, 224)).flops == counter.get_total_flops()


def test_bert_costs_two_flops_per_weight_and_token_plus_attention():
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
    assert found.flops == 2 * matrices * sequence + 4 * sequence**2 * 48 * 3


def test_gpt2_costs_two_flops_per_weight_and_token_plus_attention():
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(n_layer=2, n_embd=32, n_head=2, vocab_size=100, n_positions=64)
    with on_meta():
        module = GPT2LMHeadModel(config).eval()
    sequence = 50
    found = complete_trace_of(module, spec(1, sequence, dtype="int64", name="input_ids"))
    blocks = 2 * (32 * 96 + 32 * 32 + 2 * 32 * 128)
    assert found.flops == 2 * (blocks + 32 * 100) * sequence + 4 * sequence**2 * 32 * 2
    assert found.untouched == ()

"""Labels as a reader of the code would write them."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from modelreport.trace.labels import MOST_LETTERS, label_of
from tests.trace.models import complete_trace_of, spec


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def label(module, *shape: int) -> str:
    module = module if isinstance(module, nn.Module) else Function(module)
    return complete_trace_of(module, spec(*shape)).operations[-1].label


@pytest.mark.parametrize(
    ("module", "shape", "expected"),
    [
        (nn.Conv2d(64, 64, 3, 2, 1, groups=32), (1, 64, 8, 8), "3×3, s2, p1, g32"),
        (nn.Conv2d(3, 8, (1, 7), padding=(0, 3), dilation=(1, 2)), (1, 3, 16, 16), "1×7, p0×3, d1×2"),
        (nn.Conv2d(3, 8, 3, padding="same"), (1, 3, 8, 8), "3×3, same"),
        (nn.Conv1d(3, 8, 5), (1, 3, 8), "5"),
        (nn.ConvTranspose2d(4, 8, 2, 2), (1, 4, 8, 8), "2×2, s2, transposed"),
        (nn.MaxPool2d(3, 2, 1), (1, 4, 8, 8), "3×3, s2, p1"),
        (nn.AvgPool2d(2), (1, 4, 8, 8), "2×2, s2"),
        (nn.AdaptiveAvgPool2d(1), (1, 4, 8, 8), "→ 1×1"),
        (nn.Linear(768, 3072), (1, 768), "768→3072"),
        (nn.BatchNorm2d(64), (1, 64, 2, 2), "64"),
        (nn.LayerNorm(768), (1, 768), "768"),
        (nn.GroupNorm(8, 64), (1, 64, 2, 2), "8 groups, 64"),
        (nn.Softmax(dim=-1), (1, 4), "dim=-1"),
        (nn.LeakyReLU(0.2), (1, 4), "negative_slope=0.2"),
        (nn.Upsample(scale_factor=2, mode="bilinear"), (1, 3, 4, 4), "→ 8×8, bilinear"),
        (lambda x: torch.cat([x, x], dim=1), (1, 4), "dim=1"),
        (lambda x: torch.cat([x, x], 1), (1, 4), "dim=1"),
        (lambda x: x.reshape(2, -1), (1, 4), "→ 2×2"),
        (lambda x: x.transpose(1, 2), (1, 4, 5), "1↔2"),
        (lambda x: x.permute(0, 2, 1), (1, 4, 5), "dims=(0, 2, 1)"),
        (lambda x: x.mean((1, 2)), (1, 4, 5), "dim=(1, 2)"),
        (lambda x: x * 0.125, (1, 4), "0.125"),
        (lambda x: x[:, 0], (1, 4), "[:, 0]"),
        (lambda x: x[..., ::2], (1, 4), "[…, ::2]"),
        (lambda x: x.half(), (1, 4), "→ float16"),
        (lambda x: x @ x.mT, (2, 4, 5), "2×4×5 · 2×5×4"),
        (
            lambda x: functional.scaled_dot_product_attention(x, x, x, is_causal=True),
            (1, 12, 9, 64),
            "12 heads × 64, 9→9, causal",
        ),
        (lambda x: torch.einsum("bij,bkj->bik", x, x), (1, 4, 5), "bij,bkj->bik"),
        (lambda x: x.chunk(2, dim=1), (1, 4), "2, dim=1"),
        (torch.relu, (1, 4), ""),
    ],
)
def test_labels_name_what_matters(module, shape, expected):
    assert label(module, *shape) == expected


def test_recurrent_layers_name_width_and_depth():
    found = complete_trace_of(nn.LSTM(40, 256, 3, bidirectional=True), spec(5, 1, 40))
    assert found.operations[-1].label == "40→256, 3 layers, bidirectional"


def test_embeddings_name_their_table():
    assert complete_trace_of(nn.Embedding(30522, 64), spec(1, 4, dtype="int64")).operations[0].label == "30522×64"


def test_long_labels_are_cut():
    assert len(label(lambda x: x.reshape([1] * 60 + [4]), 1, 4)) == MOST_LETTERS


def test_arguments_that_make_no_sense_give_no_label():
    assert label_of("conv2d", (), {}, []) == ""
    assert label_of("cat", (object(),), {"dim": "x"}, []) == ""

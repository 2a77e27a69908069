from __future__ import annotations

import pytest
from torch import nn

from modelreport.identify.construct import build_known
from modelreport.identify.leaves import Context, guess_leaf


def guess(path: str, module: nn.Module, context: Context | None = None) -> tuple[str, dict[str, object]]:
    own = {n: tuple(t.shape) for n, t in module.state_dict().items() if "." not in n}
    return guess_leaf(path, own, context or Context())


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("conv", nn.Conv2d(3, 8, 3)),
        ("conv", nn.Conv1d(3, 8, 3)),
        ("conv", nn.Conv3d(3, 8, 3)),
        ("up", nn.ConvTranspose2d(8, 3, 2)),
        ("fc", nn.Linear(3, 8)),
        ("blocks.0.attn.q_proj", nn.Linear(8, 8, bias=False)),
        ("lm_head", nn.Linear(8, 30000, bias=False)),
        ("embeddings.word_embeddings", nn.Embedding(100, 8)),
        ("transformer.wpe", nn.Embedding(16, 8)),
        ("tokens", nn.Embedding(30000, 8)),
        ("ln_1", nn.LayerNorm(8)),
        ("model.norm", nn.RMSNorm(8)),
        ("act", nn.PReLU()),
        ("lstm", nn.LSTM(4, 6, num_layers=2, bidirectional=True)),
        ("lstm", nn.LSTM(4, 6, proj_size=3)),
        ("rnn", nn.GRU(4, 6)),
        ("rnn", nn.RNN(4, 6)),
        ("cell", nn.LSTMCell(4, 6)),
        ("cell", nn.GRUCell(4, 6)),
        ("attn", nn.MultiheadAttention(8, 2)),
        ("attn", nn.MultiheadAttention(8, 2, kdim=4, vdim=4)),
        ("bn", nn.BatchNorm2d(8)),
        ("bn", nn.BatchNorm2d(8, affine=False)),
    ],
    ids=lambda v: type(v).__name__ if isinstance(v, nn.Module) else v,
)
def test_the_class_is_told_from_names_and_shapes(path: str, module: nn.Module) -> None:
    assert guess(path, module)[0] == type(module).__name__


def test_shapes_tell_the_attributes() -> None:
    assert guess("fc", nn.Linear(3, 8))[1] == {"in_features": 3, "out_features": 8}
    _, values = guess("lstm", nn.LSTM(4, 6, num_layers=2, bidirectional=True))
    assert values == {"input_size": 4, "hidden_size": 6, "num_layers": 2, "bidirectional": True}
    assert guess("cell", nn.GRUCell(4, 6))[1] == {"input_size": 4, "hidden_size": 6}


def test_batch_norm_has_the_dimensions_of_the_layer_before() -> None:
    context = Context()
    guess("a", nn.Conv3d(1, 4, 3), context)
    assert guess("b", nn.BatchNorm3d(4), context)[0] == "BatchNorm3d"
    guess("c", nn.Linear(4, 4), context)
    assert guess("d", nn.BatchNorm1d(4), context)[0] == "BatchNorm1d"


def test_a_depthwise_convolution_is_told_from_a_first_layer_with_one_channel() -> None:
    context = Context()
    assert "groups" not in guess("conv1", nn.Conv2d(1, 32, 3), context)[1]
    assert guess("conv2", nn.Conv2d(32, 32, 3, groups=32), context)[1]["groups"] == 32
    assert guess("conv3", nn.Conv2d(32, 64, 1), context)[1]["in_channels"] == 32


def test_names_and_shapes_that_tell_nothing_stay_a_plain_module() -> None:
    assert guess_leaf("x", {"gamma": (4,)}, Context())[0] == "Module"
    assert guess_leaf("x", {"weight": ()}, Context())[0] == "Module"
    assert guess_leaf("x", {"weight_ih_l0": (3,), "weight_hh_l0": (0, 0)}, Context())[0] == "Module"


@pytest.mark.parametrize(
    ("library", "name"), [("torchvision", "mobilenet_v2"), ("torchvision", "vit_b_16"), ("timm", "resnet18")]
)
def test_every_leaf_of_real_networks_is_told(library: str, name: str) -> None:
    module = build_known(library, name)
    context = Context()
    for path, leaf in module.named_modules():
        if isinstance(leaf, (nn.Conv2d, nn.Linear, nn.BatchNorm2d, nn.LayerNorm)):
            expected = type(leaf).__name__.replace("NonDynamicallyQuantizable", "")
            assert guess(path, leaf, context)[0] == expected, path

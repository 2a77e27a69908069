from __future__ import annotations

import pytest
from torch import Tensor, nn

from tests.identify.patterns.networks import TOKENS, Attend, Perceptron, stack
from tests.identify.patterns.sentences import paragraph_of
from tests.trace.models import spec


@pytest.mark.parametrize(
    ("norm", "words"),
    [
        ("pre", "A 3-layer pre-norm transformer encoder of width 32 with LayerNorm: in each layer self-attention"),
        ("post", "A 3-layer post-norm transformer encoder of width 32 with LayerNorm:"),
        ("both", "norms before and after each branch (LayerNorm)."),
        ("end", "a norm at the end of each branch (LayerNorm)."),
    ],
)
def test_the_place_of_the_norm_is_told(norm: str, words: str) -> None:
    assert words in paragraph_of(stack(3, norm), TOKENS)


def test_a_causal_stack_alone_is_a_decoder_with_its_heads() -> None:
    text = paragraph_of(stack(2, key_heads=1, causal=True), TOKENS)
    assert "A 2-layer pre-norm decoder-only transformer of width 32" in text
    assert "causal multi-query attention with 4 heads and 1 key-value head of width 8" in text


def test_attention_to_other_data_makes_a_decoder() -> None:
    class Decoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.own, self.other = nn.ModuleList(Attend() for _ in range(2)), nn.ModuleList(Attend() for _ in range(2))

        def forward(self, x: Tensor, memory: Tensor) -> Tensor:
            for own, other in zip(self.own, self.other, strict=True):
                x = x + own(x)
                x = x + other(x, memory)
            return x

    text = paragraph_of(Decoder(), spec(1, 10, 32, name="x"), spec(1, 12, 32, name="memory"))
    assert "A 2-layer transformer decoder of width 32" in text
    assert "self-attention with 4 heads of width 8 and cross-attention with as many heads" in text


def test_stages_are_told_in_one_sentence() -> None:
    net = nn.Sequential(stack(2, width=32), nn.Linear(32, 64), stack(3, width=64, heads=8))
    text = paragraph_of(net, TOKENS)
    assert "A pre-norm hierarchical transformer of 2 stages with 2 and 3 layers, widths 32 to 64" in text
    assert "4 to 8 heads of width 8" in text


def test_attention_outside_of_residual_blocks_is_counted_without_layers() -> None:
    text = paragraph_of(nn.Sequential(Attend(), Perceptron(), Attend()), TOKENS)
    assert text.startswith("A network with 2 attention layers of 4 heads of width 8 and 1 MLP.")


def test_layers_that_share_their_weights_say_so() -> None:
    class Again(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = stack(1)

        def forward(self, x: Tensor) -> Tensor:
            for _ in range(4):
                x = self.layer(x)
            return x

    text = paragraph_of(Again(), TOKENS)
    assert text.startswith("A 4-layer pre-norm transformer encoder")
    assert "all layers use the same weights" in text
    assert "all layers use the same weights" not in paragraph_of(stack(4), TOKENS)


def test_an_encoder_before_a_causal_model_is_no_stage_of_it() -> None:
    class Joined(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.eye, self.between, self.text = stack(2), nn.Linear(32, 64), stack(3, width=64, causal=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.text(self.between(self.eye(x)))

    text = paragraph_of(Joined(), TOKENS)
    assert "A 2-layer pre-norm transformer encoder of width 32" in text
    assert "A 3-layer pre-norm causal transformer of width 64" in text or "A 3-layer pre-norm decoder-only" in text

from __future__ import annotations

from torch import Tensor, nn

from tests.identify.patterns.networks import TOKENS, Layer, Perceptron, stack
from tests.identify.patterns.sentences import paragraph_of
from tests.identify.patterns.test_experts import Mixture


def test_one_perceptron_in_each_layer_is_told_once() -> None:
    text = paragraph_of(stack(3), TOKENS)
    assert "in each layer self-attention with 4 heads of width 8 and an MLP of inner width 96 (GELU)" in text


def test_different_perceptrons_say_in_how_many_layers_they_are() -> None:
    layers = [Layer(mlp=Perceptron(inner=64, gated=True) if i < 1 else Perceptron()) for i in range(3)]
    text = paragraph_of(nn.Sequential(*layers), TOKENS)
    assert "a gated MLP of inner width 64 (SiLU) in 1 layer" in text
    assert "an MLP of inner width 96 (GELU) in 2 layers" in text


def test_experts_say_how_many_are_chosen() -> None:
    text = paragraph_of(nn.Sequential(Layer(mlp=Mixture()), Layer(mlp=Mixture())), TOKENS)
    assert "4 experts of inner width 48, 2 chosen for each token" in text


def test_blocks_that_mix_tokens_and_features_in_turn_are_told_apart() -> None:
    class Mixer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tokens, self.features = Perceptron(10, 20), Perceptron(32, 64)

        def forward(self, x: Tensor) -> Tensor:
            x = x + self.tokens(x.mT).mT
            return x + self.features(x)

    text = paragraph_of(nn.Sequential(Mixer(), Mixer(), Mixer()), TOKENS)
    assert "of 3 blocks" in text
    assert "an MLP of inner width 20 (GELU) over tokens and an MLP of inner width 64 (GELU) over features" in text

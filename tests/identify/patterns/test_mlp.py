from __future__ import annotations

import pytest
from torch import Tensor, nn
from torch.nn import functional

from tests.identify.patterns.networks import TOKENS, Perceptron, parts_of
from tests.trace.models import spec


def test_two_linear_layers_with_an_activation_are_a_perceptron() -> None:
    (found,) = parts_of(Perceptron(32, 96), TOKENS).mlps
    assert found.widths == [32, 96, 32]
    assert (found.activation, found.gated) == ("GELU", False)


def test_a_gate_is_seen() -> None:
    (found,) = parts_of(Perceptron(32, 96, gated=True), TOKENS).mlps
    assert found.widths == [32, 96, 32]
    assert (found.activation, found.gated) == ("SiLU", True)


def test_one_weight_for_gate_and_value_is_a_gate_too() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up, self.down = nn.Linear(32, 128), nn.Linear(64, 32)

        def forward(self, x: Tensor) -> Tensor:
            a, b = self.up(x).chunk(2, -1)
            return self.down(functional.gelu(a) * b)

    (found,) = parts_of(Net(), TOKENS).mlps
    assert (found.widths, found.activation, found.gated) == ([32, 64, 32], "GELU", True)


def test_a_longer_row_is_one_perceptron() -> None:
    net = nn.Sequential(nn.Linear(20, 16), nn.ReLU(), nn.Dropout(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 3))
    (found,) = parts_of(net, spec(2, 20)).mlps
    assert found.widths == [20, 16, 8, 3]
    assert found.activation == "ReLU"


def test_pointwise_convolutions_in_a_row_are_a_perceptron() -> None:
    net = nn.Sequential(nn.Conv2d(8, 32, 1), nn.GELU(), nn.Conv2d(32, 8, 1))
    (found,) = parts_of(net, spec(1, 8, 6, 6)).mlps
    assert (found.widths, found.pointwise) == ([8, 32, 8], True)


class Product(nn.Module):
    """Two linear maps multiplied without an activation."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(32, 64), nn.Linear(32, 64), nn.Linear(64, 32)

    def forward(self, x: Tensor) -> Tensor:
        return self.c(self.a(x) * self.b(x))


class Apart(Product):
    """A gate of other data than what it gates."""

    def forward(self, x: Tensor) -> Tensor:
        return self.c(functional.silu(self.a(x)) * self.b(x.flip(1)))


class Bare(nn.Sequential):
    """Two linear layers and nothing between."""

    def __init__(self) -> None:
        super().__init__(nn.Linear(32, 64), nn.Linear(64, 32))


@pytest.mark.parametrize("near", [Product, Apart, Bare])
def test_what_is_no_perceptron_is_not_called_one(near: type[nn.Module]) -> None:
    assert parts_of(near(), TOKENS).mlps == []


def test_the_squeeze_of_a_fire_module_is_no_perceptron() -> None:
    class Fire(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.squeeze, self.one, self.three = nn.Conv2d(8, 4, 1), nn.Conv2d(4, 8, 1), nn.Conv2d(4, 8, 3, padding=1)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            y = functional.relu(self.squeeze(x))
            return self.one(y), self.three(y)

    assert parts_of(Fire(), spec(1, 8, 6, 6)).mlps == []

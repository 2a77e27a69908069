from __future__ import annotations

import torch
from torch import Tensor, nn

from tests.identify.patterns.networks import TOKENS, Perceptron, parts_of
from tests.trace.models import spec


class Mixed(nn.Module):
    """Data, stored numbers and constants side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.scale = nn.Linear(32, 32), nn.Parameter(torch.ones(32))

    def forward(self, x: Tensor) -> Tensor:
        y = x @ self.layer.weight.T  # 0, 1
        z = y * self.scale  # 2
        places = torch.arange(10).unsqueeze(-1)  # 3, 4
        return (z + places).view(10, 32) * y.view(10, 32)  # 5, 6, 7, 8


def test_stored_operands_are_told_from_data_and_constants() -> None:
    network = parts_of(Mixed(), TOKENS).network
    assert network.kinds == ["same", "linear", "scale", "other", "same", "scale", "same", "same", "mul"]
    assert [i for i, stored in enumerate(network.stored) if stored] == [0]
    assert [i for i, constant in enumerate(network.constant) if constant] == [0, 3, 4]
    assert network.features(1) == (32, 32)
    assert network.origin(6, ("same", "scale")) == 1


def test_ways_forward_and_back_agree() -> None:
    network = parts_of(nn.Sequential(Perceptron(), nn.Dropout(), Perceptron()), TOKENS).network
    first, last = 0, len(network.kinds) - 1
    assert network.between(-1, last) == set(range(last))
    assert network.between(last, first) is None
    assert network.ahead(2) == [4]  # over the drop-out
    assert network.enclosing([0, 2]) == "0"
    assert network.enclosing([0, last]) == ""


def test_features_are_those_of_the_data_and_proved_by_the_weight() -> None:
    network = parts_of(nn.Linear(20, 7), spec(2, 20)).network
    assert network.features(0) == (20, 7)

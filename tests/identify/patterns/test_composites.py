from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tests.identify.patterns.networks import TOKENS, parts_of


class Written(nn.Module):
    """A linear layer and a function written out in elementary operations."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.layer, self.weight, self.function = nn.Linear(32, 32), nn.Parameter(torch.ones(32)), function
        self.bias = nn.Parameter(torch.zeros(32))

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.layer(x)) * 2


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "GELU": lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))),
    "GELU by tanh": lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "SiLU": lambda x: x * torch.sigmoid(x),
    "quick GELU": lambda x: x * torch.sigmoid(1.702 * x),
    "Mish": lambda x: x * torch.tanh(nn.functional.softplus(x)),
}


@pytest.mark.parametrize("title", ACTIVATIONS)
def test_written_out_activations_are_known(title: str) -> None:
    network = parts_of(Written(ACTIVATIONS[title]), TOKENS).network
    assert [d for d, kind in zip(network.details, network.kinds, strict=True) if kind == "activation"] == [title]


@pytest.mark.parametrize("function", [lambda x: x * torch.cos(x), lambda x: x * x.sigmoid().mean(), lambda x: x * 3])
def test_other_products_are_no_activation(function: Callable[[Tensor], Tensor]) -> None:
    network = parts_of(Written(function), TOKENS).network
    assert not [
        d for d, kind in zip(network.details, network.kinds, strict=True) if kind == "activation" and "SiLU" in d
    ]


class Norm(Written):
    """A norm of the root mean square, or of the deviation."""

    def __init__(self, *, centred: bool, last: bool = True) -> None:
        super().__init__(torch.clone)
        self.centred, self.axis = centred, -1 if last else 1

    def forward(self, x: Tensor) -> Tensor:
        y = self.layer(x)
        y = y - y.mean(-1, keepdim=True) if self.centred else y
        return y * torch.rsqrt(y.pow(2).mean(self.axis, keepdim=True) + 1e-6) * self.weight + self.bias


@pytest.mark.parametrize(("centred", "title"), [(False, "RMSNorm"), (True, "LayerNorm")])
def test_written_out_norms_are_known(centred: bool, title: str) -> None:
    network = parts_of(Norm(centred=centred), TOKENS).network
    (last,) = [index for index, kind in enumerate(network.kinds) if kind == "norm"]
    assert network.details[last] == title
    assert network.origin(network.sources[last][0]) == 0  # the linear layer
    assert set(network.kinds[1:last]) == {"inner"}


def test_a_mean_over_places_is_no_norm_of_features() -> None:
    assert "norm" not in parts_of(Norm(centred=False, last=False), TOKENS).network.kinds

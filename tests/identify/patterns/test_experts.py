from __future__ import annotations

import torch
from torch import Tensor, nn

from tests.identify.patterns.networks import TOKENS, Perceptron, parts_of


class Mixture(nn.Module):
    """Four experts with stacked weights, the best two of each token; ``rank`` only sorts the scores."""

    def __init__(self, rank: bool = False) -> None:
        super().__init__()
        self.mixture = nn.Module()
        self.mixture.router = nn.Linear(32, 4)
        self.up, self.down = nn.Parameter(torch.zeros(4, 32, 48)), nn.Parameter(torch.zeros(4, 48, 32))
        self.rank = rank

    def forward(self, x: Tensor) -> Tensor:
        scores = self.mixture.router(x).softmax(-1)
        weights, _ = scores.topk(2, -1)
        if self.rank:
            return x * weights.sum(-1, keepdim=True)
        flat = x.view(1, 10, 32).expand(4, 10, 32)
        return (torch.bmm(torch.bmm(flat, self.up).relu(), self.down) * weights.sum()).sum(0, keepdim=True)


def test_a_router_and_stacked_weights_are_a_mixture_of_experts() -> None:
    (found,) = parts_of(Mixture(), TOKENS).experts
    assert (found.experts, found.chosen, found.width, found.inner) == (4, 2, 32, 48)
    assert found.proof == "weights"


def test_the_best_scores_alone_are_none() -> None:
    assert parts_of(Mixture(rank=True), TOKENS).experts == []


def test_as_many_equal_modules_as_scores_are_experts_too() -> None:
    class Listed(nn.Module):
        def __init__(self, count: int) -> None:
            super().__init__()
            self.gate, self.experts = nn.Linear(32, 4), nn.ModuleList(Perceptron() for _ in range(count))

        def forward(self, x: Tensor) -> Tensor:
            weights, _ = self.gate(x).softmax(-1).topk(2, -1)
            return sum(expert(x) * weights[..., :1] for expert in self.experts)  # type: ignore[return-value]

    class Block(nn.Module):
        def __init__(self, count: int) -> None:
            super().__init__()
            self.moe = Listed(count)

        def forward(self, x: Tensor) -> Tensor:
            return x + self.moe(x)

    (found,) = parts_of(Block(4), TOKENS).experts
    assert (found.experts, found.chosen, found.proof) == (4, 2, "modules")
    assert parts_of(Block(3), TOKENS).experts == []

"""A small transformer trained on scikit-learn's digits: a real checkpoint to plant faults in."""

from __future__ import annotations

import copy
from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

WIDTH, DEPTH, HEADS = 64, 6, 4
STEPS = 150


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (layer(x).unflatten(-1, (HEADS, -1)).transpose(1, 2) for layer in (self.q, self.k, self.v))
        y: Tensor = self.o(nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return y


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attn = Attention()
        self.up, self.down = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        y: Tensor = x + self.down(nn.functional.gelu(self.up(self.norm2(x))))
        return y


class DigitsTransformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(1, WIDTH, 4, 4)
        self.position = nn.Parameter(torch.randn(4, WIDTH) * 0.02)
        self.blocks = nn.ModuleList(Block() for _ in range(DEPTH))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch(x).flatten(2).transpose(1, 2) + self.position
        for block in self.blocks:
            x = block(x)
        y: Tensor = self.head(self.norm(x).mean(1))
        return y


def train(frozen: str = "", steps: int = STEPS) -> dict[str, Any]:
    """A training checkpoint: weights, AdamW's state, averaged weights. Same bytes every time on one machine.

    Parameters whose names begin with ``frozen`` are held by the optimizer and never get a gradient.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # operations this small lose by more, and sums keep their order
    try:
        return _train(frozen, steps)
    finally:
        torch.set_num_threads(threads)


def _train(frozen: str, steps: int) -> dict[str, Any]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = DigitsTransformer()
    digits, labels = load_digits(return_X_y=True)
    images = torch.tensor(digits, dtype=torch.float32).reshape(-1, 1, 8, 8) / 8 - 1
    targets = torch.tensor(labels)
    optimizer = torch.optim.AdamW(model.parameters(), 5e-3, weight_decay=1.0, fused=True)
    average = copy.deepcopy(model.state_dict())
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not (frozen and name.startswith(frozen)))
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        chosen = torch.randint(0, 1500, (48,), generator=generator)
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images[chosen]), targets[chosen]).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        for name, value in model.state_dict().items():
            average[name].lerp_(value, 0.05)
    with torch.no_grad():
        right = (model(images[1500:]).argmax(1) == targets[1500:]).double().mean()
    return {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "ema": average,
        "epoch": steps // 24,
        "accuracy": float(right),
    }

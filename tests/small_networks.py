"""A convolutional and a recurrent network trained on scikit-learn's digits: real checkpoints to plant faults in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

CHANNELS, BLOCKS, HIDDEN = 32, 6, 64


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(CHANNELS)
        self.conv2 = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(CHANNELS)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(x + self.bn2(self.conv2(y)))


class DigitsCNN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, CHANNELS, 3, padding=1)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.fc = nn.Linear(CHANNELS, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.stem(x))
        for block in self.blocks:
            x = block(x)
        y: Tensor = self.fc(x.mean((2, 3)))
        return y


class DigitsLSTM(nn.Module):
    """The rows of the picture are the steps."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, HIDDEN, num_layers=6, batch_first=True)
        self.fc = nn.Linear(HIDDEN, 10)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(self.lstm(x[:, 0])[0].mean(1))
        return y


def train(make: Callable[[], nn.Module], optimizer: Callable[[list[nn.Parameter]], Any], steps: int) -> dict[str, Any]:
    """A training checkpoint. Same bytes every time on one machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # operations this small lose by more, and sums keep their order
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return _train(make(), optimizer, steps)
    finally:
        torch.set_num_threads(threads)


def _train(model: nn.Module, make: Callable[[list[nn.Parameter]], Any], steps: int) -> dict[str, Any]:
    pixels, labels = load_digits(return_X_y=True)
    images = torch.tensor(pixels, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16
    targets = torch.tensor(labels)
    optimizer = make(list(model.parameters()))
    for _ in range(steps):
        chosen = torch.randint(0, 1500, (32,))
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images[chosen]), targets[chosen]).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = (model(images[1500:]).argmax(1) == targets[1500:]).double().mean()
    return {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "accuracy": float(right), "step": steps}

"""Optimizers of torch that are fed known gradients, with what each step did to the weight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from modelreport.checkpoint import LazyTensor, Storage
from modelreport.measure.updates import Memory, read_memory

SHAPE = (40, 30)

Make = Callable[[list[torch.nn.Parameter]], torch.optim.Optimizer]


def lazy(tensor: Tensor) -> LazyTensor:
    """A tensor as the loader gives it."""
    flat = tensor.detach().contiguous()
    raw = flat.reshape(-1).view(torch.uint8).numpy().tobytes()
    return LazyTensor(
        "", str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape), Storage(memoryview(raw), 0, len(raw))
    )


def rms(tensor: Any) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(np.asarray(tensor, np.float64)))))


@dataclass(frozen=True)
class Fed:
    """What happened."""

    memory: Memory
    """What the state says."""
    changes: list[Tensor]
    """What each step did to the weight."""
    gradients: list[Tensor]
    weight: Tensor
    """After the last step."""

    def change(self, last: int = 1) -> float:
        """RMS of the last steps together."""
        return rms(torch.stack(self.changes[-last:]))


def growing(step: int) -> Tensor:
    """Independent gradients, each step's larger than those before it."""
    return torch.randn(SHAPE, dtype=torch.float64) * (1 + step) * 1e-3


def noise(_: int) -> Tensor:
    """Independent gradients of one size."""
    return torch.randn(SHAPE, dtype=torch.float64) * 1e-2


def constant(_: int) -> Tensor:
    """The same gradient at every step."""
    return torch.randn(SHAPE, dtype=torch.float64, generator=torch.Generator().manual_seed(5))


def feed(make: Make, gradient: Callable[[int], Tensor] = growing, steps: int = 20, shape: Any = SHAPE) -> Fed:
    """Let an optimizer take some steps, and read its state as from a file."""
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(shape, dtype=torch.float64))
    optimizer = make([weight])
    gradients, changes = [], []
    for step in range(steps):
        weight.grad = gradient(step)
        gradients.append(weight.grad.clone())
        before = weight.detach().clone()
        optimizer.step()
        changes.append(weight.detach() - before)
    saved = optimizer.state_dict()
    state = {k: lazy(v) if isinstance(v, Tensor) else v for k, v in saved["state"].get(0, {}).items() if v is not None}
    settings = {k: v for k, v in saved["param_groups"][0].items() if k != "params"}
    kind = type(optimizer).__name__
    memory = read_memory(kind, state, settings, tuple(weight.shape), rms(weight.detach()))
    return Fed(memory, changes, gradients, weight.detach())

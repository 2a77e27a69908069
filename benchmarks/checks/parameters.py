"""Parameters and buffers in the report against sums over the tensors themselves and against hand sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from modelreport.facts import Structure
from modelreport.identify import describe, identify
from modelreport.load import open_object
from modelreport.options import Options


@dataclass(frozen=True)
class Sums:
    """What is compared."""

    parameters: int
    trainable: int
    buffers: int
    size_bytes: int
    dtypes: dict[str, int]


def of_report(structure: Structure) -> Sums:
    """As the report has it."""
    return Sums(
        structure.parameters, structure.trainable or 0, structure.buffers, structure.size_bytes,
        {total.dtype: total.count for total in structure.dtypes},
    )  # fmt: skip


def of_torch(module: nn.Module) -> Sums:
    """As torch's own lists have it: ``named_parameters`` and the buffers of the state dict, tied ones once."""
    parameters = list(module.parameters())
    kept = set(module.state_dict())
    buffers = [b for name, b in module.named_buffers() if name in kept]
    dtypes: Counter[str] = Counter()
    for tensor in [*parameters, *buffers]:
        dtypes[str(tensor.dtype).removeprefix("torch.")] += tensor.numel()
    return Sums(
        sum(p.numel() for p in parameters), sum(p.numel() for p in parameters if p.requires_grad),
        sum(b.numel() for b in buffers), sum(t.nbytes for t in [*parameters, *buffers]), dict(dtypes),
    )  # fmt: skip


class Tied(nn.Module):
    """A small language model: output tied to the embedding, one frozen matrix, one in half precision."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(100, 8)
        self.frozen = nn.Linear(8, 8, bias=False).requires_grad_(requires_grad=False)
        self.half = nn.Linear(8, 8).bfloat16()
        self.norm = nn.BatchNorm1d(8)
        self.head = nn.Linear(8, 100, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.frozen(self.embedding(x))
        return self.head(self.half(x.bfloat16()).float())


TIED = Sums(
    800 + 64 + 72 + 16, 800 + 72 + 16, 8 + 8 + 1, 4 * (800 + 64 + 16) + 2 * 72 + 4 * 16 + 8,
    {"float32": 800 + 64 + 16 + 16, "bfloat16": 72, "int64": 1},
)  # fmt: skip
"""By hand: embedding once, frozen 8·8, half 8·8 + 8, norm 2·8 and its mean, variance and counter."""


def check(make: Callable[[], Any], by_hand: Sums | None = None) -> tuple[Sums, Sums, bool]:
    """The report's sums, torch's, and whether they are equal, to each other and to those by hand."""
    module = make().eval()
    with open_object(module, Options()) as checkpoint:
        ours = of_report(describe(checkpoint, identify(checkpoint, Options())))
    theirs = of_torch(module)
    return ours, theirs, ours == theirs and by_hand in (None, ours)

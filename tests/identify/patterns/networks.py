"""Small networks whose heads, gates and norms are known, and their parts as recognised."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from modelreport.checkpoint import Model
from modelreport.facts import Identification, Structure, TensorSpec, Trace
from modelreport.identify import describe
from modelreport.identify.patterns.parts import Parts, find_parts
from modelreport.load import open_object
from modelreport.options import Options
from tests.trace.models import complete_trace_of, spec

TOKENS = spec(1, 10, 32)


def facts_of(module: nn.Module, *inputs: TensorSpec) -> tuple[Structure, Trace]:
    """Structure and trace of a module on the meta device."""
    module = module.eval()
    trace = complete_trace_of(module, *inputs)
    with open_object(module, Options()) as checkpoint:
        model = Model(identification=Identification(name="m", library="", how="live"), module=module)
        return describe(checkpoint, model), trace


def parts_of(module: nn.Module, *inputs: TensorSpec) -> Parts:
    structure, trace = facts_of(module, *inputs)
    return find_parts(trace, structure)


class Attend(nn.Module):
    """Attention written out, or by torch's fused function; ``memory`` makes it cross-attention."""

    def __init__(
        self, width: int = 32, heads: int = 4, key_heads: int = 0, fused: bool = True, causal: bool = False
    ) -> None:
        super().__init__()
        self.heads, self.key_heads = heads, key_heads or heads
        self.size, self.fused, self.causal = width // heads, fused, causal
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(width, self.size * self.key_heads)
        self.v = nn.Linear(width, self.size * self.key_heads)
        self.o = nn.Linear(width, width)

    def cut(self, x: Tensor, heads: int) -> Tensor:
        return x.view(x.shape[0], x.shape[1], heads, self.size).transpose(1, 2)

    def forward(self, x: Tensor, memory: Tensor | None = None) -> Tensor:
        other = x if memory is None else memory
        q, k, v = (
            self.cut(self.q(x), self.heads),
            self.cut(self.k(other), self.key_heads),
            self.cut(self.v(other), self.key_heads),
        )
        if self.fused:
            y = functional.scaled_dot_product_attention(
                q, k, v, is_causal=self.causal, enable_gqa=self.heads != self.key_heads
            )
        else:
            copies = self.heads // self.key_heads
            if copies > 1:
                k = k[:, :, None].expand(-1, -1, copies, -1, -1).reshape(x.shape[0], self.heads, -1, self.size)
                v = v[:, :, None].expand(-1, -1, copies, -1, -1).reshape(x.shape[0], self.heads, -1, self.size)
            scores = q @ k.transpose(-1, -2) / math.sqrt(self.size)
            if self.causal:
                mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
                scores = scores.masked_fill(~mask, float("-inf"))
            y = scores.softmax(-1) @ v
        return self.o(y.transpose(1, 2).reshape(x.shape))


class Perceptron(nn.Module):
    """A perceptron of inner width ``inner``, gated or not."""

    def __init__(self, width: int = 32, inner: int = 96, gated: bool = False) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)
        self.gate = nn.Linear(width, inner) if gated else None

    def forward(self, x: Tensor) -> Tensor:
        up = self.up(x)
        inner = functional.gelu(up) if self.gate is None else functional.silu(self.gate(x)) * up
        return self.down(inner)


class Layer(nn.Module):
    """A transformer layer with its norm ``pre``, ``post``, ``both`` or at the ``end`` of its branches."""

    def __init__(self, norm: str = "pre", width: int = 32, mlp: nn.Module | None = None, **attention: object) -> None:
        super().__init__()
        self.norm = norm
        self.attend = Attend(width, **attention)  # type: ignore[arg-type]
        self.mlp = mlp or Perceptron(width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(4))

    def add(self, x: Tensor, branch: nn.Module, first: int) -> Tensor:
        before, after = self.norms[first], self.norms[first + 1]
        if self.norm == "post":
            return before(x + branch(x))
        y = branch(before(x)) if self.norm in {"pre", "both"} else branch(x)
        return x + (after(y) if self.norm in {"both", "end"} else y)

    def forward(self, x: Tensor) -> Tensor:
        return self.add(self.add(x, self.attend, 0), self.mlp, 2)


def stack(count: int = 3, norm: str = "pre", **more: object) -> nn.Module:
    """Layers in a row."""
    return nn.Sequential(*(Layer(norm, **more) for _ in range(count)))  # type: ignore[arg-type]

"""Low-rank layers (LoRA) put into a module on the meta device: the output of the layer, plus that of the pair.

The pair of a layer with weight W is A (rank × inputs) and B (outputs × rank): y = W x + (alpha / rank) B A x.
Source: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, 2021; names as the library peft writes them.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelreport.checkpoint import LazyTensor

_NAME = re.compile(
    r"(?P<path>.+)\.(?:lora_(?P<part>A|B|down|up|embedding_A|embedding_B|magnitude_vector)|(?P<scale>alpha))"
    r"(?:\.(?!weight$|bias$)\w+)?(?:\.(?:weight|bias))?"
)
_PART = {"down": "A", "up": "B", "embedding_A": "A", "embedding_B": "B", "magnitude_vector": "magnitude"}
PREFIXES = ("base_model.model.", "base_model.")
_LONGEST = 1000


@dataclass
class Pair:
    """The low-rank pair of one layer, by the path that the file gives it."""

    path: str
    tensors: dict[str, LazyTensor] = field(default_factory=dict)
    """``A``, ``B`` and, for DoRA, ``magnitude``."""
    scale: LazyTensor | None = None
    """The alpha of other libraries than peft, one number beside each pair."""

    @property
    def rank(self) -> int:
        """Rank of the pair."""
        return self.tensors["A"].shape[0] if self.tensors["A"].shape else 0

    @property
    def parameters(self) -> int:
        """Elements of its tensors."""
        return sum(t.count for t in self.tensors.values())


def pairs_in(tensors: Iterable[LazyTensor]) -> tuple[list[Pair], list[LazyTensor]]:
    """The low-rank pairs among the tensors of a file, and what is left."""
    pairs: dict[str, Pair] = {}
    rest: list[LazyTensor] = []
    for tensor in tensors:
        found = _NAME.fullmatch(tensor.name) if len(tensor.name) < _LONGEST else None
        if found is None:
            rest.append(tensor)
        else:
            pair = pairs.setdefault(found["path"], Pair(found["path"]))
            if found["scale"]:
                pair.scale = tensor
            else:
                pair.tensors[_PART.get(found["part"], found["part"])] = tensor
    whole = [p for p in pairs.values() if {"A", "B"} <= p.tensors.keys()]
    for pair in pairs.values():
        if not {"A", "B"} <= pair.tensors.keys():
            rest += [*pair.tensors.values(), *([pair.scale] if pair.scale is not None else [])]
    return whole, rest


def insert(module: Any, pair: Pair, path: str, scale: float) -> bool:
    """Put a pair around the layer at ``path`` of a module; ``False``, and nothing changed, where it does not fit."""
    try:
        layer = module.get_submodule(path)
    except AttributeError:
        return False
    made = _wrapped(layer, pair, scale)
    if made is None:
        return False
    parent, _, name = path.rpartition(".")
    setattr(module.get_submodule(parent), name, made)
    return True


def scale_of(pair: Pair, config: Mapping[str, Any]) -> float:
    """``alpha / rank`` of a pair, ``alpha / sqrt(rank)`` for rsLoRA; 1 where the configuration does not say."""
    alpha = config.get("lora_alpha")
    patterns = config.get("alpha_pattern")
    for pattern, value in patterns.items() if isinstance(patterns, dict) else ():
        if pair.path == pattern or pair.path.endswith(f".{pattern}"):
            alpha = value
    if not isinstance(alpha, (int, float)) or not pair.rank:
        return 1.0
    return float(alpha) / (math.sqrt(pair.rank) if config.get("use_rslora") else pair.rank)


def _wrapped(layer: Any, pair: Pair, scale: float) -> Any:
    """The layer with the pair, or ``None`` where shapes or kind do not suit."""
    from torch import nn

    down, up = pair.tensors["A"].shape, pair.tensors["B"].shape
    weight = getattr(layer, "weight", None)
    if weight is None or len(down) < 2 or len(up) < 2 or up[1] != down[0]:
        return None
    shape = tuple(weight.shape)
    if isinstance(layer, nn.Linear):
        fits = shape == (up[0], down[1])
    elif (type(layer).__name__ == "Conv1D" and len(shape) == 2) or isinstance(
        layer, nn.Embedding
    ):  # GPT-2's linear layer, its weight transposed
        fits = shape == (down[1], up[0])
    elif isinstance(layer, nn.Conv2d):
        fits = len(down) == 4 and (up[0], *down[1:]) == shape
    else:
        return None
    return _classes()(layer, pair, scale) if fits else None


@functools.cache
def _classes() -> type[Any]:
    """The wrapper's class, made when torch is there."""
    import torch
    from torch import nn
    from torch.nn import functional

    class Lora(nn.Module):
        """A layer and its low-rank pair."""

        def __init__(self, layer: Any, pair: Pair, scale: float) -> None:
            super().__init__()
            self.base_layer, self.scale = layer, scale
            for name, tensor in pair.tensors.items():
                dtype = getattr(torch, tensor.dtype, torch.float32)
                empty = torch.empty(tensor.shape, dtype=dtype, device="meta")
                value = nn.Parameter(empty, requires_grad=dtype.is_floating_point)
                self.register_parameter(f"lora_{name}", value)

        def __getattr__(self, name: str) -> Any:
            try:
                return super().__getattr__(name)
            except AttributeError:  # what other code reads of the layer: its sizes, its weight
                return getattr(super().__getattr__("base_layer"), name)

        def forward(self, x: Any, *args: Any, **kwargs: Any) -> Any:
            """The layer's output, plus the pair's."""
            layer = self.base_layer
            out = layer(x, *args, **kwargs)
            down, up = self.lora_A, self.lora_B
            if isinstance(layer, nn.Embedding):
                low = functional.embedding(x, down.to(out.dtype).t())
                added = functional.linear(low, up.to(out.dtype))
            elif isinstance(layer, nn.Conv2d):
                low = functional.conv2d(x, down.to(x.dtype), None, layer.stride, layer.padding, layer.dilation)
                added = functional.conv2d(low, up.to(x.dtype).reshape(*up.shape[:2], 1, 1))
            else:
                added = functional.linear(functional.linear(x, down.to(x.dtype)), up.to(x.dtype))
            out = out + added * self.scale
            return out * self.lora_magnitude.to(out.dtype) if hasattr(self, "lora_magnitude") else out

    return Lora

"""Which tensors of a file are the factors of which layer's change, in the names that several libraries give them.

LoRA (Hu et al. 2021) and DoRA (Liu et al. 2024) as peft, diffusers and kohya-ss write them, LoHa (Hyeon-Woo et al.
2022) and LoKr (Yeh et al. 2023) as LyCORIS and peft do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelreport.checkpoint import LazyTensor

PREFIXES = ("base_model.model.", "base_model.")
_NAME = re.compile(
    r"(?P<path>.+)[._](?P<part>lora_(?:A|B|down|up|mid|embedding_A|embedding_B|magnitude_vector)|dora_scale|alpha"
    r"|lora(?:_linear_layer)?\.(?:down|up)|hada_(?:w[12]_[ab]|t[12])|lokr_(?:w[12](?:_[ab])?|t2))"
    r"(?:\.(?!weight$|bias$)(?P<adapter>\w+))?(?:\.weight)?"
)
_PARTS = {
    "lora_A": "down", "lora_B": "up", "lora_embedding_A": "down", "lora_embedding_B": "up", "lora_down": "down",
    "lora_up": "up", "lora.down": "down", "lora.up": "up", "lora_linear_layer.down": "down",
    "lora_linear_layer.up": "up", "lora_mid": "mid", "lora_magnitude_vector": "magnitude", "dora_scale": "magnitude",
}  # fmt: skip
_LONGEST = 1000


@dataclass
class Factors:
    """The tensors that make the change of one layer."""

    path: str
    """As the file names the layer, without the prefix that peft adds."""
    parts: dict[str, LazyTensor] = field(default_factory=dict)
    """``down`` and ``up`` (and ``mid``, ``magnitude``), or those of LoHa and LoKr by their own names; ``alpha``."""
    peft: bool = False
    """Whether the names are peft's, whose alpha lies in a configuration; the others' lies in the file."""

    @property
    def kind(self) -> str:
        """How the change is made of the factors; empty when factors are missing."""
        if {"down", "up"} <= self.parts.keys():
            return "DoRA" if "magnitude" in self.parts else "LoRA"
        if {f"hada_w{i}_{side}" for i in "12" for side in "ab"} <= self.parts.keys():
            return "LoHa"
        whole = all(f"lokr_w{i}" in self.parts or {f"lokr_w{i}_a", f"lokr_w{i}_b"} <= self.parts.keys() for i in "12")
        return "LoKr" if whole else ""

    @property
    def rank(self) -> int:
        """Size that the factors share; 0 for a Kronecker product of two whole matrices."""
        name = {"LoHa": "hada_w1_b", "LoKr": "lokr_w2_b" if "lokr_w2_b" in self.parts else "lokr_w1_b"}.get(
            self.kind, "down"
        )
        tensor = self.parts.get(name)
        return tensor.shape[0] if tensor is not None and tensor.shape else 0

    @property
    def parameters(self) -> int:
        """Elements of the factors."""
        return sum(tensor.count for name, tensor in self.parts.items() if name != "alpha")


def factors_in(tensors: Iterable[LazyTensor]) -> tuple[list[Factors], list[LazyTensor]]:
    """The changes whose factors are all there, in the order of the file, and the tensors that belong to none."""
    found: dict[tuple[str, str], Factors] = {}
    owners: list[tuple[LazyTensor, tuple[str, str] | None]] = []
    for tensor in tensors:
        match = _NAME.fullmatch(tensor.name) if len(tensor.name) < _LONGEST else None
        if match is None:
            owners.append((tensor, None))
            continue
        part, path = match["part"], match["path"]
        key = (path, "" if part in ("alpha", "dora_scale") else match["adapter"] or "")
        made = found.setdefault(key, Factors(without_prefix(path)))
        made.parts.setdefault(_PARTS.get(part, part), tensor)
        made.peft = made.peft or part in ("lora_A", "lora_B", "lora_embedding_A", "lora_embedding_B")
        owners.append((tensor, key))
    whole = {key for key, made in found.items() if made.kind}
    return [made for key, made in found.items() if key in whole], [t for t, key in owners if key not in whole]


def without_prefix(path: str) -> str:
    """The path of a layer without what peft puts before it."""
    prefix = next((p for p in PREFIXES if path.startswith(p)), "")
    return path.removeprefix(prefix)


def alpha_of(factors: Factors, config: Mapping[str, Any], stored: float | None) -> float | None:
    """The alpha in the file, else the configuration's for this layer."""
    if stored is not None:
        return stored
    alpha = config.get("lora_alpha", config.get("alpha"))
    patterns = config.get("alpha_pattern")
    for pattern, value in patterns.items() if isinstance(patterns, dict) else ():
        if isinstance(pattern, str) and _fits(pattern, factors.path):
            alpha = value
    if isinstance(alpha, bool) or not isinstance(alpha, (int, float)) or not math.isfinite(alpha):
        return None
    return float(alpha)


def _fits(pattern: str, path: str) -> bool:
    """Whether a key of a pattern means this layer: its whole name, or its end. Keys that are expressions fit none."""
    plain = pattern.removeprefix("^").replace("\\.", ".")
    return path == plain or (not pattern.startswith("^") and path.endswith(f".{plain}"))


def scale_of(factors: Factors, config: Mapping[str, Any], alpha: float | None) -> float | None:
    """What the product is multiplied by: alpha / rank, alpha / √rank for rank-stabilised LoRA (Kalajdzievski 2023).

    Files of other libraries than peft without an alpha mean a factor of 1 (kohya-ss, diffusers); ``None`` where it is
    not known. A Kronecker product of two whole matrices has no rank of its own: LyCORIS sets alpha to it.
    """
    rank = factors.rank
    if not rank and factors.kind == "LoKr":
        given = config.get("r")
        if alpha is None or "alpha" in factors.parts or not isinstance(given, int) or given < 1:
            return 1.0
        rank = given
    if alpha is None:
        return None if factors.peft or config else 1.0
    if rank < 1:
        return None
    return alpha / (math.sqrt(rank) if config.get("use_rslora") is True else rank)

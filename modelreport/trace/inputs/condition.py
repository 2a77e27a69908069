"""Vectors of another model that steer a network, such as those of a text that an image is made for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from modelreport.trace.dummies import Dummy

TOKENS = 77
"""Vectors that CLIP's text encoder makes of any text (Radford et al. 2021), as latent diffusion takes them."""
_NAMES = re.compile(
    r"encoder_hidden_states|context|cond(itioning)?(_embeds?)?|(text|prompt|caption)_?(embeds?|embeddings?|states)"
)
_WIDTHS = ("encoder_hid_dim", "joint_attention_dim", "caption_channels", "cross_attention_dim", "context_dim")
"""Settings that say how wide such vectors are; those before a projection of the network's own come first."""
_QUERY, _KEY = ("to_q", "q_proj", "query", "q"), ("to_k", "k_proj", "key", "k")
_CROSS = re.compile(r"(^|\.|_)(cross|attn2|xattn|encoder_attn)")


def condition_of(name: str, module: Any) -> Dummy | None:
    """One sequence of vectors as wide as the module's configuration or its layers say, for an argument of that kind."""
    width = (_stated(module) or _shown(module)) if _NAMES.fullmatch(name) else 0
    return Dummy((1, TOKENS, width)) if width else None


def setting(module: Any, *names: str) -> Any:
    """The first of these settings that the configuration of the module has: an object or a mapping."""
    config = getattr(module, "config", None)
    found = (config.get(n) if isinstance(config, Mapping) else getattr(config, n, None) for n in names)
    return next((value for value in found if value is not None), None)


def _stated(module: Any) -> int:
    value = setting(module, *_WIDTHS)
    while isinstance(value, (list, tuple)) and value:  # one for each block
        value = value[0]
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _shown(module: Any) -> int:
    """What keys of attention are made from, where that is not what queries are made from or its name says cross."""
    named = 0
    for path, part in module.named_modules():
        query, key = _of(part, _QUERY), _of(part, _KEY)
        if getattr(part, "kdim", None) and hasattr(part, "embed_dim"):
            query, key = int(part.embed_dim), int(part.kdim)
        if query and key and query != key:
            return key
        named = named or (key if _CROSS.search(path) else 0)
    return named


def _of(part: Any, names: tuple[str, ...]) -> int:
    """Numbers that the linear layer of one of these names reads; 0 without one."""
    found = (getattr(getattr(part, name, None), "weight", None) for name in names)
    weight: Any = next((w for w in found if hasattr(w, "dim")), None)
    return int(weight.shape[1]) if weight is not None and weight.dim() == 2 else 0

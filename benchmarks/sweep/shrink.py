"""Configurations of transformers made small: few layers and experts; widths stay, so that nothing stops dividing."""

from __future__ import annotations

import re
from typing import Any

LAYERS, EXPERTS, WORDS = 2, 8, 32_000
_DEPTH = re.compile(
    r"^(num_(hidden|decoder|encoder|text|vision|audio|mel|hidden_decoder|hidden_encoder)?_?layers|n_layers?|num_blocks"
    r"|(encoder|decoder|text_encoder|speech_encoder|depth|text|vision|audio|prior_encoder)_layers"
    r"|num_(hidden|block|attention|transformer|codebook)_?layers|depth|encoder_num_layers|decoder_num_layers)$"
)
_EXPERTS = re.compile(r"^(num_(local_|routed_)?experts|n_routed_experts|moe_num_experts)$")
_PER_LAYER = re.compile(r"^(layer_types|layers_block_type|mlp_layer_types|block_types|attention_types|layer_type)$")


def shrunk(config: Any) -> Any:
    """The configuration with at most two layers and eight experts at every level; changed in place and returned."""
    for level in levels(config):
        for key, value in list(vars(level).items()):
            if isinstance(value, bool):
                continue
            if isinstance(value, int):
                limit = LAYERS if _DEPTH.match(key) else EXPERTS if _EXPERTS.match(key) else None
                if limit is not None and value > limit:
                    setattr(level, key, limit)
            elif isinstance(value, (list, tuple)) and _PER_LAYER.match(key) and len(value) > LAYERS:
                setattr(level, key, _kinds(value))
    return config


def _kinds(values: Any) -> Any:
    """Two entries of a list with one for each layer: the first, and the first that differs."""
    other = next((v for v in values if v != values[0]), values[0])
    return type(values)([values[0], other])


def levels(config: Any) -> list[Any]:
    """The configuration and those inside it."""
    found, todo = [], [config]
    while todo and len(found) < 64:
        level = todo.pop(0)
        found.append(level)
        todo += [v for v in vars(level).values() if hasattr(v, "to_dict") and hasattr(v, "model_type")]
    return found


_MISSING = {"num_experts_per_tok": 2, "moe_topk": 2, "n_group": 1, "topk_group": 1, "num_experts_per_token": 2}
"""Settings that some default configurations leave open, and that every published one has."""


def completed(config: Any) -> Any:
    """The configuration with what its default leaves open, its parts made to fit each other; changed in place.

    A vision part that states the width it gives its vectors is given the width of the text part.
    """
    inner = {key: value for key, value in vars(config).items() if hasattr(value, "to_dict")}
    for level in levels(config):
        for key, value in _MISSING.items():
            if key in vars(level) and getattr(level, key) is None:
                setattr(level, key, value)
        _sections(level)
    text = inner.get("text_config")
    for name in ("vision_config", "audio_config"):
        part = inner.get(name)
        if part is not None and text is not None and hasattr(part, "out_hidden_size") and hasattr(text, "hidden_size"):
            part.out_hidden_size = text.hidden_size
    return config


def _sections(level: Any) -> None:
    """Sections of a rotary embedding over time, height and width: together they are half its size."""
    rope = getattr(level, "rope_parameters", None)
    sections = rope.get("mrope_section") if isinstance(rope, dict) else None
    heads, width = getattr(level, "num_attention_heads", 0), getattr(level, "hidden_size", 0)
    size = getattr(level, "head_dim", None) or (width // heads if heads else 0)
    half = int(size * rope.get("partial_rotary_factor", 1.0)) // 2 if sections and size else 0
    if half and sum(sections) != half:
        part = half // len(sections)
        rope["mrope_section"] = [half - part * (len(sections) - 1), *[part] * (len(sections) - 1)]

"""Configurations of transformers made small: few layers and experts; widths stay, so that nothing stops dividing."""

from __future__ import annotations

import math
import re
from typing import Any

LAYERS, EXPERTS, WORDS, HEAD, WINDOW = 2, 8, 32_000, 128, 512
_DEPTH = re.compile(
    r"^(num_(hidden|decoder|encoder|text|vision|audio|mel|hidden_decoder|hidden_encoder)?_?layers|n_layers?|num_blocks"
    r"|(encoder|decoder|text_encoder|speech_encoder|depth|text|vision|audio|prior_encoder)_layers"
    r"|num_(hidden|block|attention|transformer|codebook)_?layers|depth|encoder_num_layers|decoder_num_layers)$"
)
_CHOSEN = re.compile(r"^(deepstack_\w+_index(es)?|intermediate_layers_indices|vit_layers|vision_feature_layers?)$")
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
            elif _CHOSEN.match(key):
                setattr(level, key, _within(value, merged=key.startswith("deepstack")))
    return config


def _within(values: Any, merged: bool) -> Any:
    """Numbers of layers whose outputs are used, of those that are left; each once where each has a part of its own."""
    if not isinstance(values, (list, tuple)) or not all(isinstance(v, int) for v in values):
        return values
    return list(range(min(LAYERS, len(values)))) if merged else [v if abs(v) <= LAYERS else v % LAYERS for v in values]


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


_MISSING = {
    "image_token_id": 5, "image_token_index": 5, "video_token_id": 6, "video_token_index": 6, "audio_token_id": 7,
    "num_experts_per_tok": 2, "num_experts_per_token": 2, "moe_topk": 2, "n_group": 1, "topk_group": 1,
    "prediction_length": 24,
}  # fmt: skip
"""Settings that some default configurations leave open, and that every published one has."""


def completed(config: Any) -> Any:
    """The configuration with what its default leaves open, its parts made to fit each other; changed in place.

    A vision part that states the width it gives its vectors is given the width of the text part; vocabularies hold the
    placeholders.
    """
    for level in levels(config):
        for key, value in _MISSING.items():
            if key in vars(level) and getattr(level, key) is None:
                setattr(level, key, value)
        _heads(level)
        _sections(level)
        _windows(level)
        _shuffled(level)
        _backbone(level)
    for level in levels(config):
        _joined(level)
    _room(config)
    return config


def _joined(config: Any) -> None:
    """Vectors of images and sounds as wide as those of the text that they are put among, or the part behind them."""
    inner = {key: value for key, value in vars(config).items() if hasattr(value, "to_dict")}
    encoder, projector = inner.get("encoder_config"), inner.get("projector_config")
    made = _own(encoder, "hidden_dim") or _own(encoder, "hidden_size")
    if projector is not None and made and "encoder_hidden_size" in vars(projector):
        projector.encoder_hidden_size = made
    vision, audio, text = inner.get("vision_config"), inner.get("audio_config"), inner.get("text_config")
    width = _own(text if text is not None else config, "hidden_size")
    if not isinstance(width, int):
        return
    for part in (vision, audio) if text is not None else ():
        if part is not None and hasattr(part, "out_hidden_size"):
            part.out_hidden_size = width
    if audio is not None and "output_dim" in vars(audio):
        audio.output_dim = width
    if vision is not None and {"embed_dim", "hidden_size", "spatial_merge_size"} <= set(vars(vision)):
        vision.hidden_size = width
    if "visual_indicator_token_ids" in vars(config):
        config.hidden_size = width
    if vision is not None:
        _cut(vision, config)


def _cut(vision: Any, config: Any) -> None:
    """An image of as many rows of patches as can be put together into squares, or pooled to so many tokens."""
    image, patch = _own(vision, "image_size"), _own(vision, "patch_size")
    pooled = math.isqrt(_own(config, "mm_tokens_per_image") or 0)
    side = pooled or _own(config, "pixel_shuffle_factor") or _own(config, "scale_factor")
    if isinstance(image, int) and isinstance(patch, int) and isinstance(side, int) and side > 0 and patch > 0:
        rows = image // patch
        vision.image_size = image if rows % side == 0 else -(-rows // side) * side * patch


def _own(level: Any, name: str) -> Any:
    """A setting; ``None`` where there is none, or one for each layer, which some configurations refuse to tell."""
    try:
        return getattr(level, name, None)
    except Exception:
        return None


def _heads(level: Any) -> None:
    """A size of attention heads where their number does not divide the width, as published ones state it."""
    heads, width = _own(level, "num_attention_heads"), _own(level, "hidden_size")
    if isinstance(heads, int) and isinstance(width, int) and heads and width % heads:
        level.head_dim = _own(level, "head_dim") or HEAD


def _windows(level: Any) -> None:
    """The length of sliding windows where some layers have them."""
    slides = "sliding_attention" in (getattr(level, "layer_types", None) or ()) or hasattr(
        level, "num_sliding_attention_heads"
    )
    if slides and not getattr(level, "sliding_window", WINDOW):
        level.sliding_window = WINDOW


def _backbone(level: Any) -> None:
    """A backbone of timm whose default name is misspelt, so that another one would be built."""
    if hasattr(level, "architecture") and (meant := getattr(level, "archirecture", None)):
        level.architecture = meant


def _shuffled(level: Any) -> None:
    """Patches put together by a pixel shuffle: as many vectors side by side as the adapter behind them is wide."""
    ratio, wide = getattr(level, "pixel_shuffle_ratio", None), getattr(level, "intermediate_size", None)
    if isinstance(ratio, float) and 0 < ratio < 1 and isinstance(wide, int) and hasattr(level, "projector_input_dim"):
        level.hidden_size = round(wide * ratio**2)
        level.vision_output_dim = level.projector_output_dim


def _sections(level: Any) -> None:
    """Sections of a rotary embedding over time, height and width: together they are half its size."""
    rope = getattr(level, "rope_parameters", None)
    heads, width = _own(level, "num_attention_heads") or 0, _own(level, "hidden_size") or 0
    if not isinstance(rope, dict) or not isinstance(heads, int) or not isinstance(width, int):
        return
    size = _own(level, "head_dim") or (width // heads if heads else 0)
    part = rope.get("partial_rotary_factor") or getattr(level, "partial_rotary_factor", None) or 1.0
    half = (int(size * part) + 1) // 2
    if half > 2 and sum(rope.get("mrope_section") or ()) != half:
        rope["mrope_section"] = [half - half // 3 * 2, half // 3, half // 3]


def _room(config: Any) -> None:
    """Vocabularies that hold the placeholders of images and sounds."""
    ids = [
        getattr(config, f"{kind}_token_{end}", None) for kind in ("image", "video", "audio") for end in ("id", "index")
    ]
    most = max((i for i in ids if isinstance(i, int)), default=0)
    for level in levels(config):
        size = getattr(level, "vocab_size", None)
        if isinstance(size, int) and 256 < size <= most:
            level.vocab_size = most + 1

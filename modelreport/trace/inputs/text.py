"""Arguments that hold text: ids, masks, positions, types, boxes of words, and vectors in place of ids."""

from __future__ import annotations

from typing import Any

from modelreport.trace.dummies import Dummy
from modelreport.trace.inputs.documented import size_of
from modelreport.trace.inputs.subject import Subject


def text_forms(name: str, subject: Subject) -> list[Any]:
    """What an argument of this name may be given, the likeliest first; nothing for names of another kind."""
    config, length = subject.config, subject.config.sequence
    if name in ("input_ids", "decoder_input_ids") or name.endswith("_input_ids"):
        shape = _ids_shape(name, subject)
        end = config.end if len(shape) == 2 else -1
        return [Dummy(shape, "ids", "int64", config.vocabulary, avoid=config.special, end=end)]
    if name == "bbox":
        return [Dummy((1, length, 4), "zeros", "int64")]
    if name.endswith("position_ids") and not name.startswith(("pixel", "image", "video")):
        return [Dummy((1, length), "literal", "int64", literal=(tuple(range(length)),))]
    if name.endswith("token_type_ids"):
        return [Dummy((1, length), "zeros", "int64")]
    if name.endswith(("inputs_embeds", "input_embeds")):
        return [Dummy((1, length, config.text_width))]
    if name in ("attention_mask", "decoder_attention_mask", "encoder_attention_mask"):
        return [Dummy((1, length), "ones", "int64")]
    return []


def _ids_shape(name: str, subject: Subject) -> tuple[int, ...]:
    """One sequence; with several codebooks as the documentation orders them."""
    stated = subject.shapes.get(name)
    if stated is not None and (len(stated.dims) > 2 or "*" in stated.dims[0]):
        return tuple(size_of(dim, subject.config) or subject.config.sequence for dim in stated.dims)
    return (1, subject.config.sequence)

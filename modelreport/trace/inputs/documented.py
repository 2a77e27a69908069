"""Shapes that a docstring states: ``past_values (`torch.Tensor` of shape `(batch_size, sequence_length)`)``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from modelreport.trace.inputs.config import Config

LONGEST = 100_000
"""Characters of a docstring that are read."""
_ARGUMENT = re.compile(
    r"^[ \t]*(?P<name>[a-z]\w*)[ \t]*(?:\((?P<type>[^\n]*?)of shape[ \t]*`{0,2}[(\[](?P<shape>[^)\]\n]*)[)\]]"
    r"|:(?P<text>[^\n\[]*)\[(?P<listed>[^\]\n]*)\])",
    re.MULTILINE,
)
MOST = 1 << 24


class Documented(NamedTuple):
    """One argument as its documentation has it."""

    dims: tuple[str, ...]
    kind: str
    """What is said of its type, such as ``torch.LongTensor``."""


def documented(function: Callable[..., Any]) -> dict[str, Documented]:
    """The shapes that the docstring of a function gives for its arguments, in words."""
    text = getattr(function, "__doc__", None) or ""
    text = text[:LONGEST].split("Returns:")[0]
    found: dict[str, Documented] = {}
    for match in _ARGUMENT.finditer(text):
        dims = tuple(d.strip(" `") for d in (match["shape"] or match["listed"] or "").split(","))
        dims = tuple(d for d in dims if d)
        if dims:
            found.setdefault(match["name"], Documented(dims, match["type"] or match["text"] or ""))
    return found


ONES = re.compile(
    r"^(batch(_size)?|b|bs|bsz|num_(images?|videos?|audios?|images_or_videos|prompts?|segments?)|max_num_\w+|point_batch_size|num_(points|boxes)\w*|nb_\w+)$"
)
LENGTHS = re.compile(r"^(\w*(len|length)|seq|t|l)$")
COUNTS = re.compile(r"^(num|n|number of|max)_?\s?\w+$")
SOME = 4
"""Things of which there may be any number."""
WIDTHS = re.compile(r"^(hidden(_size|_dim)?|embed(ding)?_(dim|size)|d_model|dim|d|model_dim)$")


def size_of(dim: str, config: Config) -> int | None:
    """What a dimension named in words is for this configuration; ``None`` where that cannot be told.

    Sums and products (``sequence_length + 1``, ``height*width``) are worked out.
    """
    dim = dim.strip().removeprefix("config.").removeprefix("self.").lower()
    for sign, start in (("+", 0), ("*", 1)):
        if sign in dim:
            total = start
            for part in dim.split(sign):
                size = size_of(part, config)
                if size is None:
                    return None
                total = total + size if sign == "+" else total * size
            return total if total <= MOST else None
    if dim.isdigit():
        return int(dim) if int(dim) <= MOST else None
    return _named(dim, config)


def _named(dim: str, config: Config) -> int | None:
    height, width = config.image
    known = {
        "height": height, "width": width, "h": height, "w": width, "image_size": height, "frame_size": height,
        "image_height": height, "image_width": width,
        "num_channels": config.channels, "channels": config.channels, "c": config.channels,
        "num_frames": config.frames, "frames": config.frames,
        "num_patches": (height // config.patch) * (width // config.patch), "patch_size": config.patch,
        "feature_dim": config.bands, "feature_size": config.bands, "num_mel_bins": config.bands,
        "num_queries": 4, "num_levels": 1, "num_features": config.bands,
        "audio_length": 16000, "num_samples": 16000, "max_spectrogram_length": 100,
    }  # fmt: skip
    if ONES.match(dim):
        return 1
    if WIDTHS.match(dim):
        return config.width
    own = config.whole(dim, default=-1) if dim.isidentifier() else -1
    if 0 < own <= MOST and dim not in ("image_size", "patch_size"):
        return own
    if dim in known:
        return known[dim]
    if LENGTHS.match(dim):
        return config.sequence
    return SOME if COUNTS.match(dim) else None

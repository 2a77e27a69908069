"""A configuration in the manner of transformers, asked for what inputs depend on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

SEQUENCE = 128
"""Tokens to feed where the model takes as many."""
MOST_LEVELS = 24
MOST_SIDE = 2048
WIDTHS = ("hidden_size", "d_model", "n_embd", "embed_dim", "hidden_dim", "dim")
_PARTS = {
    "text": re.compile(r"text|lang|llm|decoder|language"),
    "image": re.compile(r"vis|image|pixel|backbone|vit|perceiver"),
    "audio": re.compile(r"audio|speech|sound|encoder|acoustic"),
}


class Mapped:
    """The settings of a mapping as attributes; names that are no identifiers are left out."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        known = {k: v for k, v in settings.items() if isinstance(k, str) and k.isidentifier()}
        self.__dict__.update({k: v for k, v in known.items() if not k.startswith("_")})

    def to_dict(self) -> dict[str, Any]:
        """The settings as they were."""
        return dict(vars(self))


class Config:
    """A configuration with those inside it: the outer level answers first."""

    def __init__(self, config: Any) -> None:
        self.config = config
        self.levels: list[tuple[str, Any]] = list(_levels(config))

    def find(self, *names: str, part: str = "", default: Any = None) -> Any:
        """The first of the named settings that any level has: the outer one, those of the part, the others."""
        levels = self.levels
        if part:
            levels = sorted(levels, key=lambda level: bool(level[0]) and 2 - bool(_PARTS[part].search(level[0])))
        for _, level in levels:
            for name in names:
                value = getattr(level, name, None)
                if value is not None and not callable(value):
                    return value
        return default

    def whole(self, *names: str, part: str = "", default: int) -> int:
        """As ``find``, for whole numbers; of a list its last."""
        value = self.find(*names, part=part)
        if isinstance(value, (list, tuple)) and value:
            value = value[-1]
        return value if isinstance(value, int) and not isinstance(value, bool) else default

    @property
    def names(self) -> set[str]:
        """Names of the settings of the outer level."""
        return set(getattr(self.config, "__dict__", ()))

    def has(self, part: str) -> bool:
        """Whether an inner configuration describes such a part."""
        return any(path and _PARTS[part].search(path) for path, _ in self.levels)

    @property
    def sequence(self) -> int:
        """Tokens to feed: 128, or fewer where there are fewer positions."""
        most = self.whole(
            "max_position_embeddings", "n_positions", "max_source_positions", part="text", default=SEQUENCE
        )
        return min(SEQUENCE, most) if most > 1 else SEQUENCE

    @property
    def vocabulary(self) -> int:
        """Token ids below this are fed: they suit the smallest vocabulary of all parts."""
        return min(1000, self._words)

    @property
    def end(self) -> int:
        """Id of the token that ends a text, which some classifiers look for; -1 without one."""
        end = self.whole("eos_token_id", part="text", default=-1)
        return end if 0 <= end < self._words else -1

    @property
    def _words(self) -> int:
        sizes = [getattr(level, "vocab_size", None) for _, level in self.levels]
        return min((n for n in sizes if isinstance(n, int) and n > 1), default=1000)

    @property
    def special(self) -> tuple[int, ...]:
        """Ids of tokens with a meaning of their own: padding, end of text, images."""
        found = set[int]()
        for _, level in self.levels:
            for name, value in list(getattr(level, "__dict__", {}).items()):
                if name.endswith(("_token_id", "_token_index")):
                    found |= {v for v in (value if isinstance(value, (list, tuple)) else [value]) if _is_id(v)}
        return tuple(sorted(found))

    def token(self, *kinds: str) -> int:
        """Id of the placeholder of an image, a video or a sound; -1 without one."""
        endings = (
            "token_id",
            "token_index",
            "placeholder_token_id",
            "patch_token_id",
            "pad_token_id",
            "context_token_id",
        )
        return self.whole(*(f"{kind}_{end}" for kind in kinds for end in endings), default=-1)

    @property
    def channels(self) -> int:
        """Colours of an image."""
        return self.whole("num_channels", "in_channels", "in_chans", "num_input_channels", part="image", default=3)

    @property
    def image(self) -> tuple[int, int]:
        """Height and width."""
        size = self.find("image_size", "img_size", "max_img_size", "input_size", "crop_size", part="image", default=224)
        if isinstance(size, dict):
            size = (size.get("height", 224), size.get("width", 224))
        sides = tuple(size) if isinstance(size, (list, tuple)) and size else (size, size)
        height, width = sides[-2] if len(sides) > 1 else sides[0], sides[-1]
        if all(isinstance(n, int) and 1 <= n <= MOST_SIDE for n in (height, width)):
            step = self.patch * self.shuffle if self.shuffle > 1 else 1
            return -(-int(height) // step) * step, -(-int(width) // step) * step
        return 224, 224

    @property
    def patch(self) -> int:
        """Side of an image patch."""
        return max(1, self.whole("patch_size", part="image", default=16))

    @property
    def shuffle(self) -> int:
        """Side of the square of patches that a pixel shuffle puts together for the text; 1 without one."""
        factor = self.whole("pixel_shuffle_factor", "scale_factor", default=1) if self.has("text") else 1
        return factor if 1 < factor <= 8 else 1

    @property
    def frames(self) -> int:
        """Frames of a video."""
        return self.whole("num_frames", "frames_per_clip", "n_frames", "frame_num", part="image", default=16)

    @property
    def merge(self) -> int:
        """Side of the square of patches that become one token of text."""
        return max(1, self.whole("spatial_merge_size", "merge_size", part="image", default=2))

    @property
    def bands(self) -> int:
        """Bands of a spectrogram."""
        return self.whole(
            "num_mel_bins", "feature_size", "n_mels", "num_mels", "mel_bins", "input_feat_per_channel",
            "feature_projection_input_dim", "input_feat_size", part="audio", default=80,
        )  # fmt: skip

    @property
    def width(self) -> int:
        """Size of the vectors that stand for tokens."""
        return self.whole(*WIDTHS, default=768)

    @property
    def text_width(self) -> int:
        """Size of the vectors that stand for words."""
        return self.whole(*WIDTHS, part="text", default=768)


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _levels(config: Any) -> Iterator[tuple[str, Any]]:
    """Levels with their paths, outer ones first."""
    todo: list[tuple[str, Any]] = [("", config)]
    seen = set[int]()
    for _ in range(MOST_LEVELS):
        if not todo:
            return
        path, level = todo.pop(0)
        if id(level) in seen:
            continue
        seen.add(id(level))
        yield path, level
        inner = [(k, v) for k, v in getattr(level, "__dict__", {}).items() if hasattr(v, "to_dict")]
        todo += [(f"{path}.{k}" if path else k, v) for k, v in inner]

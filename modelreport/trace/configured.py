"""Dummy inputs from what a model says about itself: its configuration and its settings."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modelreport.trace.dummies import Candidate, Dummy

if TYPE_CHECKING:
    from modelreport.facts import Identification

SEQUENCE = 128
NESTED = (
    "vision_config", "text_config", "audio_config", "encoder", "decoder", "thinker_config", "backbone_config",
    "llm_config", "language_config", "encoder_config", "decoder_config",
)  # fmt: skip
MAIN = ("input_ids", "pixel_values", "input_features", "input_values", "bbox")


class Config:
    """A transformers configuration with its parts: the outer level answers first."""

    def __init__(self, config: Any) -> None:
        self.config = config
        self.levels = list(_levels(config))

    def find(self, *names: str, default: Any = None) -> Any:
        """The first of the named settings that any level has."""
        for level in self.levels:
            for name in names:
                value = getattr(level, name, None)
                if value is not None and not callable(value):
                    return value
        return default

    def whole(self, *names: str, default: int) -> int:
        """As ``find``, for whole numbers."""
        value = self.find(*names)
        return value if isinstance(value, int) and not isinstance(value, bool) else default

    @property
    def kind(self) -> str:
        """``model_type``."""
        return str(getattr(self.config, "model_type", ""))

    @property
    def sequence(self) -> int:
        """Tokens to feed: 128, or fewer where there are fewer positions."""
        most = self.whole("max_position_embeddings", "n_positions", "max_source_positions", default=SEQUENCE)
        return min(SEQUENCE, most) if most > 1 else SEQUENCE

    @property
    def image(self) -> tuple[int, int]:
        """Height and width."""
        size = self.find("image_size", "img_size", "input_size", default=224)
        if isinstance(size, dict):
            return int(size.get("height", 224)), int(size.get("width", 224))
        if isinstance(size, (list, tuple)):
            return int(size[-2] if len(size) > 1 else size[0]), int(size[-1])
        return int(size), int(size)

    @property
    def patch(self) -> int:
        """Side of an image patch."""
        size = self.find("patch_size", default=16)
        return int(size[-1] if isinstance(size, (list, tuple)) else size)


def _levels(config: Any) -> Iterator[Any]:
    todo = [config]
    for _ in range(16):
        if not todo:
            return
        level = todo.pop(0)
        yield level
        todo += [s for s in (getattr(level, n, None) for n in NESTED) if hasattr(s, "to_dict")]


def dummy_for(name: str, config: Config) -> Dummy | None:
    """One argument of a transformers model by its name; ``None`` for names without a rule."""
    sequence = config.sequence
    words = config.whole("vocab_size", default=1000)
    channels = config.whole("num_channels", "in_channels", "in_chans", default=3)
    if name in ("input_ids", "decoder_input_ids"):
        return Dummy((1, sequence), "ids", "int64", min(words, 1000))
    if name in ("attention_mask", "decoder_attention_mask"):
        return Dummy((1, sequence), "ones", "int64")
    if name == "token_type_ids":
        return Dummy((1, sequence), "zeros", "int64")
    if name == "position_ids":
        return Dummy((1, sequence), "literal", "int64", literal=(tuple(range(sequence)),))
    if name == "bbox":
        return Dummy((1, sequence, 4), "zeros", "int64")
    if name == "inputs_embeds":
        return Dummy((1, sequence, config.whole("hidden_size", "d_model", "n_embd", default=768)))
    frames = config.whole("num_frames", "frames_per_clip", default=16)
    if name in ("pixel_values_videos", "video") or (
        name == "pixel_values" and config.find("num_frames", "tubelet_size")
    ):
        return Dummy((1, frames, channels, *config.image))
    if name == "pixel_values" and config.kind.startswith(("idefics", "smolvlm")):
        return Dummy((1, 1, channels, *config.image))
    if name == "pixel_values":
        return Dummy((1, channels, *config.image))
    return _sound(name, config)


def _sound(name: str, config: Config) -> Dummy | None:
    bands = config.whole("num_mel_bins", "feature_size", "n_mels", default=80)
    if name == "input_features":
        if config.kind == "whisper":
            return Dummy((1, bands, 2 * config.whole("max_source_positions", default=1500)))
        width = config.whole("feature_projection_input_dim", default=0)
        return Dummy((1, 100, width or bands))
    if name in ("input_values", "waveform", "audio"):
        if config.find("frequency_stride"):
            return Dummy((1, config.whole("max_length", default=1024), bands))
        channels = config.whole("audio_channels", default=0)
        return Dummy((1, channels, 16000) if channels else (1, 16000))
    return None


def configured(module: Any, names: list[str], needed: list[str]) -> Iterator[Candidate]:
    """Inputs of a transformers model, from the configuration it carries."""
    raw = getattr(module, "config", None)
    if not hasattr(raw, "to_dict"):
        return
    config = Config(raw)
    main = getattr(module, "main_input_name", None) or "input_ids"
    extra: dict[str, Any] = {"use_cache": False} if "use_cache" in names else {}
    wanted = dict.fromkeys([*([main] if main in names else []), *needed])
    base = {name: dummy for name in wanted if (dummy := dummy_for(name, config)) is not None}
    if "decoder_input_ids" in names and main != "decoder_input_ids":
        two = {**base, "decoder_input_ids": dummy_for("decoder_input_ids", config)}
        yield _told({**two, **extra}, "encoder and decoder from the configuration")
    yield _told({**base, **extra}, "from the configuration")
    yield from _with_pictures(config, names, {**base, **extra})
    both = {n: d for n in MAIN if n in names and n not in base and (d := dummy_for(n, config)) is not None}
    if both:
        yield _told({**base, **both, **extra}, "all kinds of input from the configuration", richer=True)
    for name, dummy in both.items():
        yield _told({name: dummy, **extra}, "from the configuration", richer=True)
    for length in (64, 512, 1024, 32):
        if "input_ids" in base:
            ids = Dummy((1, length), "ids", "int64", min(config.whole("vocab_size", default=1000), 1000))
            yield _told({**base, "input_ids": ids, **extra}, "from the configuration")


def _told(kwargs: dict[str, Any], origin: str, richer: bool = False) -> Candidate:
    shown = Candidate("", (), {k: v for k, v in kwargs.items() if isinstance(v, Dummy)})
    return Candidate(f"{origin}: {shown}", (), kwargs, richer)


def _with_pictures(config: Config, names: list[str], base: dict[str, Any]) -> Iterator[Candidate]:
    """Vision-language models: as many image placeholders in the text as the image gives features."""
    token = config.whole("image_token_id", "image_token_index", default=-1)
    pixels = dummy_for("pixel_values", config)
    if token < 0 or pixels is None or not {"pixel_values", "input_ids"} <= set(names):
        return
    high = min(config.whole("vocab_size", default=1000), 1000)
    rest = {k: v for k, v in base.items() if k not in ("pixel_values", "input_ids")}
    pictures = _patches(config, names) if "image_grid_thw" in names else _pictures(config, pixels)
    for count, parts in pictures:
        ids = Dummy((1, count + 32), "ids", "int64", high, marked=(token, count))
        yield _told({**rest, "input_ids": ids, **parts}, "text and image from the configuration", richer=True)


def _pictures(config: Config, pixels: Dummy) -> Iterator[tuple[int, dict[str, Any]]]:
    """A whole image: placeholders as the configuration says, and one for each patch."""
    height, width = config.image
    stated = config.whole("image_seq_length", "image_seq_len", "mm_tokens_per_image", default=0)
    patches = (height // config.patch) * (width // config.patch)
    for count in dict.fromkeys((stated or patches, patches)):
        yield count, {"pixel_values": pixels}


def _patches(config: Config, names: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """An image cut into patches beforehand, with its grid (Qwen2-VL and its kin)."""
    channels = config.whole("num_channels", "in_channels", "in_chans", default=3)
    merge = config.whole("spatial_merge_size", default=2)
    width = channels * config.whole("temporal_patch_size", default=2) * config.patch**2
    rows = columns = 16
    count = rows * columns // merge**2
    parts: dict[str, Any] = {
        "pixel_values": Dummy((rows * columns, width)),
        "image_grid_thw": Dummy((1, 3), "literal", "int64", literal=((1, rows, columns),)),
    }
    if "mm_token_type_ids" in names:
        kinds = (*(0,), *(1,) * count, *(0,) * 31)
        parts["mm_token_type_ids"] = Dummy((1, count + 32), "literal", "int64", literal=(kinds,))
    yield count, parts


def from_settings(module: Any, identification: Identification | None) -> Iterator[Candidate]:
    """Inputs from timm's pretrained configuration, an ``image_size`` attribute, or torchvision's recipe."""
    settings = getattr(module, "pretrained_cfg", None) or getattr(module, "default_cfg", None)
    if settings is not None and hasattr(settings, "get"):
        for key in ("input_size", "min_input_size"):
            size = settings.get(key)
            if isinstance(size, (list, tuple)) and all(isinstance(n, int) for n in size):
                yield Candidate(
                    f"timm's pretrained configuration says {'×'.join(map(str, size))}", (Dummy((1, *size)),)
                )
    for name in ("image_size", "img_size", "input_size"):
        size = getattr(module, name, None)
        sides = (size, size) if isinstance(size, int) else tuple(size) if isinstance(size, (list, tuple)) else ()
        if len(sides) == 2 and all(isinstance(n, int) and 8 <= n <= 4096 for n in sides):
            channels = getattr(module, "in_channels", getattr(module, "in_chans", 3))
            shape = (1, channels if isinstance(channels, int) else 3, *sides)
            yield Candidate(f"the module's {name} is {'×'.join(map(str, sides))}", (Dummy(shape),))
    if identification is not None and identification.library == "torchvision":
        yield from _recipe(identification.name)


def _recipe(name: str) -> Iterator[Candidate]:
    """The crop that torchvision's transforms make for the default weights of this architecture."""
    library = sys.modules.get("torchvision.models")
    try:
        weights = library.get_model_weights(name).DEFAULT  # type: ignore[union-attr]
        transforms = weights.transforms()
        size = getattr(transforms, "crop_size", None)
    except Exception:
        return
    sides = (size[0], size[-1]) if isinstance(size, (list, tuple)) and size else ()
    if len(sides) != 2 or not all(isinstance(n, int) for n in sides):
        return
    video = type(transforms).__name__ == "VideoClassification"
    dummy = Dummy((1, 3, 16, *sides) if video else (1, 3, *sides))
    yield Candidate(f"torchvision crops to {sides[0]}×{sides[1]} for {weights}", (dummy,))

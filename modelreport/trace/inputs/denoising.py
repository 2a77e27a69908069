"""Inputs of denoising networks and autoencoders of latents, whose configuration is a mapping as diffusers writes it.

Such a model takes something noisy (``sample`` or ``hidden_states``), a time step, and what it shall become: vectors of
a text, pooled ones, classes, sizes. Most of these have defaults in the signature all the same, so the settings decide
which are fed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from modelreport.trace.dummies import Dummy
from modelreport.trace.inputs.subject import Subject

MAINS = ("sample", "hidden_states", "x")
"""What is noisy, or to be encoded."""
WORDS, TOKENS, FRAMES, SIDE = 77, 256, 4, 64
"""Vectors of a text, patches of an image that is cut up beforehand (four frames of 8 × 8), frames and side of latents
where no setting says more."""
PIXELS = 8
"""Pixels along each side of a latent: three halvings."""
TEXT_WIDTHS = (
    "encoder_hid_dim", "cross_attention_dim", "joint_attention_dim", "caption_channels", "text_embed_dim", "text_dim",
    "cap_feat_dim", "text_states_dim", "context_dim", "caption_projection_dim",
)  # fmt: skip
"""Settings with the size of the vectors of a text."""


def is_denoiser(subject: Subject) -> bool:
    """Whether the model takes something noisy, and its settings are those of latents."""
    return any(name in subject.names for name in MAINS) and subject.mapped


def denoising_sets(subject: Subject) -> Iterator[tuple[str, dict[str, Any]]]:
    """Origins in words and what is fed, for each form of what is noisy."""
    if not is_denoiser(subject):
        return
    main = next(name for name in MAINS if name in subject.names)
    beside = denoising_spare(subject)
    if not {"encoder_attention_mask"} & set(subject.needed) and not subject.names & {
        "num_frames",
        "pooled_projections",
    }:
        beside.pop("encoder_attention_mask", None)
    for form in _noisy(subject):
        yield "from the settings of a denoising network", {main: form, **beside}


def denoising_spare(subject: Subject) -> dict[str, Any]:
    """What may go with something noisy, by the names of the arguments."""
    found = {name: rule(subject) for name, rule in _BESIDE.items() if name in subject.names}
    return {name: value for name, value in found.items() if value is not None}


def _noisy(subject: Subject) -> list[Dummy]:
    """Latents of an image, a video, a sound, or patches, the likeliest first."""
    config = subject.config
    channels = config.whole("in_channels", "audio_channels", "num_channels", default=0)
    if not channels:
        width = config.whole("embedding_dim", "hidden_size", default=0)
        return [Dummy((1, width))] if width else []
    height, width = _sides(subject)
    image = Dummy((1, channels, height, width))
    frames = FRAMES if "timestep" in subject.names else FRAMES + 1
    video = [Dummy((1, channels, frames, height, width)), Dummy((1, frames, channels, height, width))]
    patches = Dummy((1, TOKENS, channels))
    course = Dummy((1, channels, config.whole("sample_size", default=1024)))
    if subject.names & {"img_ids", "img_shapes", "num_frames"} and "hidden_states" in subject.names:
        return [patches, image, *video]
    blocks = str(config.find("down_block_types", default=""))
    if "1D" in blocks or config.find("audio_channels"):
        return [course, Dummy((1, channels, 1 << 15)), Dummy((1, 1 << 10, channels))]
    if "SpatioTemporal" in blocks:
        return [video[1], video[0]]
    patch = config.find("patch_size", default=0)
    deep = isinstance(patch, (list, tuple)) and len(patch) == 3
    if deep or "3D" in blocks or config.find("patch_size_t", "sample_frames", "num_frames", "temperal_downsample"):
        return [*(video if "sample_frames" not in config.names else video[::-1]), image]
    return [image, patches, *video, course]


def _sides(subject: Subject) -> tuple[int, int]:
    size = subject.config.find("sample_size", default=None)
    if isinstance(size, (list, tuple)) and len(size) == 2:
        return int(size[0]), int(size[1])
    if isinstance(size, int) and 0 < size <= 4096:
        return size, size
    side = SIDE if "timestep" in subject.names else SIDE * 4
    return subject.config.whole("sample_height", default=side), subject.config.whole("sample_width", default=side)


def _length(subject: Subject) -> int:
    return subject.config.whole("max_text_seq_length", "text_len", "num_embeddings", default=WORDS)


def _step(_: Subject) -> Any:
    return Dummy((1,), "ones", "int64")


def _text(subject: Subject) -> Any:
    """Vectors of a text; ``None`` where no setting tells their size."""
    width = subject.config.whole(*TEXT_WIDTHS, default=0) or subject.config.whole("embedding_dim", default=0)
    return Dummy((1, _length(subject), width)) if width else None


def _text_mask(subject: Subject) -> Any:
    return Dummy((1, _length(subject)), "ones", "int64") if _text(subject) is not None else None


def _pooled(subject: Subject) -> Any:
    width = subject.config.whole("pooled_projection_dim", default=0)
    return Dummy((1, width)) if width else None


def _guidance(subject: Subject) -> Any:
    return Dummy((1,), "ones", "float32") if subject.config.find("guidance_embeds", default=False) else None


def _classes(subject: Subject) -> Any:
    """A class, or the vector that stands for one."""
    config = subject.config
    kind = config.find("class_embed_type", default="")
    if kind in ("projection", "simple_projection"):
        return Dummy((1, config.whole("projection_class_embeddings_input_dim", default=1)))
    known = config.find("num_class_embeds", "num_embeds_ada_norm", "num_classes", default=0)
    return Dummy((1,), "zeros", "int64") if known or kind else None


def _added(subject: Subject) -> Any:
    """Further conditions in a dictionary, by the setting that names their kind."""
    config, kind = subject.config, str(subject.config.find("addition_embed_type", default=""))
    if kind == "text_time":
        width = config.whole("addition_time_embed_dim", default=256)
        whole = config.whole("projection_class_embeddings_input_dim", default=0)
        return {"text_embeds": Dummy((1, max(1, whole - 6 * width))), "time_ids": Dummy((1, 6), "ones", "float32")}
    if "image" in kind or "image" in str(config.find("encoder_hid_dim_type", default="")):
        image = Dummy((1, config.whole("encoder_hid_dim", "cross_attention_dim", default=768)))
        text = {"text_embeds": Dummy((1, config.whole(*TEXT_WIDTHS, default=768)))} if "text" in kind else {}
        side = PIXELS * _sides(subject)[0]
        return {"image_embeds": image, **text, **({"hint": Dummy((1, 3, side, side))} if "hint" in kind else {})}
    if "use_additional_conditions" not in config.names:
        return None
    if config.find("use_additional_conditions", default=config.find("sample_size") == 1024 // PIXELS):
        return {"resolution": Dummy((1, 2), "ones", "float32"), "aspect_ratio": Dummy((1, 1), "ones", "float32")}
    return {"resolution": None, "aspect_ratio": None}


def _time_ids(subject: Subject) -> Any:
    width = subject.config.whole("addition_time_embed_dim", default=256)
    whole = subject.config.whole("projection_class_embeddings_input_dim", default=3 * width)
    return Dummy((1, max(1, whole // max(width, 1))), "ones", "float32")


def _control(subject: Subject) -> Any:
    height, width = _sides(subject)
    channels = subject.config.whole("conditioning_channels", default=3)
    return Dummy((1, channels, PIXELS * height, PIXELS * width))


def _image_vectors(subject: Subject) -> Any:
    width = subject.config.whole("image_dim", default=0)
    return Dummy((1, 257, width)) if width else None


def _places(count: Callable[[Subject], int]) -> Callable[[Subject], Any]:
    """Places of patches or words along the axes of a rotary embedding."""

    def rule(subject: Subject) -> Any:
        axes = subject.config.find("axes_dims_rope", default=(0, 0, 0))
        return Dummy((count(subject), len(axes) if isinstance(axes, (list, tuple)) else 3), "zeros", "float32")

    return rule


def _pair(_: Subject) -> Any:
    return Dummy((1, 2), "ones", "float32")


def _whole(number: int) -> Callable[[Subject], Any]:
    return lambda _: number


_BESIDE: dict[str, Callable[[Subject], Any]] = {
    "timestep": _step,
    "timesteps": _step,
    "encoder_hidden_states": _text,
    "encoder_hidden_states_mask": _text_mask,
    "encoder_attention_mask": _text_mask,
    "encoder_hidden_states_image": _image_vectors,
    "pooled_projections": _pooled,
    "guidance": _guidance,
    "class_labels": _classes,
    "added_cond_kwargs": _added,
    "added_time_ids": _time_ids,
    "controlnet_cond": _control,
    "img_ids": _places(lambda _: TOKENS),
    "txt_ids": _places(_length),
    "img_shapes": lambda _: [(1, 16, 16)],
    "txt_seq_lens": lambda s: [_length(s)],
    "num_frames": lambda s: FRAMES if "hidden_states" in s.names else None,
    "height": _whole(8),
    "width": _whole(8),
    "original_size": _pair,
    "target_size": _pair,
    "crop_coords": _pair,
    "proj_embedding": lambda s: Dummy((1, s.config.whole("embedding_dim", default=768))),
}
"""What goes with something noisy, by the name of the argument; ``None`` where the settings do not ask for it."""

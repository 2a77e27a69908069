"""Arguments that hold images and videos: pixels, patches with their grids, masks, sizes, and prompts on an image."""

from __future__ import annotations

from typing import Any

from modelreport.trace.dummies import Dummy
from modelreport.trace.inputs.documented import size_of
from modelreport.trace.inputs.subject import Subject

ROWS = 16
"""Rows and columns of patches of an image that is cut up beforehand."""
PLACES = frozenset({"spatial_shapes", "pixel_position_ids", "image_position_ids"})
"""Arguments that say where the patches of an image lie, which come with a batch of patches."""
PIXELS = ("pixel_values", "pixel_values_videos", "image", "images", "video", "pixels")


def image_forms(name: str, subject: Subject) -> list[Any]:
    """What an argument of this name may be given, the likeliest first; nothing for names of another kind."""
    config = subject.config
    height, width = config.image
    if name in PIXELS or name.endswith("pixel_values"):
        return _pixels(name, subject)
    if name == "hidden_states" and subject.grid:
        return [Dummy((ROWS * ROWS, width)) for width in dict.fromkeys((_fan_in(subject), subject.fan_in)) if width]
    if name == "image_attention_mask":
        return [Dummy((1, config.sequence, 1), "ones", "int64")]
    if name == "flattened_patches":
        return [Dummy((1, ROWS * ROWS, config.channels * config.patch**2 + 2), "ones", "float32")]
    if name in ("pixel_position_ids", "image_position_ids"):
        rows = _rows(subject)
        places = tuple((column, row) for row in range(rows) for column in range(rows))
        return [Dummy((1, rows * rows, 2), "literal", "int64", literal=(places,))]
    if name == "patch_embeds":
        return [Dummy((1, config.width, ROWS, ROWS)), Dummy((1, ROWS * ROWS, config.width))]
    if name.endswith("grid_thw"):
        return [Dummy((1, 3), "literal", "int64", literal=((1, ROWS, ROWS),))]
    if name.endswith("grid_hw") or name == "spatial_shapes":
        return [Dummy((1, 2), "literal", "int64", literal=((ROWS, ROWS),))]
    if name == "target_sizes":
        return [Dummy((1, 2), "literal", "int64", literal=((height // config.patch, width // config.patch),))]
    if name in ("merge_sizes", "image_merge_sizes"):
        return [Dummy((1,), "literal", "int64", literal=(config.merge,))]
    if name == "image_sizes":
        return [Dummy((1, 2), "literal", "int64", literal=((height, width),))]
    if name == "pixel_mask":
        return [Dummy((1, height, width), "ones", "int64")]
    if name == "pixel_attention_mask":
        stated = subject.shapes.get(name)
        if stated is not None and len(stated.dims) == 2 and {"tiles", "images"} & set(stated.dims[1].split("_")):
            return [Dummy((1, 1), "ones", "bool")]
        packed = "spatial_shapes" in subject.names
        return [Dummy((1, ROWS * ROWS) if packed else (1, 1, height, width), "ones", "int64" if packed else "bool")]
    if name == "bool_masked_pos":
        return [Dummy((1, (height // config.patch) * (width // config.patch)), "zeros", "bool")]
    return _prompts(name, subject)


def _pixels(name: str, subject: Subject) -> list[Any]:
    config = subject.config
    image = (config.channels, *config.image)
    if subject.grid or subject.names & PLACES:
        return [*_stated_patches(name, subject), *_patches(subject)]
    video = Dummy((1, config.frames, *image))
    if "video" in name:
        return [video]
    if config.find("num_frames", "tubelet_size", "frames_per_clip", part="image") and not config.has("text"):
        return [video, Dummy((1, *image)), Dummy((config.frames, *image))]
    several = Dummy((1, 1, *image))
    if subject.names & {"pixel_attention_mask", "image_attention_mask"}:
        return [several, Dummy((1, *image)), Dummy((1, 1, 1, *image))]
    if "image_sizes" in subject.names and config.find("image_grid_pinpoints"):
        return [Dummy((1, _tiles(subject), *image)), Dummy((1, *image)), several]
    if "aspect_ratio_ids" in subject.names:
        tiles = config.whole("max_num_tiles", part="image", default=4)
        return [Dummy((1, 1, tiles, *image))]
    return [Dummy((1, *image)), several, *_blocks(subject)]


def _patches(subject: Subject) -> list[Any]:
    """An image cut into patches, each a row of numbers or a small image."""
    config = subject.config
    count, side, fan_in = _rows(subject) ** 2, config.patch, _fan_in(subject)
    packed = [Dummy((count, fan_in)), Dummy((1, count, fan_in))]
    return [
        *(packed if not subject.names & PLACES else reversed(packed)),
        Dummy((1, count, config.channels, side, side)),
        Dummy((count, config.channels, side, side)),
    ]


def _rows(subject: Subject) -> int:
    """Rows of patches: so many that they can be pooled."""
    pooled = subject.config.whole("pooling_kernel_size", part="image", default=1)
    return ROWS // pooled * pooled if 1 < pooled <= ROWS and not subject.grid else ROWS


def _stated_patches(name: str, subject: Subject) -> list[Any]:
    """Patches whose sides the documentation gives: ``(num_image_tokens, patch_size * merge_size, …, num_channels)``."""
    stated = subject.shapes.get(name)
    if stated is None or len(stated.dims) != 4 or "patch" not in stated.dims[1]:
        return []
    sides = [size_of(dim, subject.config) for dim in stated.dims[1:]]
    return [Dummy((ROWS * ROWS, *(side for side in sides if side)))] if all(sides) else []


def _blocks(subject: Subject) -> list[Any]:
    """One patch over several frames, colours last, for models that fold such blocks into vectors."""
    config = subject.config
    frames = config.whole("temporal_patch_size", part="image", default=0)
    return [Dummy((1, frames, config.patch, config.patch, config.channels))] if frames else []


def _fan_in(subject: Subject) -> int:
    """Numbers in one patch."""
    config = subject.config
    return config.channels * config.patch**2 * config.whole("temporal_patch_size", part="image", default=1)


def _tiles(subject: Subject) -> int:
    """Images that a whole one is cut into: the best grid of tiles for one of the usual size, and the overview."""
    pinpoints = subject.config.find("image_grid_pinpoints", default=None)
    side = subject.config.image[0]
    sizes = [p for p in pinpoints or () if isinstance(p, (list, tuple)) and len(p) == 2] if side else []
    if not sizes:
        return 1
    height, width = min(sizes, key=lambda p: int(p[0]) * int(p[1]))
    return 1 + max(1, int(height) // side) * max(1, int(width) // side)


def _prompts(name: str, subject: Subject) -> list[Any]:
    """Points and boxes that say what to segment."""
    height, width = subject.config.image
    if name == "input_points":
        return [Dummy((1, 1, 1, 2), "literal", literal=((((width / 2, height / 2),),),))]
    if name == "input_labels":
        return [Dummy((1, 1, 1), "ones", "int64")]
    if name == "input_boxes":
        return [Dummy((1, 1, 4), "literal", literal=(((8.0, 8.0, width / 2, height / 2),),))]
    if name == "aspect_ratio_ids":
        return [Dummy((1, 1), "ones", "int64")]
    if name == "aspect_ratio_mask":
        tiles = subject.config.whole("max_num_tiles", part="image", default=4)
        return [Dummy((1, 1, tiles), "ones", "int64")]
    return []

"""The order in which dummy inputs are tried: configuration first, then the first layer and usual sizes."""

# ruff: noqa: SLF001  torch gives these no public names

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modelreport.trace.configured import configured, from_settings
from modelreport.trace.dummies import Candidate, Dummy

if TYPE_CHECKING:
    from modelreport.facts import Identification

IMAGE_SIDES = (224, 256, 384, 299, 448, 512, 192, 240, 288, 320, 336, 128, 96, 64, 32, 28, 600, 800, 1024)
VIDEO_SIZES = ((16, 112), (16, 224), (8, 224), (32, 224), (16, 64))
LENGTHS = (1024, 3000, 16000, 128, 100)
SEQUENCE = 16
INTEGER_NAMES = ("ids", "tokens", "token", "idx", "index", "indices", "src", "tgt", "labels")


def candidates(module: Any, identification: Identification | None = None) -> Iterator[Candidate]:
    """All dummy inputs worth trying, the likeliest first."""
    parameters = forward_parameters(module)
    yield from configured(module, [p.name for p in parameters], required(parameters))
    yield from from_settings(module, identification)
    yield from from_first_layer(module, required(parameters))
    if not required(parameters):
        yield Candidate("forward takes no arguments")


def forward_parameters(module: Any) -> list[inspect.Parameter]:
    """Parameters of ``forward`` that can be given by position; empty when the signature cannot be read."""
    try:
        found = inspect.signature(module.forward).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]


def required(parameters: list[inspect.Parameter]) -> list[str]:
    """Names of parameters without a default."""
    return [p.name for p in parameters if p.default is p.empty]


def vocabulary(module: Any) -> int:
    """Ids below this are safe for every embedding of the module."""
    from torch import nn

    sizes = [m.num_embeddings for m in module.modules() if isinstance(m, (nn.Embedding, nn.EmbeddingBag))]
    return max(2, min([1000, *sizes]))


def first_layer(module: Any) -> tuple[str, Any] | None:
    """The first layer with weights, by registration: path and module."""
    import torch
    from torch import nn

    known: tuple[type, ...] = (
        nn.modules.conv._ConvNd,
        nn.Linear,
        nn.Embedding,
        nn.EmbeddingBag,
        nn.RNNBase,
        nn.RNNCellBase,
    )
    known += (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm)
    for path, part in module.named_modules():
        weight: Any = getattr(part, "weight", None)
        custom = isinstance(weight, torch.Tensor) and not list(part.children()) and 2 <= weight.dim() <= 5
        if isinstance(part, known) or custom:
            return path, part
    return None


def from_first_layer(module: Any, names: list[str]) -> Iterator[Candidate]:
    """Inputs whose shape the first layer with weights accepts, over the usual sizes."""
    found = first_layer(module)
    if found is None:
        yield from (Candidate("no layer says what it takes", (Dummy(s),)) for s in ((1, 3, 224, 224), (1, 16), (1,)))
        return
    path, layer = found
    kind = type(layer).__name__
    where = f"the first layer, {path or 'the module itself'}, is {kind}"
    forms = list(_forms(layer))
    for dummy in forms:
        yield _fill(dummy, names, f"{where}; {dummy} was tried")
    images = [d for d in forms if d.fill == "noise" and len(d.shape) == 4]
    for dummy in images[:2]:
        alone = Dummy(dummy.shape[1:], listed=True)
        yield Candidate(f"{where}; a list of images {alone} was tried", (alone,))
    if images:
        wide = Dummy((1, images[0].shape[1], 520, 960))
        yield Candidate(f"{where}; two images {wide} were tried", (wide, wide))


def _fill(dummy: Dummy, names: list[str], origin: str) -> Candidate:
    """The dummy for every required argument, masks for those called so."""
    more: list[Any] = []
    for name in names[1:]:
        low = name.lower()
        if "mask" in low:
            more.append(Dummy(dummy.shape[:2], "ones", "int64"))
        elif low in ("lengths", "length", "lens", "seq_lens", "seq_lengths", "input_lengths"):
            more.append(
                Dummy((1,), "literal", "int64", literal=(dummy.shape[-2] if len(dummy.shape) > 2 else dummy.shape[-1],))
            )
        elif low in ("t", "timestep", "timesteps", "time", "sigma", "noise_level", "step"):
            more.append(Dummy((dummy.shape[0],), "ones", "int64" if "step" in low or low == "t" else "float32"))
        else:
            more.append(dummy)
    return Candidate(origin, (dummy, *more))


def _forms(layer: Any) -> Iterator[Dummy]:
    from torch import nn

    weight: Any = getattr(layer, "weight", None)
    if isinstance(layer, (nn.Embedding, nn.EmbeddingBag)):
        yield from (Dummy((1, n), "ids", "int64", layer.num_embeddings) for n in (16, 32, 64, 128, 512))
        yield Dummy((16,), "ids", "int64", layer.num_embeddings)
        yield from (Dummy((1, 3, side, side)) for side in IMAGE_SIDES[:3])
    elif isinstance(layer, nn.RNNBase):
        yield from (Dummy(s) for s in ((1, SEQUENCE, layer.input_size), (SEQUENCE, layer.input_size)))
    elif isinstance(layer, nn.RNNCellBase):
        yield from (Dummy(s) for s in ((1, layer.input_size), (1, SEQUENCE, layer.input_size)))
    elif isinstance(layer, nn.BatchNorm1d):
        yield from (Dummy(s) for s in ((2, layer.num_features), (2, layer.num_features, SEQUENCE)))
    elif isinstance(layer, (nn.BatchNorm2d, nn.BatchNorm3d, nn.GroupNorm)):
        channels = layer.num_channels if isinstance(layer, nn.GroupNorm) else layer.num_features
        ranks = 3 if isinstance(layer, nn.BatchNorm3d) else 2
        yield from (Dummy((1, channels, *([side] * ranks))) for side in IMAGE_SIDES)
    elif isinstance(layer, nn.LayerNorm):
        yield from (Dummy((1, *lead, *layer.normalized_shape)) for lead in ((), (SEQUENCE,)))
    elif isinstance(layer, nn.Linear) or (weight is not None and weight.dim() == 2):
        yield from _linear_forms(int(weight.shape[1] if weight is not None else layer.in_features))
    else:
        channels = getattr(layer, "in_channels", None) or (int(weight.shape[1]) if weight is not None else 3)
        yield from _conv_forms(int(channels), weight.dim() - 2 if weight is not None and weight.dim() > 2 else 2)


def _linear_forms(width: int) -> Iterator[Dummy]:
    """Vectors, sequences and grids of the width; images that a patch or a flattening would turn into it."""
    yield from (Dummy(s) for s in ((1, width), (1, SEQUENCE, width), (1, 16, 16, width)))
    for channels in (1, 3):
        side = math.isqrt(width // channels)
        if side * side * channels == width:
            yield Dummy((1, channels, side, side))
    for channels in (3, 1):
        for patch in (4, 8, 14, 16, 32, 2):
            if patch * patch * channels == width:
                yield from (Dummy((1, channels, side, side)) for side in (224, 256, 384))


def _conv_forms(channels: int, ranks: int) -> Iterator[Dummy]:
    if ranks == 1:
        yield from (Dummy((1, channels, n)) for n in LENGTHS)
        yield from (Dummy((1, 16000)), Dummy((1, 1024, channels)))
    elif ranks == 3:
        yield from (Dummy((1, channels, frames, side, side)) for frames, side in VIDEO_SIZES)
    else:
        yield from (Dummy((1, channels, side, side)) for side in IMAGE_SIDES)
        yield from (Dummy((1, channels, 3000)), Dummy((1, channels, 16, 224, 224)))
        if channels == 1:
            yield from (Dummy((1, 100, 80)), Dummy((1, 16000)))

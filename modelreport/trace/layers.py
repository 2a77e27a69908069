"""What the layers of a module say about its input."""

# ruff: noqa: SLF001  torch gives the common bases of its layers no public names

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from modelreport.trace.dummies import Dummy

IMAGE_SIDES = (224, 256, 384, 299, 448, 512, 192, 240, 288, 320, 336, 128, 96, 64, 32, 28, 600, 800, 1024)
VIDEO_SIZES = ((16, 112), (16, 224), (8, 224), (32, 224), (16, 64))
LATENT_SIDES = (1, 4, 7, 8, 14, 16, 32, 64)
"""What generators and decoders begin with: a point, or a small grid that is scaled up."""
LENGTHS = (1024, 3000, 16000, 128, 100)
SEQUENCE = 16
_MOST_COLOURS = 4


def vocabulary(module: Any) -> int:
    """Ids below this are safe for every embedding of the module."""
    return max(2, min([1000, *(int(m.num_embeddings) for m in module.modules() if is_embedding(m))]))


def is_embedding(module: Any) -> bool:
    """Whether the module turns ids into vectors."""
    from torch import nn

    return isinstance(module, (nn.Embedding, nn.EmbeddingBag))


def first_layers(module: Any) -> list[tuple[str, Any]]:
    """The first layer with weights of each kind, by registration: paths and modules."""
    found: dict[str, tuple[str, Any]] = {}
    for path, part in module.named_modules():
        kind = _kind(part)
        if kind:
            found.setdefault(kind, (path, part))
    return list(found.values())


def _kind(part: Any) -> str:
    import torch
    from torch import nn

    known: dict[str, tuple[type, ...]] = {
        "conv": (nn.modules.conv._ConvNd,),
        "linear": (nn.Linear,),
        "embedding": (nn.Embedding, nn.EmbeddingBag),
        "attention": (nn.MultiheadAttention,),
        "recurrent": (nn.RNNBase, nn.RNNCellBase),
        "norm": (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm),
    }
    for kind, classes in known.items():
        if isinstance(part, classes):
            return kind
    weight: Any = getattr(part, "weight", None)
    if isinstance(weight, torch.Tensor) and not list(part.children()) and 2 <= weight.dim() <= 5:
        return "linear" if weight.dim() == 2 else "conv"
    return _quantised_kind(part)


def _quantised_kind(part: Any) -> str:
    """Layers of ``torch.ao`` keep their weights packed and tell their sizes as the layers they stand for do."""
    if ".quantized." not in type(part).__module__:
        return ""
    names = {"in_features": "linear", "in_channels": "conv", "input_size": "recurrent"}
    return next((kind for name, kind in names.items() if isinstance(getattr(part, name, None), int)), "")


def forms_of(layer: Any) -> Iterator[Dummy]:
    """Inputs that the layer accepts, over the usual sizes."""
    from torch import nn

    weight: Any = getattr(layer, "weight", None)
    if callable(weight):  # of a quantised layer
        weight = None
    if isinstance(layer, (nn.Embedding, nn.EmbeddingBag)):
        yield from (Dummy((1, n), "ids", "int64", layer.num_embeddings) for n in (16, 32, 64, 128, 512))
        yield Dummy((16,), "ids", "int64", layer.num_embeddings)
        yield from (Dummy((1, 3, side, side)) for side in IMAGE_SIDES[:3])
    elif isinstance(layer, nn.RNNBase) or _quantised_kind(layer) == "recurrent":
        yield from _sequences(layer.input_size, batch_first=layer.batch_first)
    elif isinstance(layer, nn.MultiheadAttention):
        yield from _sequences(layer.embed_dim, batch_first=layer.batch_first)
    elif isinstance(layer, nn.ConvTranspose2d) and layer.in_channels > _MOST_COLOURS:
        yield from (Dummy((1, layer.in_channels, side, side)) for side in (*LATENT_SIDES, *IMAGE_SIDES))
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
    elif isinstance(layer, nn.Linear) or hasattr(layer, "in_features") or (weight is not None and weight.dim() == 2):
        yield from _linear_forms(int(weight.shape[1] if weight is not None else layer.in_features))
    else:
        channels = getattr(layer, "in_channels", None) or (int(weight.shape[1]) if weight is not None else 3)
        yield from _conv_forms(int(channels), weight.dim() - 2 if weight is not None and weight.dim() > 2 else 2)


def _sequences(width: int, *, batch_first: bool) -> Iterator[Dummy]:
    """One sequence of vectors, in the order of dimensions that the layer states, then the other, then without batch."""
    own, other = (1, SEQUENCE, width), (SEQUENCE, 1, width)
    yield from (Dummy(s) for s in ((own, other) if batch_first else (other, own)))
    yield Dummy((SEQUENCE, width))


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

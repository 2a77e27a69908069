"""Dummy inputs from what a module of timm or torchvision says of itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modelreport.trace.dummies import Candidate, Dummy

if TYPE_CHECKING:
    from modelreport.facts import Identification


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

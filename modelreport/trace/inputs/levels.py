"""Arguments that take a list: feature maps of an image at several sizes, as a backbone gives them to a neck or head."""

from __future__ import annotations

from typing import Any

from modelreport.trace.dummies import Dummy
from modelreport.trace.inputs.subject import Subject

SIDES = (32, 16, 8)
"""Of feature maps, the largest first, each half as large as the one before."""
_TENSORS = ("list[torch.Tensor]", "list[Tensor]", "tuple[torch.Tensor", "Sequence[torch.Tensor]")


def level_forms(name: str, subject: Subject) -> list[Any]:
    """Maps as wide as the model's vectors, of several sizes or of one; nothing for arguments that take no list."""
    annotation = next((str(p.annotation) for p in subject.parameters if p.name == name), "").replace("typing.", "")
    words = set(name.split("_"))
    if not annotation.lower().startswith(tuple(t.lower() for t in _TENSORS)):
        return []
    if not words & {"features", "feature", "feats", "maps", "embeds", "embeddings"}:
        return []
    maps = [Dummy((1, subject.config.width, side, side)) for side in SIDES]
    return [maps, maps[1:2]]

"""Arguments whose kind only the documentation or the first layer tells: vectors of another model, flags, sizes."""

from __future__ import annotations

import re
from typing import Any

from modelreport.trace.dummies import Dummy
from modelreport.trace.inputs.documented import size_of
from modelreport.trace.inputs.subject import Subject

_VECTORS = re.compile(
    r"(^inputs|embeds?|embeddings?|states?|feat(ure)?s|latents?|encoding|conditioning|hidden|quer(y|ies)|sample|noise)$"
)
_WHOLE = re.compile(r"Long|Int\b|int64|int32")


def feature_forms(name: str, subject: Subject) -> list[Any]:
    """What an argument may be given by its documented shape or the ending of its name; nothing where both are mute."""
    found = [*_stated(name, subject), *_by_ending(name, subject)]
    return found[:3]


def _stated(name: str, subject: Subject) -> list[Any]:
    stated = subject.shapes.get(name)
    if stated is None:
        return []
    sizes = [size_of(dim, subject.config) for dim in stated.dims]
    if any(size is None for size in sizes):
        return []
    shape = tuple(size for size in sizes if size is not None)
    words = set(name.split("_"))
    if "Bool" in stated.kind:
        return [Dummy(shape, "ones", "bool")]
    if words & {"mask", "masks"} and not (len(shape) == 4 and "channels" in stated.dims[1]):
        return [Dummy(shape, "ones", "int64")]
    if _WHOLE.search(stated.kind):
        return [Dummy(shape, "zeros", "int64")]
    return [Dummy(shape)]


def _by_ending(name: str, subject: Subject) -> list[Any]:
    """Vectors as wide as the first layer wants them or as the configuration says; masks and ids of a sequence."""
    length = subject.config.sequence
    words = set(name.split("_"))
    if "mask" in words:
        return [Dummy((1, length), "ones", "bool"), Dummy((1, length), "ones", "int64")]
    if words & {"ids", "idx", "indices", "labels"}:
        return [Dummy((1, length), "zeros", "int64")]
    if not _VECTORS.search(name):
        return []
    widths = dict.fromkeys(w for w in (subject.config.width, subject.fan_in) if w)
    if name in ("hidden_states", "latents", "sample"):
        widths = dict.fromkeys(reversed(widths))
    shapes = [(1, length, width) for width in widths]
    return [Dummy(shape) for shape in shapes] + [Dummy((1, width, length)) for width in widths]

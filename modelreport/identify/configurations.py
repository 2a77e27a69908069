"""The values of a configuration of transformers, and what could be tried in the place of each."""

from __future__ import annotations

import dataclasses
import re
import typing
from typing import Any

_OPTIONAL = re.compile(r"(dim|size|inner|heads?|rank|layers|channels|width)(_\d)?$")


def names_of(config: Any) -> list[str]:
    """The names of a configuration's values, in its order."""
    if dataclasses.is_dataclass(config):
        return [f.name for f in dataclasses.fields(config)]
    return [n for n in vars(config) if not n.startswith("_")]


def value_of(config: Any, name: str) -> Any:
    """A value of a configuration; ``None`` also where the layers have values of their own."""
    try:
        return getattr(config, name, None)
    except Exception:  # the library's own class for such values refuses
        return None


def is_list(value: Any) -> bool:
    """Whether a value is a short list of whole numbers, each of which can be changed."""
    return isinstance(value, (list, tuple)) and 0 < len(value) <= 12 and all(type(v) is int for v in value)


def others_than(value: int, before: int | None = None) -> list[int]:
    """Other values to try in the place of a number, the likeliest to fit first; ``before`` is what it is now."""
    now = value if before is None else before
    if now != value:  # a number of layers that was made smaller
        return [now + 1, now * 2]
    options = [value * 2, value + 1, value * 3, value // 2, value + 2]
    return [o for o in dict.fromkeys(options) if o > 0 and o != value]


def optional_kind(annotation: Any, path: str) -> type | None:
    """What a value that is not given could be by its annotation: a switch, a number, or nothing that is tried."""
    kinds = typing.get_args(annotation)
    if bool in kinds:
        return bool
    return int if int in kinds and _OPTIONAL.search(path) else None


def choices_of(annotation: Any) -> list[str]:
    """The texts that an annotation allows."""
    found: list[str] = []
    for part in (annotation, *typing.get_args(annotation)):
        if typing.get_origin(part) is typing.Literal:
            found.extend(c for c in typing.get_args(part) if isinstance(c, str))
    return found

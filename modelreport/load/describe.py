"""Short text of values from a pickle: bounded in length, depth and work, whatever the value holds."""

from __future__ import annotations

from typing import Any

from modelreport.checkpoint import LazyTensor
from modelreport.load.pickle_values import Blob, Group, Made, Name, Pairs, Persistent, key_text

_ITEMS = 6
_DEPTH = 4


def short(text: str, limit: int = 200) -> str:
    """``text``, cut with an ellipsis and its length when it is longer than ``limit``."""
    return text if len(text) <= limit else f"{text[: limit - 24]}… ({len(text):,} characters)"


def describe(value: Any, limit: int = 200) -> str:
    """One value as text; a tuple of arguments without its brackets."""
    if isinstance(value, tuple):
        shown = ", ".join(_describe(item, limit, 1) for item in value[:_ITEMS])
        return short(shown + (", …" if len(value) > _ITEMS else ""), limit)
    return short(_describe(value, limit, 0), limit)


def _describe(value: Any, limit: int, depth: int) -> str:
    if isinstance(value, (str, bytes)):
        return short(repr(value[: limit + 1]), limit)
    if value is None or isinstance(value, (bool, float)):
        return repr(value)
    if isinstance(value, int):
        return str(value) if value.bit_length() < 200 else f"an integer of {value.bit_length()} bits"
    if isinstance(value, Name):
        return short(value.path, limit)
    if isinstance(value, Blob):
        return f"{value.size_bytes:,} bytes {short(repr(value.read(40)), 100)}"
    if isinstance(value, LazyTensor):
        return f"tensor {value.dtype} {'×'.join(map(str, value.shape))}"
    if depth >= _DEPTH:
        return "…"
    return _describe_nested(value, limit, depth + 1)


def _describe_nested(value: Any, limit: int, depth: int) -> str:
    if isinstance(value, Made):
        arguments = value.arguments if isinstance(value.arguments, tuple) else (value.arguments,)
        return f"{short(value.path, limit)}({_several(arguments, limit, depth)})"
    if isinstance(value, (tuple, list)):
        return f"[{_several(value, limit, depth)}]" if isinstance(value, list) else f"({_several(value, limit, depth)})"
    if isinstance(value, Group):
        return f"{{{_several(value.items, limit, depth)}}}"
    if isinstance(value, Pairs):
        pairs = [f"{short(key_text(k), 60)!r}: {_describe(v, limit, depth)}" for k, v in value.pairs[:_ITEMS]]
        return f"{{{', '.join(pairs)}{', …' if len(value.pairs) > _ITEMS else ''}}}"
    if isinstance(value, Persistent):
        return f"reference({_describe(value.value, limit, depth)})"
    return f"<{type(value).__name__}>"


def _several(values: list[Any] | tuple[Any, ...], limit: int, depth: int) -> str:
    shown = [_describe(item, limit, depth) for item in values[:_ITEMS]]
    return ", ".join(shown) + (", …" if len(values) > _ITEMS else "")

"""Tensors inside nested values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def tensors_in(value: Any) -> list[torch.Tensor]:
    """All tensors in nested tuples, lists, mappings and dataclasses, in order."""
    import torch

    found: list[torch.Tensor] = []
    todo: list[Any] = [value]
    seen: set[int] = set()
    while todo:
        item = todo.pop()
        if isinstance(item, torch.Tensor):
            found.append(item)
        elif isinstance(item, (tuple, list)):
            todo.extend(reversed(item))
        elif item is None or isinstance(item, (bool, int, float, str)):
            continue
        elif isinstance(item, Mapping):
            if id(item) not in seen:
                seen.add(id(item))
                todo.extend(reversed(list(item.values())))
        elif is_dataclass(item) and not isinstance(item, type) and id(item) not in seen:
            seen.add(id(item))
            todo.extend(getattr(item, field.name, None) for field in reversed(fields(item)))
    return found


def replace_tensors(value: Any, change: Callable[[torch.Tensor], Any]) -> Any:
    """The same nested tuples, lists and dicts with every tensor replaced by ``change(tensor)``."""
    import torch

    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(replace_tensors(item, change) for item in value))
    if isinstance(value, (tuple, list)):
        return type(value)(replace_tensors(item, change) for item in value)
    if isinstance(value, dict):
        return {key: replace_tensors(item, change) for key, item in value.items()}
    return value


def meta_parameter(parameter: torch.Tensor) -> torch.Tensor:
    """A parameter on meta of the same shape, strides, dtype and ``requires_grad``; values are not copied."""
    import torch

    made = torch.empty_strided(parameter.shape, parameter.stride(), dtype=parameter.dtype, device="meta")
    return torch.nn.Parameter(made, requires_grad=parameter.requires_grad)

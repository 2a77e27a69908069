"""Tensors inside nested values."""

# ruff: noqa: SLF001  torch gives the parts of a sparse tensor no public names

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_ATOMS = frozenset({type(None), bool, int, float, str})


def tensors_in(value: Any) -> list[torch.Tensor]:
    """All tensors in nested tuples, lists, mappings and dataclasses, in order."""
    import torch

    tensor = torch.Tensor
    found: list[torch.Tensor] = []
    todo: list[Any] = [value]
    seen: set[int] = set()
    while todo:
        item = todo.pop()
        kind = type(item)
        if kind is tensor:
            found.append(item)
        elif kind in _ATOMS:  # these come first: it is called for every argument of every operator
            continue
        elif isinstance(item, (tuple, list)):
            todo.extend(reversed(item))
        elif isinstance(item, tensor):
            found.append(item)
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


def shape_of(tensor: torch.Tensor) -> tuple[int, ...]:
    """The shape; -1 where a nested tensor has no single size."""
    import torch

    try:
        sizes = list(tensor.shape)
    except RuntimeError:  # a nested tensor of the strided layout has no shape
        sizes = [_size(tensor, dim) for dim in range(tensor.dim())]
    return tuple(n if type(n) is int else int(n) if not isinstance(n, torch.SymInt) else -1 for n in sizes)


def _size(tensor: torch.Tensor, dim: int) -> int:
    try:
        return tensor.size(dim)
    except RuntimeError:
        return -1


def size_of(tensor: torch.Tensor) -> int:
    """Bytes of a tensor's elements; of sparse ones those of the values and indices that are stored."""
    import torch

    if tensor.layout == torch.sparse_coo:
        return size_of(tensor._indices()) + size_of(tensor._values())
    by_row = tensor.layout in (torch.sparse_csr, torch.sparse_bsr)
    if by_row or tensor.layout in (torch.sparse_csc, torch.sparse_bsc):
        names = ("crow_indices", "col_indices") if by_row else ("ccol_indices", "row_indices")
        return size_of(tensor.values()) + sum(size_of(getattr(tensor, name)()) for name in names)
    try:
        return int(tensor.nbytes)
    except (RuntimeError, NotImplementedError, TypeError):  # opaque layouts
        return 0

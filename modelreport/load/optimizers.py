"""The state of an optimizer by parameter: groups with their settings, and what is kept for each parameter.

Source of the layout: ``Optimizer.state_dict`` in ``torch/optim/optimizer.py``; ``param_names`` since torch 2.6.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeGuard

from modelreport.checkpoint import LazyTensor, Opaque, OptimizerGroup, OptimizerState
from modelreport.load.budget import Budget
from modelreport.load.describe import short
from modelreport.load.pickle_values import Made, Pairs, key_text, mapping
from modelreport.load.plain import Plain
from modelreport.load.tensors import Tensors

GROUPS_LIMIT = 1000
SETTINGS_LIMIT = 100
KEY_CHARACTERS = 1000


def optimizer_state(
    path: str, kind: str, entries: Mapping[str, Any], tensors: Tensors, plain: Plain, budget: Budget
) -> OptimizerState:
    """What ``entries`` (``state`` and ``param_groups``) say; their tensors are read by ``tensors``."""
    groups: list[OptimizerGroup] = []
    order: dict[int, str] = {}
    for raw in entries["param_groups"][:GROUPS_LIMIT]:
        group = mapping(raw) or {}
        params, names = group.get("params"), group.get("param_names")
        listed = params if _is_list(params) else ()
        budget.spend(len(listed) + len(group))
        keys = tuple(_key(param, order) for param in listed)
        named = tuple(short(n, KEY_CHARACTERS) for n in names if isinstance(n, str)) if _is_list(names) else ()
        settings = {
            short(name): _setting(value, tensors, plain)
            for name, value in list(group.items())[:SETTINGS_LIMIT]
            if name not in ("params", "param_names")
        }
        groups.append(OptimizerGroup(keys, settings, named if len(named) == len(keys) else ()))
    return OptimizerState(path, kind, tuple(groups), _states(path, entries["state"], order, tensors, budget))


def _is_list(value: Any) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    return isinstance(value, (list, tuple))


def _key(param: Any, order: dict[int, str]) -> str:
    """Key of a parameter in ``state``; a whole optimizer has the parameters themselves, which are numbered."""
    if isinstance(param, (Made, LazyTensor)):
        return order.setdefault(id(param), str(len(order)))
    return short(key_text(param), KEY_CHARACTERS)


def _setting(value: Any, tensors: Tensors, plain: Plain) -> Any:
    """A setting as plain data; a learning rate may be a tensor of one value. What is neither is left out."""
    parts = tensors.read(value)
    if parts is not None:
        return number(parts.main)
    converted = plain.convert(value)
    return None if isinstance(converted, Opaque) else converted


def number(tensor: LazyTensor) -> float | None:
    """The value of a tensor of one finite real number, ``None`` for any other."""
    if tensor.storage is None or tensor.count != 1 or tensor.layout != "dense" or tensor.dtype.startswith("complex"):
        return None
    try:
        value = float(tensor.array().reshape(-1)[0])
    except (ValueError, TypeError, IndexError):
        return None
    return value if math.isfinite(value) else None


def _states(
    path: str, raw: Any, order: Mapping[int, str], tensors: Tensors, budget: Budget
) -> dict[str, dict[str, LazyTensor | int | float]]:
    pairs = (raw.pairs or []) if isinstance(raw, (Pairs, Made)) else []
    states: dict[str, dict[str, LazyTensor | int | float]] = {}
    for index, (key, item) in enumerate(pairs):
        values = mapping(item) or {}
        budget.spend(1 + len(values))
        named = order.get(id(key), str(index)) if isinstance(key, (Made, LazyTensor)) else None
        named = short(key_text(key), KEY_CHARACTERS) if named is None else named
        found: dict[str, LazyTensor | int | float] = {}
        for name, value in values.items():
            parts = tensors.read(value, f"{path}.{named}.{name}")
            if parts is not None:
                found[short(name)] = replace(parts.main, name=short(f"{path}.{named}.{name}", KEY_CHARACTERS))
            elif isinstance(value, (int, float)) and not isinstance(value, bool):
                found[short(name)] = value
        states[named] = found
    return states

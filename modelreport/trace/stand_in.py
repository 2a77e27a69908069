"""A stand-in for a module: the same structure on the meta device, so that the module of the caller stays as it is."""

# ruff: noqa: SLF001  torch gives these no public names

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modelreport.meta import TWIN_LIMIT, Shadows, meta_parameter

if TYPE_CHECKING:
    import torch

SCALARS = 16
"""Parameters of at most this many elements keep their value: temperatures and scales are sometimes read."""


def is_on_meta(module: Any) -> bool:
    """Whether every parameter and buffer is on meta."""
    return all(t.is_meta for t in [*module.parameters(), *module.buffers()])


@contextlib.contextmanager
def stand_in(module: Any, shadows: Shadows, keep: bool) -> Iterator[Any]:
    """A module on meta to run instead of the given one, in eval mode.

    With ``keep`` the given one must come back unchanged: its structure is copied, parameters and buffers become meta
    tensors (no weight is copied), small buffers keep their values. A module that cannot be copied has its tensors
    exchanged for the length of the context, and put back. Without ``keep`` a module on meta runs itself.
    """
    if not keep and is_on_meta(module):
        module.eval()
        yield module
        return
    copied = _copied(module, shadows)
    if copied is not None:
        yield copied.eval()
        return
    with _exchanged(module, shadows) as changed:
        yield changed


def _copied(module: Any, shadows: Shadows) -> Any:
    """A deep copy on meta, or ``None`` when something in the module cannot be copied."""
    from torch.overrides import TorchFunctionMode

    memo: dict[int, Any] = {id(t): made for t, made in _meta_tensors(module, shadows)}

    class Copies(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if getattr(func, "__name__", "") == "__deepcopy__" and len(args) == 2:
                tensor, seen = args
                if id(tensor) not in seen:
                    seen[id(tensor)] = remembered(tensor, shadows)
                return seen[id(tensor)]
            return func(*args, **(kwargs or {}))

    try:
        with Copies():
            return copy.deepcopy(module, memo)
    except Exception:
        return None


def _meta_tensors(module: Any, shadows: Shadows) -> Iterator[tuple[Any, Any]]:
    from torch.nn.parameter import is_lazy

    for parameter in module.parameters():
        if is_lazy(parameter):
            lazy: Any = type(parameter)
            yield parameter, lazy(parameter.requires_grad, device="meta", dtype=parameter.dtype)
        elif type(parameter).__module__.startswith("torch.nn"):
            made = meta_parameter(parameter)
            if not parameter.is_meta and parameter.numel() <= SCALARS:
                shadows.know(made, parameter.detach().to("cpu", copy=True))
            yield parameter, made
    for buffer in module.buffers():
        if is_lazy(buffer):
            lazy = type(buffer)
            yield buffer, lazy(device="meta", dtype=buffer.dtype)
        else:
            yield buffer, remembered(buffer, shadows)


def remembered(tensor: torch.Tensor, shadows: Shadows) -> torch.Tensor:
    """The tensor on meta, its value copied into a twin where it is small."""
    import torch

    if tensor.is_meta:
        made = torch.empty_like(tensor)
        twin = shadows.twin(tensor)
        if twin is not None:
            shadows.know(made, twin.value.clone(), twin.guess)
        return made
    if tensor.numel() <= TWIN_LIMIT and tensor.layout == torch.strided and not tensor.is_quantized:
        return shadows.lift(tensor.detach().to("cpu", copy=True))
    return tensor.detach().to("meta")


@contextlib.contextmanager
def _exchanged(module: Any, shadows: Shadows) -> Iterator[Any]:
    """The module itself with meta tensors in place of its own, in eval mode; all put back at the end."""
    made = {id(t): m for t, m in _meta_tensors(module, shadows)}
    before = [(m, dict(m.__dict__), dict(m._parameters), dict(m._buffers)) for m in module.modules()]
    try:
        for part, _, parameters, buffers in before:
            for store, tensors in ((part._parameters, parameters), (part._buffers, buffers)):
                store.update({name: made.get(id(t), t) for name, t in tensors.items() if t is not None})
            part.training = False
        yield module
    finally:
        for part, attributes, parameters, buffers in before:
            part.__dict__.clear()
            part.__dict__.update(attributes)
            for store, tensors in ((part._parameters, parameters), (part._buffers, buffers)):
                store.clear()
                store.update(tensors)

"""Real tensors for a module that has none: the file's where they fit, else what its layers begin with."""

# ruff: noqa: SLF001  torch gives these no public names

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from modelreport.meta import Shadows, replace_tensors

if TYPE_CHECKING:
    import torch

    from modelreport.checkpoint import LazyTensor

SEED = 0


def make_real(module: Any, stored: Mapping[str, LazyTensor], brought: Mapping[int, torch.Tensor]) -> tuple[int, int]:
    """Give every tensor of the module values on the CPU, in place.

    A tensor that is on the CPU stays; one on another device is in ``brought``, by identity. One on meta gets the
    file's values (``stored``, by the module's names), or the value known from building it, or else what its layer
    begins with (``reset_parameters``), drawn with a fixed seed. Tied tensors stay tied. Returns how many parameters
    have their true values, and how many there are.
    """
    import torch

    torch.default_generator.manual_seed(SEED)
    known = Shadows()
    names = {id(t): n for n, t in [*module.named_buffers(), *module.named_parameters()] if not _is_lazy(t)}
    parameters = {id(t) for t in module.parameters()}
    made: dict[int, torch.Tensor] = {}
    true: set[int] = set()

    def real(tensor: torch.Tensor) -> torch.Tensor:
        if id(tensor) in made:
            return made[id(tensor)]
        if tensor.device.type == "cpu" and not _is_shared(tensor):
            true.add(id(tensor))
            return made.setdefault(id(tensor), tensor)
        name = names.get(id(tensor), "")
        value = brought.get(id(tensor))
        if value is None:
            value = _value(tensor, stored.get(name), known)
        if value is not None:
            true.add(id(tensor))
        return made.setdefault(id(tensor), _as_kind(tensor, _initial(tensor, name) if value is None else value))

    for part in module.modules():
        own = [t for t in part._parameters.values() if t is not None and not _is_lazy(t)]
        for store in (part._parameters, part._buffers):
            store.update({n: real(t) for n, t in store.items() if t is not None and not _is_lazy(t)})
        for name, value in _loose(part):
            part.__dict__[name] = replace_tensors(value, real)
        if own and not any(id(t) in true for t in own):
            _reset(part)
    return sum(t in true for t in parameters), len(parameters)


def _is_shared(tensor: torch.Tensor) -> bool:
    """Whether another process sees what is written to it."""
    try:
        return bool(tensor.is_shared())  # type: ignore[no-untyped-call]
    except (NotImplementedError, RuntimeError):  # sparse
        return False


def _loose(part: Any) -> Iterator[tuple[str, Any]]:
    """Attributes that hold tensors without being registered."""
    for name, value in list(part.__dict__.items()):
        if name not in ("_parameters", "_buffers", "_modules") and not name.endswith("_hooks"):
            found: list[Any] = []
            with contextlib.suppress(Exception):
                replace_tensors(value, found.append)
            if any(t.device.type != "cpu" for t in found):
                yield name, value


def _is_lazy(tensor: Any) -> bool:
    from torch.nn.parameter import is_lazy

    return bool(is_lazy(tensor))


def _value(tensor: torch.Tensor, lazy: LazyTensor | None, known: Shadows) -> torch.Tensor | None:
    """The true values: of the caller's tensor, of the file, or known since building; ``None`` where there are none."""
    if not tensor.is_meta:
        return tensor.detach().to("cpu", copy=True)
    if lazy is not None and lazy.shape == tuple(tensor.shape):
        with contextlib.suppress(Exception):  # damaged or packed: the initial values do as well
            return lazy.tensor().to(tensor.dtype)
    twin = known.twin(tensor)
    return None if twin is None or twin.guess else twin.value.clone()


def _initial(tensor: torch.Tensor, name: str) -> torch.Tensor:
    """Random matrices of unit gain, ones for scales and variances, zeros for the rest."""
    import torch

    made = torch.zeros(tensor.shape, dtype=tensor.dtype, device="cpu")
    if isinstance(tensor, torch.nn.Parameter) and tensor.is_floating_point():
        with torch.no_grad():
            if tensor.dim() >= 2:
                made.normal_(std=max(tensor[0].numel(), 1) ** -0.5)
            elif not name.endswith("bias"):
                made.fill_(1)
    elif name.endswith("var"):
        made.fill_(1)
    return made


def _as_kind(tensor: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """The value as a parameter where the tensor is one."""
    import torch

    if not isinstance(tensor, torch.nn.Parameter):
        return value
    return torch.nn.Parameter(value, requires_grad=tensor.requires_grad and value.is_floating_point())


def _reset(part: Any) -> None:
    """What the layer begins with, by its own rule."""
    import torch

    for name in ("reset_parameters", "_reset_parameters"):
        rule = getattr(part, name, None)
        if callable(rule):
            with contextlib.suppress(Exception), torch.no_grad():
                rule()
            return

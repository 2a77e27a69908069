"""Devices written into a model's code, redirected to the CPU for a real run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

STAYS = frozenset({"cuda", "cpu", "xpu", "npu", "ipu", "pin_memory"})
"""Functions that only move a tensor to where it is already."""


@contextlib.contextmanager
def on_cpu() -> Iterator[None]:
    """Inside this context ``.cuda()``, ``.to("cuda:0")`` and ``device="cuda"`` give tensors on the CPU."""
    from torch.overrides import TorchFunctionMode

    class Redirects(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            name = getattr(func, "__name__", "")
            if name in STAYS and args:
                return args[0]
            kwargs = kwargs or {}
            if kwargs.get("device") is not None:
                kwargs = {**kwargs, "device": _redirected(kwargs["device"])}
            if name == "to" and len(args) > 1 and _is_device(args[1]):
                args = (args[0], _redirected(args[1]), *args[2:])
            return func(*args, **kwargs)

    with Redirects():
        yield


def _is_device(value: Any) -> bool:
    import torch

    return isinstance(value, (str, int, torch.device)) and not isinstance(value, bool)


def _redirected(device: Any) -> Any:
    return device if str(device) == "meta" else "cpu"

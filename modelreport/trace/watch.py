"""Connects a recorder to torch for the length of one pass, and disconnects it whatever happens."""

# ruff: noqa: SLF001  torch gives these no public names

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modelreport.trace.flops import cost_of

if TYPE_CHECKING:
    from modelreport.trace.recorder import Recorder

_LOCK = threading.RLock()
_USERS: set[object] = set()
_ACTIVE = threading.local()
_ORIGINAL: list[Any] = []


def _watched_call(self: Any, *args: Any, **kwargs: Any) -> Any:
    """Stands in for ``nn.Module.__call__`` while any thread traces; other threads' modules run as ever."""
    recorder = getattr(_ACTIVE, "recorder", None)
    if recorder is None:
        if not _USERS:
            _restore()
        return _ORIGINAL[0](self, *args, **kwargs)
    return recorder.call(_ORIGINAL[0], self, args, kwargs)


def _install(user: object) -> None:
    import torch

    with _LOCK:
        _USERS.add(user)
        if torch.nn.Module.__call__ is not _watched_call:
            _ORIGINAL[:] = [torch.nn.Module.__call__]
            torch.nn.Module.__call__ = _watched_call  # type: ignore[method-assign]


def _restore() -> None:
    import torch

    with _LOCK:
        if not _USERS and torch.nn.Module.__call__ is _watched_call:
            torch.nn.Module.__call__ = _ORIGINAL[0]  # type: ignore[method-assign]


@contextlib.contextmanager
def module_calls(recorder: Recorder) -> Iterator[None]:
    """Report every module call of this thread to the recorder.

    The patch is shared by all threads that trace and removed with the last of them; an interrupt between two lines here
    leaves at most a patch that removes itself at the next call.
    """
    user = object()
    before = getattr(_ACTIVE, "recorder", None)
    try:
        _install(user)
        _ACTIVE.recorder = recorder
        yield
    finally:
        _ACTIVE.recorder = before
        _USERS.discard(user)
        _restore()


@contextlib.contextmanager
def watched(recorder: Recorder) -> Iterator[None]:
    """Report every module call, torch function and aten operator of this thread to the recorder."""
    import torch
    from torch.overrides import TorchFunctionMode
    from torch.utils._python_dispatch import TorchDispatchMode

    class Functions(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return recorder.function(func, args, kwargs or {})

    class Kernels(TorchDispatchMode):  # type: ignore[no-untyped-call]
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            with torch._C.DisableTorchFunction():
                if cost_of(func).composite:
                    with self:
                        out = func.decompose(*args, **(kwargs or {}))
                    if out is not NotImplemented:
                        return out
                return recorder.kernel(func, args, kwargs or {})

    with module_calls(recorder), Kernels(), Functions():  # type: ignore[no-untyped-call]
        yield

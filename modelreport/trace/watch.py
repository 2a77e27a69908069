"""Connects a recorder to torch for the length of one pass, and disconnects it whatever happens."""

# ruff: noqa: SLF001  torch gives these no public names

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from modelreport.meta import Together, pretended, set_here, tensors_in
from modelreport.trace.flops import cost_of
from modelreport.trace.higher_order import is_higher_order, run_higher_order

if TYPE_CHECKING:
    from modelreport.trace.recorder import Recorder

_ACTIVE = threading.local()
_ORIGINAL: list[Any] = []


def _watched_call(self: Any, *args: Any, **kwargs: Any) -> Any:
    """Stands in for ``nn.Module.__call__`` while any thread traces; other threads' modules run as ever."""
    recorder = getattr(_ACTIVE, "recorder", None)
    if recorder is None:
        _PATCHED.settle()
        return _ORIGINAL[0](self, *args, **kwargs)
    return recorder.call(_ORIGINAL[0], self, args, kwargs)


def _patch(undo: ExitStack) -> None:
    import torch

    if torch.nn.Module.__call__ is not _watched_call:
        _ORIGINAL[:] = [torch.nn.Module.__call__]
        undo.callback(_restore)
        torch.nn.Module.__call__ = _watched_call  # type: ignore[method-assign]


def _restore() -> None:
    import torch

    if torch.nn.Module.__call__ is _watched_call:  # nobody else has patched it meanwhile
        torch.nn.Module.__call__ = _ORIGINAL[0]  # type: ignore[method-assign]


_PATCHED = Together(_patch)


@contextlib.contextmanager
def module_calls(recorder: Recorder) -> Iterator[None]:
    """Report every module call of this thread to the recorder.

    The patch is shared by all threads that trace and removed with the last of them; an interrupt between two lines here
    leaves at most a patch that removes itself at the next call.
    """
    with _PATCHED(), set_here(_ACTIVE, "recorder", recorder):
        yield


@contextlib.contextmanager
def watched(recorder: Recorder) -> Iterator[None]:
    """Report every module call, torch function and aten operator of this thread to the recorder."""
    import torch
    from torch.overrides import TorchFunctionMode
    from torch.utils._python_dispatch import TorchDispatchMode

    class Functions(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if is_higher_order(func):
                with self:
                    return run_higher_order(recorder, func, args, kwargs or {})
            return recorder.function(func, args, kwargs or {})

    class Kernels(TorchDispatchMode):  # type: ignore[no-untyped-call]
        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            """No need to: nothing is compiled inside, and importing the compiler takes longer than most passes."""
            return False

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            with torch._C.DisableTorchFunction():
                if cost_of(func).composite and not _has_own_kernels(types, args):
                    with self:
                        out = func.decompose(*args, **(kwargs or {}))
                    if out is not NotImplemented:
                        return out
                return recorder.kernel(func, args, kwargs or {})

    with _modes_restored(), pretended(), module_calls(recorder), Kernels(), Functions():  # type: ignore[no-untyped-call]
        yield


def _has_own_kernels(types: Any, args: tuple[Any, ...]) -> bool:
    """Whether a tensor brings kernels of its own, as nested ones do: what decomposes for others does not for them."""
    import torch

    own = torch.Tensor.__torch_dispatch__
    return any(kind.__torch_dispatch__ is not own for kind in types if not issubclass(kind, torch.nn.Parameter)) or any(
        tensor.is_nested for tensor in tensors_in(args)
    )


@contextlib.contextmanager
def _modes_restored() -> Iterator[None]:
    """Leave torch's stacks of modes as they were, also where code that ran out of stack could not clean up."""
    import torch
    from torch.overrides import _pop_mode as pop_function_mode
    from torch.utils import _python_dispatch as dispatch

    functions, kernels = torch._C._len_torch_function_stack(), torch._C._len_torch_dispatch_stack()
    flags = {name: value for name, value in vars(dispatch).items() if name.startswith("_is_in_")}
    try:
        yield
    finally:
        while torch._C._len_torch_function_stack() > functions:
            pop_function_mode()  # type: ignore[no-untyped-call]
        if torch._C._len_torch_dispatch_stack() > kernels:
            while torch._C._len_torch_dispatch_stack() > kernels:
                dispatch._pop_mode()
            vars(dispatch).update(flags)

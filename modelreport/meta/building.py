"""Building models without data."""

# ruff: noqa: SLF001  torch gives its modes no public names

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from modelreport.meta.pretence import pretended
from modelreport.meta.shadows import Shadows
from modelreport.meta.tensors import meta_parameter, tensors_in

_INITIALISERS = {
    "uniform_", "normal_", "trunc_normal_", "kaiming_uniform_", "kaiming_normal_", "xavier_uniform_", "xavier_normal_",
    "orthogonal_", "sparse_", "lecun_normal_",
}  # fmt: skip


@contextlib.contextmanager
def on_meta() -> Iterator[Shadows]:
    """Build models inside this context: all tensors are on meta, values that constructors read are known.

    Constructors may call ``.item()`` and ``.tolist()``; buffers keep their twins for a later pass. Random initialisers
    do nothing. Parameters made by the legacy ``torch.Tensor(rows, columns)`` become meta when they are registered.
    """
    import torch
    from torch.nn.modules.module import register_module_parameter_registration_hook
    from torch.overrides import TorchFunctionMode
    from torch.utils._python_dispatch import TorchDispatchMode

    shadows = Shadows()
    thread = threading.get_ident()

    class Functions(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if getattr(func, "__name__", "") in _INITIALISERS:
                tensor = next(iter(tensors_in((args, kwargs))), None)
                if tensor is not None:
                    shadows.forget(tensor)
                    return tensor
            return shadows.function(func, args, kwargs or {})

    class Kernels(TorchDispatchMode):  # type: ignore[no-untyped-call]
        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            """No need to: nothing is compiled inside, and importing the compiler takes longer than most passes."""
            return False

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            with torch._C.DisableTorchFunction():
                return shadows.kernel(func, args, kwargs or {})

    def registered(_module: Any, _name: str, parameter: Any) -> Any:
        if threading.get_ident() != thread or parameter is None or parameter.is_meta:
            return None
        return meta_parameter(parameter)

    hook = register_module_parameter_registration_hook(registered)
    try:
        with pretended(), Kernels(), Functions():  # type: ignore[no-untyped-call]
            yield shadows
    finally:
        hook.remove()

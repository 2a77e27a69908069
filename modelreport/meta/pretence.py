"""Functions of torch that ask for a GPU or a compiler, answered without one while a model is built or run here."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Self

from modelreport.meta.together import Together, set_here

_HERE = threading.local()


class _Nothing:
    """Stands for a stream, an event or a device: a context that does nothing, with methods that do nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.device, self.cuda_stream, self.priority = "cuda:0", 0, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: 0.0 if name == "elapsed_time" else None


_CUDA: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("current_device", "memory_allocated", "max_memory_allocated"), lambda *_, **__: 0),
    **dict.fromkeys(
        ("synchronize", "set_device", "empty_cache", "reset_peak_memory_stats", "ipc_collect", "set_stream", "init"),
        lambda *_, **__: None,
    ),
    **dict.fromkeys(("current_stream", "default_stream", "Stream", "Event", "stream", "device", "device_of"), _Nothing),
    "get_device_capability": lambda *_, **__: (8, 0),
    "get_device_name": lambda *_, **__: "",
}  # fmt: skip
_LEGACY = {
    "FloatTensor": "float32", "DoubleTensor": "float64", "HalfTensor": "float16", "BFloat16Tensor": "bfloat16",
    "LongTensor": "int64", "IntTensor": "int32", "ShortTensor": "int16", "CharTensor": "int8", "ByteTensor": "uint8",
    "BoolTensor": "bool",
}  # fmt: skip


@contextlib.contextmanager
def pretended() -> Iterator[None]:
    """On this thread, streams, events and the like of a GPU that is not there do nothing inside this context.

    Nothing is compiled, and flexible attention takes tensors on meta.
    The functions are exchanged for all threads, with ones that answer other threads as ever, and put back with the last
    user of the context.
    """
    with set_here(_HERE, "active", value=True), _EXCHANGED():
        yield


def _exchange(undo: ExitStack) -> None:
    for owner, name, pretence in _pretences():
        original = getattr(owner, name)
        undo.callback(setattr, owner, name, original)
        setattr(owner, name, _on_this_thread(original, pretence))


_EXCHANGED = Together(_exchange)


def _pretences() -> Iterator[tuple[Any, str, Callable[..., Any]]]:
    import torch

    yield torch, "compile", _uncompiled
    flexible = sys.modules.get("torch.nn.attention.flex_attention")
    if hasattr(flexible, "_validate_device"):
        yield flexible, "_validate_device", lambda *_: None
    for name in ("boxes", "deform_conv"):  # torchvision asks for its library, where only shapes are wanted
        operators = sys.modules.get(f"torchvision.ops.{name}")
        if hasattr(operators, "_assert_has_ops"):
            yield operators, "_assert_has_ops", lambda: None
    pooling = sys.modules.get("torchvision.ops.roi_align")
    if hasattr(pooling, "is_compile_supported"):  # without its library it has a way in Python, for devices it knows
        yield pooling, "is_compile_supported", lambda *_: True
    if not torch.cuda.is_available():
        yield from ((torch.cuda, name, answer) for name, answer in _CUDA.items() if hasattr(torch.cuda, name))
        yield from ((torch.cuda, name, _legacy(dtype)) for name, dtype in _LEGACY.items() if hasattr(torch.cuda, name))


def _on_this_thread(original: Any, pretence: Callable[..., Any]) -> Any:
    """Answers with ``pretence`` on threads inside the context and with ``original`` on the others."""

    def answer(*args: Any, **kwargs: Any) -> Any:
        return (pretence if getattr(_HERE, "active", False) else original)(*args, **kwargs)

    answer.__name__ = getattr(original, "__name__", "")
    if not isinstance(original, type):
        return answer

    class Either(type(original)):  # type: ignore[misc]
        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            return answer(*args, **kwargs)

        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, (original, _Nothing))

    try:
        return Either(original.__name__, (original,), {})
    except TypeError:  # a class that cannot be derived from
        return answer


def _uncompiled(model: Any = None, **_: Any) -> Any:
    """``torch.compile`` that gives back what it got, also as a decorator with arguments."""
    return model if model is not None else lambda found: found


def _legacy(dtype: str) -> Callable[..., Any]:
    """``torch.cuda.FloatTensor(2, 3)`` and ``torch.cuda.FloatTensor([1.0])``."""

    def make(*args: Any, **_: Any) -> Any:
        import torch

        kind = getattr(torch, dtype)
        if len(args) == 1 and not isinstance(args[0], (int, torch.Size)):
            return torch.as_tensor(args[0]).to(kind)
        return torch.empty(*args, dtype=kind)

    return make

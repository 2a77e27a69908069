"""Rules for torch functions that name a device, hold a literal or read a value."""

# ruff: noqa: SLF001  torch gives its modes no public names

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from modelreport.meta.tensors import replace_tensors

if TYPE_CHECKING:
    import torch

    from modelreport.meta.shadows import Shadows


def _same(_: Shadows, __: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``.cuda()``, ``.cpu()``, ``.pin_memory()``: the tensor stays where it is."""
    return args[0] if args else kwargs.get("input")


def _to(_: Shadows, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    import torch

    if kwargs.get("device") is not None:
        kwargs = {**kwargs, "device": "meta"}
    if len(args) > 1 and isinstance(args[1], (str, torch.device, int)):
        args = (args[0], "meta", *args[2:])
    elif len(args) > 1 and isinstance(args[1], torch.Tensor):
        args = (args[0], "meta", args[1].dtype, *args[2:])
    return func(*args, **kwargs)


def _type(_: Shadows, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    import torch

    if len(args) > 1 and not isinstance(args[1], torch.dtype):
        name = args[1] if isinstance(args[1], str) else getattr(args[1], "__name__", "")
        kind = getattr(torch, name.rpartition(".")[2], None)
        dtype = getattr(kind, "dtype", None)
        if isinstance(dtype, torch.dtype):
            return args[0].to(dtype)
    return func(*args, **kwargs)


def _literal(shadows: Shadows, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``torch.tensor([…])``, ``from_numpy``: built for real where small, then kept as a twin."""
    import torch
    from torch.utils._python_dispatch import _disable_current_modes

    if args and isinstance(args[0], torch.Tensor):
        if kwargs.get("device") is not None:
            kwargs = {**kwargs, "device": "meta"}
        return func(*args, **kwargs)
    before = shadows.guess_calls
    if args and isinstance(args[0], (list, tuple)):
        args = (replace_tensors(args[0], lambda t: _python_value(shadows, t)), *args[1:])
    if kwargs.get("device") is not None:
        kwargs = {**kwargs, "device": "cpu"}
    with _disable_current_modes(), torch._C.DisableTorchFunction():
        value = func(*args, **kwargs)
        made = shadows.lift(value)
        if shadows.guess_calls != before:
            shadows.know(made, value, "tensor")
        return made


def _python_value(shadows: Shadows, tensor: torch.Tensor) -> Any:
    from torch.utils._python_dispatch import _disable_current_modes

    with _disable_current_modes():
        return shadows.value(tensor, "tensor", "values").tolist()


def _read(shadows: Shadows, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``.tolist()``, ``.numpy()``, ``int(x)``: the answer comes from the twin."""
    import torch
    from torch.utils._python_dispatch import _disable_current_modes

    if not isinstance(args[0], torch.Tensor) or not args[0].is_meta:
        return func(*args, **kwargs)
    name = func.__name__.strip("_")
    with _disable_current_modes(), torch._C.DisableTorchFunction():
        return func(shadows.value(args[0], name, "code"), *args[1:], **kwargs)


def _new_tensor(shadows: Shadows, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``x.new_tensor([…])``, ``x.new([…])``: a literal of the dtype of ``x``."""
    import torch

    if len(args) != 2 or isinstance(args[1], (int, torch.Size, torch.Tensor)):
        return func(*args, **kwargs)
    dtype = kwargs.get("dtype") or args[0].dtype
    return _literal(shadows, torch.tensor, args[1:], {"dtype": dtype})


def _with_list_index(shadows: Shadows, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``x[:, [0, 2]]``: torch would make the list a meta tensor and lose its values."""
    if not args[0].is_meta:
        return func(*args, **kwargs)
    index = args[1]
    if isinstance(index, tuple):
        index = tuple(_known_index(shadows, part) for part in index)
    else:
        index = _known_index(shadows, index)
    return func(args[0], index, *args[2:], **kwargs)


def _known_index(shadows: Shadows, part: Any) -> Any:
    import torch

    if isinstance(part, list) or type(part).__module__ == "numpy":
        try:
            return _literal(shadows, torch.tensor, (part,), {})
        except (TypeError, ValueError, RuntimeError):
            return part
    return part


def _format(shadows: Shadows, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``f"{x:.2f}"`` shows the value where it is known, so that the model's own messages make sense; else a one."""
    from torch.utils._python_dispatch import _disable_current_modes

    twin = shadows.twin(args[0])
    if not args[0].is_meta or (twin is None and (args[0].dim() or args[1:] in ((), ("",)))):
        return func(*args, **kwargs)
    if twin is None:
        return format(1.0, args[1])
    with _disable_current_modes():
        return func(twin.value, *args[1:], **kwargs)


def _pad_packed(shadows: Shadows, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``pad_packed_sequence``: its C++ writes the lengths into a tensor, so these stay real."""
    import torch

    if not args[0].is_meta or kwargs:
        return func(*args, **kwargs)
    data, batches, batch_first, _value, total = args
    sizes = shadows.value(batches, "batch sizes").tolist()
    lengths = torch.tensor([sum(size > item for size in sizes) for item in range(sizes[0])], dtype=torch.int64)
    steps = max(len(sizes), total)
    lead = (sizes[0], steps) if batch_first else (steps, sizes[0])
    return torch.empty((*lead, *data.shape[1:]), dtype=data.dtype, device="meta"), lengths


FUNCTIONS: dict[str, Callable[[Shadows, Any, tuple[Any, ...], dict[str, Any]], Any]] = {
    **dict.fromkeys(("cuda", "cpu", "xpu", "npu", "ipu", "pin_memory", "share_memory_"), _same),
    **dict.fromkeys(("tensor", "as_tensor", "from_numpy", "asarray", "scalar_tensor", "frombuffer"), _literal),
    **dict.fromkeys(("tolist", "numpy", "__array__", "__index__", "__int__", "__float__", "__complex__"), _read),
    **dict.fromkeys(("new_tensor", "new"), _new_tensor),
    **dict.fromkeys(("__getitem__", "__setitem__"), _with_list_index),
    "__format__": _format,
    "_pad_packed_sequence": _pad_packed,
    "to": _to,
    "type": _type,
}

"""Meta tensors that remember what they stand for, so that models can be built and run without data.

A tensor on the meta device has a shape and no values. Code that needs a value (``.item()``, ``.tolist()``, boolean
masks, routing) fails on it. Here every meta tensor whose value is known (literals, index ranges, dummy token ids, small
buffers) carries a small real *twin* on the CPU; an operation whose inputs all have twins runs on the twins too. Where a
value is needed and none is known it is invented, and counted in ``Shadows.guesses``.

Devices written into the code (``"cuda"``, ``.cpu()``) become the meta device.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import torch

TWIN_LIMIT = 1 << 20
"""Largest twin, in elements: the cost of remembering stays far below that of the pass."""
PATIENCE = 32
"""Invented truth values from one line of code before the answer flips, so that ``while not done`` ends."""


class Twin(NamedTuple):
    """The known value of a meta tensor."""

    value: torch.Tensor
    guess: str = ""
    """What was invented to get it; empty when it is true."""


def tensors_in(value: Any) -> list[torch.Tensor]:
    """All tensors in nested tuples, lists, mappings and dataclasses, in order."""
    import torch

    found: list[torch.Tensor] = []
    todo: list[Any] = [value]
    seen: set[int] = set()
    while todo:
        item = todo.pop()
        if isinstance(item, torch.Tensor):
            found.append(item)
        elif isinstance(item, (tuple, list)):
            todo.extend(reversed(item))
        elif item is None or isinstance(item, (bool, int, float, str)):
            continue
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


class Shadows:
    """The twins of one building or one pass. ``function`` and ``kernel`` are called for every call by torch's modes."""

    def __init__(self) -> None:
        import torch

        self.guesses: Counter[str] = Counter()
        self.guess_calls = 0
        """Grows with every use of an invented value; compare before and after an operation."""
        self.scope = 0
        """Number of the module call that runs, so that repeated questions from one loop are told from repeated calls."""
        self._asked: Counter[tuple[Any, ...]] = Counter()
        self._spoiled: dict[int, Any] = {}
        self._random = torch.Generator().manual_seed(0)
        self._meta = torch.device("meta")

    # --- twins ------------------------------------------------------------------------------------------------------

    def twin(self, tensor: torch.Tensor) -> Twin | None:
        """What is known about the value of a tensor."""
        if not tensor.is_meta:
            return Twin(tensor) if tensor.numel() <= TWIN_LIMIT else None
        twin: Twin | None = tensor.__dict__.get("_modelreport_twin")
        if twin is not None and self._spoiled and twin.value.untyped_storage()._cdata in self._spoiled:
            return None
        return twin

    def know(self, tensor: torch.Tensor, value: torch.Tensor, guess: str = "") -> None:
        """Remember the value of a meta tensor."""
        if tensor.is_meta and value.numel() <= TWIN_LIMIT:
            tensor.__dict__["_modelreport_twin"] = Twin(value, guess)

    def forget(self, tensor: torch.Tensor) -> None:
        """Drop the value of a tensor that was overwritten with something unknown, and of all views of it."""
        twin = tensor.__dict__.pop("_modelreport_twin", None)
        if twin is not None:
            storage = twin.value.untyped_storage()
            self._spoiled[storage._cdata] = storage

    def lift(self, tensor: torch.Tensor) -> torch.Tensor:
        """A meta tensor of the same shape, strides and dtype, whose twin is the given one."""
        import torch

        if tensor.is_meta:
            return tensor
        if tensor.layout == torch.strided and not tensor.is_quantized:
            made = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")
        else:
            made = tensor.to("meta")
        self.know(made, tensor.detach() if tensor.requires_grad else tensor)
        return made

    def value(self, tensor: torch.Tensor, what: str) -> torch.Tensor:
        """The real value, invented where it is unknown: ones, and ``False`` for single truth values."""
        import torch

        twin = self.twin(tensor)
        if twin is not None:
            if twin.guess:
                self._count(twin.guess)
            return twin.value
        self._count(what)
        if tensor.dtype == torch.bool:
            return torch.full(tensor.shape, tensor.numel() > 1 or self._tired(), device="cpu")
        return torch.ones(tensor.shape, dtype=tensor.dtype, device="cpu")

    def _count(self, what: str) -> None:
        self.guesses[what] += 1
        self.guess_calls += 1

    def _tired(self) -> bool:
        """Whether the same line of the same module call has asked too often."""
        frame = sys._getframe(2)
        while frame.f_back is not None and _is_machinery(frame.f_code.co_filename):
            frame = frame.f_back
        place = (self.scope, frame.f_code.co_filename, frame.f_lineno)
        self._asked[place] += 1
        return self._asked[place] > PATIENCE

    # --- functions as the user wrote them ---------------------------------------------------------------------------

    def function(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a torch function with devices redirected, literals remembered and values read from twins."""
        special = _FUNCTIONS.get(getattr(func, "__name__", ""))
        if special is not None:
            return special(self, func, args, kwargs)
        if kwargs.get("device") is not None:
            kwargs = {**kwargs, "device": self._meta}
        return func(*args, **kwargs)

    # --- aten operators ---------------------------------------------------------------------------------------------

    def kernel(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run an aten operator on meta tensors, and on the twins where all are known."""
        tensors = tensors_in(args)
        if kwargs:
            tensors += tensors_in(kwargs)
        kind = _kind(func)
        if kind.rule is not None and (any(t.is_meta for t in tensors) or not tensors):
            return kind.rule(self, func, args, kwargs)
        known, real = not kind.random, False
        for tensor in tensors:
            if not tensor.is_meta:
                real = True
                known = known and tensor.numel() <= TWIN_LIMIT
            elif known and self.twin(tensor) is None:
                known = False
        if real and not any(t.is_meta for t in tensors) and kwargs.get("device") is None:
            return func(*args, **kwargs)
        on_meta_args, on_meta_kwargs = args, kwargs
        if real:
            on_meta_args, on_meta_kwargs = replace_tensors(args, self.lift), replace_tensors(kwargs, self.lift)
        if kind.has_device and (not tensors or kwargs.get("device") is not None):
            on_meta_kwargs = {**on_meta_kwargs, "device": self._meta}
        if kind.random and kwargs.get("generator") is not None:
            on_meta_kwargs = {**on_meta_kwargs, "generator": None}
        out = func(*on_meta_args, **on_meta_kwargs)
        if known:
            self._follow(func, args, kwargs, out)
        elif kind.mutates:
            for tensor in tensors_in(out) or tensors[:1]:
                self.forget(tensor)
        elif kind.ranks:
            self._rank(func, args, kwargs, out)
        return out

    def _follow(self, func: Any, args: Any, kwargs: dict[str, Any], out: Any) -> None:
        """Run on the twins and remember what comes out; silently know nothing where that is impossible."""
        made = tensors_in(out)
        if sum(t.numel() for t in made) > TWIN_LIMIT:
            return
        guess = ""

        def real(tensor: torch.Tensor) -> Any:
            nonlocal guess
            twin = self.twin(tensor)
            if twin is None:
                raise LookupError
            guess = guess or twin.guess
            return twin.value

        try:
            real_kwargs = replace_tensors(kwargs, real)
            if real_kwargs.get("device") is not None:
                real_kwargs["device"] = "cpu"
            values = tensors_in(func(*replace_tensors(args, real), **real_kwargs))
        except Exception:
            for tensor in made:
                self.forget(tensor)
            return
        for tensor, value in zip(made, values, strict=False):
            if tensor.shape == value.shape:
                self.know(tensor, value, guess)

    def _rank(self, func: Any, args: Any, kwargs: dict[str, Any], out: Any) -> None:
        """Give the indices of an unknown ranking (top-k routing, argmax) uniformly random values, marked as invented."""
        import torch

        source = args[0]
        position = 2 if "topk" in func.__name__ else 1
        dim = args[position] if len(args) > position else kwargs.get("dim", -1)
        size = source.shape[dim] if isinstance(dim, int) and source.dim() else source.numel()
        if func.__name__.startswith(("max", "min")) and not isinstance(out, tuple):
            return
        for tensor in tensors_in(out)[-1:]:
            if tensor.dtype != torch.int64 or tensor.numel() > TWIN_LIMIT:
                continue
            if source.dim() and tensor.dim() == source.dim() and source.numel() <= TWIN_LIMIT << 2:
                order = torch.rand(source.shape, generator=self._random, device="cpu").argsort(dim)
                value = order.narrow(dim, 0, tensor.shape[dim])
            else:
                value = torch.randint(0, max(size, 1), tensor.shape, generator=self._random, device="cpu")
            self.know(tensor, value.contiguous(), func.__name__.split(".")[0])


# --- rules for single functions -------------------------------------------------------------------------------------


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

    if len(args) > 1 and isinstance(args[1], (str, type)):
        name = args[1] if isinstance(args[1], str) else f"{args[1].__module__}.{args[1].__name__}"
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
    if args and isinstance(args[0], (list, tuple)):
        args = (replace_tensors(args[0], lambda t: _python_value(shadows, t)), *args[1:])
    if kwargs.get("device") is not None:
        kwargs = {**kwargs, "device": "cpu"}
    with _disable_current_modes(), torch._C.DisableTorchFunction():
        return shadows.lift(func(*args, **kwargs))


def _python_value(shadows: Shadows, tensor: torch.Tensor) -> Any:
    from torch.utils._python_dispatch import _disable_current_modes

    with _disable_current_modes():
        return shadows.value(tensor, "tensor").tolist()


def _read(shadows: Shadows, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``.tolist()``, ``.numpy()``, ``int(x)``: the answer comes from the twin."""
    import torch
    from torch.utils._python_dispatch import _disable_current_modes

    if not isinstance(args[0], torch.Tensor) or not args[0].is_meta:
        return func(*args, **kwargs)
    name = func.__name__.strip("_")
    with _disable_current_modes(), torch._C.DisableTorchFunction():
        return func(shadows.value(args[0], name), *args[1:], **kwargs)


_FUNCTIONS: dict[str, Callable[[Shadows, Any, tuple[Any, ...], dict[str, Any]], Any]] = {
    **dict.fromkeys(("cuda", "cpu", "xpu", "npu", "ipu", "pin_memory", "share_memory_"), _same),
    **dict.fromkeys(("tensor", "as_tensor", "from_numpy", "asarray", "scalar_tensor", "frombuffer"), _literal),
    **dict.fromkeys(("tolist", "numpy", "__array__", "__index__", "__int__", "__float__", "__complex__"), _read),
    "to": _to,
    "type": _type,
}


# --- rules for single aten operators --------------------------------------------------------------------------------


def _scalar(shadows: Shadows, _: Any, args: tuple[Any, ...], __: dict[str, Any]) -> Any:
    return shadows.value(args[0], "item").item()


def _by_value(shadows: Shadows, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Operators whose output shape depends on values (``nonzero``, ``unique``): run on the twins, lift the result."""
    name = func.__name__.split(".")[0].strip("_")

    def real(tensor: torch.Tensor) -> Any:
        return shadows.value(tensor, name)

    real_args, real_kwargs = replace_tensors(args, real), replace_tensors(kwargs, real)
    if real_kwargs.get("device") is not None:
        real_kwargs["device"] = "cpu"
    if name == "histc" and not real_args[0].is_floating_point():
        return shadows.lift(func(real_args[0].float(), *real_args[1:], **real_kwargs).to(real_args[0].dtype))
    return replace_tensors(func(*real_args, **real_kwargs), shadows.lift)


def _index(shadows: Shadows, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``x[mask]``: only the mask has to be known."""
    import torch

    masks = [i for i in args[1] if isinstance(i, torch.Tensor) and i.dtype in (torch.bool, torch.uint8)]
    if not masks:
        return _plain(shadows, func, args, kwargs)
    indices: list[Any] = []
    for item in args[1]:
        if isinstance(item, torch.Tensor) and item.dtype in (torch.bool, torch.uint8):
            found = shadows.value(item, "mask").nonzero(as_tuple=True)
            indices += [shadows.lift(part) for part in found]
        else:
            indices.append(item)
    return _plain(shadows, func, (args[0], indices), kwargs)


def _plain(shadows: Shadows, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    out = func(*replace_tensors(args, shadows.lift), **kwargs)
    if all(shadows.twin(t) is not None for t in tensors_in(args)):
        shadows._follow(func, args, kwargs, out)
    return out


def _grouped_mm(_: Shadows, __: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Shape of ``_grouped_mm``; torch's own meta kernel insists on bfloat16 and certain strides."""
    import torch

    left, right = args[:2]
    offsets = args[2] if len(args) > 2 else kwargs.get("offs")
    if left.dim() == 2 and right.dim() == 2:
        groups = offsets.shape[0] if offsets is not None else 1
        return torch.empty((groups, left.shape[0], right.shape[1]), dtype=left.dtype, device="meta")
    return torch.empty((*left.shape[:-1], right.shape[-1]), dtype=left.dtype, device="meta")


def _pack_padded(shadows: Shadows, _: Any, args: tuple[Any, ...], __: dict[str, Any]) -> Any:
    """``pack_padded_sequence``: the batch sizes stay real, torch insists on that."""
    import torch

    data, lengths, batch_first = args
    sizes = shadows.value(lengths, "sequence lengths").tolist()
    steps = max(sizes, default=0)
    batches = torch.tensor([sum(size > step for size in sizes) for step in range(steps)], dtype=torch.int64)
    rest = data.shape[2:]
    del batch_first
    return torch.empty((sum(sizes), *rest), dtype=data.dtype, device="meta"), batches


def _pad_packed(shadows: Shadows, _: Any, args: tuple[Any, ...], __: dict[str, Any]) -> Any:
    """``pad_packed_sequence``: the inverse of the above."""
    import torch

    data, batches, batch_first, _value, total = args
    sizes = shadows.value(batches, "batch sizes").tolist()
    lengths = torch.tensor([sum(size > item for size in sizes) for item in range(sizes[0])], dtype=torch.int64)
    steps = max(len(sizes), total)
    lead = (sizes[0], steps) if batch_first else (steps, sizes[0])
    return torch.empty((*lead, *data.shape[1:]), dtype=data.dtype, device="meta"), lengths


_BY_VALUE = (
    "nonzero", "masked_select", "_unique", "_unique2", "unique_dim", "unique_consecutive", "bincount", "equal",
    "repeat_interleave", "histc", "is_nonzero", "allclose", "nonzero_numpy", "_nested_tensor_size",
)  # fmt: skip
_RULES: dict[str, Callable[[Shadows, Any, tuple[Any, ...], dict[str, Any]], Any]] = {
    **dict.fromkeys(_BY_VALUE, _by_value),
    "_local_scalar_dense": _scalar,
    "index": _index,
    "_grouped_mm": _grouped_mm,
    "_pack_padded_sequence": _pack_padded,
    "_pad_packed_sequence": _pad_packed,
}
_RANKING = {"topk", "sort", "argsort", "argmax", "argmin", "max", "min", "multinomial"}
_RANDOM = {
    "rand", "randn", "randint", "rand_like", "randn_like", "randint_like", "bernoulli", "bernoulli_", "normal",
    "normal_", "uniform_", "log_normal_", "cauchy_", "exponential_", "geometric_", "random_", "multinomial", "randperm",
    "empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided", "empty_permuted", "native_dropout",
}  # fmt: skip


class _Kind(NamedTuple):
    """What has to be known about an aten operator."""

    rule: Callable[[Shadows, Any, tuple[Any, ...], dict[str, Any]], Any] | None
    random: bool
    ranks: bool
    mutates: bool
    has_device: bool


@functools.cache
def _kind(func: Any) -> _Kind:
    schema = func._schema
    space, _, name = schema.name.partition("::")
    aten = space == "aten"
    rule = _RULES.get(name) if aten else None
    if name == "repeat_interleave" and schema.overload_name == "self_int":
        rule = None
    return _Kind(
        rule=rule,
        random=not aten or name in _RANDOM,
        ranks=aten and name in _RANKING,
        mutates=bool(schema.is_mutable),
        has_device=any(argument.name == "device" for argument in schema.arguments),
    )


def _is_machinery(filename: str) -> bool:
    return filename == __file__ or "/torch/" in filename or "/modelreport/" in filename


# --- building -------------------------------------------------------------------------------------------------------

_INITIALISERS = {
    "uniform_", "normal_", "trunc_normal_", "kaiming_uniform_", "kaiming_normal_", "xavier_uniform_", "xavier_normal_",
    "orthogonal_", "sparse_", "lecun_normal_",
}  # fmt: skip


@contextlib.contextmanager
def on_meta() -> Iterator[Shadows]:
    """Build models inside this context: all tensors are on meta, values that constructors read are known.

    Constructors may call ``.item()`` and ``.tolist()``; buffers keep their twins for a later pass. Random initialisers do
    nothing. Parameters made by the legacy ``torch.Tensor(rows, columns)`` become meta when they are registered.
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

    class Kernels(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            with torch._C.DisableTorchFunction():
                return shadows.kernel(func, args, kwargs or {})

    def registered(_module: Any, _name: str, parameter: Any) -> Any:
        if threading.get_ident() != thread or parameter is None or parameter.is_meta:
            return None
        return meta_parameter(parameter)

    hook = register_module_parameter_registration_hook(registered)
    try:
        with Kernels(), Functions():
            yield shadows
    finally:
        hook.remove()


def meta_parameter(parameter: torch.Tensor) -> torch.Tensor:
    """A parameter on meta of the same shape, strides, dtype and ``requires_grad``; values are not copied."""
    import torch

    made = torch.empty_strided(parameter.shape, parameter.stride(), dtype=parameter.dtype, device="meta")
    return torch.nn.Parameter(made, requires_grad=parameter.requires_grad)

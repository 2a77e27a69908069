"""Rules for aten operators whose output depends on values, and what has to be known about the others."""

# ruff: noqa: SLF001  torch gives an operator's schema no public name

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from modelreport.meta.dtypes import STRICT
from modelreport.meta.tensors import replace_tensors, tensors_in

if TYPE_CHECKING:
    import torch

    from modelreport.meta.shadows import Shadows

LARGEST = 1 << 26
"""Most elements of a real tensor whose size depends on values."""


def _scalar(shadows: Shadows, _: Any, args: tuple[Any, ...], __: dict[str, Any]) -> Any:
    return shadows.value(args[0], "item", "code").item()


def _by_value(shadows: Shadows, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Operators whose output shape depends on values (``nonzero``, ``unique``): run on the twins, lift the result."""
    name = func.__name__.split(".")[0].strip("_")

    def real(tensor: torch.Tensor) -> Any:
        return shadows.value(tensor, name, "code" if name in _ANSWERS else "shape")

    real_args, real_kwargs = replace_tensors(args, real), replace_tensors(kwargs, real)
    if name in ("repeat_interleave", "bincount") and real_args[0].numel():
        _bound(int(real_args[0].sum() if name == "repeat_interleave" else real_args[0].max()))
    if real_kwargs.get("device") is not None:
        real_kwargs["device"] = "cpu"
    return replace_tensors(func(*real_args, **real_kwargs), shadows.lift)


def _bound(size: int) -> None:
    """``ValueError`` before a value in the file makes a real tensor of it that does not fit."""
    if size > LARGEST:
        raise ValueError(f"a tensor of {size:,} elements would be made")


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
        shadows.follow(func, args, kwargs, out)
    return out


def _product(shadows: Shadows, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Matrix products by rule: torch's meta kernels for them are Python code that imports the compiler."""
    import torch

    left, right = args[-2:]
    if kwargs.keys() - {"beta", "alpha"} or len(args) > 3 or not all(isinstance(t, torch.Tensor) for t in args):
        return _plain(shadows, func, args, kwargs)
    if left.dim() != right.dim() or left.shape[:-2] != right.shape[:-2] or left.shape[-1] != right.shape[-2]:
        return _plain(shadows, func, args, kwargs)  # torch says what is wrong
    out = torch.empty((*left.shape[:-1], right.shape[-1]), dtype=left.dtype, device="meta")
    if len(args) == 3:
        torch.broadcast_shapes(args[0].shape, out.shape)  # type: ignore[no-untyped-call]
    if all(shadows.twin(t) is not None for t in args):
        shadows.follow(func, args, kwargs, out)
    return out


def _fake_quantise(_: Shadows, __: Any, args: tuple[Any, ...], ___: dict[str, Any]) -> Any:
    """Fake quantisation gives a tensor like its input and a mask; torch has no meta kernel for it."""
    import torch

    return torch.empty_like(args[0]), torch.empty_like(args[0], dtype=torch.bool)


def _no(*_: Any) -> bool:
    """Whether a mask allows a nested tensor: without values, no; the plain way is taken, which computes the same."""
    return False


def _histogram(shadows: Shadows, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``histc``: its shape is known without values; the CPU wants floating-point ones."""
    import torch

    bins = args[1] if len(args) > 1 else kwargs.get("bins", 100)
    out = torch.empty(bins, dtype=args[0].dtype, device="meta")
    twin = shadows.twin(args[0])
    if twin is not None:
        counts = func(twin.value.double(), *args[1:], **kwargs).to(args[0].dtype)
        shadows.know(out, counts, twin.guess)
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
    _bound(steps)
    batches = torch.tensor([sum(size > step for size in sizes) for step in range(steps)], dtype=torch.int64)
    rest = data.shape[2:]
    del batch_first
    return torch.empty((sum(sizes), *rest), dtype=data.dtype, device="meta"), batches


def _keep_all(shadows: Shadows, _: Any, args: tuple[Any, ...], __: dict[str, Any]) -> Any:
    """``nms`` without values: every box is kept, the most that can be."""
    import torch

    shadows.count("nms")
    return shadows.lift(torch.arange(args[0].shape[0]))


def _lift(shadows: Shadows, _: Any, args: tuple[Any, ...], __: dict[str, Any]) -> Any:
    """A literal on its way into the computation."""
    return shadows.lift(args[0])


_BY_VALUE = (
    "nonzero", "masked_select", "_unique", "_unique2", "unique_dim", "unique_consecutive", "bincount", "equal",
    "repeat_interleave", "is_nonzero", "allclose", "nonzero_numpy", "_nested_tensor_size",
)  # fmt: skip
_FAKE_QUANTISATION = (
    "fake_quantize_per_tensor_affine_cachemask", "fake_quantize_per_channel_affine_cachemask",
    "_fake_quantize_per_tensor_affine_cachemask_tensor_qparams",
)  # fmt: skip
_ANSWERS = {"equal", "is_nonzero", "allclose"}
LITERALS = frozenset({"lift_fresh", "lift"})
"""Operators that bring a real tensor in."""
_RULES: dict[str, Callable[[Shadows, Any, tuple[Any, ...], dict[str, Any]], Any]] = {
    **dict.fromkeys(_BY_VALUE, _by_value),
    **dict.fromkeys(LITERALS, _lift),
    "_local_scalar_dense": _scalar,
    **dict.fromkeys(_FAKE_QUANTISATION, _fake_quantise),
    "_nested_tensor_from_mask_left_aligned": _no,
    **dict.fromkeys(("mm", "addmm", "bmm", "baddbmm"), _product),
    "histc": _histogram,
    "index": _index,
    "_grouped_mm": _grouped_mm,
    "_pack_padded_sequence": _pack_padded,
    "torchvision::nms": _keep_all,
}
RANKINGS = frozenset({"topk", "sort", "argsort", "argmax", "argmin", "max", "min", "multinomial"})
"""Operators whose indices are invented when the values ranked are unknown."""
_DRAWS = {"rand", "randn", "randint", "randperm", "rand_like", "randn_like", "randint_like", "uniform_", "normal_"}
"""Operators whose draw depends on no value but the generator's."""
_RANDOM = {
    "rand", "randn", "randint", "rand_like", "randn_like", "randint_like", "bernoulli", "bernoulli_", "normal",
    "normal_", "uniform_", "log_normal_", "cauchy_", "exponential_", "geometric_", "random_", "multinomial", "randperm",
    "empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided", "empty_permuted", "native_dropout",
}  # fmt: skip


_BLANK = {"empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided"}
"""Memory as it happens to be: any content will do."""


class Kind(NamedTuple):
    """What has to be known about an aten operator."""

    rule: Callable[[Shadows, Any, tuple[Any, ...], dict[str, Any]], Any] | None
    random: bool
    draws: bool
    blank: bool
    ranks: bool
    mutates: bool
    has_device: bool
    literal: bool
    strict: str
    """Its name where ``check_dtypes`` judges it."""


@functools.cache
def kind_of(func: Any) -> Kind:
    """What has to be known about the operator, once for each."""
    schema = func._schema
    space, _, name = schema.name.partition("::")
    aten = space == "aten"
    rule = _RULES.get(name if aten else schema.name)
    if name == "repeat_interleave" and schema.overload_name == "self_int":
        rule = None
    return Kind(
        rule=rule,
        random=not aten or name in _RANDOM,
        draws=aten and name in _DRAWS,
        blank=aten and name in _BLANK,
        ranks=aten and name in RANKINGS,
        mutates=bool(schema.is_mutable),
        literal=aten and name in LITERALS,
        strict=name if aten and name in STRICT else "",
        has_device=any(argument.name == "device" for argument in schema.arguments),
    )

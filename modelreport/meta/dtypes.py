"""Dtypes that real kernels refuse and meta kernels let pass, so that a pass on meta is as strict as reality.

Found by calling both with every pair of dtypes (torch 2.13 on the CPU; CUDA refuses the same).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelreport.meta.tensors import tensors_in

if TYPE_CHECKING:
    import torch

_MATRIX = {"mm", "addmm", "bmm", "baddbmm", "mv", "addmv", "dot", "vdot", "addr", "addbmm"}
_CONVOLUTION = {"convolution", "_convolution", "convolution_overrideable", "mkldnn_convolution"}
_NORM = {"native_layer_norm", "native_batch_norm", "_native_batch_norm_legit_no_training", "native_group_norm"}
_SAME = {
    "index_add": (0, 3), "index_add_": (0, 3), "index_copy": (0, 3), "index_copy_": (0, 3), "index_put": (0, 2),
    "index_put_": (0, 2), "_index_put_impl_": (0, 2), "grid_sampler_2d": (0, 1), "grid_sampler_3d": (0, 1),
    "_cdist_forward": (0, 1), "linalg_cross": (0, 1), "complex": (0, 1), "polar": (0, 1),
}  # fmt: skip
"""Operators of which two arguments, by position, must have one dtype."""
STRICT = frozenset({*_MATRIX, *_CONVOLUTION, *_NORM, *_SAME})
"""Operators that ``check_dtypes`` judges."""
_NAMES = {
    "float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16", "int64": "Long", "int32": "Int",
    "int16": "Short", "int8": "Char", "uint8": "Byte", "bool": "Bool", "complex64": "ComplexFloat",
    "complex128": "ComplexDouble",
}  # fmt: skip


def check_dtypes(name: str, args: tuple[Any, ...]) -> None:
    """``RuntimeError``, in torch's own words, for arguments whose dtypes the real kernel of the operator refuses.

    Under ``autocast`` nothing is refused: it casts on real devices and leaves meta tensors alone.
    """
    import torch

    wrong = _wrong(name, args)
    if wrong is None:
        return
    depth = torch.autocast_increment_nesting()
    torch.autocast_decrement_nesting()
    if depth > 1:
        return
    first, second = (_NAMES.get(str(d).removeprefix("torch."), str(d)) for d in wrong)
    if name in _MATRIX:
        raise RuntimeError(f"mat1 and mat2 must have the same dtype, but got {first} and {second}")
    if name in _CONVOLUTION:
        raise RuntimeError(f"Input type ({first}) and weight type ({second}) should be the same")
    if name in _NORM:
        raise RuntimeError(f"mixed dtype: expect parameter to have scalar type of {first}, but got {second}")
    raise RuntimeError(f"{name}: expected scalar type {first} but found {second}")


def _wrong(name: str, args: tuple[Any, ...]) -> tuple[torch.dtype, torch.dtype] | None:
    """The two dtypes that do not go together."""
    import torch

    compared = [args[i] for i in _SAME[name] if i < len(args)] if name in _SAME else args
    tensors = tensors_in(compared)
    if not tensors:
        return None
    first = tensors[1 if name in ("addmm", "addmv", "baddbmm", "addbmm") and len(tensors) > 2 else 0].dtype
    allowed = (first, torch.float32) if name in _NORM else (first,)
    other = next((t.dtype for t in tensors if t.dtype not in allowed), None)
    return None if other is None else (first, other)

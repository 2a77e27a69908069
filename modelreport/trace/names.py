"""Which torch functions are operations, and what people call them."""

from __future__ import annotations

_QUIET = """
    dim size numel nelement ndimension stride storage_offset element_size data_ptr is_contiguous is_floating_point
    is_complex is_signed is_conj is_neg is_inference is_same_size is_pinned is_shared is_set_to is_tensor is_storage
    is_distributed get_device untyped_storage storage has_names __len__ __repr__ __hash__ __format__ __dir__
    requires_grad_ retain_grad register_hook register_post_accumulate_grad_hook __set__ __delete__ __reduce_ex__
    _is_view _version as_subclass _make_subclass _make_wrapper_subclass set_ _set_grad_enabled is_grad_enabled
    result_type can_cast promote_types finfo iinfo __deepcopy__ __setstate__ set_default_dtype get_default_dtype
    is_autocast_enabled is_inference_mode_enabled manual_seed broadcast_shapes typename share_memory_ pin_memory
    is_nonzero _has_compatible_shallow_copy_type
"""
QUIET = frozenset(_QUIET.split())
"""Functions that ask about a tensor or the machine and compute nothing."""
TENSOR_PROPERTIES = frozenset({"T", "mT", "H", "mH", "real", "imag"})
_IDENTITIES = (
    "to float double half bfloat16 int long bool type type_as contiguous cuda cpu detach_ pin_memory expand_as"
)
IDENTITIES = frozenset(_IDENTITIES.split())
"""Functions that are not worth an operation when they hand back the very tensor they got."""
OPERATORS = {
    "radd": "add", "iadd": "add_", "rsub": "sub", "isub": "sub_", "rmul": "mul", "imul": "mul_", "truediv": "div",
    "rtruediv": "div", "rdiv": "div", "itruediv": "div_", "idiv": "div_", "floordiv": "floor_divide",
    "rfloordiv": "floor_divide", "mod": "remainder", "rmod": "remainder", "rpow": "pow", "ipow": "pow_",
    "rmatmul": "matmul", "and": "bitwise_and", "rand": "bitwise_and", "iand": "bitwise_and_", "or": "bitwise_or",
    "ror": "bitwise_or", "ior": "bitwise_or_", "xor": "bitwise_xor", "rxor": "bitwise_xor", "invert": "bitwise_not",
}  # fmt: skip


def operation_name(name: str) -> str:
    """Name that torch gives to what an operator sign does: ``__radd__`` is ``add``, ``__iadd__`` is ``add_``."""
    if name.startswith("__") and name.endswith("__"):
        bare = name.strip("_")
        return OPERATORS.get(bare, bare)
    return name

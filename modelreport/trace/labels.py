"""Short labels of operations: the attributes that matter, as a reader of the code would name them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

MOST_LETTERS = 60

_ARGUMENTS: dict[str, str] = {
    **{f"conv{n}d": "input weight bias stride padding dilation groups" for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": "input weight bias stride padding output_padding groups dilation" for n in (1, 2, 3)},
    "convolution": "input weight bias stride padding dilation transposed output_padding groups",
    **{f"max_pool{n}d": "input kernel_size stride padding dilation ceil_mode" for n in (1, 2, 3)},
    "boolean_dispatch": "input kernel_size stride padding dilation ceil_mode",
    "max_pool2d_with_indices": "input kernel_size stride padding dilation ceil_mode",
    **{f"avg_pool{n}d": "input kernel_size stride padding ceil_mode count_include_pad" for n in (1, 2, 3)},
    **{f"adaptive_{k}_pool{n}d": "input output_size" for k in ("avg", "max") for n in (1, 2, 3)},
    "linear": "input weight bias",
    "embedding": "input weight",
    "embedding_bag": "input weight",
    "batch_norm": "input running_mean running_var weight bias training momentum eps",
    "layer_norm": "input normalized_shape weight bias eps",
    "rms_norm": "input normalized_shape weight eps",
    "group_norm": "input num_groups weight bias eps",
    "instance_norm": "input",
    "scaled_dot_product_attention": "query key value attn_mask dropout_p is_causal",
    "multi_head_attention_forward": "query key value embed_dim_to_check num_heads",
    "interpolate": "input size scale_factor mode",
    "dropout": "input p",
    "leaky_relu": "input negative_slope",
    "hardtanh": "input min_val max_val",
    "elu": "input alpha",
    "gelu": "input approximate",
    "pad": "input pad mode value",
    "normalize": "input p dim",
    "pixel_shuffle": "input upscale_factor",
    "permute": "input dims",
    "transpose": "input dim0 dim1",
    "flatten": "input start_dim end_dim",
    "clamp": "input min max",
    "topk": "input k dim",
    "einsum": "equation",
    "roll": "input shifts dims",
    **dict.fromkeys(("cat", "concat", "concatenate", "stack", "unsqueeze", "squeeze", "unbind"), "input dim"),
    **dict.fromkeys(("softmax", "log_softmax", "_softmax", "glu", "cumsum", "argmax", "argmin"), "input dim"),
    **dict.fromkeys(("mean", "sum", "amax", "amin", "var", "std", "max", "min", "logsumexp"), "input dim"),
    **dict.fromkeys(("chunk", "split", "tensor_split"), "input pieces dim"),
    **dict.fromkeys(("index_select", "gather", "scatter", "index_add", "scatter_add"), "input dim"),
}
Arguments = dict[str, Any]


def label_of(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], made: Sequence[Any]) -> str:
    """The label of one operation, empty where nothing matters; never raises."""
    plain = name if name in _MAKERS else name.rstrip("_")
    maker = _MAKERS.get(plain)
    if maker is None:
        return ""
    names = _ARGUMENTS.get(plain, "input").split()
    values: Arguments = {**dict(zip(names, args, strict=False)), **kwargs}
    if plain == "permute" and len(args) > 2:
        values["dims"] = args[1:]
    values["args"], values["name"] = args, plain
    try:
        return maker(values, made)[:MOST_LETTERS]
    except Exception:
        return ""


def times(sizes: Any) -> str:
    """``3×3`` of a size given as a sequence."""
    return "×".join(str(int(n)) for n in sizes)


def spread(value: Any, ranks: int) -> tuple[int, ...]:
    """An int, or a sequence of ints (one of them stands for all)."""
    if isinstance(value, int):
        return (value,) * ranks
    values = tuple(int(v) for v in value)
    return values * ranks if len(values) == 1 and ranks else values


def short(sizes: tuple[int, ...]) -> str:
    """``1`` when all are alike, else ``1×2``."""
    return str(sizes[0]) if len(set(sizes)) == 1 else times(sizes)


def number(value: Any) -> str:
    """A plain number in few digits."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _conv(values: Arguments, _: Sequence[Any]) -> str:
    kernel = tuple(values["weight"].shape[2:])
    ranks = len(kernel)
    parts = [times(kernel)]
    stride = spread(values.get("stride", 1) or 1, ranks)
    parts += [f"s{short(stride)}"] if any(s != 1 for s in stride) else []
    padding = values.get("padding", 0)
    if isinstance(padding, str):
        parts.append(padding)
    elif any(spread(padding, ranks)):
        parts.append(f"p{short(spread(padding, ranks))}")
    dilation = spread(values.get("dilation", 1), ranks)
    parts += [f"d{short(dilation)}"] if any(d != 1 for d in dilation) else []
    groups = values.get("groups", 1)
    parts += [f"g{groups}"] if groups != 1 else []
    parts += ["transposed"] if "transpose" in values["name"] or values.get("transposed") else []
    return ", ".join(parts)


def _pool(values: Arguments, _: Sequence[Any]) -> str:
    name = values["name"]
    ranks = next((int(c) for c in name if c in "123"), values["input"].dim() - 2)
    kernel = spread(values["kernel_size"], ranks)
    stride = spread(values.get("stride") or kernel, ranks)
    padding = spread(values.get("padding", 0), ranks)
    parts = [times(kernel), f"s{short(stride)}"]
    parts += [f"p{short(padding)}"] if any(padding) else []
    parts += ["max"] if name == "boolean_dispatch" else []
    return ", ".join(parts)


def _adaptive(values: Arguments, made: Sequence[Any]) -> str:
    ranks = next(int(c) for c in values["name"] if c in "123")
    return f"→ {times(made[0].shape[-ranks:])}"


def _linear(values: Arguments, _: Sequence[Any]) -> str:
    weight = values["weight"]
    return f"{int(weight.shape[-1])}→{int(weight.shape[0])}" if weight.dim() == 2 else times(weight.shape)


def _product(values: Arguments, _: Sequence[Any]) -> str:
    left, right = [t for t in values["args"] if hasattr(t, "shape")][-2:]
    return f"{times(left.shape)} · {times(right.shape)}"


def _embedding(values: Arguments, _: Sequence[Any]) -> str:
    return times(values["weight"].shape)


def _norm(values: Arguments, _: Sequence[Any]) -> str:
    if "num_groups" in values:
        return f"{values['num_groups']} groups, {int(values['input'].shape[1])}"
    if "normalized_shape" in values:
        return times(values["normalized_shape"])
    return str(int(values["input"].shape[1]))


def _attention(values: Arguments, _: Sequence[Any]) -> str:
    query, key = values["query"], values["key"]
    if "num_heads" in values:
        heads = int(values["num_heads"])
        return f"{heads} heads × {int(query.shape[-1]) // heads}"
    parts = [f"{int(query.shape[-3])} heads × {int(query.shape[-1])}"] if query.dim() > 3 else []
    parts.append(f"{int(query.shape[-2])}→{int(key.shape[-2])}")
    parts += ["causal"] if values.get("is_causal") else []
    return ", ".join(parts)


def _recurrent(values: Arguments, _: Sequence[Any]) -> str:
    args = values["args"]
    packed = isinstance(args[3], (list, tuple))
    rest = args[4:] if packed else args[3:]  # after the weights
    state = args[2] if packed else args[1]
    hidden = state[0] if isinstance(state, (list, tuple)) else state
    parts = [f"{int(args[0].shape[-1])}→{int(hidden.shape[-1])}"]
    parts += [f"{rest[1]} layers"] if rest[1] > 1 else []
    parts += ["bidirectional"] if rest[4] else []
    return ", ".join(parts)


def _dim(values: Arguments, _: Sequence[Any]) -> str:
    default = 0 if values["name"] in {"cat", "concat", "concatenate", "stack", "split", "chunk"} else None
    dim = values.get("dim", values.get("axis", default))
    if dim is None or isinstance(dim, str) or hasattr(dim, "shape"):
        return ""
    where = f"dim={dim}" if isinstance(dim, int) else f"dim={tuple(dim)}"
    pieces = values.get("pieces", values.get("chunks", values.get("split_size_or_sections")))
    if pieces is None:
        return where
    return f"{pieces if isinstance(pieces, int) else '/'.join(map(str, pieces))}, {where}"


def _to_shape(_: Arguments, made: Sequence[Any]) -> str:
    return f"→ {times(made[0].shape)}" if made[0].dim() else ""


def _interpolate(values: Arguments, made: Sequence[Any]) -> str:
    mode = values.get("mode", "nearest")
    return f"→ {times(made[0].shape[2:])}, {mode}"


def _transpose(values: Arguments, _: Sequence[Any]) -> str:
    return f"{values['dim0']}↔{values['dim1']}"


def _cast(_: Arguments, made: Sequence[Any]) -> str:
    return f"→ {str(made[0].dtype).removeprefix('torch.')}"


def _getitem(values: Arguments, _: Sequence[Any]) -> str:
    index = values["args"][1]
    parts = index if isinstance(index, tuple) else (index,)
    return f"[{', '.join(_index_part(part) for part in parts)}]"


def _index_part(part: Any) -> str:
    if isinstance(part, slice):
        ends = ["" if end is None else str(end) if isinstance(end, int) else "·" for end in (part.start, part.stop)]
        return ":".join([*ends, str(part.step)] if isinstance(part.step, int) and part.step != 1 else ends)
    if part is Ellipsis:
        return "…"
    return str(part) if part is None or isinstance(part, int) else "·"


def _with(values: Arguments, _: Sequence[Any]) -> str:
    """The one number of ``x * 0.125``."""
    numbers = [v for v in values["args"] if isinstance(v, (int, float)) and not isinstance(v, bool)]
    return number(numbers[0]) if numbers else ""


def _named(*wanted: str) -> Callable[[Arguments, Sequence[Any]], str]:
    def label(values: Arguments, _: Sequence[Any]) -> str:
        shown = [(k, values[k]) for k in wanted if values.get(k) is not None]
        return ", ".join(
            v if isinstance(v, str) else f"{k}={v if not isinstance(v, float) else number(v)}" for k, v in shown
        )

    return label


_DIM_WORDS = """
    cat concat concatenate stack unsqueeze squeeze unbind softmax log_softmax _softmax glu cumsum argmax argmin
    mean sum amax amin var std max min logsumexp chunk split tensor_split index_select gather scatter index_add
    scatter_add normalize
"""
_DIM_NAMES = _DIM_WORDS.split()
_MAKERS: dict[str, Callable[[Arguments, Sequence[Any]], str]] = {
    **dict.fromkeys([n for n in _ARGUMENTS if n.startswith("conv")], _conv),
    **dict.fromkeys([n for n in _ARGUMENTS if "pool" in n and "adaptive" not in n], _pool),
    **dict.fromkeys([n for n in _ARGUMENTS if "adaptive" in n], _adaptive),
    **dict.fromkeys([n for n in _ARGUMENTS if n.endswith("_norm")], _norm),
    **dict.fromkeys(("embedding", "embedding_bag"), _embedding),
    **dict.fromkeys(("matmul", "bmm", "mm", "mv", "rmatmul", "addmm", "baddbmm", "_grouped_mm"), _product),
    **dict.fromkeys(("scaled_dot_product_attention", "multi_head_attention_forward"), _attention),
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), _recurrent),
    **dict.fromkeys(_DIM_NAMES, _dim),
    **dict.fromkeys(
        ("view", "reshape", "flatten", "unflatten", "expand", "repeat", "zeros", "ones", "arange"), _to_shape
    ),
    **dict.fromkeys(("to", "float", "half", "double", "long", "type"), _cast),
    **dict.fromkeys(("add", "sub", "mul", "div", "pow", "remainder"), _with),
    "linear": _linear,
    "interpolate": _interpolate,
    "transpose": _transpose,
    "getitem": _getitem,
    "setitem": _getitem,
    "permute": _named("dims"),
    "pad": _named("pad", "mode"),
    "dropout": _named("p"),
    "leaky_relu": _named("negative_slope"),
    "hardtanh": _named("min_val", "max_val"),
    "elu": _named("alpha"),
    "pixel_shuffle": _named("upscale_factor"),
    "clamp": _named("min", "max"),
    "topk": _named("k", "dim"),
    "einsum": lambda values, _: str(values["equation"]) if isinstance(values["equation"], str) else "",
    "roll": _named("shifts", "dims"),
}

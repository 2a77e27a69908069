"""The hyper-parameters of a module that a reader wants to see, as text, in the class's order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from modelreport.facts import Item

_CONV = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "padding_mode")
_POOL = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "count_include_pad")
_BATCH_NORM = ("num_features", "eps", "momentum", "affine", "track_running_stats")
_RECURRENT = (
    "input_size", "hidden_size", "num_layers", "nonlinearity", "bias", "batch_first", "dropout", "bidirectional",
    "proj_size",
)  # fmt: skip
SHOWN: dict[str, tuple[str, ...]] = {
    **{f"Conv{d}d": _CONV for d in (1, 2, 3)},
    **{f"ConvTranspose{d}d": (*_CONV[:5], "output_padding", *_CONV[5:]) for d in (1, 2, 3)},
    **{f"{k}Pool{d}d": _POOL for k in ("Max", "Avg") for d in (1, 2, 3)},
    **{f"Adaptive{k}Pool{d}d": ("output_size",) for k in ("Max", "Avg") for d in (1, 2, 3)},
    **{f"BatchNorm{d}d": _BATCH_NORM for d in (1, 2, 3)},
    **{f"InstanceNorm{d}d": _BATCH_NORM for d in (1, 2, 3)},
    **dict.fromkeys(("SyncBatchNorm", "BatchNormAct2d"), _BATCH_NORM),
    **{f"Dropout{d}": ("p",) for d in ("", "1d", "2d", "3d")},
    "AlphaDropout": ("p",),
    "DropPath": ("drop_prob", "scale_by_keep"),
    "StochasticDepth": ("p", "mode"),
    "Linear": ("in_features", "out_features"),
    "NonDynamicallyQuantizableLinear": ("in_features", "out_features"),
    "Bilinear": ("in1_features", "in2_features", "out_features"),
    "Embedding": ("num_embeddings", "embedding_dim", "padding_idx", "max_norm", "sparse"),
    "EmbeddingBag": ("num_embeddings", "embedding_dim", "mode", "padding_idx"),
    "LayerNorm": ("normalized_shape", "eps", "elementwise_affine"),
    "RMSNorm": ("normalized_shape", "eps", "elementwise_affine"),
    "GroupNorm": ("num_groups", "num_channels", "eps", "affine"),
    **dict.fromkeys(("RNN", "LSTM", "GRU"), _RECURRENT),
    **dict.fromkeys(("RNNCell", "LSTMCell", "GRUCell"), ("input_size", "hidden_size", "bias")),
    "MultiheadAttention": ("embed_dim", "num_heads", "dropout", "batch_first", "kdim", "vdim"),
    "Upsample": ("size", "scale_factor", "mode", "align_corners"),
    "LeakyReLU": ("negative_slope",),
    "ELU": ("alpha",),
    "GELU": ("approximate",),
    "Hardtanh": ("min_val", "max_val"),
    "PReLU": ("num_parameters",),
    "Softmax": ("dim",),
    "Flatten": ("start_dim", "end_dim"),
    "Unflatten": ("dim", "unflattened_size"),
    "PixelShuffle": ("upscale_factor",),
    "ZeroPad2d": ("padding",),
}
_USUAL: dict[str, Any] = {
    "padding_mode": "zeros",
    "max_norm": None,
    "sparse": False,
    "padding_idx": None,
    "proj_size": 0,
}
"""Values that are left out because nearly every module has them."""
_HIDDEN = {
    "training", "dump_patches", "call_super_init", "inplace",
    "name_or_path", "kernel_config", "loss_type", "warnings_issued", "gradient_checkpointing",
}  # fmt: skip
"""Housekeeping of torch and transformers."""
MOST = 24
"""Attributes shown of a class that is not in ``SHOWN``."""
LONGEST = 200
"""Characters of one value."""
UNSTRUCTURAL = {
    "p",
    "dropout",
    "drop_prob",
    "layer_idx",
    "layer_id",
    "layer_index",
    "scale_by_keep",
    "mode",
    "drop_rate",
}
"""Attributes in which otherwise equal blocks differ by their place; not part of a signature."""


def attributes_of(kind: str, values: Mapping[str, Any], tensors: Iterable[str] = ()) -> tuple[Item, ...]:
    """The attributes of a module of class ``kind`` that matter: a fixed choice for known classes, plain ones otherwise.

    ``tensors`` are the names of its own parameters, from which the presence of a bias is known.
    """
    if (names := SHOWN.get(kind)) is not None:
        found = [(n, values[n]) for n in names if n in values and (n not in _USUAL or values[n] != _USUAL[n])]
        if names[0] in {"in_channels", "in_features"} and tensors is not None:
            found.append(("bias", "bias" in set(tensors)))
    else:
        plain = [(n, v) for n, v in values.items() if isinstance(n, str) and not n.startswith("_") and n not in _HIDDEN]
        found = [(n, v) for n, v in plain if v not in (None, "") and _is_plain(v)][:MOST]
    return tuple(Item(name=n[:LONGEST], value=_text(v)) for n, v in found if _is_plain(v))


def structural(kind: str, attributes: Iterable[Item]) -> tuple[tuple[str, str], ...]:
    """The attributes that make two modules structurally different."""
    skip = UNSTRUCTURAL if kind != "Upsample" else UNSTRUCTURAL - {"mode"}
    return tuple((a.name, a.value) for a in attributes if a.name not in skip)


def _is_plain(value: Any, depth: int = 0) -> bool:
    if value is None or isinstance(value, (bool, int, float, str)):
        return True
    return (
        isinstance(value, (tuple, list))
        and depth < 3
        and len(value) <= 32
        and all(_is_plain(v, depth + 1) for v in value)
    )


def _text(value: Any) -> str:
    """A value as Python writes it; text without quotes, long ones cut."""
    if isinstance(value, int) and value.bit_length() > 256:
        text = f"an integer of {value.bit_length()} bits"
    else:
        text = value[: LONGEST + 1] if isinstance(value, str) else repr(_short(value))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value[:LONGEST]
    if isinstance(value, int) and value.bit_length() > 256:
        return float("inf")
    return (
        type(value)(_short(v) for v in value)
        if isinstance(value, (tuple, list)) and type(value) in (tuple, list)
        else value
    )

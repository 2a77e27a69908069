"""What an operation does to its data, by its name: torch, aten and ONNX in one vocabulary."""

from __future__ import annotations

import functools
from typing import Literal

Kind = Literal[
    "same", "part", "linear", "product", "conv", "norm", "activation", "softmax", "attention", "recurrent", "pool",
    "embedding", "add", "scale", "mul", "cat", "topk", "rotation", "triangle", "compare", "root", "inner", "other",
]  # fmt: skip
"""*same*: the same values in another form; *part*: some of them; *scale*: element by element with stored numbers;
*rotation*: a sine or cosine; *root*: a (reciprocal) square root; *inner*: inside a step made of several operations."""

_WORDS: dict[Kind, str] = {
    "same": """view view_as reshape reshape_as flatten unflatten squeeze unsqueeze transpose swapaxes swapdims permute
        movedim moveaxis t T mT H mH expand expand_as contiguous clone detach to type float half bfloat16 double
        type_as copy alias _to_copy _unsafe_view ravel identity dropout dropout1d dropout2d dropout3d alpha_dropout
        feature_dropout native_dropout feature_alpha_dropout requires_grad cast castlike broadcast_to lift_fresh
        roll repeat tile repeat_interleave pad constant_pad_nd as_strided resolve_conj data cpu cuda""",
    "part": """getitem split split_with_sizes chunk tensor_split unbind select narrow slice index_select gathernd""",
    "linear": "linear gemm addmm qgemm matmulnbits matmulbnb4 matmulfpq4 fusedgemm",
    "product": """matmul bmm mm mv baddbmm einsum _grouped_mm grouped_mm _scaled_mm scaled_mm fusedmatmul
        matmulinteger tensordot""",
    "conv": """conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d convolution _convolution
        conv convtranspose fusedconv nhwcconv""",
    "norm": """batch_norm layer_norm group_norm instance_norm rms_norm native_batch_norm native_layer_norm
        native_group_norm _native_batch_norm_legit_no_training batchnormalization layernormalization
        instancenormalization groupnormalization groupnorm rmsnormalization simplifiedlayernormalization
        skiplayernormalization skipsimplifiedlayernormalization local_response_norm lrn _fused_rms_norm""",
    "activation": """relu relu6 leaky_relu leakyrelu prelu rrelu elu celu selu gelu fastgelu quickgelu biasgelu silu
        swish mish hardswish hardsigmoid hardtanh sigmoid tanh softplus softsign logsigmoid tanhshrink softshrink
        hardshrink threshold thresholdedrelu erf glu clip clamp clamp_min""",
    "softmax": "softmax _softmax _safe_softmax",
    "attention": """scaled_dot_product_attention multi_head_attention_forward flex_attention
        _scaled_dot_product_flash_attention_for_cpu _native_multi_head_attention _transformer_encoder_layer_fwd
        multiheadattention groupqueryattention""",
    "recurrent": """lstm gru rnn_tanh rnn_relu rnn lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell
        dynamicquantizelstm""",
    "pool": """max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d
        adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d
        boolean_dispatch lp_pool2d _adaptive_avg_pool2d max_pool2d_with_indices maxpool averagepool
        globalaveragepool globalmaxpool lppool""",
    "embedding": "embedding embedding_bag _embedding_bag",
    "add": "add + iadd add_relu",
    "mul": "mul multiply * div true_divide sub subtract rsub",
    "cat": "cat concat concatenate hstack stack",
    "topk": "topk",
    "rotation": "cos sin polar",
    "triangle": "tril triu tril_indices triu_indices trilu",
    "compare": "le lt ge gt less lessorequal greater greaterorequal",
    "root": "rsqrt sqrt",
}  # fmt: skip
KIND_OF: dict[str, Kind] = {name: kind for kind, words in _WORDS.items() for name in words.split()}

_ELEMENTWISE = """
    add mul div sub neg pow square exp log log1p expm1 abs sqrt rsqrt reciprocal sigmoid tanh erf softplus hardsigmoid
    relu6 clamp clip hardtanh where masked_fill softcap float to type cast type_as nan_to_num minimum maximum max min
    sign floor not bitwise_and setitem copy_ copy identity
"""
ELEMENTWISE = frozenset(_ELEMENTWISE.split())
"""Operations whose every output element depends on the elements at the same place only."""

ACTIVATION_TITLES: dict[str, str] = {
    "relu": "ReLU", "relu6": "ReLU6", "leaky_relu": "leaky ReLU", "leakyrelu": "leaky ReLU", "prelu": "PReLU",
    "elu": "ELU", "celu": "CELU", "selu": "SELU", "gelu": "GELU", "fastgelu": "GELU", "biasgelu": "GELU",
    "quickgelu": "quick GELU", "silu": "SiLU", "swish": "SiLU", "mish": "Mish", "hardswish": "hard-swish",
    "hardsigmoid": "hard sigmoid", "hardtanh": "hard tanh", "sigmoid": "sigmoid", "tanh": "tanh",
    "softplus": "softplus", "softsign": "softsign", "glu": "GLU", "softmax": "softmax",
}  # fmt: skip
NORM_TITLES: dict[str, str] = {
    "batch_norm": "batch norm", "native_batch_norm": "batch norm", "batchnormalization": "batch norm",
    "_native_batch_norm_legit_no_training": "batch norm", "layer_norm": "LayerNorm", "native_layer_norm": "LayerNorm",
    "layernormalization": "LayerNorm", "skiplayernormalization": "LayerNorm", "group_norm": "group norm",
    "native_group_norm": "group norm", "groupnormalization": "group norm", "groupnorm": "group norm",
    "instance_norm": "instance norm", "instancenormalization": "instance norm", "rms_norm": "RMSNorm",
    "_fused_rms_norm": "RMSNorm", "rmsnormalization": "RMSNorm", "simplifiedlayernormalization": "RMSNorm",
    "skipsimplifiedlayernormalization": "RMSNorm", "local_response_norm": "local response norm",
    "lrn": "local response norm",
}  # fmt: skip


@functools.lru_cache(maxsize=8192)
def plain(name: str) -> str:
    """The name without domain and mark of in-place work; ONNX operators in lower case."""
    bare = name.rpartition("::")[2].rpartition(".")[2]
    if bare in KIND_OF:
        return bare
    if bare[:1].isupper():
        return bare.lower()
    return bare.rstrip("_") or bare


@functools.lru_cache(maxsize=8192)
def kind_of(name: str) -> Kind:
    """What an operation of this name does; ``other`` when no pattern cares."""
    return KIND_OF.get(plain(name), "other")


def activation_title(name: str, label: str = "") -> str:
    """The activation as people write it; bounds from 0 to 6 are a ReLU6."""
    if label in {"0…6", "min_val=0, max_val=6"}:
        return "ReLU6"
    return ACTIVATION_TITLES.get(plain(name), plain(name))


def norm_title(name: str) -> str:
    """The normalisation as people write it."""
    return NORM_TITLES.get(plain(name), plain(name))

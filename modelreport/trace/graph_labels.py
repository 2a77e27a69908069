"""ONNX operators for people: their family, and the attributes that matter in a few characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelreport.facts import Family

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelreport.trace.graph_values import Step

MOST_LETTERS = 60

_WORDS: dict[Family, str] = {
    "conv": """Conv ConvTranspose ConvInteger QLinearConv FusedConv NhwcConv NhwcFusedConv DeformConv Col2Im
        CausalConvWithState""",
    "linear": """MatMul Gemm Einsum MatMulInteger QLinearMatMul FusedMatMul FusedGemm GemmFastGelu QGemm MatMulNBits
        MatMulBnb4 MatMulFpQ4 MatMulIntegerToFloat DynamicQuantizeMatMul TransposeMatMul GemmFloat8 MoE QMoE
        SparseToDenseMatMul LinearRegressor LinearClassifier""",
    "recurrent": "LSTM GRU RNN DynamicQuantizeLSTM AttnLSTM",
    "attention": """Attention MultiHeadAttention GroupQueryAttention QAttention QOrderedAttention PackedAttention
        PackedMultiHeadAttention DecoderAttention DecoderMaskedMultiHeadAttention DecoderMaskedSelfAttention
        SparseAttention LongformerAttention PagedAttention RelativePositionBias GatedRelativePositionBias
        LinearAttention FlexAttention""",
    "norm": """BatchNormalization LayerNormalization InstanceNormalization GroupNormalization GroupNorm
        SkipGroupNorm RMSNormalization SimplifiedLayerNormalization SkipLayerNormalization
        SkipSimplifiedLayerNormalization LRN MeanVarianceNormalization LpNormalization Normalizer
        QLinearBatchNormalization""",
    "activation": """Relu LeakyRelu PRelu Elu Celu Selu Gelu FastGelu BiasGelu QuickGelu BiasSplitGelu Mish Swish
        HardSwish SwiGLU HardSigmoid Sigmoid Tanh Softmax LogSoftmax Hardmax Softplus Softsign ThresholdedRelu
        Shrink Erf Sin Cos BiasSoftmax QLinearSigmoid QLinearLeakyRelu QLinearSoftmax QLinearTanh
        NGramRepeatBlock""",
    "pool": """MaxPool AveragePool GlobalAveragePool GlobalMaxPool LpPool GlobalLpPool MaxUnpool RoiAlign
        MaxRoiPool QLinearAveragePool QLinearGlobalAveragePool NhwcMaxPool""",
    "embedding": "EmbedLayerNormalization QEmbedLayerNormalization GatherBlockQuantized OneHot OneHotEncoder SkipEmbed",
    "shape": """Reshape Flatten Squeeze Unsqueeze Transpose Concat Split SplitToSequence Slice Gather GatherElements
        GatherND Expand Tile Pad Resize Upsample Identity Shape Size Cast CastLike Scatter ScatterElements
        ScatterND TensorScatter DepthToSpace SpaceToDepth Where Compress NonZero Trilu ReverseSequence
        Unique TopK GridSample AffineGrid Dropout CenterCropPad SequenceConstruct SequenceAt SequenceInsert
        SequenceErase SequenceEmpty SequenceLength ConcatFromSequence Optional OptionalGetElement
        OptionalHasElement QuantizeLinear DequantizeLinear BitCast DynamicQuantizeLinear QLinearConcat
        QLinearWhere Crop ImageDecoder RotaryEmbedding Range ConcatTraining""",
    "arithmetic": """Add Sub Mul Div Mod Pow Neg Abs Sqrt Reciprocal Exp Log Sum Mean Max Min Clip Floor Ceil Round Sign
        Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Equal Less LessOrEqual Greater GreaterOrEqual And Or
        Xor Not BitShift BitwiseAnd BitwiseOr BitwiseXor BitwiseNot IsNaN IsInf ArgMax ArgMin CumSum CumProd
        Det Inverse DFT STFT ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2
        ReduceLogSum ReduceLogSumExp ReduceSumSquare QLinearAdd QLinearMul QLinearReduceMean BiasAdd
        BiasDropout MelWeightMatrix NonMaxSuppression SoftmaxCrossEntropyLoss NegativeLogLikelihoodLoss
        Bernoulli ComplexMul""",
    "io": """Constant ConstantOfShape RandomNormal RandomNormalLike RandomUniform RandomUniformLike Multinomial
        EyeLike HannWindow HammingWindow BlackmanWindow""",
}
FAMILY_OF: dict[str, Family] = {name: family for family, words in _WORDS.items() for name in words.split()}

ZERO_COST = frozenset(
    [
        "Identity",
        "Reshape",
        "Flatten",
        "Squeeze",
        "Unsqueeze",
        "Transpose",
        "Shape",
        "Size",
        "Concat",
        "Split",
        "SplitToSequence",
        "Slice",
        "Gather",
        "GatherElements",
        "GatherND",
        "Expand",
        "Tile",
        "Pad",
        "Cast",
        "CastLike",
        "BitCast",
        "Scatter",
        "ScatterElements",
        "ScatterND",
        "TensorScatter",
        "DepthToSpace",
        "SpaceToDepth",
        "Where",
        "Compress",
        "NonZero",
        "Trilu",
        "ReverseSequence",
        "Dropout",
        "CenterCropPad",
        "Constant",
        "ConstantOfShape",
        "EyeLike",
        "OneHot",
        "Range",
        "RandomNormal",
        "RandomNormalLike",
        "RandomUniform",
        "RandomUniformLike",
        "SequenceConstruct",
        "SequenceAt",
        "SequenceInsert",
        "SequenceErase",
        "SequenceEmpty",
        "SequenceLength",
        "ConcatFromSequence",
        "Optional",
        "OptionalGetElement",
        "OptionalHasElement",
        "And",
        "Or",
        "Xor",
        "Not",
        "BitwiseAnd",
        "BitwiseOr",
        "BitwiseXor",
        "BitwiseNot",
        "IsNaN",
        "IsInf",
        "Bernoulli",
        "Multinomial",
    ]
)
"""Operators without floating-point work: they make, move, select or re-interpret data."""
VIEWS = frozenset({"Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Dropout"})
"""Operators whose first output shares the memory of their first input."""
SELECTS = frozenset({"Gather", "GatherElements", "GatherND", "Slice", "Shape", "Size"})
"""Operators that read no more than they write."""


def family_of(step: Step) -> Family:
    """Family of a node; a look-up in a stored table is an embedding, a product in an attention module attention."""
    family = FAMILY_OF.get(step.op, "other")
    first = step.inputs[0] if step.inputs else None
    if step.op == "Gather" and first is not None and first.parameters and len(first.shape or ()) == 2:
        return "embedding"
    if step.op == "Clip" and _low_bound(step) == 0:
        return "activation"
    if family == "linear" and not any(value is not None and value.constant for value in step.inputs):
        where = " ".join(f"{frame.path} {frame.type}" for frame in step.frames[-2:]).lower()
        return "attention" if "att" in where else "linear"
    return family


def label_of(step: Step) -> str:
    """The attributes that matter: ``3×3, s2, p1`` for a convolution; empty where nothing does. Never raises."""
    maker = _MAKERS.get(step.op)
    if maker is None:
        return ""
    try:
        text = maker(step)
    except (IndexError, TypeError, ValueError, AttributeError, KeyError):
        return ""  # odd attributes of a damaged node: no label
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"


def _join(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _size(numbers: tuple[int, ...]) -> str:
    return "×".join("?" if n < 0 else str(n) for n in numbers)


def _same(letter: str, numbers: tuple[int, ...], usual: int) -> str:
    """``s2`` for equal numbers, ``s2×1`` for different ones, nothing for the usual value."""
    if not numbers or all(n == usual for n in numbers):
        return ""
    return letter + (str(numbers[0]) if len(set(numbers)) == 1 else _size(numbers))


def _window(step: Step) -> str:
    a = step.attributes
    weight = step.inputs[3 if step.op == "QLinearConv" else 1] if len(step.inputs) > 1 else None
    kernel = a.get("kernel_shape") or ((weight.shape or ())[2:] if weight is not None else ())
    pads = a.get("pads", ())
    half = len(pads) // 2
    padding = _same("p", pads[:half] if pads[:half] == pads[half:] else pads, 0)
    auto = a.get("auto_pad", "NOTSET")
    return _join(
        _size(tuple(kernel)),
        _same("s", a.get("strides", ()), 1),
        padding if auto in ("NOTSET", "") else {"VALID": ""}.get(auto, "same"),
        _same("d", a.get("dilations", ()), 1),
        f"g{a['group']}" if a.get("group", 1) != 1 else "",
        str(a.get("activation", "")),
    )


def _product(step: Step) -> str:
    weight = next((v for v in step.inputs[1:] if v is not None and v.constant and len(v.shape or ()) == 2), None)
    if weight is None or weight.shape is None:
        return ""
    flipped = step.op == "Gemm" and step.attributes.get("transB", 0)
    return "{}→{}".format(*(reversed(weight.shape) if flipped else weight.shape))


def _recurrent(step: Step) -> str:
    return _join(
        f"hidden {step.attributes['hidden_size']}" if "hidden_size" in step.attributes else "",
        {"bidirectional": "bidirectional", "reverse": "reverse"}.get(str(step.attributes.get("direction", "")), ""),
    )


def _bounds(step: Step) -> tuple[float | None, float | None]:
    found: list[float | None] = []
    for place, name in ((1, "min"), (2, "max")):
        value = step.inputs[place] if len(step.inputs) > place else None
        data = value.data if value is not None else None
        found.append(float(data.reshape(-1)[0]) if data is not None and data.size else step.attributes.get(name))
    return found[0], found[1]


def _low_bound(step: Step) -> float | None:
    try:
        return _bounds(step)[0]
    except (TypeError, ValueError):
        return None


def _clip(step: Step) -> str:
    low, high = _bounds(step)
    return "…".join("" if bound is None else f"{bound:g}" for bound in (low, high))


def _axes(step: Step) -> str:
    value = step.inputs[1] if len(step.inputs) > 1 else None
    axes = (
        value.data.reshape(-1).tolist() if value is not None and value.data is not None else step.attributes.get("axes")
    )
    return "" if not axes else f"axes {', '.join(str(n) for n in axes)}" if len(axes) > 1 else f"axis {axes[0]}"


def _axis(step: Step) -> str:
    return f"axis {step.attributes['axis']}" if "axis" in step.attributes else ""


def _target(step: Step) -> str:
    shape = step.outputs[0].shape
    return f"→ {_size(shape)}" if shape else ""


def _attribute(name: str, shown: str = "") -> Callable[[Step], str]:
    def maker(step: Step) -> str:
        value = step.attributes.get(name)
        if value is None:
            return ""
        text = f"{value:g}" if isinstance(value, float) else str(value)
        return f"{shown or name} {text}"

    return maker


def _heads(step: Step) -> str:
    heads = step.attributes.get("num_heads", step.attributes.get("q_num_heads"))
    shared = step.attributes.get("kv_num_heads")
    return _join(f"{heads} heads" if heads else "", f"{shared} key heads" if shared and shared != heads else "")


_MAKERS: dict[str, Callable[[Step], str]] = {
    **dict.fromkeys(
        ("Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "FusedConv", "NhwcConv", "DeformConv"), _window
    ),
    **dict.fromkeys(("MaxPool", "AveragePool", "LpPool", "QLinearAveragePool"), _window),
    **dict.fromkeys(("MatMul", "Gemm", "FusedMatMul", "MatMulInteger"), _product),
    **dict.fromkeys(("LSTM", "GRU", "RNN", "DynamicQuantizeLSTM"), _recurrent),
    **dict.fromkeys(
        ("Softmax", "LogSoftmax", "Concat", "Gather", "Split", "ArgMax", "ArgMin", "LayerNormalization"), _axis
    ),
    **dict.fromkeys(("Squeeze", "Unsqueeze", "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL2"), _axes),
    **dict.fromkeys(("Reshape", "Flatten", "Expand", "Resize", "Upsample"), _target),
    **dict.fromkeys(
        ("Attention", "MultiHeadAttention", "GroupQueryAttention", "QAttention", "RotaryEmbedding"), _heads
    ),
    "Clip": _clip,
    "Transpose": lambda step: _size(tuple(step.attributes.get("perm", ()))),
    "Cast": lambda step: f"→ {step.outputs[0].dtype}",
    "Einsum": lambda step: str(step.attributes.get("equation", "")),
    "LeakyRelu": _attribute("alpha"),
    "Elu": _attribute("alpha"),
    "GroupNormalization": _attribute("num_groups", "groups"),
    "DepthToSpace": _attribute("blocksize", "block"),
    "SpaceToDepth": _attribute("blocksize", "block"),
    "MatMulNBits": lambda step: f"{step.attributes['K']}→{step.attributes['N']}, {step.attributes.get('bits', 4)} bits",
}

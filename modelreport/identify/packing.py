"""How quantisation libraries lay out a weight in a file, one rule for each layout.

A rule looks at a tensor by its name and at its neighbours, and returns what it stands for only where names, shapes and
dtypes (or the shape that the format writes beside it) prove it; otherwise ``None``. No value of a weight is read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from modelreport.checkpoint import LazyTensor

Shape = tuple[int, ...]
Tensors = Mapping[str, LazyTensor]

BITS = (2, 3, 4, 8)
"""Widths that GPTQ packs (GPTQModel, ``BaseQuantLinear.SUPPORTS_BITS``)."""
_BLOB = 1 << 14
"""Most bytes of a description beside a weight that are read."""
_RANK = 8
_LEAST_BLOCK = 16
"""Side of the smallest blocks that formats share a scale among."""


@dataclass(frozen=True)
class Packed:
    """One quantised weight of the file and the parameter that it stands for."""

    name: str
    """The packed tensor."""
    weight: str
    """Name of the parameter in the unquantised architecture."""
    shape: Shape
    """Its shape there."""
    scheme: str
    parts: tuple[str, ...] = ()
    """Tensors beside it that belong to the quantisation: scales, zero points, maps."""


Rule = Callable[[str, Tensors, str, int], Packed | None]
"""From the tensor's name, all tensors, the method and the bits that the config names (empty and 0 if none)."""


def _present(tensors: Tensors, front: str, names: str) -> tuple[str, ...]:
    return tuple(n for n in (f"{front}{name}" for name in names.split()) if n in tensors)


def gptq(name: str, tensors: Tensors, method: str, bits: int) -> Packed | None:
    """``qweight`` (⌈in·bits/32⌉, out): a column of the packed matrix holds the inputs of one output.

    ``scales`` (groups, out), ``qzeros`` (groups, ⌈out·bits/32⌉), ``g_idx`` (in) (AutoGPTQ ``qlinear_cuda.py``,
    GPTQModel ``PackedGroupedQuantLinear``). The width of a word is that of the dtype.
    """
    del method
    front = name[: -len("qweight")]
    packed, scales = tensors[name], tensors.get(f"{front}scales")
    word = {"int32": 32, "int16": 16, "int64": 64, "int8": 8, "uint8": 8}.get(packed.dtype)
    if word is None or scales is None or len(packed.shape) != 2 or len(scales.shape) != 2:
        return None
    rows, outputs = packed.shape
    if scales.shape[1] != outputs or not outputs:
        return None
    zeros, order = tensors.get(f"{front}qzeros"), tensors.get(f"{front}g_idx")
    inputs = order.count if order is not None and order.count > 1 else 0
    for width in dict.fromkeys([bits, *BITS]):
        if width not in BITS:
            continue
        wide = inputs or rows * word // width
        fits = -(-wide * width // word) == rows
        if zeros is not None:
            fits = fits and zeros.shape == (scales.shape[0], -(-outputs * width // word))
        elif not inputs and width != bits:
            continue
        if fits:
            parts = _present(tensors, front, "scales qzeros g_idx")
            return Packed(name, f"{front}weight", (outputs, wide), f"GPTQ {width} bit", parts)
    return None


def awq(name: str, tensors: Tensors, method: str, bits: int) -> Packed | None:
    """``qweight`` (in, out·bits/32), packed along the outputs; ``qzeros`` alike, ``scales`` (groups, out).

    AutoAWQ ``modules/linear/gemm.py``. Its GEMV layout is ``qweight`` (out, in·bits/32), ``qzeros`` (out, width),
    ``scales`` (out, width·32/bits) (``gemv.py``).
    """
    del method, bits
    front = name[: -len("qweight")]
    packed = tensors[name]
    scales, zeros = tensors.get(f"{front}scales"), tensors.get(f"{front}qzeros")
    if scales is None or zeros is None or packed.dtype != "int32":
        return None
    if not len(packed.shape) == len(scales.shape) == len(zeros.shape) == 2:
        return None
    for width in (4, 8, 2):
        each = 32 // width
        if packed.shape[1] == zeros.shape[1] and scales.shape == (zeros.shape[0], zeros.shape[1] * each):
            shape: Shape = (scales.shape[1], packed.shape[0])
        elif packed.shape[0] == zeros.shape[0] and scales.shape == (zeros.shape[0], zeros.shape[1] * each):
            shape = (packed.shape[0], packed.shape[1] * each)
        else:
            continue
        return Packed(name, f"{front}weight", shape, f"AWQ {width} bit", _present(tensors, front, "scales qzeros"))
    return None


def bitsandbytes_4bit(name: str, tensors: Tensors, method: str, bits: int) -> Packed | None:
    """Two values to a byte, flattened to (n/2, 1); type and shape are in a JSON text saved as ``uint8`` beside it.

    bitsandbytes ``functional.py``, ``QuantState.as_dict(packed=True)``: ``weight.quant_state.bitsandbytes__nf4`` (or
    ``fp4``), ``weight.absmax``, ``weight.quant_map``, and ``weight.nested_*`` where the scales are quantised as well.
    """
    del method, bits
    for kind in ("nf4", "fp4"):
        about = f"{name}.quant_state.bitsandbytes__{kind}"
        if about not in tensors:
            continue
        told = _json(tensors[about])
        shape = _shape(told.get("shape")) if isinstance(told, dict) else None
        if shape is None or (math.prod(shape) + 1) // 2 != tensors[name].size_bytes:
            return None
        parts = _present(tensors, f"{name}.", "absmax quant_map nested_absmax nested_quant_map nested_offset")
        return Packed(name, name, shape, f"bitsandbytes {kind}", (about, *parts))
    return None


def bitsandbytes_8bit(name: str, tensors: Tensors, method: str, bits: int) -> Packed | None:
    """``weight`` int8 (out, in) with the largest magnitude of each row in ``SCB`` (bitsandbytes ``Linear8bitLt``)."""
    del method, bits
    front = name[: -len("weight")]
    packed, largest = tensors[name], tensors.get(f"{front}SCB")
    if largest is None or packed.dtype != "int8" or len(packed.shape) != 2 or largest.count != packed.shape[0]:
        return None
    return Packed(name, name, packed.shape, "bitsandbytes int8", _present(tensors, front, "SCB weight_format"))


def mxfp4(name: str, tensors: Tensors, method: str, bits: int) -> Packed | None:
    """``*_blocks`` uint8 (…, rows, groups, 16): 32 four-bit floats share a scale in ``*_scales`` (…, rows, groups).

    gpt-oss keeps (experts, out, in); the parameter in transformers is (experts, in, out)
    (``integrations/mxfp4.py``, ``convert_moe_packed_tensors``; OCP Microscaling Formats 1.0, section 5.1).
    """
    del method, bits
    front = name[: -len("_blocks")]
    packed, scales = tensors[name], tensors.get(f"{front}_scales")
    if scales is None or packed.dtype != "uint8" or len(packed.shape) < 3 or packed.shape[-1] != 16:
        return None
    if scales.shape != packed.shape[:-1]:
        return None
    *lead, rows, groups, _ = packed.shape
    return Packed(name, front, (*lead, groups * 32, rows), "MXFP4", (f"{front}_scales",))


_SCALES = (
    "_scale_inv _scale _scale_2 _scales _zero_point _global_scale _activation_scale _input_scale _global_zero_point"
)
_BESIDE = "input_scale input_zero_point input_global_scale input_scale_ub activation_scale output_scale k_scale v_scale"


def scaled(name: str, tensors: Tensors, method: str, bits: int) -> Packed | None:
    """A weight in eight bits as it is, with a scale for all, for each row or for each block beside it.

    ``weight`` float8 with ``weight_scale_inv`` (⌈out/128⌉, ⌈in/128⌉) (DeepSeek-V3 ``README_WEIGHTS.md``), or float8 or
    int8 with ``weight_scale`` (compressed-tensors ``naive_quantized``, fbgemm, ModelOpt), stacked experts alike.
    EETQ keeps int8 (in, out) with ``weight_scales`` (out) (transformers ``integrations/eetq.py``).
    """
    del method, bits
    packed = tensors[name]
    front = name[: -len("weight")] if name.endswith("weight") else f"{name}."
    parts = (*_present(tensors, name, _SCALES), *_present(tensors, front, _BESIDE))
    scale = next((tensors[p] for p in parts if p[len(name) :] in {"_scale_inv", "_scale", "_scales"}), None)
    if scale is None or len(packed.shape) < 2 or not packed.count:
        return None
    if packed.dtype != "int8" and not packed.dtype.startswith("float8"):
        return None
    if scale.shape == (packed.shape[1],) and packed.dtype == "int8" and f"{name}_scales" in parts:
        return Packed(name, name, packed.shape[::-1], "EETQ int8", parts)
    block = _block(packed.shape, scale.shape)
    if block is None:
        return None
    scheme = "FP8" if packed.dtype.startswith("float8") else packed.dtype
    return Packed(name, name, packed.shape, f"{scheme}, scale for {block}", parts)


def _block(shape: Shape, scale: Shape) -> str | None:
    """What one scale is for, in words; ``None`` where the shapes do not fit each other."""
    if math.prod(scale) == 1:
        return "each tensor"
    if len(scale) == 1:
        return "each row" if scale[0] == shape[0] else None
    if len(scale) != len(shape) or any(s < 1 or s > n for n, s in zip(shape, scale, strict=True)):
        return None
    sizes = [-(-n // s) for n, s in zip(shape[-2:], scale[-2:], strict=True)]
    for guess in (128, 64, 256):  # sides that do not divide the shape leave a smaller last block
        for i, n in enumerate(shape[-2:]):
            if -(-n // guess) == scale[-2 + i] and scale[-2 + i] > 1:
                sizes[i] = guess
    if scale[-1] == 1 and scale[-2] == shape[-2]:
        return "each row"
    if scale[-2] == 1 and scale[-1] == shape[-1]:
        return "each column"
    if scale[-2:] == (1, 1):
        return "each matrix"
    if any(size < _LEAST_BLOCK and s > 1 for size, s in zip(sizes, scale[-2:], strict=True)):
        return None
    return f"{sizes[0]}×{sizes[1]}"


def compressed(name: str, tensors: Tensors, method: str, bits: int) -> Packed | None:
    """compressed-tensors: ``weight_packed`` int32 (out, ⌈in·bits/32⌉) with the shape in ``weight_shape``.

    Source: ``compressors/pack_quantized``. Older versions pad each word: ⌈in/⌊32/bits⌋⌉ words. Four-bit floats are
    ``weight_packed`` uint8 (out, in/2) with a scale for 16 (NVFP4) or 32 (MXFP4) inputs (``nvfp4``, ``mxfp4``).
    """
    del method
    front = name[: -len("weight_packed")]
    packed = tensors[name]
    names = "weight_scale weight_shape weight_zero_point weight_g_idx weight_global_scale " + _BESIDE
    parts = _present(tensors, front, names)
    scale, about = tensors.get(f"{front}weight_scale"), tensors.get(f"{front}weight_shape")
    if scale is None or len(packed.shape) < 2:
        return None
    *lead, columns = packed.shape
    if packed.dtype == "uint8" and scale.shape[:-1] == tuple(lead):
        return _four_bit_floats(name, f"{front}weight", packed, scale, parts)
    shape = _shape(_values(about)) if about is not None else None
    if packed.dtype != "int32" or shape is None or shape[:-1] != tuple(lead):
        return None
    for width in dict.fromkeys([bits, 4, 8, 3, 2, 6, 5, 7, 1]):
        if 1 <= width <= 8 and columns in {-(-shape[-1] * width // 32), -(-shape[-1] // (32 // width))}:
            return Packed(name, f"{front}weight", shape, f"compressed-tensors {width} bit", parts)
    return None


def four_bit_floats(name: str, tensors: Tensors, method: str, bits: int) -> Packed | None:
    """``weight`` uint8 (out, in/2) with ``weight_scale``: float8 (out, in/16) is NVFP4, uint8 (out, in/32) is MXFP4.

    ModelOpt writes the first, with a second scale in ``weight_scale_2``; Quark the second.
    """
    del method, bits
    packed, scale = tensors[name], tensors.get(f"{name}_scale")
    if scale is None or packed.dtype != "uint8" or len(packed.shape) < 2 or scale.shape[:-1] != packed.shape[:-1]:
        return None
    parts = (*_present(tensors, name, _SCALES), *_present(tensors, name[: -len("weight")], _BESIDE))
    found = _four_bit_floats(name, name, packed, scale, parts)
    twice = f"{name}_scale_2" in tensors and scale.dtype.startswith("float8")
    proven = twice if found is not None and found.scheme == "NVFP4" else scale.dtype in {"uint8", "float8_e8m0fnu"}
    return found if proven else None


def _four_bit_floats(
    name: str, weight: str, packed: LazyTensor, scale: LazyTensor, parts: tuple[str, ...]
) -> Packed | None:
    shape = (*packed.shape[:-1], packed.shape[-1] * 2)
    for group, scheme in ((16, "NVFP4"), (32, "MXFP4")):
        if scale.shape[-1] * group == shape[-1]:
            return Packed(name, weight, shape, scheme, parts)
    return None


def bitnet(name: str, tensors: Tensors, method: str, bits: int) -> Packed | None:
    """Four values of {-1, 0, 1} to a byte along the outputs, one ``weight_scale`` (``integrations/bitnet.py``).

    The shapes alone do not prove it: only where the config names the method.
    """
    del bits
    packed, scale = tensors[name], tensors.get(f"{name}_scale")
    if method != "bitnet" or scale is None or scale.count != 1 or packed.dtype != "uint8" or len(packed.shape) != 2:
        return None
    return Packed(name, name, (packed.shape[0] * 4, packed.shape[1]), "BitNet 2 bit", (f"{name}_scale",))


_HQQ = (
    "scale zero nbits group_size shape axis packing unpack_view_dtype view_as_float quant_scale quant_zero"
    " compute_dtype offload_meta encoded_state_dict stores_quant_config channel_wise optimize round_zero"
)


def hqq(name: str, tensors: Tensors, method: str, bits: int) -> Packed | None:
    """``W_q`` with ``shape`` and ``nbits`` beside it (HQQ ``core/quantize.py``, ``HQQLinear.state_dict``).

    Bytes hold 8, 4, 2 or 1 bits each value; three bits go ten to an ``int32``, rows padded (``core/bitpack.py``).
    """
    del method, bits
    front = name[: -len("W_q")]
    about, width = tensors.get(f"{front}shape"), tensors.get(f"{front}nbits")
    shape = _shape(_values(about)) if about is not None else None
    told = _values(width) if width is not None and width.count == 1 else None
    if shape is None or not told or told[0] not in {1, 2, 3, 4, 8}:
        return None
    packed, count = tensors[name], math.prod(shape)
    held = packed.count * 10 if told[0] == 3 else packed.size_bytes * 8 // told[0]
    spare = 10 * packed.shape[-1] if told[0] == 3 and packed.shape else 1
    if not count <= held < count + max(spare, 1):
        return None
    return Packed(name, f"{front}weight", shape, f"HQQ {told[0]} bit", _present(tensors, front, _HQQ))


def torch_quantised(name: str, tensors: Tensors, method: str, bits: int) -> Packed | None:
    """A tensor of torch's own quantised dtypes; its module keeps the ``scale`` and ``zero_point`` of its output.

    Linear layers keep weight and bias together in ``_packed_params`` (``torch.ao.nn.quantized``). Embeddings in four
    bits are shown as bytes; they have a scale for each row.
    """
    del method, bits
    packed = tensors[name]
    inside = name.find("_packed_params")
    front = name[:inside] if inside >= 0 else name.rpartition(".")[0] + "."
    if packed.layout != "quantized":  # the bias beside a packed weight
        return Packed(name, f"{front}bias", packed.shape, "")
    rows = tensors.get(f"{name}.scales")
    each = {"quint4x2": 2, "quint2x4": 4}.get(packed.dtype, 1)
    shape = packed.shape
    if each > 1 and rows is not None and rows.count and packed.count * each % rows.count == 0:
        shape = (rows.count, packed.count * each // rows.count)
    parts = (
        *_present(tensors, front, "scale zero_point _packed_params.dtype"),
        *_present(tensors, f"{name}.", "scales zero_points"),
    )
    return Packed(name, f"{front}weight" if inside >= 0 else name, shape, f"torch {packed.dtype}", parts)


def quanto(name: str, tensors: Tensors, method: str, bits: int) -> Packed | None:
    """optimum-quanto: ``weight._data`` in eight bits as it is; ``weight._data._data`` packed along its rows.

    The packed rows are as many as the scales (one for each group of inputs), so their ratio is the number of values in
    a byte (``tensor/packed.py``, ``grouped.py``). How they were grouped is not in the file: the shape is flat.
    """
    del method, bits
    inner = name.endswith("._data._data")
    weight = name.removesuffix("._data").removesuffix("._data")
    packed, scale = tensors[name], tensors.get(f"{weight}._scale")
    front = weight.rpartition(".")[0] + "."
    parts = (*_present(tensors, weight, "._scale ._shift"), *_present(tensors, front, "input_scale output_scale"))
    if scale is None or len(packed.shape) < 2:
        return None
    if not inner:
        eight = packed.dtype == "int8" or packed.dtype.startswith("float8")
        eight = eight and _block(packed.shape, scale.shape) is not None
        return Packed(name, weight, packed.shape, f"quanto {packed.dtype}", parts) if eight else None
    each = scale.shape[0] // packed.shape[0] if len(scale.shape) == 2 and packed.shape[0] else 0
    if packed.dtype != "uint8" or each not in {2, 4} or scale.shape != (packed.shape[0] * each, 1):
        return None
    return Packed(name, weight, (packed.count * each,), f"quanto {8 // each} bit", parts)


def _json(tensor: LazyTensor) -> object:
    if tensor.dtype != "uint8" or tensor.count > _BLOB:
        return None
    try:
        found: object = json.loads(tensor.array().tobytes())
    except (ValueError, RecursionError):  # no values, or no JSON
        return None
    return found


def _values(tensor: LazyTensor) -> list[int] | None:
    """The whole numbers of a tiny tensor; ``None`` where there are none."""
    if tensor.count > _RANK or not tensor.dtype.startswith(("int", "uint")):
        return None
    try:
        return [int(v) for v in tensor.array().reshape(-1).tolist()]
    except ValueError:
        return None


def _shape(values: object) -> Shape | None:
    if not isinstance(values, list) or not 0 < len(values) <= _RANK:
        return None
    if not all(type(v) is int and 0 < v < 1 << 40 for v in values):
        return None
    return tuple(values)


RULES: Mapping[str, tuple[Rule, ...]] = {
    "qweight": (gptq, awq),
    "weight": (bitsandbytes_4bit, bitsandbytes_8bit, four_bit_floats, bitnet, scaled),
    "weight_packed": (compressed,),
    "W_q": (hqq,),
    "_data": (quanto,),
}
"""Rules by the last part of the name; see ``rules_for``."""


def rules_for(name: str, tensor: LazyTensor) -> tuple[Rule, ...]:
    """The rules that a tensor of this name and dtype may follow; none for an ordinary weight."""
    last = name[name.rfind(".") + 1 :]
    if tensor.layout == "quantized" or name.endswith("_packed_params._packed_params.1"):
        return (torch_quantised,)
    if last.endswith("_blocks"):
        return (mxfp4,)
    if last == "weight" and tensor.dtype in {"float32", "float16", "bfloat16"}:
        return (bitsandbytes_4bit,)  # which can keep its bytes under any dtype
    return RULES.get(last) or ((scaled,) if tensor.dtype.startswith("float8") else ())

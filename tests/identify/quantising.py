"""The tensors of a model as quantisation libraries write them: names, shapes and dtypes by each format's own rule."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from modelreport.checkpoint import LazyTensor
from modelreport.identify.fitting import Shape
from modelreport.identify.quantised import find_quantised

Tensors = dict[str, torch.Tensor]


def shapes_behind(tensors: Sequence[LazyTensor], config: Mapping[str, Any] | None = None) -> dict[str, Shape]:
    """Names and shapes of the unquantised architecture."""
    return find_quantised(tensors, config).unpacked(tensors)


def up(number: int, by: int) -> int:
    """Quotient, rounded up."""
    return math.ceil(number / by)


def gptq(width: int, group: int = 64, *, order: bool = True) -> Callable[[str, tuple[int, ...]], Tensors]:
    """GPTQModel ``PackedGroupedQuantLinear``."""

    def make(front: str, shape: tuple[int, ...]) -> Tensors:
        outputs, inputs = shape
        groups = up(inputs, group)
        made = {
            f"{front}.qweight": torch.zeros(up(inputs * width, 32), outputs, dtype=torch.int32),
            f"{front}.qzeros": torch.zeros(groups, up(outputs * width, 32), dtype=torch.int32),
            f"{front}.scales": torch.zeros(groups, outputs, dtype=torch.float16),
        }
        if order:
            made[f"{front}.g_idx"] = torch.zeros(inputs, dtype=torch.int32)
        return made

    return make


def awq(front: str, shape: tuple[int, ...]) -> Tensors:
    """AutoAWQ ``WQLinear_GEMM``, 4 bits, groups of 32."""
    outputs, inputs = shape
    return {
        f"{front}.qweight": torch.zeros(inputs, outputs // 8, dtype=torch.int32),
        f"{front}.qzeros": torch.zeros(inputs // 32, outputs // 8, dtype=torch.int32),
        f"{front}.scales": torch.zeros(inputs // 32, outputs, dtype=torch.float16),
    }


def awq_gemv(front: str, shape: tuple[int, ...]) -> Tensors:
    """AutoAWQ ``WQLinear_GEMV``: the zero points of groups of 64 come in twos of words."""
    outputs, inputs = shape
    width = up(up(inputs // 64, 8), 2) * 2
    return {
        f"{front}.qweight": torch.zeros(outputs, inputs // 8, dtype=torch.int32),
        f"{front}.qzeros": torch.zeros(outputs, width, dtype=torch.int32),
        f"{front}.scales": torch.zeros(outputs, width * 8, dtype=torch.float16),
    }


def bitsandbytes(kind: str, storage: torch.dtype = torch.uint8) -> Callable[[str, tuple[int, ...]], Tensors]:
    """As bitsandbytes 0.50 writes ``Linear4bit`` with quantised statistics."""

    def make(front: str, shape: tuple[int, ...]) -> Tensors:
        count = math.prod(shape)
        told = {
            "quant_type": kind, "blocksize": 64, "dtype": "bfloat16", "shape": list(shape), "nested_blocksize": 256,
            "nested_dtype": "float32", "nested_offset": 0.02,
        }  # fmt: skip
        weight = f"{front}.weight"
        return {
            weight: torch.zeros(up(count, 2) // storage.itemsize, 1, dtype=storage),
            f"{weight}.absmax": torch.zeros(up(count, 64), dtype=torch.uint8),
            f"{weight}.quant_map": torch.zeros(16),
            f"{weight}.nested_absmax": torch.zeros(up(up(count, 64), 256)),
            f"{weight}.nested_quant_map": torch.zeros(256),
            f"{weight}.quant_state.bitsandbytes__{kind}": torch.tensor(
                list(json.dumps(told).encode()), dtype=torch.uint8
            ),
        }

    return make


def int8(front: str, shape: tuple[int, ...]) -> Tensors:
    """bitsandbytes ``Linear8bitLt``."""
    return {
        f"{front}.weight": torch.zeros(shape, dtype=torch.int8),
        f"{front}.SCB": torch.zeros(shape[0]),
        f"{front}.weight_format": torch.tensor(0, dtype=torch.uint8),
    }


def fp8_blocks(front: str, shape: tuple[int, ...]) -> Tensors:
    """DeepSeek-V3: blocks of 128×128."""
    return {
        f"{front}.weight": torch.zeros(shape, dtype=torch.float8_e4m3fn),
        f"{front}.weight_scale_inv": torch.zeros(up(shape[0], 128), up(shape[1], 128)),
    }


def fp8_rows(front: str, shape: tuple[int, ...]) -> Tensors:
    """compressed-tensors ``float-quantized`` and fbgemm: a scale for each row."""
    return {
        f"{front}.weight": torch.zeros(shape, dtype=torch.float8_e4m3fn),
        f"{front}.weight_scale": torch.zeros(shape[0], 1),
        f"{front}.input_scale": torch.zeros(1),
    }


def compressed(width: int) -> Callable[[str, tuple[int, ...]], Tensors]:
    """compressed-tensors ``pack-quantized``, groups of 32."""

    def make(front: str, shape: tuple[int, ...]) -> Tensors:
        return {
            f"{front}.weight_packed": torch.zeros(shape[0], up(shape[1] * width, 32), dtype=torch.int32),
            f"{front}.weight_scale": torch.zeros(shape[0], shape[1] // 32, dtype=torch.bfloat16),
            f"{front}.weight_shape": torch.tensor(shape),
        }

    return make


def nvfp4(front: str, shape: tuple[int, ...]) -> Tensors:
    """compressed-tensors ``nvfp4-pack-quantized``."""
    return {
        f"{front}.weight_packed": torch.zeros(shape[0], shape[1] // 2, dtype=torch.uint8),
        f"{front}.weight_scale": torch.zeros(shape[0], shape[1] // 16, dtype=torch.float8_e4m3fn),
        f"{front}.weight_global_scale": torch.zeros(1),
        f"{front}.input_global_scale": torch.zeros(1),
    }


def modelopt(front: str, shape: tuple[int, ...]) -> Tensors:
    """NVFP4 as ModelOpt writes it."""
    return {
        f"{front}.weight": torch.zeros(shape[0], shape[1] // 2, dtype=torch.uint8),
        f"{front}.weight_scale": torch.zeros(shape[0], shape[1] // 16, dtype=torch.float8_e4m3fn),
        f"{front}.weight_scale_2": torch.zeros(()),
        f"{front}.input_scale": torch.zeros(()),
    }


def quark(front: str, shape: tuple[int, ...]) -> Tensors:
    """MXFP4 as Quark writes it."""
    return {
        f"{front}.weight": torch.zeros(shape[0], shape[1] // 2, dtype=torch.uint8),
        f"{front}.weight_scale": torch.zeros(shape[0], shape[1] // 32, dtype=torch.uint8),
    }


def hqq(width: int) -> Callable[[str, tuple[int, ...]], Tensors]:
    """As HQQ 0.2.8 writes ``HQQLinear`` with groups of 64 along the inputs."""

    def make(front: str, shape: tuple[int, ...]) -> Tensors:
        groups = math.prod(shape) // 64
        words = (up(groups, 10), torch.int32) if width == 3 else (groups * width // 8, torch.uint8)
        return {
            f"{front}.W_q": torch.zeros(words[0], 64, dtype=words[1]),
            f"{front}.nbits": torch.tensor(width, dtype=torch.int32),
            f"{front}.group_size": torch.tensor(64, dtype=torch.int32),
            f"{front}.shape": torch.tensor(shape),
            f"{front}.scale": torch.zeros(groups, 1),
            f"{front}.zero": torch.zeros(groups, 1),
            f"{front}.axis": torch.tensor(1, dtype=torch.int32),
            f"{front}.packing": torch.zeros(7, dtype=torch.uint8),
            f"{front}.compute_dtype": torch.zeros(13, dtype=torch.uint8),
        }

    return make


def eetq(front: str, shape: tuple[int, ...]) -> Tensors:
    """transformers ``EetqLinear``: the weight the other way round."""
    return {
        f"{front}.weight": torch.zeros(shape[::-1], dtype=torch.int8),
        f"{front}.weight_scales": torch.zeros(shape[0], dtype=torch.float16),
    }


def bitnet(front: str, shape: tuple[int, ...]) -> Tensors:
    """transformers ``pack_weights``: four rows to a byte."""
    return {
        f"{front}.weight": torch.zeros(shape[0] // 4, shape[1], dtype=torch.uint8),
        f"{front}.weight_scale": torch.zeros(1),
    }


def quanto8(front: str, shape: tuple[int, ...]) -> Tensors:
    """optimum-quanto 0.2.7, ``qint8``."""
    return {
        f"{front}.weight._data": torch.zeros(shape, dtype=torch.int8),
        f"{front}.weight._scale": torch.zeros(shape[0], 1),
        f"{front}.input_scale": torch.zeros(()),
        f"{front}.output_scale": torch.zeros(()),
    }


def quanto4(front: str, shape: tuple[int, ...]) -> Tensors:
    """optimum-quanto 0.2.7, ``qint4``: groups of 64 inputs are rows, two rows to a byte."""
    rows = math.prod(shape) // 64
    return {
        f"{front}.weight._data._data": torch.zeros(rows // 2, 64, dtype=torch.uint8),
        f"{front}.weight._scale": torch.zeros(rows, 1),
        f"{front}.weight._shift": torch.zeros(rows, 1),
        f"{front}.input_scale": torch.zeros(()),
        f"{front}.output_scale": torch.zeros(()),
    }


SCHEMES: dict[str, Callable[[str, tuple[int, ...]], Tensors]] = {
    "GPTQ 4 bit": gptq(4), "GPTQ 3 bit": gptq(3), "GPTQ 8 bit": gptq(8, order=False), "GPTQ 2 bit": gptq(2),
    "AWQ 4 bit": awq, "bitsandbytes nf4": bitsandbytes("nf4"), "bitsandbytes fp4": bitsandbytes("fp4", torch.bfloat16),
    "bitsandbytes int8": int8, "FP8, scale for 128×128": fp8_blocks, "FP8, scale for each row": fp8_rows,
    "compressed-tensors 4 bit": compressed(4), "compressed-tensors 3 bit": compressed(3), "NVFP4": nvfp4,
    "MXFP4": quark, "HQQ 4 bit": hqq(4), "HQQ 3 bit": hqq(3), "HQQ 8 bit": hqq(8), "EETQ int8": eetq,
    "quanto int8": quanto8, "quanto 4 bit": quanto4,
}  # fmt: skip


def quantised(tensors: Tensors, make: Callable[[str, tuple[int, ...]], Tensors]) -> Tensors:
    """A state dict with the matrices of its linear layers quantised; embeddings, norms and the head stay."""
    made: Tensors = {}
    for name, tensor in tensors.items():
        if name.endswith("_proj.weight") and tensor.dim() == 2:
            made |= make(name.removesuffix(".weight"), tuple(tensor.shape))
        else:
            made[name] = torch.zeros(tensor.shape, dtype=torch.bfloat16)
    return made

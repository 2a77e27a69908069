"""The ways of storing weights in fewer bits that are tried, and what each takes in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from modelreport.measure.precision.formats import BFLOAT16, E2M1, E4M3, E5M2, FLOAT16, INT4, INT8, Format


@dataclass(frozen=True)
class Plan:
    """One scheme.

    ``share`` is what one scale belongs to: ``none`` (a plain cast), ``tensor``, ``channel`` (a slice along the first
    dimension) or ``block`` (``block`` values that follow each other in such a slice).
    """

    id: str
    title: str
    bits: int
    share: Literal["none", "tensor", "channel", "block"]
    format: Format
    block: int = 0
    scale_bytes: int = 0
    """Bytes of one scale, with its zero point where there is one."""
    everything: bool = False
    """Whether it is for all floating-point tensors, as ``model.half()`` does it, rather than for weight matrices."""

    def size_bytes(self, count: int, rows: int) -> int:
        """Bytes of ``count`` values in ``rows`` slices, scales included."""
        length = count // rows if rows else 0
        scales = {"none": 0, "tensor": 1, "channel": rows, "block": rows * -(-length // max(self.block, 1))}
        return (count * self.bits + 7) // 8 + scales[self.share] * self.scale_bytes


PLANS: tuple[Plan, ...] = (
    Plan("bf16", "bfloat16", 16, "none", BFLOAT16, everything=True),
    Plan("fp16", "float16", 16, "none", FLOAT16, everything=True),
    Plan("fp8_e4m3", "FP8 E4M3, plain cast", 8, "none", E4M3),
    Plan("fp8_e5m2", "FP8 E5M2, plain cast", 8, "none", E5M2),
    Plan("fp8_e4m3_tensor", "FP8 E4M3, one scale per tensor", 8, "tensor", E4M3, scale_bytes=4),
    Plan("int8_tensor", "int8, one scale per tensor", 8, "tensor", INT8, scale_bytes=4),
    Plan("int8_channel", "int8, one scale per output channel", 8, "channel", INT8, scale_bytes=4),
    Plan("int4_128", "int4, groups of 128", 4, "block", INT4, 128, 2),
    Plan("int4_128_zero", "int4 with zero point, groups of 128", 4, "block", INT4, 128, 3),
    Plan("nf4_64", "NF4, blocks of 64", 4, "block", INT4, 64, 4),
    Plan("mxfp4", "MXFP4, blocks of 32", 4, "block", E2M1, 32, 1),
)
"""In the order of the report.

Scales: largest magnitude over the format's largest number (Wu et al. 2020; FP8 as in NVIDIA's Transformer Engine), kept
in float32 for tensors and channels and in float16 for groups of int4 (as GPTQ, AWQ and llama.cpp do; a zero point is a
byte at most). NF4: Dettmers et al. 2023, one float32 for 64 values, without double quantisation. MXFP4: OCP
Microscaling specification 1.0, a power of two in a byte for 32 values.
"""

"""A small table of published peak figures: what a device could do at most, by its maker's own word.

Dense figures only: the doubled ones of datasheets assume that half of the weights are zero. Memory is counted in
gigabytes of 10⁹ bytes. ``float32`` is the peak without TF32.
"""

from __future__ import annotations

import math
import re
from typing import Final

from modelreport.errors import OptionsError
from modelreport.facts import Device

DEFAULT: Final = "a100-80gb"
"""The device shown where none was asked for."""

_TERA, _GIGA = 1e12, 1e9


def _device(
    name: str, title: str, tera: dict[str, float], vector: float | None, memory: tuple[float, float], source: str
) -> Device:
    """``tera`` and ``vector`` in TFLOP/s, ``memory`` as GB and GB/s; ``half`` stands for both 16-bit formats."""
    peaks = {dtype: value * _TERA for dtype, value in tera.items() if dtype != "half"}
    if "half" in tera:
        peaks |= {"float16": tera["half"] * _TERA, "bfloat16": tera["half"] * _TERA}
    return Device(
        id=name,
        title=title,
        flops_per_s=peaks,
        vector_flops_per_s=None if vector is None else vector * _TERA,
        bytes_per_s=memory[1] * _GIGA,
        memory_bytes=round(memory[0] * _GIGA),
        source=source,
    )


_H100 = {"float64": 67.0, "float32": 67.0, "tf32": 494.5, "half": 989.5, "float8": 1979.0, "int8": 1979.0}
_A100 = {"float64": 19.5, "float32": 19.5, "tf32": 156.0, "half": 312.0, "int8": 624.0}
_MI300 = {"float64": 163.4, "float32": 163.4, "tf32": 653.7, "half": 1307.4, "float8": 2614.9, "int8": 2614.9}

DEVICES: Final[tuple[Device, ...]] = (
    _device(
        "b200", "NVIDIA B200 (HGX, 180 GB)",
        {"float64": 37.0, "float32": 75.0, "tf32": 1100.0, "half": 2250.0, "float8": 4500.0, "int8": 4500.0},
        75.0, (180, 7700),
        "NVIDIA Blackwell datasheet (HGX B200, figures of one GPU; sparse tensor-core figures halved)",
    ),
    _device(
        "h200", "NVIDIA H200 SXM (141 GB)", _H100, 67.0, (141, 4800),
        "NVIDIA H200 Tensor Core GPU datasheet (sparse tensor-core figures halved)",
    ),
    _device(
        "h100", "NVIDIA H100 SXM5 (80 GB)", _H100, 67.0, (80, 3350),
        "NVIDIA H100 Tensor Core GPU datasheet (sparse tensor-core figures halved)",
    ),
    _device(
        "h100-pcie", "NVIDIA H100 PCIe (80 GB)",
        {"float64": 51.0, "float32": 51.0, "tf32": 378.0, "half": 756.5, "float8": 1513.0, "int8": 1513.0},
        51.0, (80, 2000),
        "NVIDIA H100 Tensor Core GPU datasheet, first edition (PCIe; sparse tensor-core figures halved)",
    ),
    _device(
        "a100-80gb", "NVIDIA A100 SXM (80 GB)", _A100, 19.5, (80, 2039),
        "NVIDIA A100 Tensor Core GPU datasheet (80 GB SXM)",
    ),
    _device(
        "a100-40gb", "NVIDIA A100 (40 GB)", _A100, 19.5, (40, 1555),
        "NVIDIA A100 Tensor Core GPU architecture whitepaper (40 GB)",
    ),
    _device(
        "l40s", "NVIDIA L40S (48 GB)",
        {"float32": 91.6, "tf32": 183.0, "half": 362.05, "float8": 733.0, "int8": 733.0},
        91.6, (48, 864), "NVIDIA L40S datasheet",
    ),
    _device(
        "l4", "NVIDIA L4 (24 GB)",
        {"float32": 30.3, "tf32": 60.0, "half": 121.0, "float8": 242.5, "int8": 242.5},
        30.3, (24, 300), "NVIDIA L4 Tensor Core GPU datasheet (sparse tensor-core figures halved)",
    ),
    _device(
        "a10", "NVIDIA A10 (24 GB)", {"float32": 31.2, "tf32": 62.5, "half": 125.0, "int8": 250.0},
        31.2, (24, 600), "NVIDIA A10 Tensor Core GPU datasheet",
    ),
    _device(
        "t4", "NVIDIA T4 (16 GB)", {"float32": 8.1, "float16": 65.0, "int8": 130.0}, 8.1, (16, 320),
        "NVIDIA T4 Tensor Core GPU product brief; NVIDIA Turing GPU architecture whitepaper (320 GB/s)",
    ),
    _device(
        "v100", "NVIDIA V100 SXM2 (32 GB)", {"float64": 7.8, "float32": 15.7, "float16": 125.0}, 15.7, (32, 900),
        "NVIDIA V100 Tensor Core GPU datasheet (SXM2)",
    ),
    _device(
        "rtx5090", "NVIDIA GeForce RTX 5090 (32 GB)",
        {"float32": 104.8, "tf32": 104.8, "half": 209.5, "float8": 419.0, "int8": 838.0},
        104.8, (32, 1792), "NVIDIA RTX Blackwell GPU architecture whitepaper (float32 accumulation)",
    ),
    _device(
        "rtx4090", "NVIDIA GeForce RTX 4090 (24 GB)",
        {"float32": 82.6, "tf32": 82.6, "half": 165.2, "float8": 330.3, "int8": 660.6},
        82.6, (24, 1008), "NVIDIA Ada GPU architecture whitepaper (float32 accumulation)",
    ),
    _device(
        "rtx3090", "NVIDIA GeForce RTX 3090 (24 GB)",
        {"float32": 35.6, "tf32": 35.6, "half": 71.0, "int8": 284.0},
        35.6, (24, 936), "NVIDIA Ampere GA102 GPU architecture whitepaper (float32 accumulation)",
    ),
    _device(
        "mi325x", "AMD Instinct MI325X (256 GB)", _MI300, 163.4, (256, 6000), "AMD Instinct MI325X datasheet",
    ),
    _device(
        "mi300x", "AMD Instinct MI300X (192 GB)", _MI300, 163.4, (192, 5300), "AMD Instinct MI300X datasheet",
    ),
    _device(
        "mi250x", "AMD Instinct MI250X (128 GB, both dies)",
        {"float64": 95.7, "float32": 95.7, "half": 383.0, "int8": 383.0},
        47.9, (128, 3276.8), "AMD Instinct MI250X datasheet",
    ),
    _device(
        "tpu-v5p", "Google TPU v5p (one chip, 95 GB)", {"bfloat16": 459.0, "int8": 918.0}, None, (95, 2765),
        "Google Cloud documentation, TPU v5p, key chip specifications",
    ),
    _device(
        "tpu-v5e", "Google TPU v5e (one chip, 16 GB)", {"bfloat16": 197.0, "int8": 394.0}, None, (16, 819),
        "Google Cloud documentation, TPU v5e, key chip specifications",
    ),
    _device(
        "m3-max", "Apple M3 Max (40-core GPU, 128 GB)", {"float32": 14.1, "half": 14.1}, 14.1, (128, 400),
        "Apple, MacBook Pro (2023) technical specifications, for memory; Apple publishes no peak: computed as 40 cores "
        "× 128 lanes × 2 × 1.38 GHz, the clock being a measurement of third parties",
    ),
    _device(
        "cpu", "AMD EPYC 9654 (96 cores, 12 × DDR5-4800)", {"float64": 3.69, "float32": 7.37, "bfloat16": 14.75},
        7.37, (1152, 460.8),
        "AMD EPYC 9654 product page (cores, 2.4 GHz base clock, bandwidth) with two 256-bit multiply-add pipes a core "
        "(AMD Zen 4 software optimization guide): 96 × 2.4 GHz × 32; memory of 12 × 96 GB modules",
    ),
)  # fmt: skip
"""Devices by falling ability of their maker; each figure is from the document named beside it."""

ALIASES: Final = {"a100": "a100-80gb", "h100-sxm": "h100", "m3max": "m3-max", "4090": "rtx4090", "3090": "rtx3090"}

_FALLBACKS: Final = {
    "float64": ("float64", "float32", "bfloat16", "float16"),
    "float32": ("float32", "tf32", "bfloat16", "float16"),
    "bfloat16": ("bfloat16", "float16", "float32"),
    "float16": ("float16", "bfloat16", "float32"),
    "float8": ("float8", "bfloat16", "float16", "float32"),
    "int8": ("int8", "bfloat16", "float16", "float32"),
}


def device_of(wanted: str) -> Device:
    """The device asked for by its id, or described as ``flops=100T,bandwidth=1T``; the default one for nothing.

    Raises ``OptionsError`` that lists the ids for anything else.
    """
    key = wanted.strip().lower()
    if not key:
        key = DEFAULT
    if "=" in key:
        return described(key)
    found = next((d for d in DEVICES if d.id == ALIASES.get(key, key)), None)
    if found is None:
        raise OptionsError(
            f"--device {wanted}: not a known device.",
            f"Use one of {', '.join(d.id for d in DEVICES)}, or flops=100T,bandwidth=1T,memory=80G of your own.",
        )
    return found


def described(text: str) -> Device:
    """A device of the user's own figures: ``flops`` and ``bandwidth`` in a second, ``memory``, ``vector``."""
    given: dict[str, float] = {}
    for part in text.split(","):
        name, _, value = part.strip().partition("=")
        number = _number(value.strip())
        if name not in ("flops", "bandwidth", "memory", "vector") or number is None or name in given:
            raise OptionsError(
                f"--device {text}: {part.strip() or 'an empty part'} is not understood.",
                "Write flops=100T,bandwidth=1T,memory=80G (vector=20T for the ordinary units may follow).",
            )
        given[name] = number
    if not {"flops", "bandwidth"} <= set(given):
        raise OptionsError(
            f"--device {text}: both flops and bandwidth are needed.", "Write flops=100T,bandwidth=1T,memory=80G."
        )
    return Device(
        id="custom",
        title="Device as described",
        flops_per_s=dict.fromkeys(("float32", "float16", "bfloat16"), given["flops"]),
        vector_flops_per_s=given.get("vector"),
        bytes_per_s=given["bandwidth"],
        memory_bytes=int(given.get("memory", 0)),
        source="figures given with --device",
    )


def _number(text: str) -> float | None:
    """``100T``, ``3.35e12``, ``80g`` as a positive number; ``None`` for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?(?:e[+]?\d{1,2})?)\s*([kmgtp]?)", text)
    if found is None:
        return None
    value = float(found[1]) * 1000.0 ** " kmgtp".index(found[2] or " ")
    return value if math.isfinite(value) and 0 < value < 1e30 else None


def peak_of(device: Device, dtype: str) -> tuple[str, float]:
    """The dtype whose matrix peak serves for ``dtype`` on this device, and that peak in FLOP/s.

    Where a device lacks a format the next wider or equally wide one is taken that its units have.
    """
    kind = "float8" if dtype.startswith("float8") else dtype
    for name in (*_FALLBACKS.get(kind, ("bfloat16", "float16", "float32")), *device.flops_per_s):
        if name in device.flops_per_s:
            return name, device.flops_per_s[name]
    raise ValueError(f"{device.id} has no peak")


def half_of(device: Device) -> str:
    """The 16-bit format that the device is best at: bfloat16 where it has it."""
    return "bfloat16" if "bfloat16" in device.flops_per_s or "float16" not in device.flops_per_s else "float16"

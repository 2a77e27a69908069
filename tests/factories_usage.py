"""Costs of use made by hand, for the small report."""

from __future__ import annotations

from msgspec.structs import replace

from modelreport.facts import (
    Device,
    DeviceEstimate,
    Generation,
    Law,
    LayerTime,
    Roofline,
    Skipped,
    Trace,
    TrainingMemory,
    Usage,
)

FAST = Device(
    id="fast",
    title="Fast device (80 GB)",
    flops_per_s={"float32": 20e12, "bfloat16": 300e12},
    vector_flops_per_s=10e12,
    bytes_per_s=2e12,
    memory_bytes=80 * 10**9,
    source="datasheet of the fast device",
)
SMALL = Device(
    id="small",
    title="Small device (1 kB)",
    flops_per_s={"bfloat16": 1e12},
    bytes_per_s=1e11,
    memory_bytes=1000,
    source="datasheet of the small device",
)


def training_row(optimizer: str, precision: str, state: int) -> TrainingMemory:
    parts = (40_000, 40_000, state, 200_000)
    return TrainingMemory(
        optimizer=optimizer, precision=precision, weights_bytes=parts[0], gradients_bytes=parts[1],
        optimizer_bytes=parts[2], activations_bytes=parts[3], total_bytes=sum(parts),
    )  # fmt: skip


def estimate(device: Device, dtype: str, time: float, fits: bool = True) -> DeviceEstimate:
    return DeviceEstimate(
        device=device, dtype=dtype, time_s=time, compute_bound=3, memory_bound=5, compute_bound_share=0.25, fits=fits
    )


GENERATION = Generation(
    prompt=128, cache_bytes_per_token=1024, cache_bytes=128 * 1024, prefill_flops=2_000_000, prefill_macs=1_000_000,
    decode_flops=20_000, decode_macs=10_000, decode_read_bytes=40_000,
)  # fmt: skip
BATCH_LAW = Law(
    variable="batch", quantity="kept_bytes", points=((1, 200_000), (2, 400_000), (4, 800_000)),
    coefficients=(0.0, 200_000.0), deviation_share=0.0,
)  # fmt: skip
SIDE_LAW = Law(
    variable="image side", quantity="macs", points=((16, 258_000), (20, 402_000), (24, 578_000), (32, 1_030_000)),
    coefficients=(2000.0, 0.0, 1000.0), deviation_share=0.004,
)  # fmt: skip


def make_usage(trace: Trace) -> Usage:
    """All four parts: training, generation, growth and two devices."""
    layers = tuple(
        LayerTime(
            call=i,
            flops=call.flops,
            moved_bytes=1000 * (i + 1),
            time_s=1e-6 * (i + 1),
            bound="compute" if i % 2 else "memory",
        )
        for i, call in enumerate(trace.calls)
        if i
    )
    return Usage(
        training=(
            training_row("SGD with momentum", "float32", 40_000),
            training_row("AdamW", "float32", 80_000),
            training_row("AdamW", "bfloat16 mixed", 120_000),
        ),
        generation=GENERATION,
        scaling=(BATCH_LAW, SIDE_LAW),
        roofline=Roofline(
            device="fast",
            chosen=False,
            estimates=(
                estimate(FAST, "float32", 2e-4),
                estimate(FAST, "bfloat16", 1e-4),
                estimate(SMALL, "bfloat16", 4e-3, fits=False),
            ),
            layers=layers,
        ),
        notes=("10 of 20 parameters are frozen: no gradient, no state.",),
    )


def hostile_usage(trace: Trace, names: tuple[str, ...]) -> Usage:
    """The same with hostile text in every sentence: reasons quote the model's own errors."""
    return replace(
        make_usage(trace),
        training=Skipped(stage="trace", reason=names[0], hint=names[5]),
        generation=replace(GENERATION, notes=names),
        notes=names,
    )

"""The roofline estimate: no operation can be quicker than its arithmetic at peak, or than its memory traffic.

Williams, Waterman and Patterson 2009, Roofline: an insightful visual performance model. The time of an operation is the
larger of the two; matrix operations are held against the peak of matrix units in their dtype, everything else against
that of the ordinary units. Operations run one after the other, each reads and writes memory anew: fused kernels and
caches can do better on memory, and no program reaches the peaks; so the sum is an estimate, for comparison.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Final, NamedTuple

from modelreport.facts import DTYPE_BITS, Bound, Device, DeviceEstimate, LayerTime, Operation, Roofline, Trace
from modelreport.trace.usage.devices import DEVICES, device_of, half_of, peak_of

WIDE: Final = frozenset({"float32", "float64"})


class Work(NamedTuple):
    """What an operation asks of a device."""

    matrix_flops: int
    other_flops: int
    moved_bytes: int
    dtype: str


def work_of(operation: Operation) -> Work:
    """Matrix and other arithmetic, bytes, and the dtype it computes in; unknown arithmetic counts nothing."""
    matrix = 2 * (operation.macs or 0)
    other = max((operation.flops or 0) - matrix, 0)
    specs = (*operation.outputs, *operation.inputs)
    dtype = next((s.dtype for s in specs if s.dtype.startswith(("float", "bfloat"))), "float32")
    return Work(matrix, other, operation.read_bytes + operation.written_bytes, dtype)


def time_of(work: Work, device: Device, dtype: str = "") -> tuple[float, Bound]:
    """Seconds at the roof and what bounds them; with ``dtype`` wider floating-point work is done in that."""
    used, moved = work.dtype, float(work.moved_bytes)
    if dtype and DTYPE_BITS[dtype] < DTYPE_BITS.get(used, 0):
        moved *= DTYPE_BITS[dtype] / DTYPE_BITS[used]
        used = dtype
    arithmetic = 0.0
    if work.matrix_flops:
        arithmetic = work.matrix_flops / peak_of(device, used)[1]
    if device.vector_flops_per_s:
        arithmetic += work.other_flops / device.vector_flops_per_s
    memory = moved / device.bytes_per_s
    return (arithmetic, "compute") if arithmetic > memory else (memory, "memory")


def estimate(works: Counter[Work], device: Device, main: str, needed_bytes: int, dtype: str = "") -> DeviceEstimate:
    """The whole pass on one device; ``main`` is the dtype of most of its arithmetic."""
    total = bound_time = 0.0
    bounds = Counter[str]()
    for work, times in works.items():
        seconds, bound = time_of(work, device, dtype)
        if not seconds:
            continue
        total += seconds * times
        bounds[bound] += times
        bound_time += seconds * times if bound == "compute" else 0.0
    used = dtype if dtype and DTYPE_BITS[dtype] < DTYPE_BITS.get(main, 0) else main
    needed = needed_bytes * DTYPE_BITS[used] // DTYPE_BITS.get(main, 32) if used != main else needed_bytes
    return DeviceEstimate(
        device=device,
        dtype=peak_of(device, used)[0],
        time_s=total,
        compute_bound=bounds["compute"],
        memory_bound=bounds["memory"],
        compute_bound_share=bound_time / total if total else 0.0,
        fits=needed <= device.memory_bytes,
    )


def main_dtype(works: Counter[Work]) -> str:
    """The dtype in which most of the matrix arithmetic is, or most bytes move."""
    weights: defaultdict[str, int] = defaultdict(int)
    for work, times in works.items():
        weights[work.dtype] += work.matrix_flops * times
    if not any(weights.values()):
        for work, times in works.items():
            weights[work.dtype] += work.moved_bytes * times
    return max(sorted(weights), key=lambda name: weights[name], default="float32")


def roofline(trace: Trace, weights_bytes: int, wanted: str) -> Roofline:
    """Every device of the table, the wanted one first, and each module call on that. Raises ``OptionsError``."""
    chosen = device_of(wanted)
    works = Counter(work_of(operation) for operation in trace.operations)
    main = main_dtype(works)
    peak = trace.memory.peak_bytes if trace.memory is not None else 0
    estimates = []
    for device in (chosen, *(d for d in DEVICES if d.id != chosen.id)):
        estimates.append(estimate(works, device, main, weights_bytes + peak))
        half = half_of(device)
        if main in WIDE and peak_of(device, half)[0] != peak_of(device, main)[0]:
            estimates.append(estimate(works, device, main, weights_bytes + peak, half))
    return Roofline(device=chosen.id, chosen=bool(wanted), estimates=tuple(estimates), layers=layers(trace, chosen))


def layers(trace: Trace, device: Device) -> tuple[LayerTime, ...]:
    """Time of every module call with operations of its own, in the order of the calls."""
    own: defaultdict[int, list[Work]] = defaultdict(list)
    for operation in trace.operations:
        own[operation.call].append(work_of(operation))
    return tuple(_layer(call, works, device) for call, works in sorted(own.items()))


def _layer(call: int, works: list[Work], device: Device) -> LayerTime:
    times = [time_of(work, device) for work in works]
    total = sum(seconds for seconds, _ in times)
    compute = sum(seconds for seconds, bound in times if bound == "compute")
    return LayerTime(
        call=call,
        flops=sum(w.matrix_flops + w.other_flops for w in works),
        moved_bytes=sum(w.moved_bytes for w in works),
        time_s=total,
        bound="compute" if compute > total / 2 else "memory",
    )

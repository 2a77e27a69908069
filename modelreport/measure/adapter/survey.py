"""The change that an adapter makes to its base model, layer by layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from modelreport.checkpoint import LazyTensor
from modelreport.errors import ModelReportError
from modelreport.facts import NO_ADAPTER, AdapterDelta, AdapterEffect, Skipped
from modelreport.measure.adapter.base import Base, change_of_direction, is_plain, norm_of
from modelreport.measure.adapter.factors import Factors, alpha_of, factors_in, scale_of
from modelreport.measure.adapter.products import Product, factors_of, numbers, product
from modelreport.measure.crew import thread_count
from modelreport.measure.spectra.sampling import spread
from modelreport.measure.spectra.survey import rounded

if TYPE_CHECKING:
    from modelreport.measure.parts import Measured

_MOST_ARITHMETIC = 100e9
"""Floating-point operations for the factors: a rank of 64 on every layer of a model of 70 billion parameters takes
half of it. What lies beyond is left without figures, evenly spread."""

_MOST_BASE_BYTES = 16 << 30
"""Bytes of the base model that are read for its norms: evenly spread layers beyond."""

_OTHERS = {
    "IA3": "(IA)³ multiplies activations; it adds nothing to a weight.",
    "PROMPT_TUNING": "Prompt tuning adds inputs; it changes no weight.",
    "PREFIX_TUNING": "Prefix tuning adds inputs; it changes no weight.",
    "P_TUNING": "P-tuning adds inputs; it changes no weight.",
    "OFT": "Orthogonal fine-tuning rotates weights; it adds nothing to them.",
    "BOFT": "Orthogonal fine-tuning rotates weights; it adds nothing to them.",
    "VERA": "The random matrices of VeRA that its vectors scale are not looked at.",
}


@dataclass(frozen=True)
class _Task:
    """One layer and what of it may be computed."""

    factors: Factors
    weight: LazyTensor | None
    factors_too: bool


def adapter(measured: Measured) -> AdapterEffect | Skipped:
    """The low-rank changes of the file, with their size relative to the base model where that is at hand."""
    checkpoint, options = measured.checkpoint, measured.options
    config = checkpoint.adapter or {}
    kind = str(config.get("peft_type", ""))[:40]
    own = [tensor for tensor in checkpoint.tensors if tensor.storage is not None]
    found, rest = factors_in(own)
    if not found:
        if kind:
            reason = _OTHERS.get(kind, f"It holds no factors of a kind that is known ({kind}).")
            return Skipped(stage="measure", reason=reason)
        return NO_ADAPTER
    base = Base(checkpoint.base.tensors if checkpoint.base is not None else rest)
    tasks = _tasks(found, base)
    with ThreadPoolExecutor(thread_count(options.workers)) as pool:
        made = []
        for number, each in enumerate(pool.map(lambda task: _delta(task, config), tasks)):
            made.append(each)
            options.progress("spectra", number + 1, len(tasks))
    deltas, failed = tuple(delta for delta, _ in made), [reason for _, reason in made if reason]
    matched = any(task.weight is not None for task in tasks)
    where = checkpoint.base.source.name if checkpoint.base is not None else measured.checkpoint.source.name
    return AdapterEffect(
        kind=_kind(deltas, config),
        deltas=deltas,
        base=where if matched else "",
        notes=tuple(_notes(measured, tasks, deltas, failed, rest if checkpoint.base is None and not matched else [])),
    )


def _kind(deltas: tuple[AdapterDelta, ...], config: Mapping[str, Any]) -> str:
    kinds = Counter(delta.kind for delta in deltas)
    most = kinds.most_common(1)[0][0]
    return f"{most}, rank-stabilised" if config.get("use_rslora") is True else most


def _tasks(found: list[Factors], base: Base) -> list[_Task]:
    """Every layer; within what may be computed and read, evenly spread."""
    arithmetic, size = _MOST_ARITHMETIC, _MOST_BASE_BYTES
    tasks: dict[int, _Task] = {}
    for index in spread(len(found)):
        factors = found[index]
        cost = 2.0 * max(1, factors.rank) * factors.parameters
        weight = base.find(factors.path, _elements(factors)) if base else None
        too = cost <= arithmetic
        arithmetic -= cost if too else 0.0
        read = weight is not None and weight.size_bytes <= size
        size -= weight.size_bytes if weight is not None and read else 0
        tasks[index] = _Task(factors, weight if read else None, too)
    return [tasks[index] for index in sorted(tasks)]


def _elements(factors: Factors) -> int:
    """Elements of the weight that is changed."""
    parts = {name: tensor.shape for name, tensor in factors.parts.items() if len(tensor.shape) > 1}
    if factors.kind in ("LoRA", "DoRA"):
        mid = parts.get("mid", ())
        kernel = int(np.prod(mid[2:], dtype=np.int64)) if len(mid) > 2 else 1
        rank = max(1, factors.rank)
        up, down = factors.parts["up"].count, factors.parts["down"].count
        return up // rank * (down // rank) * kernel
    if factors.kind == "LoHa":
        return parts["hada_w1_a"][0] * parts["hada_w1_b"][-1] if len(parts) >= 4 else 0
    sides = 1
    for which in "12":
        whole = factors.parts.get(f"lokr_w{which}")
        if whole is not None:
            sides *= whole.count
        else:
            rank = max(1, factors.parts[f"lokr_w{which}_b"].shape[0] if factors.parts[f"lokr_w{which}_b"].shape else 1)
            sides *= factors.parts[f"lokr_w{which}_a"].count // rank * (factors.parts[f"lokr_w{which}_b"].count // rank)
    return sides


def _delta(task: _Task, config: Mapping[str, Any]) -> tuple[AdapterDelta, str]:
    """What is known of one layer's change, and why something is not."""
    factors = task.factors
    reason = ""
    alpha = scale = made = relative = None
    fresh = False
    try:
        stored = factors.parts.get("alpha")
        given = float(numbers(stored).reshape(-1)[0]) if stored is not None and stored.count else None
        alpha = alpha_of(factors, config, given)
        scale = scale_of(factors, config, alpha)
        if task.factors_too:
            parts = {name: numbers(tensor) for name, tensor in factors.parts.items() if name != "alpha"}
            fresh = any(not each.any() for name, each in parts.items() if name != "magnitude")
            made = product(factors.kind, parts)
            relative = _relative(task, parts, made, scale)
    except (ValueError, ArithmeticError, LookupError, OSError, ModelReportError, np.linalg.LinAlgError) as error:
        reason = f"{factors.path[:80]}: {str(error)[:120]}"
    times = abs(scale) if scale is not None else 1.0
    return AdapterDelta(
        target=factors.path,
        kind=factors.kind,
        rank=factors.rank,
        alpha=alpha,
        scale=rounded(scale) if scale is not None else None,
        norm=rounded(made.norm * times) if made else None,
        largest=rounded(made.largest * times) if made else None,
        stable_rank=rounded(made.stable_rank) if made and made.stable_rank is not None else None,
        effective_rank=rounded(made.effective_rank) if made and made.effective_rank is not None else None,
        fresh=fresh,
        parameters=factors.parameters,
        relative=rounded(relative) if relative is not None and np.isfinite(relative) else None,
    ), reason


def _relative(task: _Task, parts: dict[str, Any], made: Product, scale: float | None) -> float | None:
    """‖W' − W‖ / ‖W‖, where the weight is known and its values are numbers as they are."""
    weight = task.weight
    if weight is None or scale is None or not is_plain(weight):
        return None
    magnitude = parts.get("magnitude")
    if task.factors.kind == "DoRA" and magnitude is not None and weight.shape[0] == len(parts["up"]) == magnitude.size:
        up, down = factors_of(parts)
        change, whole = change_of_direction(weight, up * scale, down, magnitude)
    else:
        change, whole = made.norm * abs(scale), norm_of(weight)
    return change / whole if whole else None


def _notes(
    measured: Measured, tasks: list[_Task], deltas: tuple[AdapterDelta, ...], failed: list[str], rest: list[LazyTensor]
) -> list[str]:
    checkpoint = measured.checkpoint
    notes = []
    if checkpoint.base is not None or any(task.weight is not None for task in tasks):
        missing = sum(task.weight is None for task in tasks)
        coded = sum(task.weight is not None and not is_plain(task.weight) for task in tasks)
        if missing:
            notes.append(f"{missing} of {len(tasks)} layers were not found in the base model, or not read.")
        if coded:
            notes.append(f"The base model's weights of {coded} layers are quantised; their norms are not known.")
    elif checkpoint.base_missing:
        notes.append(f"The base model's values are not at hand: {checkpoint.base_missing}")
    if any(delta.scale is None for delta in deltas):
        notes.append("The scale is not known: the file holds no alpha and has no configuration. Norms are without it.")
    if any(delta.kind == "DoRA" for delta in deltas):
        notes.append(
            "DoRA also sets the length of each row: norms are of the low-rank part; relative change is of all."
        )
    if not all(task.factors_too for task in tasks):
        notes.append(f"{sum(not t.factors_too for t in tasks)} layers were left out for a bound on the arithmetic.")
    if rest:
        notes.append(f"{len(rest)} further tensors are not factors: {', '.join(t.name[:60] for t in rest[:3])}.")
    if failed:
        more = f" (and {len(failed) - 3} more)" if len(failed) > 3 else ""
        notes.append(f"Not computed: {'; '.join(failed[:3])}{more}.")
    return notes

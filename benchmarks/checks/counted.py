"""Multiply-adds and parameters against what torchvision publishes and what ``FlopCounterMode`` counts."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.checks.ours import NotTracedError, Ours, ours
from benchmarks.checks.zoo import Case
from modelreport.facts import TensorSpec

DECIMALS = 3
"""To which the published GFLOPS are rounded."""


def check(case: Case) -> dict[str, Any]:
    """One row: our figures, the published ones, those of ``FlopCounterMode`` on meta, and whether they are equal."""
    row: dict[str, Any] = {
        "library": case.library, "name": case.name, "weights": case.weights,
        "input": " ".join("×".join(map(str, s.shape)) for s in case.inputs),
        "published_gflops": case.gflops, "published_parameters": case.parameters,
    }  # fmt: skip
    try:
        found = ours(case)
    except NotTracedError as error:
        return row | {"error": str(error), "ok": False}
    counted = counter_on_meta(found.module, case.inputs)
    row |= {
        "macs": found.macs, "flops": found.trace.flops, "parameters": found.parameters, "counter_flops": counted,
    }  # fmt: skip
    return row | {"ok": agrees(case, found, counted)}


def agrees(case: Case, found: Ours, counted: int | None) -> bool:
    """Published figures to their last decimal, the counter's to the unit."""
    return (
        (case.gflops is None or round(found.macs / 1e9, DECIMALS) == case.gflops)
        and (case.parameters is None or found.parameters == case.parameters)
        and (counted is None or counted == 2 * found.macs)
    )


def counter_on_meta(module: Any, inputs: tuple[TensorSpec, ...]) -> int | None:
    """FLOPs that torch's own counter finds on meta; ``None`` where the model does not run on plain meta tensors."""
    args = [meta_input(s) for s in inputs if not s.name]
    kwargs = {s.name: meta_input(s) for s in inputs if s.name}
    module.requires_grad_(requires_grad=False)  # the counter looks for gradients of whatever asks for one
    try:
        with torch.no_grad(), warnings.catch_warnings(), FlopCounterMode(display=False) as counter:
            warnings.simplefilter("ignore")
            module(*args, **kwargs)
    except (RuntimeError, NotImplementedError):
        return None
    return int(counter.get_total_flops())


def meta_input(spec: TensorSpec) -> torch.Tensor:
    """An input without values."""
    return torch.empty(spec.shape, dtype=getattr(torch, spec.dtype), device="meta")

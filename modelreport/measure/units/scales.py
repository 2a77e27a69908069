"""The scales of normalisations: channels that hardly vary behind them, and those that a ReLU shuts for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import LazyTensor
from modelreport.facts import ModuleFact, ScaleFigures, Structure, TensorFact
from modelreport.measure.units.reading import plan_of, rows_of

WEAK = 0.01
"""Share of the layer's median scale below which a channel counts as prunable. Network slimming (Liu et al. 2017) ranks
channels by \\|γ\\| and cuts a chosen share; a hundredth of the median is under any cut that keeps half of a layer."""

SELDOM = 6.0
"""Standard deviations by which a channel lies below zero: by Cantelli's inequality at most 1 input in 1 + 6² passes."""

_LISTED = 64
_MOST_CHANNELS = 1 << 20
_FROM_ONE = ("Gemma", "T5Gemma", "RecurrentGemma", "Nemotron", "Qwen3Next")
"""Norms of transformers that multiply by 1 + weight."""

_EPSILON = 1e-5  # torch's default, and that of ONNX


def survey_scales(
    structure: Structure, tensors: Mapping[str, LazyTensor], graph: Any = None
) -> tuple[ScaleFigures, ...]:
    """Figures of every normalisation with a scale for each channel, in file order; ``graph`` is the ONNX one."""
    nodes = _in_graph(graph)
    modules = {module.path: module for module in structure.modules}
    own: dict[str, dict[str, TensorFact]] = {}
    for fact in structure.tensors:
        if len(fact.shape) == 1:
            own.setdefault(fact.module, {})[fact.name] = fact
    found = []
    for path, facts in own.items():
        module = modules.get(path)
        if module is not None and "norm" in module.type.lower():
            made = _figures(module, _named(module, facts, nodes), tensors)
            if made is not None:
                found.append(made)
    return tuple(found)


def _figures(module: ModuleFact, names: Mapping[str, str], tensors: Mapping[str, LazyTensor]) -> ScaleFigures | None:
    """Figures of one normalisation; ``None`` without a readable scale for several channels."""
    gamma = _vector(tensors.get(names.get("weight", "")))
    if gamma is None or gamma.size < 2 or not np.isfinite(gamma).all():
        return None
    if module.type.startswith(_FROM_ONE):
        gamma = gamma + 1.0
    beta = _like(_vector(tensors.get(names.get("bias", ""))), gamma)
    variance = _like(_vector(tensors.get(names.get("running_var", ""))), gamma)
    scale = np.abs(gamma)
    if variance is not None:
        spread = np.maximum(variance, 0.0)
        scale = scale * np.sqrt(spread / (spread + _epsilon(module)))
    return scale_figures(names["weight"], gamma, scale, beta, batch=variance is not None)


def scale_figures(
    name: str, gamma: NDArray[np.float64], scale: NDArray[np.float64], beta: NDArray[np.float64] | None, *, batch: bool
) -> ScaleFigures:
    """From scales γ, effective scales and shifts β of all channels; without ``beta`` nothing is said of ReLU.

    A layer whose every scale is zero is one that was initialised so (the last one of a residual branch, Goyal et al.
    2017) and has no weak channels; shut ones are only counted where there are running statistics, since other
    normalisations are followed by other things than a ReLU on each channel.
    """
    median = float(np.median(scale))
    weak = scale < WEAK * median
    shut = seldom = np.zeros(gamma.size, np.bool_)
    if beta is not None and batch and gamma.any():
        shut = (gamma == 0) & (beta <= 0)
        seldom = ~shut & (beta < 0) & (beta <= -SELDOM * scale)
    order = np.argsort(scale, kind="stable")
    return ScaleFigures(
        name=name,
        kind="batch" if batch else "other",
        channels=gamma.size,
        scales=tuple(float(v) for v in np.quantile(scale, (0.0, 0.25, 0.5, 0.75, 1.0))),
        zero=int((gamma == 0).sum()),
        weak=int(weak.sum()),
        weak_units=tuple(int(i) for i in order[: int(weak.sum())][:_LISTED]),
        shut=int(shut.sum()),
        shut_units=tuple(int(i) for i in np.flatnonzero(shut)[:_LISTED]),
        seldom=int(seldom.sum()),
    )


def _named(module: ModuleFact, facts: Mapping[str, TensorFact], graph: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Which tensor is the weight, the bias and the running variance: by the graph's nodes, else by torch's names."""
    for name in facts:
        if name in graph:
            return dict(zip(("weight", "bias", "running_mean", "running_var"), graph[name], strict=True))
    if module.type == "BatchNormalization":
        return {}
    ends = {name.rsplit(".", 1)[-1]: name for name in facts}
    return {role: ends[role] for role in ("weight", "bias", "running_var") if role in ends}


def _in_graph(graph: Any) -> dict[str, tuple[str, ...]]:
    """Scale, shift, mean and variance of each ``BatchNormalization`` of an ONNX model, by the name of the scale."""
    nodes = graph.graph.node if graph is not None else ()
    found = (tuple(node.input[1:5]) for node in nodes if node.op_type == "BatchNormalization")
    return {names[0]: names for names in found if len(names) == 4}


def _epsilon(module: ModuleFact) -> float:
    for item in module.attributes:
        if item.name in ("eps", "epsilon"):
            try:
                return max(float(item.value), 0.0)
            except ValueError:
                break
    return _EPSILON


def _vector(tensor: LazyTensor | None) -> NDArray[np.float64] | None:
    """The values of a tensor of one dimension; ``None`` when it cannot be read or claims too many."""
    if tensor is None or tensor.count > _MOST_CHANNELS:
        return None
    plan = plan_of(tensor)
    return None if plan is None else rows_of(plan, 0, plan.rows).reshape(-1)


def _like(values: NDArray[np.float64] | None, other: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """``values`` when there is one for each channel and all are finite."""
    return values if values is not None and values.size == other.size and bool(np.isfinite(values).all()) else None

"""W: traces of training, or of its absence, in the values."""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from statistics import NormalDist

from modelreport.facts import QUANTILES, Message, Report, Skipped
from modelreport.judge.outliers import lone_names
from modelreport.judge.rule import (
    FLOATS,
    Clean,
    Found,
    Measured,
    Rule,
    known,
    measured,
    measured_parameters,
    module_types,
    point,
    say,
)

_ENOUGH_VALUES = 1024
"""Fewer values say little about a distribution."""

_CERTAIN_VALUES = 1 << 15
"""Trained weights are often near normal; with fewer values a match alone says little."""

_DRAWN = "independent random numbers"
"""What is said of values that are no usual initialisation's and yet look drawn: with a deviation of its own."""

_STANDARD_ERRORS = 4.5
_MOST = 0.8
"""Share of the weight matrices from which the model as a whole counts as untrained."""


def _role(name: str) -> str:
    """A name without its indices: equal for the same layer at other depths."""
    return re.sub(r"\d+", "*", name)


def _all_equal(tensor: Measured | None, value: float) -> bool:
    return tensor is not None and tensor.values.minimum == value == tensor.values.maximum


def batchnorm_untouched(report: Report) -> Found | Clean:
    """Running statistics that still have their initial values 0 and 1."""
    tensors = {m.fact.name: m for m in measured(report)}
    layers = [name.removesuffix("running_mean") for name in tensors if name.endswith("running_mean")]
    layers = [layer for layer in layers if f"{layer}running_var" in tensors]
    if not layers:
        return Clean(say("The model has no running statistics of a normalisation."))
    fresh = [
        layer
        for layer in layers
        if _all_equal(tensors[f"{layer}running_mean"], 0.0) and _all_equal(tensors[f"{layer}running_var"], 1.0)
    ]
    if not fresh:
        which = "the only normalisation layer" if len(layers) == 1 else "all {layer_count} layers"
        return Clean(say(f"Running statistics of {which} have been updated.", layer_count=len(layers)))
    evidence = []
    for layer in fresh:
        batches = tensors.get(f"{layer}num_batches_tracked")
        seen = batches.values.maximum if batches is not None else None
        text = "mean 0, variance 1" if seen is None else "mean 0, variance 1 after {batch_count} batches"
        evidence.append(point("module", layer.rstrip("."), say(text, batch_count=None if seen is None else int(seen))))
    return Found(
        say(
            "{layer_count} of {all_count} normalisation layers {layer_count:has|have} running statistics "
            "as at initialisation (mean 0, variance 1).",
            layer_count=len(fresh),
            all_count=len(layers),
        ),
        evidence,
    )


def as_initialised(report: Report) -> Found | Clean:
    """Weight matrices distributed exactly as a usual initialisation leaves them."""
    types = module_types(report)
    matrices = [
        m
        for m in measured_parameters(report)
        if len(m.fact.shape) > 1
        and m.values.count >= _ENOUGH_VALUES
        and m.values.quantiles
        and m.values.minimum != m.values.maximum
        and m.fact.dtype in FLOATS  # others are rounded too far, or stand for other numbers
        and "embed" not in m.fact.name.lower()
    ]
    if not matrices:
        return Clean(_none_told(report))
    depths = Counter(_role(m.fact.name) for m in matrices)
    likes = [(m, _initialisation(m, types.get(m.fact.module, ""), depths[_role(m.fact.name)])) for m in matrices]
    peers = known(report.weights).peers
    drawn = set() if isinstance(peers, Skipped) else set(peers.drawn)
    anyhow = [(m, like or _DRAWN) for m, like in likes if like or m.fact.name in drawn]
    most = len(anyhow) >= _MOST * len(matrices)
    named = set() if most or isinstance(peers, Skipped) else {odd.name for odd in peers.odd if odd.drawn}
    alike = (
        anyhow
        if most
        else [
            (m, like)
            for m, like in likes
            if ("uniform" in like or (like and m.values.count >= _CERTAIN_VALUES)) and m.fact.name not in named
        ]
    )
    evidence = [
        point("tensor", m.fact.name, say("distributed as {initialisation}", initialisation=like)) for m, like in alike
    ]
    if not evidence:
        left = [m for m in matrices if m.fact.name not in named]
        other = "other " if len(left) < len(matrices) else ""
        return Clean(
            say(
                f"The only {other}weight matrix does not look as initialised."
                if len(left) == 1
                else f"None of {{tensor_count}} {other}weight matrices looks as initialised.",
                tensor_count=len(left),
            )
        )
    text = "{tensor_count} of {all_count} weight matrices are distributed exactly as a usual initialisation leaves them"
    if len(evidence) == 1:
        text = "{first} is distributed exactly as a usual initialisation leaves it"
    return Found(
        say(
            text + ("; the model looks untrained." if most else "."),
            tensor_count=len(evidence),
            all_count=len(matrices),
            first=evidence[0].name,
        ),
        evidence,
        "warning" if most else None,
    )


def _none_told(report: Report) -> Message:
    """Why no matrix could be compared with an initialisation."""
    large = [m for m in measured_parameters(report) if len(m.fact.shape) > 1 and m.values.count >= _ENOUGH_VALUES]
    if not large:
        return say("No weight matrix has {enough_count} values or more.", enough_count=_ENOUGH_VALUES)
    wide = [m for m in large if m.fact.dtype in FLOATS and not m.fact.scheme]
    if not wide:
        return say("Its weights are not stored in floating point of 16 bits or more: how they began does not show.")
    if all(m.values.minimum == m.values.maximum for m in wide):
        return say("Its weight matrices have one value throughout.")
    return say("It has no weight matrix but embeddings.")


def _initialisation(tensor: Measured, kind: str, depth: int) -> str:
    """Name of the initialisation whose quantiles, mean and deviation the values have, or empty.

    Uniform within ±1/sqrt(fan_in) is ``torch.nn.Linear`` and ``Conv2d``'s own (Kaiming with a = sqrt(5)); recurrent
    layers use ±1/sqrt(hidden). The normal ones are ``kaiming_normal_`` (He et al. 2015), ``xavier_normal_`` (Glorot
    and Bengio 2010), 0.02 and 0.01 as in BERT, ViT and VGG, and GPT-2's residual projections, scaled by ``depth``.
    """
    shape = tensor.fact.shape
    receptive = math.prod(shape[2:])
    fan_in, fan_out = shape[1] * receptive, shape[0] * receptive
    if kind.startswith("ConvTranspose"):  # fan_in is counted on the second dimension there as well
        fan_out = shape[1] * receptive
    uniform = {
        "uniform ±1/√fan_in": 1 / math.sqrt(fan_in),
        "Kaiming uniform": math.sqrt(6 / fan_in),
        "Xavier uniform": math.sqrt(6 / (fan_in + fan_out)),
    }
    if kind.startswith(("LSTM", "GRU", "RNN")):
        gates = {"L": 4, "G": 3, "R": 1}[kind[0]]
        uniform = {"uniform ±1/√hidden": 1 / math.sqrt(max(1, shape[0] // gates))}
    for name, bound in uniform.items():
        if _is_uniform(tensor, bound):
            return name
    normal = {
        "normal, deviation 0.02": 0.02,
        "normal, deviation 0.01": 0.01,
        "Kaiming normal (fan out)": math.sqrt(2 / fan_out),
        "Kaiming normal (fan in)": math.sqrt(2 / fan_in),
        "LeCun normal": math.sqrt(1 / fan_in),
        "Xavier normal": math.sqrt(2 / (fan_in + fan_out)),
        "normal, deviation 0.02/√(2 × depth)": 0.02 / math.sqrt(2 * depth),
    }
    return next((name for name, deviation in normal.items() if _is_normal(tensor, deviation)), "")


def _is_uniform(tensor: Measured, bound: float) -> bool:
    """Whether extremes and quantiles are those of a uniform distribution on ±bound."""
    s = tensor.values
    if s.minimum is None or s.maximum is None:
        return False
    rounding = 2**-7 * bound if tensor.fact.dtype in ("bfloat16", "float16") else 1e-6 * bound
    reach = max(-s.minimum, s.maximum)
    if reach > bound + rounding or min(-s.minimum, s.maximum) < bound * (1 - 40 / s.count) - rounding:
        return False
    expected = [(2 * q - 1) * bound for q in QUANTILES]
    return _quantiles_fit(tensor, expected, [2 * bound] * len(QUANTILES))


def _is_normal(tensor: Measured, deviation: float) -> bool:
    """Whether mean, deviation and quantiles are those of a centred normal distribution."""
    s = tensor.values
    if s.mean is None or s.std is None:
        return False
    if abs(s.mean) > _STANDARD_ERRORS * deviation / math.sqrt(s.count):
        return False
    if abs(s.std / deviation - 1) > _STANDARD_ERRORS / math.sqrt(2 * s.count) + 1e-3:
        return False
    normal = NormalDist(0, deviation)
    expected = [normal.inv_cdf(q) for q in QUANTILES]
    return _quantiles_fit(tensor, expected, [1 / normal.pdf(e) for e in expected])


def _quantiles_fit(tensor: Measured, expected: list[float], spread: list[float]) -> bool:
    """Whether each quantile fits: its standard error is sqrt(q(1-q)/n) over the density; the summary rounds as well."""
    count = tensor.values.count
    return all(
        abs(have - want) <= _STANDARD_ERRORS * math.sqrt(q * (1 - q) / count) * wide + 2**-7 * abs(want)
        for q, have, want, wide in zip(QUANTILES, tensor.values.quantiles, expected, spread, strict=True)
    )


_ENOUGH_PEERS = 6
_FAR = 8.0
"""Robust standard deviations from the median of the siblings' log scales."""
_RATIO = 6.0


def odd_scale(report: Report) -> Found | Clean:
    """Weights whose scale is far from that of the same layer at other depths."""
    groups_of_enough = _siblings(report)
    if not groups_of_enough:
        return Clean(say("No layer is repeated at {enough_count} depths or more.", enough_count=_ENOUGH_PEERS))
    looked = sum(len(g) for g in groups_of_enough)
    evidence = [
        point(
            "tensor",
            m.fact.name,
            say("standard deviation {std}; its siblings' median is {median}", std=m.values.std, median=median),
        )
        for group in groups_of_enough
        for m, median in _outliers(group)
    ]
    if not evidence:
        return Clean(say("The scales of {tensor_count} weights are like those of their siblings.", tensor_count=looked))
    return Found(
        say(
            "{tensor_count} of {all_count} repeated weights {tensor_count:differs|differ} strongly in "
            "scale from the same layer at other depths.",
            tensor_count=len(evidence),
            all_count=looked,
        ),
        evidence,
    )


def odd_scales(report: Report) -> frozenset[str]:
    """Names of the tensors that ``odd_scale`` finds."""
    return frozenset(m.fact.name for group in _siblings(report) for m, _ in _outliers(group))


def _siblings(report: Report) -> list[list[Measured]]:
    """Weights of the same layer and shape at different depths, where there are enough of them."""
    groups: defaultdict[tuple[str, tuple[int, ...]], list[Measured]] = defaultdict(list)
    told = lone_names(report)  # a single value far out makes their scale
    for m in measured_parameters(report):
        if len(m.fact.shape) > 1 and m.values.std and re.search(r"\d", m.fact.name) and m.fact.name not in told:
            groups[_role(m.fact.name), m.fact.shape].append(m)
    return [g for g in groups.values() if len(g) >= _ENOUGH_PEERS]


def _outliers(group: list[Measured]) -> Iterator[tuple[Measured, float]]:
    """Members far from the median, with the median; a robust z-score on the logarithm (Iglewicz and Hoaglin 1993)."""
    logs = [math.log(m.values.std or 1.0) for m in group]
    middle = statistics.median(logs)
    spread = 1.4826 * statistics.median(abs(x - middle) for x in logs)
    for m, x in zip(group, logs, strict=True):
        if abs(x - middle) > max(math.log(_RATIO), _FAR * spread):
            yield m, math.exp(middle)


RULES = (
    Rule(
        "W004",
        "warning",
        "BatchNorm statistics untouched",
        "Inference would use mean 0 and variance 1: train, or recompute the statistics on training data.",
        "weights",
        batchnorm_untouched,
    ),
    Rule(
        "W005",
        "note",
        "Weights as initialised",
        "Check that this part was trained and that its weights were loaded; a new head must be trained before use.",
        "weights",
        as_initialised,
    ),
    Rule(
        "W008",
        "warning",
        "Scale unlike its siblings",
        "Compare these layers with their neighbours: a layer that collapsed, exploded or was loaded from elsewhere.",
        "weights",
        odd_scale,
    ),
)

"""Which usual initialisation the values of a weight matrix are distributed as."""

from __future__ import annotations

import math
from statistics import NormalDist, fmean, pstdev

from modelreport.facts import QUANTILES
from modelreport.judge.rule import Measured

_STANDARD_ERRORS = 4.5
_ROUNDING = 2.0**-7
"""Of values and moments in bfloat16."""

_CUT = 2.0
_INSIDE = NormalDist().cdf(_CUT) - NormalDist().cdf(-_CUT)
_CUT_STD = math.sqrt(1 - 2 * _CUT * NormalDist().pdf(_CUT) / _INSIDE)
"""Of a normal distribution that is cut at two deviations: what lies inside, and its deviation, 0.88 of that before."""


def initialisation(tensor: Measured, kind: str, depth: int) -> str:
    """Name of the initialisation whose quantiles, mean and deviation the values have, or empty.

    Uniform within ±1/sqrt(fan_in) is ``torch.nn.Linear`` and ``Conv2d``'s own (Kaiming with a = sqrt(5)); recurrent
    layers use ±1/sqrt(hidden). The normal ones are ``kaiming_normal_`` (He et al. 2015), ``xavier_normal_`` (Glorot
    and Bengio 2010), 0.02 and 0.01 as in BERT, ViT and VGG, and GPT-2's residual projections, scaled by ``depth``; JAX,
    Keras and timm cut theirs at two deviations.
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
    truncated = {
        "truncated normal, deviation 0.02": 0.02,
        "truncated He normal (fan in)": math.sqrt(2 / fan_in) / _CUT_STD,
        "truncated He normal (fan out)": math.sqrt(2 / fan_out) / _CUT_STD,
        "truncated LeCun normal": math.sqrt(1 / fan_in) / _CUT_STD,
        "truncated Glorot normal": math.sqrt(2 / (fan_in + fan_out)) / _CUT_STD,
    }
    for name, deviation in truncated.items():
        if _is_truncated(tensor, deviation):
            return name
    return next((name for name, deviation in normal.items() if _is_normal(tensor, deviation)), "")


def is_ladder(tensor: Measured) -> bool:
    """Whether every row is log 1, log 2, … log n, as the state matrices of Mamba begin (S4D-Real, Gu et al. 2022).

    They are meant to be equal, in all rows and at all depths, until training moves them.
    """
    s, shape = tensor.values, tensor.fact.shape
    if not shape or shape[-1] < 2 or s.mean is None or s.std is None or s.maximum is None or s.minimum != 0:
        return False
    steps = [math.log(k) for k in range(1, shape[-1] + 1)]
    same = len(shape) == 1 or (s.rows is not None and s.rows.identical == math.prod(shape[:-1]) - 1)
    found, expected = (s.maximum, s.mean, s.std), (steps[-1], fmean(steps), pstdev(steps))
    return same and all(math.isclose(a, b, rel_tol=_ROUNDING) for a, b in zip(found, expected, strict=True))


def _is_uniform(tensor: Measured, bound: float) -> bool:
    """Whether extremes and quantiles are those of a uniform distribution on ±bound."""
    if not _ends_at(tensor, bound, 40 * bound / tensor.values.count):
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


def _is_truncated(tensor: Measured, deviation: float) -> bool:
    """Whether extremes and quantiles are those of a normal distribution cut at two deviations, as JAX's and timm's."""
    edge, normal = _CUT * deviation, NormalDist(0, deviation)
    if not _ends_at(tensor, edge, 20 / (tensor.values.count * normal.pdf(edge) / _INSIDE)):
        return False
    expected = [normal.inv_cdf((1 - _INSIDE) / 2 + q * _INSIDE) for q in QUANTILES]
    return _quantiles_fit(tensor, expected, [_INSIDE / normal.pdf(e) for e in expected])


def _ends_at(tensor: Measured, edge: float, gap: float) -> bool:
    """Whether both extremes lie at ±edge: none beyond it, none further inside than ``gap``, but for rounding."""
    s = tensor.values
    if s.minimum is None or s.maximum is None:
        return False
    rounding = edge * (_ROUNDING if tensor.fact.dtype in ("bfloat16", "float16") else 1e-6)
    return max(-s.minimum, s.maximum) <= edge + rounding and min(-s.minimum, s.maximum) >= edge - gap - rounding


def _quantiles_fit(tensor: Measured, expected: list[float], spread: list[float]) -> bool:
    """Whether each quantile fits: its standard error is sqrt(q(1-q)/n) over the density; the summary rounds as well."""
    count = tensor.values.count
    return all(
        abs(have - want) <= _STANDARD_ERRORS * math.sqrt(q * (1 - q) / count) * wide + 2**-7 * abs(want)
        for q, have, want, wide in zip(QUANTILES, tensor.values.quantiles, expected, spread, strict=True)
    )

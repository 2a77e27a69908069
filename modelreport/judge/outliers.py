"""W: single values that no training makes."""

from __future__ import annotations

from modelreport.facts import QUANTILES, Evidence, Report, TensorStatistics
from modelreport.judge.rule import FLOATS, AbsentError, Clean, Found, Measured, Rule, measured_parameters, point, say

_ENOUGH_VALUES = 1024

_FAR = 1000.0
"""Largest magnitude over the reach of 99.8 % of the values. Trained networks with outlier channels come to 80 (MPNet,
silero-vad), torch's truncated normal initialisation to 33; a flipped bit in the exponent of a float32 weight makes it
2**128 times as large, in that of a float16 weight 65,536 times."""

_FEW = 8
"""More values than that are no accident: a fill value, a scale of its own."""


def lone_names(report: Report) -> frozenset[str]:
    """Names of the tensors that ``lone_values`` finds: their moments say nothing about the others of their values."""
    return frozenset(m.fact.name for m in measured_parameters(report) if m.fact.dtype in FLOATS and _is_lone(m))


def lone_values(report: Report) -> Found | Clean:
    """Few values that lie a thousand times farther out than all others of their tensor."""
    tensors = [m for m in measured_parameters(report) if m.fact.dtype in FLOATS and m.values.count >= _ENOUGH_VALUES]
    if not tensors:
        raise AbsentError("No parameter has {enough_count} values or more.", enough_count=_ENOUGH_VALUES)
    found = [(far, m) for m in tensors if (far := _far(m.values))]
    if not found:
        text = "No value of {tensor_count} parameters of {enough_count} values or more lies far beyond all others."
        return Clean(say(text, tensor_count=len(tensors), enough_count=_ENOUGH_VALUES))
    found.sort(key=lambda each: (-each[0], each[1].fact.name))
    return Found(
        say(
            "{tensor_count} {tensor_count:tensor holds|tensors hold} single values that lie more than {limit} times as "
            "far out as the others: {worst} reaches {largest}.",
            tensor_count=len(found),
            limit=_FAR,
            worst=found[0][1].fact.name,
            largest=_largest(found[0][1].values),
        ),
        [_evidence(m) for _, m in found],
    )


def _is_lone(m: Measured) -> bool:
    return m.values.count >= _ENOUGH_VALUES and bool(_far(m.values))


def _largest(s: TensorStatistics) -> float:
    return max(abs(s.minimum or 0.0), abs(s.maximum or 0.0))


def _reach(s: TensorStatistics) -> float:
    return max(abs(s.quantiles[0]), abs(s.quantiles[-1])) if len(s.quantiles) == len(QUANTILES) else 0.0


def _far(s: TensorStatistics) -> float:
    """How many times farther out the largest value lies; 0 where it is not far, or one of many."""
    reach = _reach(s)
    if not reach or _largest(s) < _FAR * reach:
        return 0.0
    return _largest(s) / reach if 0 < _outside(s) <= _FEW else 0.0


def _outside(s: TensorStatistics) -> int:
    """Values in bins of the histogram that hold none of the middle 99.8 %: those far out, where one bin is wide."""
    if s.histogram is None or s.histogram.high <= s.histogram.low:
        return 0
    low, high, counts = s.histogram.low, s.histogram.high, s.histogram.counts
    width = high / len(counts) - low / len(counts)
    first, last = ((q - low) / width for q in (s.quantiles[0], s.quantiles[-1]))
    return sum(count for i, count in enumerate(counts) if i > last or i + 1 < first)


def _evidence(m: Measured) -> Evidence:
    return point(
        "tensor",
        m.fact.name,
        say(
            "{far_count} of {value_count} values, up to {largest}; 99.8 % lie within {reach}",
            far_count=_outside(m.values),
            value_count=m.values.count,
            largest=_largest(m.values),
            reach=_reach(m.values),
        ),
    )


RULES = (
    Rule(
        "W011",
        "warning",
        "Single values far out",
        "Compare the file's checksum with the publisher's: a flipped bit or a damaged copy looks like this, and one "
        "such weight can decide the output.",
        "weights",
        lone_values,
    ),
)

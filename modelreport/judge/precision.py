"""W: layers that narrower number formats would spoil, and values that are narrower than their dtype."""

from __future__ import annotations

from modelreport.facts import Evidence, Precision, Report, SchemeError, Skipped, TensorFact, TensorPrecision
from modelreport.judge.rule import AbsentError, Clean, Found, Rule, held, known, measured_parameters, point, say

FEW_DECIBELS = 40.0
"""An error of a hundredth: float16 leaves 73 dB of values in its normal range, so that more than half of its 11 bits
are gone below this."""

FOUR_BITS = 18.6
"""What 4 bits in groups of 128 leave of independent normal values (the mean square of the largest of 128 over 7² · 12).
8 bits that leave less are worth less than 4."""

_MOST_ZERO = 0.5
"""Share of the values that become zero from which a layer counts as lost, whatever its few large values keep."""

_BIT = 6.02
"""Decibels that one bit more is worth: 20 log₁₀ 2."""

_TENTHS = 0.9
"""Share of the bytes of all weight matrices from which the model as a whole is stored wider than its values."""

_FEWEST = 1 << 10
"""Values from which on it is no chance that all of them have few digits."""

_WIDE = ("float64", "float32")
_NAMES = {"bf16": "bfloat16", "fp16": "float16"}


def too_small_for_half(report: Report) -> Found | Clean:
    """Weight matrices of which float16 would keep little, as their values are too small for it."""
    found: list[tuple[float, Evidence]] = []
    layers = matrices(report)
    for fact, layer in layers:
        error = error_of(layer, "fp16")
        if error is not None and error.sqnr_db is not None and error.sqnr_db < FEW_DECIBELS and not error.overflow:
            detail = say(
                "{ratio} dB left; {lost_share} of the values become zero",
                ratio=error.sqnr_db,
                lost_share=error.underflow / fact.count,
            )
            found.append((error.sqnr_db, point("tensor", fact.name, detail)))
    if not found:
        return Clean(say("None of {layer_count} weight matrices is too small for float16.", layer_count=len(layers)))
    evidence = [each for _, each in sorted(found, key=lambda pair: pair[0])]
    return Found(
        say(
            "The values of {layer_count} weight {layer_count:matrix|matrices}, {worst} first, are too small for "
            "float16.",
            layer_count=len(evidence),
            worst=evidence[0].name,
        ),
        evidence,
    )


def hurt_by_one_scale(report: Report) -> Found | Clean:
    """Weight matrices that int8 with one scale for the whole tensor would spoil."""
    found: list[tuple[float, Evidence]] = []
    layers = matrices(report)
    looked = 0
    for fact, layer in layers:
        error, other = error_of(layer, "int8_tensor"), error_of(layer, "int8_channel")
        if error is None:
            continue
        looked += 1
        zero = error.underflow / fact.count
        if error.sqnr_db is None or (error.sqnr_db >= FOUR_BITS and not (zero > _MOST_ZERO and _gains(error, other))):
            continue
        better = other is not None and other.sqnr_db is not None
        text = "{ratio} dB with one scale" + (", {channel} dB with one per output channel" if better else "")
        values = {"ratio": error.sqnr_db, "channel": other.sqnr_db if other else None, "zero_share": zero}
        detail = say(text + "; {zero_share} of the values become zero", **values)
        found.append((error.sqnr_db, point("tensor", fact.name, detail)))
    if not looked:
        raise AbsentError("No weight matrix could be stored as int8.")
    if not found:
        return Clean(say("int8 with one scale per tensor fits all {layer_count} weight matrices.", layer_count=looked))
    evidence = [each for _, each in sorted(found, key=lambda pair: pair[0])]
    text = "int8 with one scale per tensor would spoil {layer_count} of {all_count} weight matrices, {worst} the most."
    if len(evidence) == 1:
        text = "int8 with one scale per tensor would spoil {worst}, one of {all_count} weight matrices."
    return Found(say(text, layer_count=len(evidence), all_count=looked, worst=evidence[0].name), evidence)


def _gains(one: SchemeError, each: SchemeError | None) -> bool:
    """Whether a scale for each channel is worth a bit more than one for all."""
    return each is None or each.sqnr_db is None or each.sqnr_db - (one.sqnr_db or 0.0) > _BIT


def wider_than_its_values(report: Report) -> Found | Clean:
    """Weights that are stored in 32 bits or more though 16 hold every value that was looked at."""
    layers = [(fact, layer) for fact, layer in matrices(report) if fact.dtype in _WIDE]
    if sum(fact.count for fact, _ in layers) < _FEWEST:
        raise AbsentError("Fewer than {few_count} weights are stored in more than 16 bits.", few_count=_FEWEST)
    total = sum(fact.size_bytes for fact, _ in layers)
    for scheme, name in _NAMES.items():
        same = [fact for fact, layer in layers if _unchanged(layer, scheme)]
        if sum(fact.size_bytes for fact in same) > _TENTHS * total:
            evidence = [
                point("tensor", fact.name, say("{dtype} that holds {name} values", dtype=fact.dtype, name=name))
                for fact in same
            ]
            return Found(
                say(
                    "{layer_count} of {all_count} weight matrices in 32 bits or more hold values that {name} holds "
                    "exactly: {saved_bytes} say nothing.",
                    layer_count=len(same),
                    all_count=len(layers),
                    name=name,
                    saved_bytes=sum(fact.size_bytes - 2 * fact.count for fact in same),
                ),
                evidence,
            )
    return Clean(say("The {layer_count} weight matrices use the digits of their dtype.", layer_count=len(layers)))


def _unchanged(layer: TensorPrecision, scheme: str) -> bool:
    error = error_of(layer, scheme)
    return error is not None and error.sqnr_db is None and not error.overflow


def matrices(report: Report) -> list[tuple[TensorFact, TensorPrecision]]:
    """Weight matrices with what formats do to them: tensors that more than the 16-bit formats were tried on.

    ``AbsentError`` where there is none.
    """
    measured_parameters(report)  # without values there is nothing to round
    precision: Precision = held(known(report.weights).precision)
    facts = {fact.name: fact for fact in report.structure.tensors}
    found = [
        (facts[each.name], each)
        for each in precision.tensors
        if each.name in facts and facts[each.name].count and any(e.scheme not in _NAMES for e in each.errors)
    ]
    if not found:
        raise AbsentError("The model has no weight matrix that is not quantised.")
    return found


def error_of(layer: TensorPrecision, scheme: str) -> SchemeError | None:
    """What one scheme does to a tensor; ``None`` where it was not tried."""
    return next((error for error in layer.errors if error.scheme == scheme), None)


def overflows(report: Report) -> dict[str, int]:
    """Values of each tensor that float16 cannot hold, by its name; nothing where that was not looked at."""
    precision = known(report.weights).precision
    if isinstance(precision, Skipped):
        return {}
    found = {each.name: error_of(each, "fp16") for each in precision.tensors}
    return {name: error.overflow for name, error in found.items() if error is not None and error.overflow}


RULES = (
    Rule(
        "W030",
        "note",
        "Values too small for float16",
        "Run in bfloat16 or float32, or rescale these weights before a conversion to float16.",
        "weights",
        too_small_for_half,
    ),
    Rule(
        "W031",
        "note",
        "Layers that one int8 scale spoils",
        "Quantise these with a scale for each output channel or group, or leave them in 16 bits.",
        "weights",
        hurt_by_one_scale,
    ),
    Rule(
        "W032",
        "note",
        "Stored wider than its values",
        "Store it in 16 bits: the same values in half the bytes.",
        "weights",
        wider_than_its_values,
    ),
)

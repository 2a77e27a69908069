"""W: weight matrices whose singular values collapsed."""

from __future__ import annotations

from modelreport.facts import Evidence, Report, Skipped, Spectrum, TensorStatistics
from modelreport.judge.rule import (
    AbsentError,
    Clean,
    Found,
    Rule,
    UncheckedError,
    Value,
    known,
    module_types,
    point,
    say,
)

_ONE = 1.01
"""Stable rank up to which a matrix is one direction in effect: 99 % of the sum of squares and more in σ₁. The lowest in
trained layers that were looked at is 1.06, in a convolution of the voice detector silero-vad."""

_ONE_SIDE = 32
"""Singular values from which on that is remarkable: a layer with few outputs may well need one direction."""

_SIDE = 8
"""Shorter side from which on a matrix has a spectrum worth the name."""

_HALF = 0.5
"""Share of its singular values above rounding up to which a matrix counts as of low rank: factors of that rank take no
more room than a square matrix itself."""

_TABLES = ("embed", "position", "wpe", "wte")
"""Words in the names of tables of vectors: rows that share a large mean, or vary smoothly with the position, leave few
directions in them by their nature."""


def _layers(report: Report) -> list[Spectrum]:
    """Spectra of layers, tables of vectors left out; ``AbsentError`` without a weight matrix to speak of."""
    absent = AbsentError("No weight matrix of a layer has {side_count} inputs and outputs or more.", side_count=_SIDE)
    weights = known(report.weights)
    spectra = weights.spectra
    if isinstance(spectra, Skipped):
        if not isinstance(weights.adapter, Skipped):  # factors are no layers
            raise absent
        if any(
            t.role == "parameter" and len(t.shape) > 1 and min(t.shape[:2]) >= _SIDE for t in report.structure.tensors
        ):
            raise UncheckedError(spectra.reason)
        raise absent
    types = module_types(report)
    owners = {t.name: types.get(t.module, "") for t in report.structure.tensors}
    layers = [
        each
        for each in spectra.tensors
        if "Embedding" not in owners.get(each.name, "") and not any(word in each.name.lower() for word in _TABLES)
    ]
    if not layers:
        raise absent
    return layers


def one_direction(report: Report) -> Found | Clean:
    """Layers whose weights are, but for a rest, the product of two vectors."""
    spectra = [each for each in _layers(report) if min(each.rows, each.columns) >= _ONE_SIDE]
    found = [each for each in spectra if each.stable_rank is not None and each.stable_rank <= _ONE]
    if not found:
        if not spectra:
            raise AbsentError("No layer has {side_count} inputs and outputs or more.", side_count=_ONE_SIDE)
        text = "None of {matrix_count} matrices of {side_count} inputs and outputs or more is one direction in effect"
        return _clean(report, text, spectra, side_count=_ONE_SIDE)
    found.sort(key=lambda each: each.stable_rank or 0.0)
    return Found(
        say(
            "{layer_count} of {matrix_count} weight matrices {layer_count:is|are} one direction in effect: whatever "
            "comes in, one pattern comes out.",
            layer_count=len(found),
            matrix_count=len(spectra),
        ),
        [_evidence(each, "{energy_share} of the sum of squares in one of {full} directions",
                   energy_share=1 / (each.stable_rank or 1.0)) for each in found],
    )  # fmt: skip


def low_rank(report: Report) -> Found | Clean:
    """Layers with no more than half of their singular values above rounding, where dead rows do not explain it."""
    statistics = {each.name: each for each in known(report.weights).tensors}
    spectra = [each for each in _layers(report) if each.rank is not None]
    found = [each for each in spectra if _is_low(each, statistics.get(each.name))]
    if not found:
        if not spectra:
            raise UncheckedError("Of no layer all singular values were computed.")
        text = "All {matrix_count} matrices have more than half of their rank, dead and repeated rows aside"
        return _clean(report, text, spectra)
    return Found(
        say(
            "{layer_count} of {matrix_count} weight matrices {layer_count:has|have} at most half of their rank.",
            layer_count=len(found),
            matrix_count=len(spectra),
        ),
        [_evidence(each, "rank {rank} of {full}", rank=each.rank) for each in found],
    )


def _clean(report: Report, text: str, looked: list[Spectrum], **values: Value) -> Clean:
    """What was looked at, and how much was not."""
    spectra = known(known(report.weights).spectra)
    tensors = len({each.name for each in looked})
    if tensors < len(looked):  # gates and groups
        text += "; they are parts of {tensor_count} {tensor_count:weight|weights}"
    if spectra.left_out:
        text += "; {left_count} {left_count:matrix was|matrices were} not computed"
    count = {"matrix_count": len(looked), "tensor_count": tensors, "left_count": spectra.left_out}
    return Clean(say(text + ".", **count, **values))


def _is_low(each: Spectrum, statistics: TensorStatistics | None) -> bool:
    short, rank = min(each.rows, each.columns), each.rank or 0
    told = 0
    if statistics is not None:  # rows that other rules speak of
        told = (statistics.zero_channels or 0) + (statistics.rows.identical if statistics.rows else 0)
    return rank <= _HALF * short and short - rank > told


def _evidence(each: Spectrum, text: str, **values: Value) -> Evidence:
    inside = " ({part})" if each.part else ""
    full = min(each.rows, each.columns)
    return point("tensor", each.name, say(text + inside, full=full, part=each.part, **values))


RULES = (
    Rule(
        "W040",
        "warning",
        "Layers of one direction",
        "Look for a collapse in training, one weight that outgrew all others, or a tensor that was overwritten.",
        "weights",
        one_direction,
    ),
    Rule(
        "W041",
        "note",
        "Layers of low rank",
        "If that is meant, store them as two factors: it saves memory and time. Otherwise see what removed the rest.",
        "weights",
        low_rank,
    ),
)

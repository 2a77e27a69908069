"""Everything that is known of each tensor, gathered by name from all parts of the weights."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from modelreport.facts import (
    QUANTILES,
    AverageDrift,
    LayerUpdate,
    OptimizerEvidence,
    Peers,
    Precision,
    Pruning,
    Report,
    SchemeError,
    Spectra,
    Spectrum,
    TensorFact,
    TensorPruning,
    TensorStatistics,
    Weights,
)
from modelreport.render.language import _, tell
from modelreport.render.table import Kind

Value = float | int | str | None
Group = Literal["Values", "Channels", "Narrower formats", "Pruning", "Spectrum", "Peers", "Optimizer"]


@dataclass(frozen=True)
class Tensor:
    """One tensor and all that was measured of it."""

    statistics: TensorStatistics
    fact: TensorFact | None = None
    precision: Mapping[str, SchemeError] = field(default_factory=dict)
    """By the id of the scheme."""
    pruning: TensorPruning | None = None
    spectra: tuple[Spectrum, ...] = ()
    role: str = ""
    """Its name with ``#`` for the index, where it has peers."""
    scores: Mapping[str, float | None] = field(default_factory=dict)
    """Robust z-scores against its peers, by the name of the statistic."""
    update: LayerUpdate | None = None
    drift: float | None = None
    """‖w_average − w‖ / ‖w‖."""
    findings: tuple[int, ...] = ()
    """Indices in ``Report.findings`` of those that point at it."""
    copies: tuple[str, ...] = ()
    """Other tensors with the same values."""
    measured: bool = True
    """Whether its values were read; without that ``statistics`` only holds name and count."""

    @property
    def spectrum(self) -> Spectrum | None:
        """The spectrum of the whole tensor, or of its first part."""
        return self.spectra[0] if self.spectra else None


def tensors(report: Report, weights: Weights) -> tuple[Tensor, ...]:
    """One for each of ``Weights.tensors``, in their order."""
    facts = {each.name: each for each in report.structure.tensors}
    precision = weights.precision.tensors if isinstance(weights.precision, Precision) else ()
    errors = {each.name: {error.scheme: error for error in each.errors} for each in precision}
    pruning = {each.name: each for each in weights.pruning.tensors} if isinstance(weights.pruning, Pruning) else {}
    spectra = _grouped((each.name, each) for each in _spectra(weights))
    roles, scores = _peers(weights)
    optimizer = weights.optimizer.layers if isinstance(weights.optimizer, OptimizerEvidence) else ()
    updates = {each.name: each for each in optimizer}
    drifts = dict(weights.average.layers) if isinstance(weights.average, AverageDrift) else {}
    findings = _findings(report)
    copies = {name: each.names for each in weights.duplicates for name in each.names}
    return tuple(
        Tensor(
            statistics=each,
            fact=facts.get(each.name),
            precision=errors.get(each.name, {}),
            pruning=pruning.get(each.name),
            spectra=tuple(spectra.get(each.name, ())),
            role=roles.get(each.name, ""),
            scores=scores.get(each.name, {}),
            update=updates.get(each.name),
            drift=drifts.get(each.name),
            findings=tuple(findings.get(each.name, ())),
            copies=tuple(name for name in copies.get(each.name, ()) if name != each.name),
        )
        for each in weights.tensors
    )


def _spectra(weights: Weights) -> tuple[Spectrum, ...]:
    return weights.spectra.tensors if isinstance(weights.spectra, Spectra) else ()


def _grouped(pairs: Iterable[tuple[str, Spectrum]]) -> dict[str, list[Spectrum]]:
    found: defaultdict[str, list[Spectrum]] = defaultdict(list)
    for name, each in pairs:
        found[name].append(each)
    return found


def _peers(weights: Weights) -> tuple[dict[str, str], dict[str, dict[str, float | None]]]:
    """Role and scores by the name of the tensor."""
    if not isinstance(weights.peers, Peers):
        return {}, {}
    members = [(role.role, peer) for role in weights.peers.roles for peer in role.members]
    names = weights.peers.statistics
    scores = {peer.name: dict(zip(names, peer.scores, strict=False)) for _, peer in members}
    return {peer.name: role for role, peer in members}, scores


def _findings(report: Report) -> dict[str, list[int]]:
    """Findings that were made, by the tensors that they point at."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for index, finding in enumerate(report.findings):
        if finding.state == "found":
            for name in dict.fromkeys(each.name for each in finding.evidence if each.kind == "tensor"):
                found[name].append(index)
    return found


@dataclass(frozen=True)
class Figure:
    """One number of a tensor: a column of the table, a line of its panel, a field of the CSV file."""

    id: str
    """Lower-case words joined by ``_``, with the unit: the field's name in the CSV file."""
    title: str
    group: Group
    value: Callable[[Tensor], Value] = field(repr=False)
    """Of the tensor; shares are 0–1."""
    help: str = ""
    kind: Kind = "number"


def figures(weights: Weights) -> tuple[Figure, ...]:
    """Every number there can be of a tensor of this model, in the order of the groups."""
    return (*_VALUES, *_CHANNELS, *_formats(weights), *_PRUNING, *_SPECTRUM, *_PEERS, *_OPTIMIZER)


def _quantile(level: float) -> Callable[[Tensor], Value]:
    place = QUANTILES.index(level)
    return lambda t: t.statistics.quantiles[place] if len(t.statistics.quantiles) == len(QUANTILES) else None


_VALUES = (
    Figure("mean", "Mean", "Values", lambda t: t.statistics.mean),
    Figure("std", "Std", "Values", lambda t: t.statistics.std, "Population standard deviation"),
    Figure("minimum", "Min", "Values", lambda t: t.statistics.minimum),
    Figure("maximum", "Max", "Values", lambda t: t.statistics.maximum),
    Figure(
        "zero_share", "Zeros", "Values",
        lambda t: t.statistics.zeros / t.statistics.count if t.statistics.count else None,
        "Share of values that are exactly zero", "share",
    ),
    Figure("norm", "Norm", "Values", lambda t: t.statistics.norm, "Euclidean norm"),
    Figure("count", "Values", "Values", lambda t: t.statistics.count),
    Figure("absolute_mean", "Mean |x|", "Values", lambda t: t.statistics.absolute_mean, "Mean of the absolute values"),
    Figure("nan", "NaN", "Values", lambda t: t.statistics.nan),
    Figure(
        "infinite", "Inf", "Values", lambda t: t.statistics.positive_infinity + t.statistics.negative_infinity,
        "Positive and negative infinities",
    ),
    Figure(
        "subnormal", "Subnormal", "Values", lambda t: t.statistics.subnormals,
        "Values that are not zero but below the smallest normal magnitude of the dtype",
    ),
    Figure("median", "Median", "Values", _quantile(0.5)),
    Figure(
        "skewness", "Skewness", "Values", lambda t: t.statistics.skewness,
        "Third standardised moment: 0 for a symmetric distribution",
    ),
    Figure(
        "kurtosis", "Kurtosis", "Values", lambda t: t.statistics.kurtosis,
        "Excess kurtosis: 0 for a normal distribution, -1.2 for a uniform one, large for heavy tails",
    ),
)  # fmt: skip

_CHANNELS = (
    Figure(
        "zero_channels", "Zero channels", "Channels", lambda t: t.statistics.zero_channels,
        "Slices along the first dimension that are entirely zero",
    ),
    Figure(
        "constant_channels", "Constant channels", "Channels", lambda t: t.statistics.constant_channels,
        "Slices of equal values, zero ones included",
    ),
    Figure(
        "identical_channels", "Repeated channels", "Channels",
        lambda t: t.statistics.rows.identical if t.statistics.rows else None,
        "Slices equal to an earlier one to the bit, zero ones not counted",
    ),
    Figure(
        "outlier_ratio", "Outlier ratio", "Channels",
        lambda t: t.statistics.rows.outlier_ratio if t.statistics.rows else None,
        "Largest magnitude of any slice over the median of the slices' largest magnitudes",
    ),
    Figure(
        "median_channel_norm", "Median channel norm", "Channels",
        lambda t: t.statistics.rows.norms[2] if t.statistics.rows and len(t.statistics.rows.norms) == 5 else None,
        "Median Euclidean norm of the slices along the first dimension",
    ),
)  # fmt: skip


def _formats(weights: Weights) -> tuple[Figure, ...]:
    """The signal-to-noise ratio in each narrower format."""
    if not isinstance(weights.precision, Precision):
        return ()
    return tuple(
        Figure(
            f"{scheme.id.replace('-', '_')}_sqnr_db",
            _("SQNR {format}", format=tell(scheme.title)),
            "Narrower formats",
            _sqnr(scheme.id),
            _("Signal to quantisation-noise ratio in dB as {format}", format=tell(scheme.title)),
        )
        for scheme in weights.precision.schemes
    )


def _sqnr(scheme: str) -> Callable[[Tensor], Value]:
    return lambda t: t.precision[scheme].sqnr_db if scheme in t.precision else None


_PRUNING = (
    Figure(
        "two_four_kept_share", "2:4 keeps", "Pruning", lambda t: t.pruning.two_four_kept if t.pruning else None,
        "Share of the sum of squares that is left when two of every four values along the input are set to zero",
        "share",
    ),
)  # fmt: skip

_SPECTRUM = (
    Figure("largest_singular_value", "σ₁", "Spectrum", lambda t: t.spectrum.largest if t.spectrum else None,
           "Largest singular value"),
    Figure("stable_rank", "Stable rank", "Spectrum", lambda t: t.spectrum.stable_rank if t.spectrum else None,
           "‖W‖² / σ₁²"),
    Figure("effective_rank", "Effective rank", "Spectrum", lambda t: t.spectrum.effective_rank if t.spectrum else None,
           "exp of the entropy of the singular values"),
    Figure("rank_90", "Rank for 90 %", "Spectrum", lambda t: t.spectrum.rank_90 if t.spectrum else None,
           "Singular values that hold 90 % of the sum of squares"),
    Figure("alpha", "α", "Spectrum", lambda t: t.spectrum.alpha if t.spectrum else None,
           "Exponent of the power law fitted to the eigenvalues"),
    Figure("condition", "Condition", "Spectrum", lambda t: t.spectrum.condition if t.spectrum else None,
           "Largest over smallest singular value"),
)  # fmt: skip


def _strongest(tensor: Tensor) -> Value:
    known = [score for score in tensor.scores.values() if score is not None]
    return max(known, key=abs, default=None)


_PEERS = (
    Figure("peer_score", "Peer score", "Peers", _strongest,
           "The robust z-score of largest size against tensors of the same role at other depths"),
)  # fmt: skip


def _update_told(tensor: Tensor) -> Value:
    told = tensor.update.update_told if tensor.update and tensor.update.update_ratio is not None else "exact"
    return None if told == "exact" else told


_OPTIMIZER = (
    Figure("optimizer_step", "Steps", "Optimizer", lambda t: t.update.step if t.update else None,
           "Steps that the optimizer took"),
    Figure("gradient_rms", "Gradient RMS", "Optimizer", lambda t: t.update.gradient_rms if t.update else None,
           "Root mean square of recent gradients, from the second moment"),
    Figure("update_ratio", "Update ratio", "Optimizer", lambda t: t.update.update_ratio if t.update else None,
           "Root mean square of one step over that of the weight"),
    Figure("update_told", "Which update", "Optimizer", _update_told,
           "Where the last one needs a gradient that the file does not hold: of a usual step, or a bound"),
    Figure("average_drift", "Drift of the average", "Optimizer", lambda t: t.drift,
           "‖average − weight‖ / ‖weight‖"),
)  # fmt: skip

"""Singular values of the weights: spectra by role, ranks and power-law exponents over depth."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import groupby
from statistics import median
from typing import Final, NamedTuple

from modelreport.facts import Skipped, Spectra, Spectrum, Weights
from modelreport.render import format as text
from modelreport.render.charts.depth import DEPTHS, ROLES, coloured, short_names
from modelreport.render.charts.spec import Axis, Chart, Line
from modelreport.render.language import mark

BAND: Final = (2.0, 6.0)
"""Exponents that Martin and Mahoney find in well-trained layers (Martin, Peng and Mahoney 2021)."""

_LEAST: Final = 1e-3
"""Singular values below this share of the largest are drawn as that: the axis would be theirs otherwise."""


class Point(NamedTuple):
    """The matrices of one role at one depth: their median, and one of their names."""

    x: float
    value: float
    name: str


class Series(NamedTuple):
    """One line."""

    label: str
    points: tuple[Point, ...]


def full_ones(spectra: Spectra) -> list[Spectrum]:
    """Those with all singular values."""
    return [each for each in spectra.tensors if each.method == "full"]


def roles_of(spectra: Spectra) -> list[tuple[str, list[Spectrum]]]:
    """Short names of the roles and their spectra by depth, those with most weights first."""
    roles: defaultdict[str, list[Spectrum]] = defaultdict(list)
    for each in spectra.tensors:
        roles[each.role or each.name].append(each)
    ordered = sorted(roles, key=lambda role: -sum(each.rows * each.columns for each in roles[role]))
    members = [sorted(roles[role], key=lambda each: each.depth) for role in ordered]
    return list(zip(short_names(ordered), members, strict=True))


def label_of(spectrum: Spectrum) -> str:
    """The matrix: its tensor without ``.weight``, and which part of it."""
    name = text.name(spectrum.name.removesuffix(".weight"), 60)
    return f"{name}, {spectrum.part}" if spectrum.part else name


def known_spectra(weights: Weights | Skipped) -> Spectra | Skipped:
    """The spectra of a report, or why there are none."""
    return weights if isinstance(weights, Skipped) else weights.spectra


# --- the curves -----------------------------------------------------------------------------------------------------


def spectrum_curves(weights: Weights | Skipped) -> Chart | Skipped:
    """The singular values of one matrix of each of the largest roles, over the largest one."""
    spectra = known_spectra(weights)
    if isinstance(spectra, Skipped):
        return spectra
    shown = [(label, _middle(members)) for label, members in roles_of(spectra)[:ROLES]]
    steepest = min((each for each in full_ones(spectra)), key=_need, default=None)
    if steepest is None:
        title = "The largest singular values of the largest matrices"
    else:
        title = (
            f"{label_of(steepest)} is the most concentrated: {text.exact(steepest.rank_90)} of "
            f"{text.exact(_short(steepest))} directions hold 90 % of its energy"
        )
    return Chart(
        id="spectrum-curves",
        title=title,
        caption=f"Singular values of a matrix over its largest one, both axes logarithmic, values below {_LEAST:g} "
        "drawn there: a straight line is a power law, a flat one values without structure. For each of the "
        f"{len(shown)} largest roles the matrix in the middle of the depths that were looked at.",
        x=Axis(title=mark("place in the spectrum"), unit="count", log=True, low=1.0),
        y=Axis(title=mark("σ / σ₁"), log=True),
        layers=coloured(_curve(label, each) for label, each in shown),
        header=(mark("Role"), mark("Matrix"), mark("Shape"), mark("σ₁"),
                mark("Stable rank"), mark("90 % of the energy in")),
        rows=tuple(
            (label, label_of(each), text.shape((each.rows, each.columns)), text.number(each.largest),
             text.number(each.stable_rank), text.exact(each.rank_90))
            for label, each in shown
        ),
    )  # fmt: skip


def _middle(members: Sequence[Spectrum]) -> Spectrum:
    whole = [each for each in members if each.method == "full"] or list(members)
    return whole[len(whole) // 2]


def _short(each: Spectrum) -> int:
    return min(each.rows, each.columns)


def _need(each: Spectrum) -> float:
    return (each.rank_90 or 0) / _short(each)


def _curve(label: str, each: Spectrum) -> tuple[str, list[tuple[float, float, str]]]:
    places = each.places or tuple(range(len(each.values)))
    return label, [
        (place + 1.0, max(value / each.largest, _LEAST), f"{label_of(each)}\nσ{place + 1}: {text.number(value)}")
        for place, value in zip(places, each.values, strict=True)
    ]


# --- over depth -----------------------------------------------------------------------------------------------------


def series_of(spectra: Spectra, value: Callable[[Spectrum], float | None]) -> tuple[list[Series], bool]:
    """A line for each of the largest roles with three depths; else one of all matrices in their order.

    And whether roles are repeated: x is depth then, else the place in the model.
    """
    lines = []
    for label, members in roles_of(spectra):
        points = []
        for depth, group in groupby(members, key=lambda each: each.depth):
            numbers = sorted((v, label_of(each)) for each in group if (v := value(each)) is not None)
            if numbers:
                points.append(Point(float(depth), numbers[len(numbers) // 2][0], numbers[len(numbers) // 2][1]))
        if len(points) >= DEPTHS:
            lines.append(Series(label, tuple(points)))
    if lines:
        return lines[:ROLES], True
    told = [(i, v, label_of(each)) for i, each in enumerate(spectra.tensors) if (v := value(each)) is not None]
    points = [Point(float(i), v, label) for i, v, label in told]
    return ([Series("all matrices", tuple(points))] if points else []), False


def _lines(found: Sequence[Series], write: Callable[[float], str]) -> tuple[Line, ...]:
    return coloured((s.label, [(p.x, p.value, f"{p.name}: {write(p.value)}") for p in s.points]) for s in found)


def _rows(found: Sequence[Series], write: Callable[[float], str]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            series.label,
            text.exact(len(series.points)),
            *(write(f([p.value for p in series.points])) for f in (min, median, max)),
        )
        for series in found
    )


def rank_depth(weights: Weights | Skipped) -> Chart | Skipped:
    """Share of its directions in which a matrix has 90 % of its energy."""
    spectra = known_spectra(weights)
    if isinstance(spectra, Skipped):
        return spectra
    every = full_ones(spectra)
    found, repeated = series_of(spectra, lambda each: None if each.rank_90 is None else _need(each))
    if not found:
        return Skipped(stage="measure", reason="Of no matrix all singular values were computed.")
    shares = sorted(_need(each) for each in every)
    return Chart(
        id="rank-depth",
        title=f"90 % of the energy takes {text.share(shares[0])} to {text.share(shares[-1])} of the directions",
        caption="Singular values that hold 90 % of the sum of squares, over all of them. Independent values take "
        "51 % in a square matrix and 76 % in one four times as long as wide, by the law of Marchenko and Pastur. "
        + _how(repeated=repeated),
        x=Axis(title=mark("depth") if repeated else mark("place in the model"), unit="count"),
        y=Axis(title=mark("share of the directions"), unit="share", low=0.0, high=1.0),
        layers=_lines(found, text.share),
        header=(mark("Role"), mark("Depths"), mark("Smallest"), mark("Median"), mark("Largest")),
        rows=_rows(found, text.share),
    )


def alpha_depth(weights: Weights | Skipped) -> Chart | Skipped:
    """Exponents of the power laws, with the band in which well-trained layers are said to lie."""
    spectra = known_spectra(weights)
    if isinstance(spectra, Skipped):
        return spectra
    alphas = [each.alpha for each in spectra.tensors if each.alpha is not None]
    found, repeated = series_of(spectra, lambda each: each.alpha)
    if not found:
        return Skipped(stage="measure", reason="No matrix that was looked at has 50 eigenvalues for a power law.")
    inside = sum(BAND[0] <= alpha <= BAND[1] for alpha in alphas)
    right = max(p.x for series in found for p in series.points)
    left = min(p.x for series in found for p in series.points)
    band = tuple(
        Line(
            name=f"alpha = {edge:g}",
            colour="muted",
            x=(left, max(right, left + 1)),
            y=(edge, edge),
            hover=("", ""),
            reference=True,
        )
        for edge in BAND
    )
    top = max(alphas)
    return Chart(
        id="alpha-depth",
        title=f"{text.exact(inside)} of {text.exact(len(alphas))} power-law exponents lie between 2 and 6",
        caption="Exponent alpha of the power law fitted to the tail of each spectrum (eigenvalues of WᵀW), by maximum "
        "likelihood with the start of the tail at the least Kolmogorov–Smirnov distance (Clauset et al. 2009), as "
        "WeightWatcher does. " + _how(repeated=repeated),
        x=Axis(title=mark("depth") if repeated else mark("place in the model"), unit="count"),
        y=Axis(title=mark("alpha"), log=top > 3 * BAND[1], low=min(1.5, *alphas) if len(alphas) > 1 else 1.0),
        layers=(*band, *_lines(found, text.number)),
        header=(mark("Role"), mark("Depths"), mark("Smallest"), mark("Median"), mark("Largest")),
        rows=_rows(found, text.number),
    )


def _how(*, repeated: bool) -> str:
    if repeated:
        return "A line for each of the largest repeated matrices, named without their index."
    return "The matrices in the order of the model."


def saved_share(each: Spectrum, rank: int | None) -> float | None:
    """Share of a matrix's parameters that two factors of this rank would save; 0 where they would take more."""
    if rank is None:
        return None
    return max(0.0, 1 - rank * (each.rows + each.columns) / (each.rows * each.columns))


def saved_in_all(spectra: Sequence[Spectrum], ranks: Sequence[int | None]) -> float | None:
    """That share over several matrices, each factored only where it saves something."""
    pairs = [(each, share) for each, rank in zip(spectra, ranks, strict=True)
             if (share := saved_share(each, rank)) is not None]  # fmt: skip
    total = sum(each.rows * each.columns for each, _ in pairs)
    return math.fsum(share * each.rows * each.columns for each, share in pairs) / total if total else None

"""What the page's panels tell of a tensor beyond its figures: findings, channels, peers, copies, the spectrum."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

from modelreport.facts import Finding, Report, RowFigures, Spectrum, Weights
from modelreport.render import format as text
from modelreport.render.anchors import Anchors
from modelreport.render.language import _, gap, tell
from modelreport.render.weights.histograms import SIGNS, TOP
from modelreport.render.weights.tensors import Tensor

MOST: Final = 4000
"""Tensors of which the page holds more than findings and figures: the largest."""
_SCORES: Final = 6
_INDICES: Final = 8
_NAMES: Final = 4


def details(report: Report, weights: Weights, tensors: Sequence[Tensor], places: Anchors) -> dict[str, Any]:
    """For the panels, by the row of the tensor.

    ``modules``: index of the module that owns it, or -1. ``findings``: indices of the findings that point at it, and
    ``told``: each of those as severity, word, sign, title, sentence. ``lines``: terms and words. ``spectra``:
    largest value, ratio of the smallest to it as a power of ten, and a sign for the height of each value.
    ``pictures``: tensors of which there is a picture.
    """
    largest = sorted(range(len(tensors)), key=lambda i: -tensors[i].statistics.count)[:MOST]
    pictured = {picture.tensor for picture in weights.pictures}
    pointed = sorted({index for each in tensors for index in each.findings})
    lines = {i: list(_lines(tensors[i])) for i in sorted(largest)}
    return {
        "modules": [places.modules.get(each.fact.module, -1) if each.fact else -1 for each in tensors],
        "findings": {str(i): list(each.findings) for i, each in enumerate(tensors) if each.findings},
        "told": {str(index): finding_words(report.findings[index]) for index in pointed},
        "lines": {str(i): told for i, told in lines.items() if told},
        "spectra": {str(i): _curve(each) for i in sorted(largest) if (each := tensors[i].spectrum) and each.values},
        "pictures": [i for i, each in enumerate(tensors) if each.statistics.name in pictured],
    }


def finding_words(finding: Finding) -> list[str]:
    """Severity, word, sign, title, sentence and the anchor where the page tells of it."""
    return [
        finding.severity,
        text.severity_word(finding.severity),
        text.severity_icon(finding.severity),
        text.name(tell(finding.title)),
        text.message(finding.message),
        f"finding-{text.name(finding.id, 20)}",
    ]


def _lines(each: Tensor) -> Iterator[list[str]]:
    """Terms and words, in their order."""
    if each.statistics.rows:
        yield from _channels(each.statistics.rows)
    scores = [(name, score) for name, score in each.scores.items() if score is not None]
    if scores:
        strongest = sorted(scores, key=lambda pair: -abs(pair[1]))[:_SCORES]
        yield [
            _("Against its peers"),
            _(", ").join(f"{_(text.name(name, 40))} {score:+.1f}" for name, score in strongest),
        ]
    if each.copies:
        names, more = _(", ").join(text.name(name, 80) for name in each.copies[:_NAMES]), len(each.copies) - _NAMES
        yield [_("Same values as"), _("{names} and {count} more", names=names, count=more) if more > 0 else names]
    sampled = max((error.sampled for error in each.precision.values()), default=0)
    lost = [error for error in each.precision.values() if error.overflow]
    if lost:
        yield [
            _("Overflow"),
            _(", ").join(f"{text.name(e.scheme, 40)}{_(':')}{gap()}{text.plural(e.overflow, 'value')}" for e in lost),
        ]
    if sampled:
        yield [_("SQNR measured on"), text.plural(sampled, "value")]


def _channels(rows: RowFigures) -> Iterator[list[str]]:
    if len(rows.norms) == 5:
        low, middle, high = (text.number(norm) for norm in rows.norms[::2])
        words = _("{low} to {high}, median {middle}", low=low, high=high, middle=middle)
        yield [_("Channel norms"), words]
    if rows.outliers:
        yield [_("Outlier channels"), _indices(rows.outliers)]
    if rows.zeros:
        yield [_("Zero channels are"), _indices(rows.zeros)]
    if rows.groups:
        groups = (" = ".join(str(index) for index in group[:_INDICES]) for group in rows.groups[:_NAMES])
        yield [_("Equal channels"), "; ".join(groups) + (" …" if len(rows.groups) > _NAMES else "")]
    if rows.copies:
        shown = [
            _("{copies} repeat {originals}", copies=_run(c.copy, c.rows), originals=_run(c.first, c.rows))
            for c in rows.copies
        ]
        yield [_("Repeated blocks"), "; ".join(shown[:_NAMES]) + (" …" if len(shown) > _NAMES else "")]


def _run(first: int, count: int) -> str:
    return f"{first}–{first + count - 1}"


def _indices(every: Sequence[int]) -> str:
    return ", ".join(str(index) for index in every[:_INDICES]) + (" …" if len(every) > _INDICES else "")


def _curve(spectrum: Spectrum) -> list[Any]:
    """The singular values on a logarithmic scale from the smallest of those above a millionth of the largest."""
    largest = spectrum.values[0] or 1.0
    decades = min(-math.log10(max(spectrum.values[-1] / largest, 1e-6)), 6.0) or 1.0
    signs = (
        SIGNS[round(TOP * max(0.0, 1 + math.log10(max(value / largest, 1e-9)) / decades))] for value in spectrum.values
    )
    return [float(f"{largest:.4g}"), round(decades, 2), "".join(signs), max((*spectrum.places, len(spectrum.values)))]

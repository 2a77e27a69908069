"""The values: an overview, parts with what they say, statistics of every tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelreport.facts import Item, Report, Weights
from modelreport.render import format as text
from modelreport.render.anchors import anchors
from modelreport.render.language import _, mark
from modelreport.render.section import Section
from modelreport.render.setting import setting
from modelreport.render.table import Table
from modelreport.render.weights import shown_parts
from modelreport.render.weights.details import details
from modelreport.render.weights.histograms import histograms
from modelreport.render.weights.overview import cards
from modelreport.render.weights.part import Shown
from modelreport.render.weights.tensor_table import left_out, table
from modelreport.render.weights.tensors import Tensor, tensors


def context(report: Report) -> dict[str, Any]:
    """Variables of the template."""
    weights = report.weights
    if not isinstance(weights, Weights):
        return {"skipped": weights}
    places, gathered = anchors(report), tensors(report, weights)
    made = table(weights, gathered, places)
    parts = shown_parts(report, weights, places)
    told = frozenset(part.anchor for part in parts if part.told)
    return {
        "skipped": None,
        "weights": weights,
        "unread": by_reason(weights.unread),
        "table": made,
        "left_out": left_out(gathered),
        "parts": parts,
        "cards": cards(report, weights, told),
        "chart_groups": {part.anchor: part.charts for part in parts if part.charts},
        "payloads": _payloads(report, weights, gathered, made, parts) if setting().packed else {},
    }


def _payloads(
    report: Report, weights: Weights, gathered: Sequence[Tensor], made: Table, parts: Sequence[Shown]
) -> dict[str, Any]:
    """What the page's script shows: rows of all tables, histograms and the panels of the tensors."""
    found = made.payloads | {
        "histograms": histograms(weights),
        "tensors": details(report, weights, gathered, anchors(report)),
    }
    for part in parts:
        for each in part.told.tables if part.told else ():
            found |= each.payloads
    return found


def by_reason(unread: Sequence[Item]) -> tuple[Item, ...]:
    """One entry for each reason, named after the first tensor it holds for and the number of the others."""
    names: dict[str, list[str]] = {}
    for item in unread:
        names.setdefault(item.value, []).append(item.name)
    return tuple(
        Item(
            name=listed[0]
            if len(listed) == 1
            else _("{names} and {count} more", names=listed[0], count=text.exact(len(listed) - 1)),
            value=why,
        )
        for why, listed in names.items()
    )


def badge(report: Report) -> str | None:
    """Number of tensors measured."""
    return text.exact(len(report.weights.tensors)) if isinstance(report.weights, Weights) else None


SECTION = Section(id="weights", title=mark("Weights"), context=context, badge=badge)

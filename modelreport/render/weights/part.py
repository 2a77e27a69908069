"""A part of the weights section: a title, the outcome in one sentence, and what stands behind it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from modelreport.facts import Finding, Message, Report, Skipped, Weights
from modelreport.render.anchors import Anchors
from modelreport.render.charts.spec import Chart
from modelreport.render.language import _, tell
from modelreport.render.section import drawn
from modelreport.render.table import Row, Table

log = logging.getLogger(__name__)

ROWS: Final = 24
"""Rows of a part's tables that stand in the markup: a fold is a detail, and the page's script shows them all."""
FAILED: Final = "This part of the report could not be made from its facts"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a part has to say. Every output shows it: the page in a fold, the PDF and Markdown cut to what fits."""

    line: Message
    """The outcome in one sentence: it stands in the summary of the fold, so that a closed fold tells it already."""
    sentences: tuple[Message, ...] = ()
    """What else there is to say, a paragraph each."""
    charts: tuple[str, ...] = ()
    """Names in ``CHARTS``; those that cannot be drawn say why."""
    tables: tuple[Table, ...] = ()
    """Their ids begin with ``weights-`` and the id of the part. Paper and Markdown get the first rows."""
    notes: tuple[str, ...] = ()
    """Method, limits and sources."""
    more: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Variables for the part's own template, as ``part.more``."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part, painted by ``templates/weights/<id>.html``."""

    id: str
    """Lower-case words joined by ``-``: name of its template; its anchor is ``weights-<id>``."""
    title: str
    context: Callable[[Report, Weights], Told | Skipped | None]
    """What it has to say; ``Skipped`` why it cannot, ``None`` where there is nothing to speak of: it is not shown."""
    rules: str = ""
    """Pattern of the ids of the findings that belong here: the worst that was found gives the fold its sign."""
    opened: bool = False
    """Whether its fold is open when the page is."""
    print_rows: int = 10
    """Rows of each of its tables in the PDF and in Markdown."""
    own_print: bool = False
    """Whether the PDF paints it by ``templates/print/weights/<id>.html`` (it gets the same ``part``)."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A part of one report, ready to be painted: its charts are drawn."""

    part: Part
    told: Told | None
    skipped: Skipped | None
    charts: tuple[Chart, ...] = ()
    undrawn: tuple[str, ...] = ()
    finding: Finding | None = None
    """The worst that belongs to it."""

    @property
    def id(self) -> str:
        """Of the part."""
        return self.part.id

    @property
    def anchor(self) -> str:
        """Where it stands on the page; also the name of its charts' data."""
        return f"weights-{self.part.id}"

    @property
    def pairs(self) -> tuple[tuple[Chart, ...], ...]:
        """The charts as they stand on paper: two of those that have no rows side by side."""
        found: list[tuple[Chart, ...]] = []
        for chart in self.charts:
            if found and len(found[-1]) == 1 and not found[-1][0].rows_on_y and not chart.rows_on_y:
                found[-1] = (*found[-1], chart)
            else:
                found.append((chart,))
        return tuple(found)

    @property
    def more(self) -> Mapping[str, Any]:
        """Variables of its own template."""
        return self.told.more if self.told else {}


def show(part: Part, report: Report, weights: Weights, places: Anchors) -> Shown | None:
    """The part with its charts drawn; ``None`` when it has nothing to say.

    A part that fails in a way nobody foresaw costs only itself: facts may come from a file that somebody edited.
    """
    part = replace(part, title=_(part.title))
    try:
        told = part.context(report, weights)
        if told is None:
            return None
        if isinstance(told, Skipped):
            return Shown(part=part, told=None, skipped=told)
        tables = tuple(_in_a_fold(each, places) for each in told.tables)
        told = replace(told, tables=tables, notes=tuple(map(tell, told.notes)))
        made = drawn(report, *told.charts)
    except Exception as error:
        log.debug("%s failed", part.id, exc_info=True)
        reason = f"{FAILED}: {type(error).__name__}."
        return Shown(part=part, told=None, skipped=Skipped(stage="measure", reason=reason))
    return Shown(
        part=part, told=told, skipped=None, charts=made["charts"], undrawn=made["undrawn"],
        finding=_worst(part, report),
    )  # fmt: skip


def _in_a_fold(table: Table, places: Anchors) -> Table:
    """The table with few rows in the markup, and with links from the names of tensors to what is known of them."""
    named = bool(table.columns) and table.columns[0].kind == "name"
    rows = tuple(_linked(row, places) for row in table.rows) if named else table.rows
    return replace(table, rows=rows, limit=min(table.limit, ROWS))


def _linked(row: Row, places: Anchors) -> Row:
    """The row with a link on its first cell where that names a tensor, with or without ``.weight`` at its end."""
    first = row.cells[0]
    name = first.exact or first.text
    known = next((each for each in (name, f"{name}.weight") if each in places.statistics), None)
    if first.href or known is None:
        return row
    return replace(row, cells=(replace(first, href=places.tensor(known)), *row.cells[1:]))


def _worst(part: Part, report: Report) -> Finding | None:
    """Findings stand in the order of their severity."""
    found = (each for each in report.findings if each.state == "found" and re.fullmatch(part.rules, each.id))
    return next(found, None)

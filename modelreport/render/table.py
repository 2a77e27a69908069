"""A table of the report as data.

One description, two painters: the template writes its first rows and usual columns, whole without a script; the page's
script then shows all rows and columns from the packed data and sorts, filters and folds them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from modelreport.render import format as text
from modelreport.render import thinning
from modelreport.render.columnar import column_of, rows_of
from modelreport.render.language import _, plural
from modelreport.render.setting import setting

ROWS_IN_MARKUP: Final = 2000
"""Rows that stand in the page itself; the packed data has all."""
FIRST_ON_PAPER: Final = 60
"""Rows that are made of a table whose first rows paper has; no excerpt there is longer."""

_SIGNS: Final = str.maketrans("", "", "×–…∞✓●✖")

Kind = Literal["name", "text", "code", "hash", "number", "share", "family", "spark"]
Form = Literal["", "number", "exact", "count", "bytes", "share"]
"""How a number is written: ``number``, ``exact``, ``count``, ``bytes_binary`` or ``share`` of ``format.py``."""


@dataclass(frozen=True)
class Column:
    """One column. ``kind`` decides alignment, type and order: ``number`` and ``share`` sort by value, the rest as text.

    ``name`` is the column that carries the tree; ``code`` is monospaced; ``hash`` is code that can be copied; ``share``
    draws a bar behind its value (0–1); ``spark`` is a small histogram that only the page's script draws.
    """

    id: str
    title: str
    kind: Kind = "text"
    help: str = ""
    """What the column means, for its heading's tooltip."""
    shown: bool = True
    """Whether it is visible before the reader chooses."""
    group: str = ""
    """Heading under which it stands in the choice of columns and in the panel of a row."""
    total: bool = False
    """Whether its numbers can be added up, as those of rows that are not inside one another."""


@dataclass(frozen=True)
class Cell:
    """One value: what is read, and, where they differ, the exact value behind it (tooltip, order, copy)."""

    text: str
    exact: str = ""
    href: str = ""
    """Anchor on the page, such as ``#layer-3``."""
    value: float | None = None
    """The number behind it, where ``text`` is that number and nothing else: the page's script writes it itself."""
    form: Form = ""
    """How ``value`` is written; empty where ``text`` is not such a number."""
    whole: int = 0
    """What ``value`` is a part of, for the form ``share``."""

    @classmethod
    def figure(cls, value: float | None) -> Cell:
        """A measured number: three digits to read, seven behind them, which is what a float32 holds."""
        if value is None or not math.isfinite(value):
            return cls(text.number(value))
        rounded = float(f"{value:.7g}")
        return cls(text.number(rounded), f"{rounded:.7g}", value=rounded, form="number")

    @classmethod
    def count(cls, value: int | None) -> Cell:
        """A count with every digit."""
        return cls(text.UNKNOWN) if value is None else cls(text.exact(value), value=value, form="exact")

    @classmethod
    def bytes(cls, value: int | None) -> Cell:
        """Bytes in memory, with their exact number behind them."""
        if value is None:
            return cls(text.UNKNOWN)
        return cls(text.bytes_binary(value), text.exact(value), value=value, form="bytes")

    @classmethod
    def name(cls, name: str, exact: str = "") -> Cell:
        """The name of something in the file, made visible; an empty one says so."""
        return cls(text.name(name) or _("(no name)"), exact)

    @property
    def plain(self) -> bool:
        """Whether no character can turn the direction of the text: only ASCII and the signs of numbers and shapes."""
        return self.text.isascii() or self.text.translate(_SIGNS).isascii()


@dataclass(frozen=True)
class Row:
    """One row. Children follow their parent at a greater depth."""

    id: str
    """Anchor, such as ``layer-3``: numbered, never made from a name."""
    cells: tuple[Cell, ...]
    depth: int = 0
    folded: bool = False
    """Whether its children are hidden until the reader opens it."""
    group: bool = False
    """Whether it stands for several rows that follow it, and counts for none itself."""
    note: str = ""
    """A word beside the name, such as ``×5`` or ``tied``."""
    period: int = 1
    """Rows below it that are one repetition, where it stands for repeats."""


@dataclass(frozen=True)
class Table:
    """Columns and rows. ``tree`` tables fold and indent their first column."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    tree: bool = False
    noun: tuple[str, str] = ("row", "rows")
    """What one row and several rows are called."""
    histograms: str = ""
    """Payload with the histogram of each row, for the ``spark`` column and the panel of a chosen row."""
    details: str = ""
    """What the panel of a chosen row tells more of: ``tensors`` or ``modules``; empty for no panel."""
    limit: int = ROWS_IN_MARKUP
    closed: bool = False
    """Whether what is below other rows is left out of the page itself and of paper."""
    unmade: int = 0
    """Further rows that were not made, because the writer at hand shows only the first (see ``wanted``)."""

    def __post_init__(self) -> None:
        """Say caption, headings and nouns in the language of the report."""
        told = {
            "caption": _(self.caption),
            "columns": tuple(replace(c, title=_(c.title), help=_(c.help), group=_(c.group)) for c in self.columns),
        }
        for name, value in told.items():
            object.__setattr__(self, name, value)

    @property
    def head(self) -> Sequence[Row]:
        """Rows that stand in the page itself; of repeats only the first block where all would be too many."""
        limit = min(self.limit, thinning.ROWS_IN_MARKUP) if thinning.is_thinned("rows") else self.limit
        if self.tree and not self.closed and len(self.rows) > limit:
            return once(self.rows)[:limit]
        return self.top[:limit]

    @property
    def top(self) -> Sequence[Row]:
        """All rows, or those below no other where the table is closed."""
        return tuple(row for row in self.rows if not row.depth) if self.closed else self.rows

    @property
    def size(self) -> int:
        """Rows without those that stand for several."""
        return sum(not row.group for row in self.rows) + self.unmade

    @property
    def printed(self) -> tuple[tuple[int, Column], ...]:
        """Columns that stand in the page itself, each with its place among all."""
        return tuple((i, each) for i, each in enumerate(self.columns) if each.shown and each.kind != "spark")

    @property
    def held(self) -> Sequence[Row]:
        """Rows that the page's script can show: all of them, unless the page would be too large."""
        if thinning.is_thinned("tables"):
            return self.head
        return self.rows[: thinning.rows_kept(self.rows)]

    @property
    def payloads(self) -> dict[str, Any]:
        """Rows and columns for the page's script, under ``table-<id>`` (see ``columnar.py``); nothing on paper."""
        if not setting().packed:
            return {}
        rows, fewer = self.held, len(self.rows) >= thinning.MANY and thinning.is_thinned("columns")
        chosen = [(place, c) for place, c in enumerate(self.columns) if c.shown or not fewer]
        return {
            f"table-{self.id}": {
                "caption": self.caption,
                "columns": [
                    [c.id, c.title, c.kind, c.help, int(c.shown), c.group, int(c.total)] for _place, c in chosen
                ],
                "rows": rows_of(rows),
                "cells": [column_of(rows, place) for place, _column in chosen],
                "left": sum(not row.group for row in self.rows[len(rows) :]),
                "tree": self.tree,
                "noun": [plural(count, "{count}", *self.noun) for count in (1, 2)],
                "histograms": self.histograms,
                "details": self.details,
            }
        }


def wanted(rows: int) -> int:
    """How many of so many rows the writer at hand can show of a table of which paper has the first: all on a page."""
    return rows if setting().packed else min(rows, FIRST_ON_PAPER)


def once(rows: Sequence[Row]) -> list[Row]:
    """The rows without those of the second, third … block under a ``×N`` line."""
    kept: list[Row] = []
    groups: list[tuple[int, int]] = []  # depth of each ×N line above the row, and how many more rows it may show
    skipped: int | None = None
    for row in rows:
        if skipped is not None and row.depth > skipped:
            continue
        skipped = None
        while groups and row.depth <= groups[-1][0]:
            groups.pop()
        if groups and row.depth == groups[-1][0] + 1:
            depth, left = groups[-1]
            if not left:
                skipped = row.depth
                continue
            groups[-1] = (depth, left - 1)
        if row.group:
            groups.append((row.depth, row.period))
        kept.append(row)
    return kept


def amount(value: int | None) -> Cell:
    """A count at a glance with every digit behind it."""
    if value is None:
        return Cell(text.UNKNOWN)
    return Cell(text.count(value), text.exact(value) if value >= 10_000 else "", value=value, form="count")


def share_cell(part: int | None, whole: int) -> Cell:
    """A share with its exact value behind it; ``–`` where there is nothing to share."""
    if not whole or part is None:
        return Cell(text.UNKNOWN)
    return Cell(text.share(part / whole), f"{part / whole:.6f}", value=part, form="share", whole=whole)


def caption_of(title: str, shown: int, total: int) -> str:
    """The title of a table, and how much of the whole it shows where that is not all."""
    if shown >= total:
        return title
    return _(
        "{title} (the first {shown} of {total}; all are in the JSON report)",
        title=title, shown=text.exact(shown), total=text.exact(total),
    )  # fmt: skip

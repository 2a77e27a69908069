"""The part of a table that fits on paper or into a comment, and a sentence on what does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from modelreport.render import format as text
from modelreport.render.language import _
from modelreport.render.table import Column, Row, Table, once


@dataclass(frozen=True)
class Excerpt:
    """Chosen columns and rows of a table."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    """Their cells are those of ``columns``."""
    left_out: str
    """What is missing, as a sentence; empty when nothing is."""
    caption: str
    tree: bool


def excerpt(table: Table, limit: int, columns: Sequence[str] = ()) -> Excerpt:
    """At most ``limit`` rows of a table and the ``columns`` with these ids, in their order (those shown when empty).

    A tree keeps the levels that fit and below ``×N`` lines only the first block; another table keeps its first rows.
    """
    known = {column.id: i for i, column in enumerate(table.columns)}
    chosen = [known[name] for name in columns if name in known]
    if not columns:
        chosen = [i for i, c in enumerate(table.columns) if c.shown and c.kind != "spark"]
    rows = _levels(table.rows, limit) if table.tree and not table.closed else list(table.top[:limit])
    return Excerpt(
        columns=tuple(table.columns[i] for i in chosen),
        rows=tuple(_cut(row, chosen) for row in rows),
        left_out=_left_out(table, rows),
        caption=table.caption,
        tree=table.tree,
    )


def leading(table: Table, most: int = 8) -> list[str]:
    """Ids of the first columns that are shown: as many as fit side by side on paper."""
    shown = [column.id for column in table.columns if column.shown and column.kind != "spark"]
    return shown[:most]


def _cut(row: Row, chosen: Sequence[int]) -> Row:
    return replace(row, cells=tuple(row.cells[i] for i in chosen))


def _levels(rows: Sequence[Row], limit: int) -> list[Row]:
    """The levels of a tree that fit, of repeats only the first; the first rows when no level does."""
    open_rows = once(rows)
    deepest = max((row.depth for row in open_rows), default=0)
    for depth in range(deepest, -1, -1):
        kept = [row for row in open_rows if row.depth <= depth]
        if len(kept) <= limit:
            return kept
    return open_rows[:limit]


def _left_out(table: Table, rows: Sequence[Row]) -> str:
    if len(rows) >= len(table.top):  # rows that were not made come behind more than any excerpt has
        return ""
    if table.closed:
        what = text.plural(table.size, *table.noun)
        return _(
            "{count} rows of {what}, equal ones together; all are in the HTML and JSON reports.",
            count=text.exact(len(rows)), what=what,
        )  # fmt: skip
    shown = sum(not row.group for row in rows)
    values = {"shown": text.exact(shown), "all": text.plural(table.size, *table.noun)}
    if table.tree:
        return _(
            "{shown} of {all}, repeats are shown once and deeper levels folded; all are in the HTML and JSON reports.",
            **values,
        )
    return _("{shown} of {all}, the first of them; all are in the HTML and JSON reports.", **values)

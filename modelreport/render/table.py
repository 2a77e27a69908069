"""A table of the report as data.

One description, two painters: the template writes its first rows and usual columns, whole without a script; the page's
script then shows all rows and columns from the packed data and sorts, filters and folds them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from modelreport.render import format as text

ROWS_IN_MARKUP: Final = 2000
"""Rows that stand in the page itself; the packed data has all."""

_SIGNS: Final = str.maketrans("", "", "×–…∞✓●✖")

Kind = Literal["name", "text", "code", "number", "share", "family", "spark"]


@dataclass(frozen=True)
class Column:
    """One column. ``kind`` decides alignment, type and order: ``number`` and ``share`` sort by value, the rest as text.

    ``name`` is the column that carries the tree; ``code`` is monospaced; ``share`` draws a bar behind its value (0–1);
    ``spark`` is a small histogram that only the page's script draws.
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


@dataclass(frozen=True)
class Cell:
    """One value: what is read, and, where they differ, the exact value behind it (tooltip, order, copy)."""

    text: str
    exact: str = ""
    href: str = ""
    """Anchor on the page, such as ``#layer-3``."""
    value: float | None = None
    """The number behind it, where ``text`` is that number and nothing else: the page's script writes it itself."""

    @classmethod
    def figure(cls, value: float | None) -> Cell:
        """A measured number: three digits to read, seven behind them, which is what a float32 holds."""
        if value is None or not math.isfinite(value):
            return cls(text.number(value))
        rounded = float(f"{value:.7g}")
        return cls(text.number(rounded), f"{rounded:.7g}", value=rounded)

    @classmethod
    def name(cls, name: str, exact: str = "") -> Cell:
        """The name of something in the file, made visible; an empty one says so."""
        return cls(text.name(name) or "(no name)", exact)

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

    @property
    def head(self) -> Sequence[Row]:
        """Rows that stand in the page itself."""
        return self.top[: self.limit]

    @property
    def top(self) -> Sequence[Row]:
        """All rows, or those below no other where the table is closed."""
        return tuple(row for row in self.rows if not row.depth) if self.closed else self.rows

    @property
    def size(self) -> int:
        """Rows without those that stand for several."""
        return sum(not row.group for row in self.rows)

    @property
    def printed(self) -> tuple[tuple[int, Column], ...]:
        """Columns that stand in the page itself, each with its place among all."""
        return tuple((i, each) for i, each in enumerate(self.columns) if each.shown and each.kind != "spark")

    @property
    def payloads(self) -> dict[str, Any]:
        """All rows and columns for the page's script, under ``table-<id>``."""
        columns = [[c.id, c.title, c.kind, c.help, int(c.shown), c.group] for c in self.columns]
        rows = [list(_packed(row)) for row in self.rows]
        return {
            f"table-{self.id}": {
                "caption": self.caption,
                "columns": columns,
                "rows": rows,
                "tree": self.tree,
                "noun": list(self.noun),
                "histograms": self.histograms,
                "details": self.details,
            }
        }


def _packed(row: Row) -> Iterator[Any]:
    """A row as plain data: id, depth, folded (2: a group), note, then each cell.

    A cell is its text, or its number where the text is nothing else, or ``[text, exact, href]``.
    """
    yield from (row.id, row.depth, 2 if row.group else int(row.folded), row.note)
    for cell in row.cells:
        if cell.value is not None and not cell.href:
            yield cell.value
        else:
            yield [cell.text, cell.exact, cell.href] if cell.exact or cell.href else cell.text


def amount(value: int | None) -> Cell:
    """A count at a glance with every digit behind it."""
    return (
        Cell(text.count(value), text.exact(value)) if value is not None and value >= 10_000 else Cell(text.exact(value))
    )


def share_cell(part: int | None, whole: int) -> Cell:
    """A share with its exact value behind it; ``–`` where there is nothing to share."""
    if not whole or part is None:
        return Cell(text.UNKNOWN)
    return Cell(text.share(part / whole), f"{part / whole:.6f}")


def caption_of(title: str, shown: int, total: int) -> str:
    """The title of a table, and how much of the whole it shows where that is not all."""
    if shown >= total:
        return title
    return f"{title} (the first {text.exact(shown)} of {text.exact(total)}; all are in the JSON report)"

"""A table of the report as data.

One description, painted by the template for its first rows and by the page's script for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

ROWS_IN_MARKUP: Final = 2000
"""Rows that stand in the page itself; the others travel packed and appear with the page's script."""

Kind = Literal["name", "text", "code", "number", "share", "spark"]


@dataclass(frozen=True)
class Column:
    """One column. ``kind`` decides alignment, type and order: ``number`` and ``share`` sort by value, the rest as text.

    ``name`` is the column that carries the tree; ``code`` is monospaced; ``share`` draws a bar behind its value (0–1);
    ``spark`` is empty in the markup and drawn by the page's script.
    """

    id: str
    title: str
    kind: Kind = "text"
    help: str = ""
    """What the column means, for its heading's tooltip."""
    shown: bool = True
    """Whether it is visible before the reader chooses."""


@dataclass(frozen=True)
class Cell:
    """One value: what is read, and, where they differ, the exact value behind it (tooltip, order, copy)."""

    text: str
    exact: str = ""
    href: str = ""
    """Anchor on the page, such as ``#layer-3``."""


@dataclass(frozen=True)
class Row:
    """One row. Children follow their parent at a greater depth."""

    id: str
    """Anchor, such as ``layer-3``: numbered, never made from a name."""
    cells: tuple[Cell, ...]
    depth: int = 0
    folded: bool = False
    """Whether its children are hidden until the reader opens it."""
    repeat: int = 0
    """For a row that stands for structurally equal siblings: how many."""
    note: str = ""
    """A word beside the name, such as ``×5`` or ``tied``."""


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
    detail: str = ""
    """Payload with more about each row, shown in a panel when a row is chosen; empty for none."""
    limit: int = ROWS_IN_MARKUP
    spark: str = ""
    """Payload with one histogram for each row, for the ``spark`` column."""

    @property
    def head(self) -> Sequence[Row]:
        """Rows that stand in the page itself."""
        return self.rows[: self.limit]

    @property
    def payloads(self) -> dict[str, Any]:
        """The rows beyond the head under ``rows-<id>``, or nothing when there are none."""
        rest = self.rows[self.limit :]
        return {f"rows-{self.id}": [list(_packed(row)) for row in rest]} if rest else {}


def _packed(row: Row) -> Iterator[Any]:
    """A row as plain data: id, depth, folded, repeat, note, then each cell as text or [text, exact, href]."""
    yield from (row.id, row.depth, int(row.folded), row.repeat, row.note)
    for cell in row.cells:
        yield [cell.text, cell.exact, cell.href] if cell.exact or cell.href else cell.text

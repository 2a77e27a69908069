"""A table as plain data for the page's script: column by column, what repeats once, numbers as numbers.

A page that shows fifty thousand rows holds arrays of numbers and a few words, not a million small objects; and it packs
smaller. ``templates/js/rows.js`` reads it, ``templates/js/numbers.js`` writes the numbers as ``format.py`` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from modelreport.render import format as text

if TYPE_CHECKING:
    from modelreport.render.table import Cell, Row

EXACT: Final = 2**53
"""Beyond it the script's numbers are not exact: such a column travels as text."""
JOINED: Final = "."
"""Stands for an exact name that is the name of what the row is in, a dot and its own."""


def rows_of(rows: Sequence[Row]) -> dict[str, Any]:
    """What is true of the rows themselves: ids, and where any row has them depths, states and notes.

    A state is 1 for a folded row and 2 for a group; notes are by the place of the row.
    """
    made: dict[str, Any] = {"ids": [row.id for row in rows]}
    depths, states = [row.depth for row in rows], [2 if row.group else int(row.folded) for row in rows]
    if any(depths):
        made["depths"] = depths
    if any(states):
        made["states"] = states
    if notes := {str(i): row.note for i, row in enumerate(rows) if row.note}:
        made["notes"] = notes
    return made


def column_of(rows: Sequence[Row], place: int) -> list[Any]:
    """One column: ``["words", each once, which of them each row has]`` or ``[form of the numbers, numbers, …]``.

    A word is a text or ``[text, exact, href]``. The forms are those of ``Cell.form``; a number that is not known is
    null; ``share`` adds the whole that the numbers are parts of.
    """
    cells = [row.cells[place] for row in rows]
    return _numbers(cells) or _words(_joined(rows, place))


def _numbers(cells: Sequence[Cell]) -> list[Any] | None:
    """Cells that are all numbers of one form, or not known."""
    known = [cell for cell in cells if cell.text != text.UNKNOWN]
    forms, wholes = {cell.form for cell in known}, {cell.whole for cell in known}
    if not known or "" in forms or len(forms) > 1 or len(wholes) > 1 or any(cell.href for cell in cells):
        return None
    if any(cell.value is None or abs(cell.value) >= EXACT for cell in known) or max(wholes) >= EXACT:
        return None
    form, whole = known[0].form, known[0].whole
    values = [None if cell.text == text.UNKNOWN else cell.value for cell in cells]
    return [form, values, whole] if form == "share" else [form, values]


def _joined(rows: Sequence[Row], place: int) -> Iterable[tuple[str, str, str]]:
    """Text, exact and href of each cell; a name that follows from those above it as ``JOINED``."""
    above: list[tuple[str, bool]] = []  # full names of the rows that the row is in, and whether they are groups
    for row in rows:
        cell = row.cells[place]
        del above[row.depth :]
        parent = next((name for name, group in reversed(above) if not group), "")
        above.append((cell.exact or cell.text, row.group))
        joined = cell.exact and parent and cell.exact == f"{parent}.{cell.text}"
        yield cell.text, JOINED if joined else cell.exact, cell.href


def _words(cells: Iterable[tuple[str, str, str]]) -> list[Any]:
    places: dict[tuple[str, str, str], int] = {}
    which = [places.setdefault(cell, len(places)) for cell in cells]
    words = [[shown, exact, href] if exact or href else shown for shown, exact, href in places]
    return ["words", words, which]

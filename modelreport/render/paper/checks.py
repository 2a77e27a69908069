"""Checks that passed, on paper: sentences half as wide as the page stand in two columns beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

from modelreport.render import format as text
from modelreport.render.language import _
from modelreport.render.paper.columns import WIDTHS, advance
from modelreport.render.sections.findings import Entry
from modelreport.render.setting import setting

TOGETHER: Final = 14
"""Checks that a page does not end between: two columns of half as many."""
_SIZE: Final = 7.6
"""Font size of ``.checks`` in ``templates/css/sheet.css``, in points."""
_FILLED: Final = 0.93
"""How much of a line words fill that are broken between words."""
_BETWEEN: Final = 14.0
"""Points between the columns, and what stands before the words of a check."""


def in_columns(entries: Sequence[Entry]) -> list[list[Sequence[Entry]]]:
    """The checks in groups of one or two columns of about the same height, in their order."""
    count = -(-len(entries) // TOGETHER)
    ends = [round(len(entries) * i / count) for i in range(count + 1)] if count else [0]
    return [_halves(entries[first:last]) for first, last in pairwise(ends)]


def _halves(entries: Sequence[Entry]) -> list[Sequence[Entry]]:
    """Two columns, cut where the higher of them is least high; a few checks stay in one."""
    if len(entries) < 2:
        return [entries]
    heights = [0, *accumulate(_lines(each) for each in entries)]
    cut = min(range(len(entries) - 1, 0, -1), key=lambda i: max(heights[i], heights[-1] - heights[i]))
    return [entries[:cut], entries[cut:]]


def _lines(entry: Entry) -> int:
    """About how many lines a check takes in a column."""
    finding = entry.finding
    room = WIDTHS[setting().options.paper] / 2 - _BETWEEN
    words = advance(f"✓ {_(finding.title)}", "bold", _SIZE)
    words += advance(f" {finding.id} {text.message(finding.message)}", "text", _SIZE)
    return int(words // (room * _FILLED)) + 1

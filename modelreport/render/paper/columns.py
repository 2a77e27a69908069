"""How wide the columns of a table on paper are: as their words need, before they are laid out.

A layout that finds widths by itself sets every cell three times, and takes them from whole columns alike: a path would
leave a number or a class no room. Here numbers and short words stay whole, and what can be broken gives way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from modelreport.render.excerpt import Excerpt
from modelreport.render.folders import templates_folder
from modelreport.render.setting import setting
from modelreport.render.table import Column, Row

WIDTHS: Final = {"a4": 504.5, "letter": 521.2}
"""Points between the margins, by paper."""
_TEXT, _CODE, _NOTE = 7.8, 6.9, 7.2
"""Font sizes of ``templates/css/sheet.css`` in points."""
_BESIDE: Final = 5.2
"""Padding of a cell; of a number with that on its left."""
_NUMBER: Final = 10.2
_STEP: Final = 7.0
"""Padding of one level of a tree."""
_DEEPEST: Final = 12
_WHOLE: Final = 110.0
"""Points up to which a word is kept whole while there is room."""
_MONO: Final = 0.602
_OTHER: Final = 0.7
"""Advance in em of a character that the fonts do not have, unless it is a wide one."""
_BREAKS: Final = re.compile(r"(?<=[\s/,\-–·])")


@dataclass(frozen=True)
class _Need:
    """Points that a column needs for its longest word, and for its longest line."""

    least: float
    most: float


def widths(table: Excerpt) -> list[float]:
    """Hundredths of the table's width for each of its columns; they add up to 100."""
    room = WIDTHS[setting().options.paper]
    needs = [_need(column, i, table.rows) for i, column in enumerate(table.columns)]
    shared = _shared(needs, room)
    return [round(100 * each / sum(shared), 3) for each in shared]


def _shared(needs: Sequence[_Need], room: float) -> list[float]:
    """The room for each: whole lines where all fit, else whole words and a share of the rest, else what there is."""
    most, least = sum(need.most for need in needs), sum(need.least for need in needs)
    if most <= room:
        more = (room - most) / len(needs)
        return [need.most + more for need in needs]
    if least <= room:
        share = (room - least) / (most - least)
        return [need.least + (need.most - need.least) * share for need in needs]
    return [need.least * room / least for need in needs]


def _need(column: Column, place: int, rows: Iterable[Row]) -> _Need:
    """Numbers are not broken; paths may be, their parts only where a part is longer than a column can be."""
    counts = column.kind in {"number", "share"}
    code = column.kind in {"code", "name"} and column.id != "device"
    beside = _NUMBER if counts else _BESIDE
    title = advance(_titled(column), "bold", _TEXT)
    word = max((advance(part, "bold", _TEXT) for part in _BREAKS.split(_titled(column))), default=0.0)
    least, most = word, title
    for row in rows:
        words = row.cells[place].text
        left = min(row.depth, _DEEPEST) * _STEP if place == 0 else 0.0
        face, size = ("mono", _CODE) if code else ("text", _TEXT)
        note = f" {row.note}" if place == 0 and row.note else ""
        line = left + advance(words, face, size) + advance(note, "text", _NOTE)
        longest = max((advance(part, face, size) for part in _BREAKS.split(words)), default=0.0)
        least = max(least, line if counts else left + min(longest, _WHOLE))
        most = max(most, line)
    return _Need(least + beside, most + beside)


def _titled(column: Column) -> str:
    from modelreport.render.language import _

    return _(column.title)


def advance(words: str, face: str, size: float) -> float:
    """The width of a text in the unit of ``size``, set in ``text``, ``bold`` or ``mono``, without kerning."""
    known = _advances("NotoSans-Bold.ttf" if face == "bold" else "NotoSans-Regular.ttf")
    total = 0.0
    for char in words:
        if unicodedata.east_asian_width(char) in "WF":
            total += 1.0
        elif face == "mono":
            total += _MONO
        else:
            total += known.get(char, _OTHER)
    return total * size


@cache
def _advances(name: str) -> dict[str, float]:
    """From each character of a shipped font to how far it moves on, in em."""
    from fontTools.ttLib import TTFont

    with TTFont(templates_folder() / "fonts" / name, lazy=True) as font:
        em, metrics = font["head"].unitsPerEm, font["hmtx"].metrics
        return {chr(code): metrics[glyph][0] / em for code, glyph in font.getBestCmap().items()}

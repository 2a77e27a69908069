"""Bold text in a font that has one weight: its outlines are drawn with a line, as browsers and word processors do.

The package of the extra ``cjk`` has the regular weight alone. WeasyPrint gives bold text in it a font of its own, named
so and no bolder than the other: a heading would have bold letters and thin signs in one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from modelreport.render.paper.fonts import EXTRA

_LINE: Final = 0.035
"""Width of the line in parts of the size: it makes stems of 0.07 (Noto Sans CJK, regular) half as wide again."""
_STROKES: Final = {b"rg": b"RG", b"g": b"G", b"k": b"K"}
"""Operators that set the colour of areas, and those that set the same one for lines (ISO 32000-1, table 74)."""
_KEPT: Final = {b"RG": b"colour", b"G": b"colour", b"K": b"colour", b"w": b"width", b"j": b"join"}
"""What drawing with a line changes, by the operators that set it."""


def embolden(pdf: Any) -> None:
    """Draw everything that is set in the bold of the extra font with a line around it, in place."""
    fonts = frozenset(_named_bold(pdf))
    for item in pdf.objects if fonts else ():
        if any(_font_of(line) in fonts for line in getattr(item, "stream", ())):
            item.stream = list(_with_lines(item.stream, fonts))


def _named_bold(pdf: Any) -> Iterator[bytes]:
    """Names by which pages call the fonts that should be bold."""
    wanted = EXTRA.replace(" ", "-").encode() + b"-Bold"
    for item in pdf.objects:
        if isinstance(item, dict) and item.get("Subtype") == "/Type0":
            name, _plus, family = item["BaseFont"].partition(b"+")
            if family == wanted:
                yield name


def _font_of(line: object) -> bytes:
    """The font that a line of a page chooses; empty for another line."""
    return line.split(b" ")[0] if isinstance(line, bytes) and line.endswith(b" Tf") else b""


def _with_lines(stream: Iterable[Any], fonts: frozenset[bytes]) -> Iterator[Any]:
    """The lines of a page, with what makes text in these fonts bold, and puts everything back behind it."""
    states: list[dict[bytes, bytes]] = [{}]
    bold = False
    for line in stream:
        operator = line.rpartition(b" ")[2] if isinstance(line, bytes) else b""
        if bold and operator in {b"Tf", b"ET"}:
            yield from (b"0 Tr", states[-1].get(b"width", b"1 w"), states[-1].get(b"join", b"0 j"))
            yield from ([states[-1][b"colour"]] if b"colour" in states[-1] else [])
            bold = False
        if operator == b"q":
            states.append(dict(states[-1]))
        elif operator == b"Q" and len(states) > 1:
            states.pop()
        elif operator in _STROKES:
            states[-1][b"fill"] = line[: -len(operator)] + _STROKES[operator]
        elif operator in {b"sc", b"scn", b"cs"}:
            states[-1].pop(b"fill", None)
        elif operator in _KEPT:
            states[-1][_KEPT[operator]] = line
        yield line
        if _font_of(line) in fonts and b"fill" in states[-1]:
            size = float(line.split(b" ")[1])
            yield from (states[-1][b"fill"], f"{_LINE * size:.3f} w".encode(), b"1 j", b"2 Tr")
            bold = True

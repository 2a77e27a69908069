"""Drawings of a page as images, and characters without a glyph as what has one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from html import unescape
from typing import Final

from markupsafe import escape

from modelreport.render.paper.fonts import STACK

BLANK: Final = "▯"
"""Stands for a character without a glyph in a drawing, where there is no room for its code."""
_LEFT_TO_RIGHT: Final = "\u200e"
_EDGE: Final = re.compile(r"<svg\b|</svg>")
_SIZE: Final = re.compile(r'<svg [^>]*?\bwidth="(\d+)" height="(\d+)"')
_FAMILY: Final = re.compile(r'(<svg [^>]*?)font-family="[^"]*"')
_TOLD: Final = re.compile(r"<svg\b[^>]*>\s*(?:<title>(.*?)</title>)?\s*(?:<desc>(.*?)</desc>)?", re.DOTALL)


def as_images(page: str) -> tuple[str, dict[str, str]]:
    """A page whose ``svg`` elements are image elements with a text for those who cannot see them, and the drawings.

    Drawings are found by the addresses of their images. Inside the page each line and label would be an element of the
    document, to be matched with every rule of the style sheet. They are told the fonts, because they inherit none.
    """
    drawings: dict[str, str] = {}

    def image(drawing: str) -> str:
        address = f"drawing:{len(drawings) + 1}"
        drawings[address] = _FAMILY.sub(lambda found: f'{found[1]}font-family="{STACK}"', drawing)
        return _image(drawing, address)

    return _changed(page, image), drawings


def _changed(page: str, change: Callable[[str], str]) -> str:
    """The page with its outermost ``svg`` elements changed; a drawing may have others inside."""
    made, depth, start, end = [], 0, 0, 0
    for edge in _EDGE.finditer(page):
        opens = edge[0] != "</svg>"
        if opens and depth == 0:
            start = edge.start()
        depth = max(0, depth + (1 if opens else -1))
        if not opens and depth == 0 and start >= end:
            made += [page[end:start], change(page[start : edge.end()])]
            end = edge.end()
    return "".join((*made, page[end:]))


def _image(drawing: str, address: str) -> str:
    size = _SIZE.search(drawing)
    words = _TOLD.match(drawing)
    told = " ".join(part.strip() for part in (words.groups() if words else ()) if part)
    wide, high = (size[1], size[2]) if size else ("", "")
    return f'<img class="vector" alt="{escape(unescape(told))}" width="{wide}" height="{high}" src="{address}" />'


def replaced(page: str, missing: str) -> str:
    """A page that shows characters without a glyph by their code points, in drawings as an empty box.

    A glyph for "not there" is not allowed in PDF/UA, and two names that differ would look the same. The head of the
    page is left alone: its title is shown by the reader's program, in its fonts. Beside Arabic and Hebrew marks keep
    the digits of a code point and its brackets in their order.
    """
    leftwards = any(unicodedata.bidirectional(char) in {"R", "AL"} for char in set(page))
    mark = _LEFT_TO_RIGHT if leftwards else ""
    codes = {ord(char): f"{mark}‹{ord(char):04X}›{mark}" for char in missing}
    blanks = dict.fromkeys(map(ord, missing), BLANK)
    head, body, rest = page.partition("<body>")
    return head + body + _changed(rest, lambda drawing: drawing.translate(blanks)).translate(codes)

"""Drawings of a page as images, and characters without a glyph as what has one."""

from __future__ import annotations

import re
from base64 import b64encode
from html import unescape
from typing import Final

from markupsafe import escape

from modelreport.render.paper.fonts import STACK

BLANK: Final = "▯"
"""Stands for a character without a glyph in a drawing, where there is no room for its code."""
_SVG: Final = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_SIZE: Final = re.compile(r'<svg [^>]*?\bwidth="(\d+)" height="(\d+)"')
_FAMILY: Final = re.compile(r'(<svg [^>]*?)font-family="[^"]*"')
_TOLD: Final = re.compile(r"<(title|desc)>(.*?)</\1>", re.DOTALL)


def as_images(page: str) -> str:
    """A page whose ``svg`` elements are image elements with a text for those who cannot see them; they stay vectors.

    As an image a drawing is read apart from the document. Inside it each line and label would be an element of the
    document, to be matched with every rule of the style sheet. It is told the fonts, because it does not inherit them.
    """
    return _SVG.sub(lambda found: _image(found[0]), page)


def _image(drawing: str) -> str:
    size = _SIZE.search(drawing)
    told = " ".join(text.strip() for _tag, text in _TOLD.findall(drawing))
    ours = _FAMILY.sub(lambda found: f'{found[1]}font-family="{STACK}"', drawing, count=1)
    packed = b64encode(ours.encode("utf-8", "backslashreplace")).decode("ascii")
    wide, high = (size[1], size[2]) if size else ("", "")
    alt = escape(unescape(told))
    return f'<img class="vector" alt="{alt}" width="{wide}" height="{high}" src="data:image/svg+xml;base64,{packed}">'


def replaced(page: str, missing: str) -> str:
    """A page that shows characters without a glyph by their code points, in drawings as an empty box.

    A glyph for "not there" is not allowed in PDF/UA, and two names that differ would look the same. The head of the
    page is left alone: its title is shown by the reader's program, in its fonts.
    """
    codes = {ord(char): f"‹{ord(char):04X}›" for char in missing}
    blanks = dict.fromkeys(map(ord, missing), BLANK)
    head, body, rest = page.partition("<body>")
    return head + body + _SVG.sub(lambda found: found[0].translate(blanks), rest).translate(codes)

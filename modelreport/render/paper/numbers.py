"""The page numbers of references, written into the finished layout.

A reference whose number the layout has to find out makes it lay out its page again, and where that changes the length
of a line all pages behind it. Here a number of two digits is held free instead, and filled in when all pages are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

HELD: Final = "00"
"""Stands for the number of a page in what follows a link; digits of our fonts are of one width."""
_AFTER: Final = "a::after"


def number_pages(document: Any) -> None:
    """Write the numbers into a document of WeasyPrint that is laid out, in place; they are where its links lead."""
    numbers = {anchor: number for number, page in enumerate(document.pages, 1) for anchor in page.anchors}
    for page in document.pages:
        for line in _lines(page._page_box):  # noqa: SLF001 - the layout has no other door
            _fill(line, numbers)


def _lines(page: Any) -> Iterator[Any]:
    """The lines of a page, those that float or stand inside another line before it."""
    from weasyprint.formatting_structure.boxes import LineBox

    yield from reversed([box for box in page.descendants(placeholders=True) if isinstance(box, LineBox)])


def _fill(line: Any, numbers: Mapping[str, int]) -> None:
    """The numbers of one line; what comes behind one that is narrower than what was held free moves up to it."""
    texts = [box for box in line.descendants() if getattr(box, "text", None)]
    for text in [each for each in texts if each.element_tag == _AFTER and HELD in each.text]:
        free = _numbered(text, numbers)
        if line.element_tag == _AFTER:  # by itself at the right margin
            text.translate(free, 0)
        elif len(texts) == 1:  # in a frame of its own
            text.translate(free / 2, 0)
        for other in texts:
            if other.position_x > text.position_x:
                other.translate(-free, 0)


def _numbered(text: Any, numbers: Mapping[str, int]) -> float:
    """Write the number of the page that a box's link leads to; the width that is now free."""
    from weasyprint.text.line_break import line_size

    number = numbers.get(text.element.get("href", "")[1:])
    text.text = text.text.replace(HELD, "–" if number is None else str(number))
    text.pango_layout.reactivate(text.style)
    text.pango_layout.set_text(text.text)
    width, _height = line_size(text.pango_layout.get_first_line()[0], text.style)
    free: float = text.width - width
    text.width = width
    return free

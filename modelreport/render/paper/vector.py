"""The drawings of the document as WeasyPrint's images, with each label painted as a line.

WeasyPrint paints the text of SVG letter by letter: each has a layout and a place of its own, those that end or are
centred somewhere also a form. That takes most of the time of a drawing, loses kerning, and leaves no words to search
for. What is drawn here has none of what needs it: no paths for text, no places for single letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final
from xml.etree import ElementTree

from modelreport.render.language import tag

_SHIFT: Final = {"middle": 0.5, "end": 1.0}
"""How much of its width a label is moved to the left."""


class Drawing:
    """A drawing as WeasyPrint's images are: it is asked for its size, and to paint itself."""

    def __init__(self, markup: str, config: Any) -> None:
        self._root = ElementTree.fromstring(markup)  # noqa: S314 - we wrote it
        self._config = config

    def get_intrinsic_size(self, _resolution: float, _font_size: float) -> tuple[float, float, float]:
        """Width and height in CSS pixels, and their ratio."""
        wide, high = (float(self._root.get(name, 0)) for name in ("width", "height"))
        return wide, high, wide / high if high else 1.0

    def draw(self, stream: Any, wide: float, high: float, _style: Any) -> None:
        """Paint it that large from the origin of the stream."""
        _painter()(self._root, None, self._config, None).draw(stream, wide, high, None, None)


def images(drawings: Mapping[str, str], config: Any) -> dict[str, Drawing]:
    """The drawings by their addresses; ``config`` has the fonts."""
    return {address: Drawing(markup, config) for address, markup in drawings.items()}


@cache
def _painter() -> type[Any]:
    """WeasyPrint's painter of SVG but for text."""
    from weasyprint.svg import SVG

    class Painter(SVG):  # type: ignore[misc]
        def draw_node(self, node: Any, font_size: float, *rest: Any, **more: Any) -> None:
            if node.tag != "text":
                super().draw_node(node, font_size, *rest, **more)
            elif node.visible:
                _draw_label(self, node, font_size)

    return Painter


def _draw_label(svg: Any, node: Any, font_size: float) -> None:
    """One line of text, in as many pieces as it has looks."""
    from weasyprint.draw.text import draw_emojis, draw_first_line
    from weasyprint.matrix import Matrix
    from weasyprint.svg.text import TextBox

    pieces = [
        (each, size, *_set(svg, each, words, size)) for each, words, size in _pieces(node, _size(node, font_size))
    ]
    x, y = (float(node.get(name, 0)) for name in ("x", "y"))
    x -= sum(width for *_rest, width in pieces) * _SHIFT.get(node.get("text-anchor"), 0.0)
    svg.stream.push_state()
    for each, size, layout, width in pieces:
        fill, stroke = svg.set_graphical_state(each, size)
        svg.stream.begin_text()
        svg.fill_stroke(fill, stroke, text=True)
        box = TextBox(layout, layout.style)
        box.baseline = 0
        signs = draw_first_line(svg.stream, box, "none", "none", Matrix(d=-1, e=x, f=y))
        svg.stream.end_text()
        draw_emojis(svg.stream, layout.style, x, y, signs)
        x += width
    svg.stream.pop_state()


def _pieces(node: Any, size: float) -> Iterator[tuple[Any, str, float]]:
    """The elements that have words of the label, with these and their font sizes; hints are no words of it.

    A blank between two is set with the second: by itself nothing would be painted, and the words would be one.
    """
    blank = ""
    for each, found in _with_words(node, size):
        if each.text.isspace():
            blank += each.text
        else:
            yield each, blank + each.text, found
            blank = ""


def _with_words(node: Any, size: float) -> Iterator[tuple[Any, float]]:
    if node.text:
        yield node, size
    for child in node:
        if child.tag == "tspan":
            yield from _with_words(child, _size(child, size))


def _size(node: Any, size: float) -> float:
    from weasyprint.svg.utils import size as resolved

    found: float = resolved(node.get("font-size", "1em"), size, size)
    return found


def _set(svg: Any, node: Any, words: str, size: float) -> tuple[Any, float]:
    """Words in the looks of an element as a line, and how wide it is."""
    from weasyprint.text.line_break import Layout, line_size

    families = tuple(part.strip(" \"'") for part in node.get("font-family", "sans-serif").split(","))
    weight = {"normal": "400", "bold": "700"}.get(found := node.get("font-weight", "400"), found)
    style = _style(svg.font_config, families, int(weight), size)
    layout = Layout(style)
    layout.set_text(words)
    width, _height = line_size(layout.get_first_line()[0], style)
    return layout, width


@cache
def _initial() -> dict[str, Any]:
    from weasyprint.css.properties import INITIAL_VALUES

    return dict(INITIAL_VALUES)


def _style(config: Any, families: tuple[str, ...], weight: int, size: float) -> Any:
    from weasyprint.svg.text import Style

    style = Style(_initial())
    style.font_config = config
    style.update(font_family=list(families), font_weight=weight, font_size=size, lang=tag())
    return style

"""The words on the map: what stands on a box at one size, never smaller than can be read.

``templates/js/map-labels.js`` words and places labels by the same rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from modelreport.render import format as text
from modelreport.render.map.layout import LINE
from modelreport.render.map.scene import Node
from modelreport.render.map.words import BOLD, beginning, endings, label_letters, title, together, wordings


@dataclass(frozen=True)
class Letters:
    """Font sizes in pixels."""

    most: float = 12.5
    usual: float = 10.0
    """A label is not made smaller than this while there is room for it."""
    least: float = 9.5
    """Labels that would be smaller are left out."""


SCREEN: Final = Letters()
PAPER: Final = Letters(usual=8.0, least=6.4)
"""What is printed is read from nearer, and cannot be enlarged."""
CARD_TEXT: Final = 11.5
LINE_TEXT: Final = 9.5
"""Font sizes of a card's title and further lines, in units."""
LETTER: Final = 0.6
"""Mean width of a letter as a share of the font size."""
HIGH: Final = 1.25
"""Height of a line of text as a share of the font size."""
BAR_TEXT: Final = 0.7
"""Font size in a title bar as a share of its height."""
_WORDS: Final = 0.4
"""Share of the height of a shut box that words take at most, if they are more than a line."""
_INSIDE: Final = 1.6
"""Height for what is inside a shut box, below its labels, in lines of text."""
_APART: Final = 2
"""Letters between the title of a box and what it holds."""
_MUCH: Final = 8
"""Letters from which the beginning of a card's type is as good as the whole beside it."""
_BARE: Final = 2
"""Letters from which the beginning of a type is better than a card that says nothing."""
_SIDE: Final = 2.0
_INSET: Final = 4.0
"""Between a label in the middle and the sides of its box, and before one that stands at the left, in pixels."""


@dataclass(frozen=True)
class Box:
    """A node on the picture."""

    node: int
    x: float
    y: float
    width: float
    height: float
    scale: float
    """Pixels per unit of the parent's content."""
    depth: int
    open: bool
    bar: float = 0.0
    """Height of the title bar when it is open."""


@dataclass(frozen=True)
class Label:
    """A line of text on the picture; ``name`` is set lighter before the bold ``text``."""

    x: float
    y: float
    """Centre of the line."""
    size: float
    text: str
    name: str = ""
    anchor: str = "middle"


@dataclass(frozen=True)
class Told:
    """The labels of one box, and how much of its height at the top they take when what is inside shows below them."""

    labels: list[Label] = field(default_factory=list)
    below: float = 0.0


def header(node: Node, box: Box, letters: Letters = SCREEN, inside: str = "") -> list[Label]:
    """Name and type in the title bar of an open box, at the left; what it holds at the right, rather than its type."""
    size = min(letters.most, max(letters.usual, box.bar * BAR_TEXT))
    inset = _inset(box)
    room = (box.width - 2 * inset) / LETTER
    name, kind = fit(node, room / size)
    if box.bar < size * 1.1 or not (name or kind):
        return []
    x, y, small = box.x + inset, box.y + box.bar * 0.52, min(size, letters.usual)
    room -= label_letters(inside) * small
    ways = [(name, kind), (node.name, "")] if inside else []
    for first, second in ways:
        both = room / (together(first, second) + _APART)
        if first and both >= letters.usual:
            right = Label(box.x + box.width - inset, y, small, "", inside, "end")
            return [Label(x, y, min(size, both), second, first, "start"), right]
    return [Label(x, y, size, kind, name, "start")]


def _inset(box: Box) -> float:
    return max(_INSET, 7 * min(1.0, box.scale))


def card(node: Node, box: Box, letters: Letters = SCREEN) -> list[Label]:
    """The label of a card: name and type, or one of them, or much of it; and further lines where they can be read."""
    room = box.width - 2 * _SIDE
    most = min(letters.most, max(box.scale * CARD_TEXT, min(letters.usual, box.height * 0.8)))
    told = [way for way in wordings(node) if way[1] or not way[0].isdecimal() or not node.type]
    ways = [(fitting(name, kind, room, most), name, kind) for name, kind in told]
    size, name, kind = next((way for way in ways if way[0] >= letters.least), (0.0, "", ""))
    if not size:
        return _beginning(node.type or node.name, box, letters, _MUCH)
    small, middle = min(letters.usual, max(letters.least, box.scale * LINE_TEXT)), box.x + box.width / 2
    lines = node.lines if box.scale * LINE >= small * 1.1 else ()
    y = box.y + (13 * box.scale if lines else box.height / 2)
    made = [Label(middle, y, size, kind, name)]
    for number, line in enumerate(lines):
        if label_letters(line) * small * LETTER <= room:
            made.append(Label(middle, y + LINE * box.scale * (number + 1), small, "", line))
    return made


def cut_card(node: Node, box: Box, letters: Letters = SCREEN) -> list[Label]:
    """The first letters of a card's type, for one that has no other label and no room beside it."""
    return _beginning(node.type or node.name, box, letters, _BARE)


def shut(node: Node, box: Box, letters: Letters = SCREEN, inside: str = "") -> Told:
    """The labels of a shut box: at its top left, where the title bar will be, if there is room below for its inside."""
    inset = _inset(box)
    room = (box.width - inset - _SIDE) / LETTER
    size = max(letters.usual, min(letters.most, box.bar * BAR_TEXT))
    lines = _lines(node, room / size, inside)
    if not lines:
        size = letters.least
        lines = _lines(node, room / size, inside) or _cut(node, room / size)
    first = max(box.bar * 0.52, size * 0.8)
    step = size * HIGH
    most = max(1, int(box.height * _WORDS / step))
    count = min(len(lines), most, int((box.height - first) / step - _INSIDE))
    below = first + (count - 0.4) * step
    if count < 1:
        return Told(_small(node, box, letters), 0.0)
    x = box.x + inset
    ys = [box.y + first + step * k for k in range(count)]
    made = [Label(x, y, size, kind, name, "start") for y, (name, kind) in zip(ys, lines, strict=False)]
    return Told(made, below)


def _lines(node: Node, room: float, inside: str) -> list[tuple[str, str]]:
    """Name and type in ``room`` letters, on one line or two, what is inside, what comes out; empty if nothing fits."""
    name, kind = wordings(node)[0]
    if together(name, kind) <= room:
        made = [(name, kind)]
    else:
        made = [(part, "") for part in (name, *endings(name)) if part and label_letters(part) <= room][:1]
        kinds = [kind] if together("", kind) <= room else [_repeats(node, room)]
        made += [("", part) for part in kinds if part]
    flows = f"→ {text.shape(node.outputs[0].shape)}" if node.outputs else ""
    more = [(words, "") for words in (inside, flows) if words and label_letters(words) <= room]
    return [*made, *more] if made else []


def _repeats(node: Node, room: float) -> str:
    """What a box of ×N repeats, cut to ``room`` letters, with the number; empty for other boxes."""
    if not node.repeat:
        return ""
    number = f" ×{node.repeat}"
    whole = beginning(node.type, room / BOLD - label_letters(number)) + number
    return next((part for part in (whole.strip(), number.strip()) if together("", part) <= room), "")


def _cut(node: Node, room: float) -> list[tuple[str, str]]:
    """The beginning of the name, or of the type of a box without one."""
    name, kind = wordings(node)[0]
    words = beginning(name or kind, room)
    return [(words, "")] if words else []


def _small(node: Node, box: Box, letters: Letters) -> list[Label]:
    """One line in the middle of a box that has room for no more: its name, or what tells it."""
    name, kind = wordings(node)[0]
    most = min(letters.usual, box.height * 0.8)
    ways = [("", kind), (name, "")] if node.repeat else [(name, ""), ("", kind)]
    ways[:0] = [(name, kind)]
    ways += [(last, "") for last in endings(name)]
    for first, second in ways:
        size = fitting(first, second, box.width - 2 * _SIDE, most)
        if (first or second) and size >= letters.least:
            return [Label(box.x + box.width / 2, box.y + box.height / 2, size, second, first)]
    return _beginning(name or kind, box, letters)


def _beginning(words: str, box: Box, letters: Letters, least: int = 3) -> list[Label]:
    """As much of a label as fits in small letters, where that is enough to tell it by."""
    size = letters.least
    cut = beginning(words, (box.width - 2 * _SIDE) / size / LETTER, least) if box.height >= size * 1.2 else ""
    return [Label(box.x + box.width / 2, box.y + box.height / 2, size, "", cut)] if cut else []


def fitting(name: str, kind: str, room: float, most: float) -> float:
    """The font size, at most ``most``, at which a label fits into ``room`` pixels."""
    return min(most, max(0.0, room) / max(1.0, together(name, kind)) / LETTER)


def fit(node: Node, room: float) -> tuple[str, str]:
    """Name and type shortened to ``room`` letters: both, the type, or the name, also its end; at last they are cut."""
    for name, kind in (*wordings(node), *((each, "") for each in endings(node.name))):
        if together(name, kind) <= room:
            return name, kind
    return "", beginning(title(node), room / BOLD)

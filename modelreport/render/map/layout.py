"""Positions: every box of a scene laid out inside its parent, from the inside out.

The content of a box is drawn at a scale of its own, smaller the more it holds, so that on any screen neighbours are of
comparable size: an operation beside a whole stage of blocks stays readable, and zooming in reads the stage.
Identical contents are laid out once, blocks of one kind beside each other get one size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from statistics import median

from modelreport.render.map.arrange import Content, Inside, arrange
from modelreport.render.map.grid import Wall, build_wall
from modelreport.render.map.scene import Node, Scene
from modelreport.render.map.shaping import INNER_PANE, PANE, TALL_PANE, Shapes, best_shaped, shallow
from modelreport.render.map.undisturbed import undisturbed
from modelreport.render.map.words import endings, label_letters, label_width, title, wordings

HEAD = 22.0
"""Height of the title bar of a box, in its parent's units."""
PAD = 12.0
CARD, LINE = 26.0, 14.0
"""Height of a card's title and of each further line; cards are as wide as their longest line."""
_EVEN = 16
_GROWTH = 1.2
"""How much wider and higher than a card without parameters the largest one is, where there is no data flow."""
_FILL = 1.5
"""How much larger the content of such a box gets at most to fill it."""
_ALIKE_WIDE, _ALIKE_HIGH = 1.7, 1.35
"""Blocks of one type get one size when the largest is at most this many times as wide and as high as the smallest."""
_LETTER_PIXELS = 5.8
"""Width of a letter of the smallest labels."""
_BOX_PIXELS = 26.0
"""Width and height from which a shut box can tell its name above what is inside."""
_CARD_PIXELS = 12.0
_CUT = 8
"""Letters of a card's type that it is wide enough for, before it counts as legible."""
_LARGE_TITLE, _WIDE_TITLE = 1.2, 150.0
"""Letters of the name and the type that a box is made wide enough for, against those in cards; and the most of it."""
_NEARLY_ALL = 0.85
"""Share of the cards of a box that can tell their type before they count as worded."""
_SYMMETRY = 1.18
"""How much wider a box may get for its main path to run down the middle."""


@dataclass(slots=True)
class Place:
    """Size of one node in its parent's units, and how its content is fitted in."""

    width: float
    height: float
    axis: float
    """x at which edges arrive above and leave below, from the left edge."""
    content: Content | None = None
    scale: float = 1.0
    dx: float = 0.0
    dy: float = 0.0
    """Offset of the content's origin."""
    head: float = HEAD
    """Height of the title bar."""
    legible: float = math.inf
    """Pixels per unit of the content from which its middling child can carry a label."""
    worded: float = 0.0
    """And from which nearly all of its cards can; 0 without any."""


@dataclass(slots=True)
class Layout:
    """Places of all nodes, by node; ``contents`` holds each distinct arrangement once."""

    places: list[Place]
    contents: list[Content]
    tall: Place
    """Place of the whole map arranged for a pane that is higher than wide, such as a telephone's."""


_NOWHERE = Place(0.0, 0.0, 0.0)


def lay_out(scene: Scene) -> Layout:
    """Lay out all boxes, children before parents. Time is linear in the nodes for contents of bounded size."""
    with undisturbed():
        made = _Layouter(scene)
        outer = shallow(scene)
        for index in range(len(scene.nodes) - 1, -1, -1):
            node = scene.nodes[index]
            if not node.children:
                made.places[index] = made.card(node)
            elif node.kind != "group" and index not in outer:
                made.settle(index)
        made.settle_first_screen(outer)
        tall = made.root(TALL_PANE)
        return Layout(made.places, made.contents([*made.places, tall]), tall)


@dataclass
class _Layouter:
    """Places of all nodes in the making; boxes are settled when what they hold has been."""

    scene: Scene
    shapes: Shapes = field(default_factory=Shapes)
    places: list[Place] = field(default_factory=list)
    memo: dict[object, Content] = field(default_factory=dict)
    walls: dict[object, Wall] = field(default_factory=dict)
    most: int = 1
    """Parameters of the largest card."""

    def __post_init__(self) -> None:
        self.places = [_NOWHERE] * len(self.scene.nodes)
        self.most = max(1, *(node.parameters for node in self.scene.nodes if not node.children), 1)

    def contents(self, places: list[Place]) -> list[Content]:
        """The contents in use, each once."""
        return list({id(place.content): place.content for place in places if place.content}.values())

    def settle_first_screen(self, boxes: list[int]) -> None:
        """Settle the outer boxes in the shapes that suit the first screen."""
        known = self.places

        def settled(shapes: Shapes) -> list[Place]:
            self.shapes, self.places = shapes, list(known)
            for index in reversed(boxes):
                if self.scene.nodes[index].kind != "group":
                    self.settle(index)
            return self.places

        self.places = best_shaped(self.scene, boxes, settled)

    def settle(self, index: int) -> None:
        """Lay out a box whose children have been, apart from the groups among them."""
        self._equalise(index)
        for group in self._groups(index):
            self.places[group] = self._box(group, self.content(group))
        self.places[index] = self.root(PANE) if index == 0 else self._box(index, self.content(index))

    def root(self, aspect: float) -> Place:
        """The place of the whole map for a pane of an aspect."""
        if not self.scene.nodes[0].children:
            return self.places[0]
        content = self.content(0, aspect)
        width, height = content.width + 2 * PAD, content.height + 2 * PAD
        place = Place(width, height, width / 2, content, 1.0, PAD, PAD)
        place.legible, place.worded = self._legible(0), self._worded(0)
        return place

    def card(self, node: Node) -> Place:
        """The place of a card; without data flow, the larger the more parameters it holds."""
        place = _card(node)
        if self.scene.flow or not node.parameters:
            return place
        factor = 1 + _GROWTH * math.sqrt(node.parameters / self.most)
        return Place(place.width * factor, place.height * factor, place.axis * factor)

    def wall(self, index: int, aspect: float) -> Content:
        """The arrangement of a box's children without data flow, which widens them."""
        children = self.scene.nodes[index].children
        sizes = tuple((self.places[child].width, self.places[child].height) for child in children)
        key = (sizes, aspect)
        wall = self.walls.get(key)
        if wall is None:
            wall = self.walls[key] = build_wall(sizes, aspect, fill=aspect != TALL_PANE)
        for child, (width, height) in zip(children, wall.sizes, strict=True):
            if (width, height) != (self.places[child].width, self.places[child].height):
                self.places[child] = _widened(self.places[child], width, height)
        return wall.content

    def content(self, index: int, aspect: float = 0.0, least: float = 0.0) -> Content:
        """The arrangement of a box's children, the same object for the same children."""
        node = self.scene.nodes[index]
        aspect = aspect or self.shapes.aspects.get(index, INNER_PANE)
        if not self.scene.flow:
            return self.wall(index, aspect)
        inside = Inside(
            sizes=tuple((place.width, place.height, place.axis) for place in (self.places[k] for k in node.children)),
            edges=tuple((edge.source, edge.target, edge.kind) for edge in node.edges),
            joins=tuple(not self.scene.nodes[child].children for child in node.children),
            ports=node.ports,
            leaves=node.leaves,
        )
        key = (inside, aspect, least)
        content = self.memo.get(key)
        if content is None:
            content = self.memo[key] = arrange(inside, aspect, least)
        return content

    def _groups(self, index: int) -> Iterator[int]:
        """The boxes of ×N directly inside, the innermost first."""
        for child in self.scene.nodes[index].children:
            if self.scene.nodes[child].kind == "group":
                yield from self._groups(child)
                yield child

    def _equalise(self, index: int) -> None:
        """Give blocks of one type, also those in groups, one size and scale unless they differ much."""
        kin: dict[str, list[int]] = {}
        for holder in (index, *self._groups(index)):
            for child in self.scene.nodes[holder].children:
                node = self.scene.nodes[child]
                if node.children and node.kind == "module":
                    kin.setdefault(node.type, []).append(child)
        for members in kin.values():
            wide = _spread([self.places[child].width for child in members])
            high = _spread([self.places[child].height for child in members])
            if max(wide, high) > 1.0 and wide <= _ALIKE_WIDE and high <= _ALIKE_HIGH:
                self._share(members)

    def _share(self, members: list[int]) -> None:
        if not self.scene.flow:
            most = [self.places[child] for child in members]
            width, height = max(place.width for place in most), max(place.height for place in most)
            for child in members:
                self.places[child] = _widened(self.places[child], width, height)
            return
        scale = min(self.places[child].scale for child in members)
        contents = [self.content(child) for child in members]
        sizes = [self._size(child, content, scale) for child, content in zip(members, contents, strict=True)]
        width, height = max(size[0] for size in sizes), max(size[1] for size in sizes)
        for child in members:
            node = self.scene.nodes[child]
            room = height - _top(node, HEAD) - (0.0 if node.leaves else PAD)
            content = self.content(child, least=math.floor(room / scale * 1000) / 1000)
            self.places[child] = self._box(child, content, scale, width, height)

    def _size(self, index: int, content: Content, scale: float) -> tuple[float, float]:
        made = self._box(index, content, scale)
        return made.width, made.height

    def _box(self, index: int, content: Content, scale: float = 0.0, width: float = 0.0, height: float = 0.0) -> Place:
        """The place of a box; scale and size are the content's own unless they are given."""
        node = self.scene.nodes[index]
        scale = scale or min(1.0, _scale(node, content) * self.shapes.grown.get(index, 1.0))
        head = self._head(node)
        inner = content.width * scale
        before, after = content.axis * scale + PAD, (content.width - content.axis) * scale + PAD
        own = max(before + after, min(_title_width(node), _WIDE_TITLE))
        middle = 2 * max(before, after)
        width = max(width, own, middle if middle <= _SYMMETRY * own else 0.0)
        dx = min(max(width / 2 - content.axis * scale, PAD), width - PAD - inner)
        dy = _top(node, head)
        height = max(height, dy + content.height * scale + (0.0 if node.leaves else PAD))
        place = Place(width, height, dx + content.axis * scale, content, scale, dx, dy, head)
        place.legible, place.worded = self._legible(index), self._worded(index)
        return place

    def _head(self, node: Node) -> float:
        """Height of a title bar: that of a group grows with its blocks, so that ×N can be read when they can."""
        if node.kind != "group":
            return HEAD
        heights = [self.places[child].height for child in node.children]
        return max(HEAD, min(110.0, 0.13 * float(median(heights))))

    def _legible(self, index: int) -> float:
        """Pixels per unit from which a box shows something open: half of the area of its children can carry labels."""
        found = []
        nodes, places, half = self.scene.nodes, self.places, 0.0
        for child in nodes[index].children:
            node, place = nodes[child], places[child]
            wide, high = _box_needs(node.name, node.type) if node.children else _card_needs(node.type or node.name)
            area = place.width * place.height
            half += area / 2
            found.append((max(wide / place.width, high / place.height), area))
        found.sort()
        for ratio, area in found:
            half -= area
            if half <= 0:
                return ratio
        return math.inf

    def _worded(self, index: int) -> float:
        """Pixels per unit from which nearly all cards of a box can tell their type."""
        found = []
        for child in self.scene.nodes[index].children:
            node, place = self.scene.nodes[child], self.places[child]
            if not node.children:
                wide, high = _card_needs(node.type or node.name)
                found.append(max(wide / place.width, high / place.height))
        found.sort()
        return found[int(_NEARLY_ALL * (len(found) - 1))] if found else 0.0


@lru_cache(maxsize=4096)
def _box_needs(name: str, kind: str) -> tuple[float, float]:
    """Width and height in pixels at which a box can tell its name above what is inside."""
    short = min((len(each) for each in (*endings(name), name, kind) if each), default=0)
    return max(_BOX_PIXELS, _LETTER_PIXELS * short + 6), _BOX_PIXELS


@lru_cache(maxsize=4096)
def _card_needs(kind: str) -> tuple[float, float]:
    """Width and height in pixels at which a card can tell its type."""
    return _LETTER_PIXELS * min(_CUT, label_letters(kind)) + 4, _CARD_PIXELS


def _title_width(node: Node) -> float:
    """Room for the name and the type of a box below each other, in letters that can be read early."""
    return max(label_width(part) for part in wordings(node)[0]) * _LARGE_TITLE + 16


def _widened(place: Place, width: float, height: float) -> Place:
    """A larger box, what is in it larger too and in the middle."""
    if place.content is None:
        return Place(width, height, width / 2)
    inner, below = place.content.width * place.scale, place.content.height * place.scale
    top = place.head + PAD
    grow = min((width - 2 * PAD) / max(inner, 1.0), (height - top - PAD) / max(below, 1.0), _FILL / place.scale)
    grow = max(1.0, min(_FILL, grow))
    dx, dy = (width - inner * grow) / 2, top + max(0.0, height - top - PAD - below * grow) / 2
    return replace(place, width=width, height=height, axis=width / 2, scale=place.scale * grow, dx=dx, dy=dy)


def _spread(values: list[float]) -> float:
    """How many times the largest is the smallest."""
    return max(values) / min(values)


def _top(node: Node, head: float) -> float:
    """Where the content of a box begins: lines from outside come down to the title bar."""
    return head + (0.0 if node.ports else PAD)


def _scale(node: Node, content: Content) -> float:
    """How large a content is drawn: the larger, the smaller; the repeats of a group as large as their siblings."""
    if node.kind == "group" and node.repeat <= _EVEN:
        return 1.0
    size = math.sqrt(max(content.width, 1.0) * max(content.height, 1.0))
    return max(0.1, min(1.0, math.pow(110.0 / size, 0.55)))


def _card(node: Node) -> Place:
    longest = max(label_width(line) for line in (title(node), *node.lines))
    width = max(56.0, math.ceil((longest + 14) / 8) * 8.0)
    return Place(width, CARD + LINE * len(node.lines), width / 2)

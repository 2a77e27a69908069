"""Elements of a drawing: shapes and text as escaped SVG markup, in one of two sets of colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal

from markupsafe import Markup

from modelreport.render.charts.palette import LIGHT

Theme = Literal["page", "print"]


TOLERANCE: Final = 0.33
"""Distance in units that a drawn line may lie beside a point: less than a screen shows."""


def simplified(points: Sequence[tuple[float, float]], tolerance: float = TOLERANCE) -> list[tuple[float, float]]:
    """The points that a line must pass to stay within ``tolerance`` of all (Douglas and Peucker 1973); ends stay."""
    if len(points) < 3:
        return list(points)
    kept = {0, len(points) - 1}
    todo = [(0, len(points) - 1)]
    while todo:
        first, last = todo.pop()
        (x, y), (end_x, end_y) = points[first], points[last]
        across, up = end_x - x, end_y - y
        length = math.hypot(across, up) or 1.0
        worst, place = tolerance, 0
        for i in range(first + 1, last):
            aside, above = points[i][0] - x, points[i][1] - y
            far = abs(across * above - up * aside) / length if across or up else math.hypot(aside, above)
            if far > worst:
                worst, place = far, i
        if place:
            kept.add(place)
            todo += [(first, place), (place, last)]
    return [points[i] for i in sorted(kept)]


class Pen:
    """Collects elements. Colours are tokens of the palette, or ``#rrggbb`` as they are."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._parts: list[Markup] = []
        self._frame = Markup("<g>")

    def markup(self) -> Markup:
        """Everything drawn so far, in order."""
        return Markup("").join(self._parts)

    def colour(self, token: str) -> str:
        """The token as this theme writes it. ``KeyError`` for an unknown one."""
        if token.startswith("#"):
            return token
        value = LIGHT[token]
        return f"var(--{token})" if self.theme == "page" else value

    @staticmethod
    def number(value: float, decimals: int = 1) -> str:
        """A coordinate, to a tenth of a unit, which is finer than a screen shows; never ``-0``."""
        return f"{round(value, decimals) + 0.0:.{decimals}f}".rstrip("0").rstrip(".")

    def at(self, x: float, y: float) -> str:
        """A point of a path."""
        return f"{self.number(x)} {self.number(y)}"

    def trail(self, points: Sequence[tuple[float, float]]) -> str:
        """Path data through the points: relative steps of a tenth of a unit, level runs as one step.

        Points within a third of a unit of the line through their neighbours are left out. The steps are differences of
        rounded positions, so that rounding does not add up.
        """
        rounded = [(round(x * 10), round(y * 10)) for x, y in simplified(points)]
        data, (x, y) = f"M{self.at(rounded[0][0] / 10, rounded[0][1] / 10)}", rounded[0]
        for i, (next_x, next_y) in enumerate(rounded[1:], 1):
            if next_y == y:
                if i + 1 == len(rounded) or rounded[i + 1][1] != y:
                    data, x = f"{data}h{self.number((next_x - x) / 10)}", next_x
                continue
            data += f"l{self.at((next_x - x) / 10, (next_y - y) / 10)}".replace(" -", "-")
            x, y = next_x, next_y
        return data

    def scaled(self, left: float, top: float, across: float, down: float) -> Pen:
        """A pen that draws in units of ``across`` by ``down`` from there; ``add`` puts down what it drew."""
        made = Pen(self.theme)
        place = " ".join(self.number(value, 3) for value in (left, top))
        scale = " ".join(self.number(value, 3) for value in (across, down))
        made._frame = Markup('<g transform="translate({}) scale({})">').format(place, scale)
        return made

    def words(self, fill: str, size: float, anchor: Literal["start", "middle", "end"] = "start") -> Pen:
        """A pen for many words that look alike; ``add`` puts them down."""
        made = Pen(self.theme)
        made._frame = Markup('<g fill="{}" font-size="{}" text-anchor="{}">').format(
            self.colour(fill), self.number(size), anchor
        )
        return made

    def word(self, x: float, y: float, words: str, hint: str = "") -> None:
        """One line of text that looks like the others of its group."""
        title = Markup("<title>{}</title>").format(hint) if hint and hint != words else ""
        self._parts.append(
            Markup('<text x="{}" y="{}">{}{}</text>').format(self.number(x), self.number(y), title, words)
        )

    def place(self, drawn: Markup, x: float, y: float) -> None:
        """A whole drawing, from there."""
        self._parts.append(
            Markup('<g transform="translate({} {})">{}</g>').format(self.number(x), self.number(y), drawn)
        )

    def add(self, inner: Pen) -> None:
        """What another pen drew, in its frame."""
        self._parts += [inner._frame, inner.markup(), Markup("</g>")]

    def path(
        self, data: str, stroke: str = "", fill: str = "", hint: str = "", thick: float = 1.0, dash: str = ""
    ) -> None:
        """A path; nothing is drawn without data. ``dash`` are its strokes and gaps."""
        if not data:
            return
        self._parts.append(
            Markup('<path d="{}" fill="{}"{}{}{}').format(
                data,
                self.colour(fill) if fill else "none",
                Markup(' stroke="{}" stroke-width="{}"').format(self.colour(stroke), self.number(thick, 2))
                if stroke
                else "",
                Markup(' stroke-dasharray="{}"').format(dash) if dash else "",
                Markup("><title>{}</title></path>").format(hint) if hint else Markup("/>"),
            )
        )

    def rectangle(self, x: float, y: float, wide: float, high: float, fill: str, hint: str = "") -> None:
        """A filled rectangle."""
        place = (self.number(value) for value in (x, y, wide, high))
        self._parts.append(
            Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}"{}').format(
                *place,
                self.colour(fill),
                Markup("><title>{}</title></rect>").format(hint) if hint else Markup("/>"),
            )
        )

    def circle(self, x: float, y: float, radius: float, fill: str, hint: str = "") -> None:
        """A filled circle with an edge in the background's colour."""
        self._parts.append(
            Markup('<circle cx="{}" cy="{}" r="{}" fill="{}" stroke="{}"{}').format(
                self.number(x),
                self.number(y),
                self.number(radius),
                self.colour(fill),
                self.colour("bg"),
                Markup("><title>{}</title></circle>").format(hint) if hint else Markup("/>"),
            )
        )

    def diamond(self, x: float, y: float, reach: float, fill: str, hint: str = "") -> None:
        """A square on its corner with an edge in the background's colour."""
        side = self.number(reach)
        data = f"M{self.at(x - reach, y)}l{side} -{side}l{side} {side}l-{side} {side}Z"
        self.path(data, "bg", fill, hint)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        fill: str,
        size: float,
        anchor: Literal["start", "middle", "end"] = "start",
        hint: str = "",
    ) -> None:
        """One line of text on its baseline; ``hint`` is added as a tooltip where it says more."""
        self._parts.append(
            Markup('<text x="{}" y="{}" fill="{}" font-size="{}"{}>{}{}</text>').format(
                self.number(x),
                self.number(y),
                self.colour(fill),
                self.number(size),
                Markup(' text-anchor="{}"').format(anchor) if anchor != "start" else "",
                Markup("<title>{}</title>").format(hint) if hint and hint != words else "",
                words,
            )
        )
